/// Whether the browser sends the cookie with requests that another site causes.
///
/// `Lax` is the default: a link from elsewhere arrives logged in, a form that another site submits does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SameSite {
    /// Never. A visitor who follows a link from another site, or comes back from a login elsewhere (OAuth, OpenID
    /// Connect), is not logged in on the first page.
    Strict,
    /// When the visitor follows a link.
    #[default]
    Lax,
    /// Always, also in frames of other sites. The application needs a defence of its own against forged requests.
    None,
}

impl From<SameSite> for cookie::SameSite {
    fn from(same_site: SameSite) -> Self {
        match same_site {
            SameSite::Strict => Self::Strict,
            SameSite::Lax => Self::Lax,
            SameSite::None => Self::None,
        }
    }
}
