/// The attributes of the cookie, but for its name and its lifetime.
#[derive(Clone, Debug)]
pub(crate) struct CookieAttributes {
    pub(crate) path: String,
    pub(crate) domain: Option<String>,
    pub(crate) secure: bool,
    /// As the options of the frameworks spell it.
    pub(crate) same_site: &'static str,
}

impl Default for CookieAttributes {
    fn default() -> Self {
        Self { path: "/".to_owned(), domain: None, secure: true, same_site: "lax" }
    }
}
