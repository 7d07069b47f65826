use std::fmt::Display;

/// The headers of a response, in whichever version of the crate `http`.
///
/// Names are in lower case.
pub(super) trait ResponseHeaders {
    fn values(&self, name: &'static str) -> impl Iterator<Item = &[u8]>;

    fn names(&self) -> impl Iterator<Item = &str>;

    fn insert(&mut self, name: &'static str, value: &str);

    fn append(&mut self, name: &'static str, value: &str);

    /// Adds a cookie, whose value nobody is to print.
    fn append_cookie(&mut self, cookie: &[u8]) -> Result<(), impl Display>;

    fn remove(&mut self, name: &str);

    fn has(&self, name: &'static str) -> bool {
        self.values(name).next().is_some()
    }
}
