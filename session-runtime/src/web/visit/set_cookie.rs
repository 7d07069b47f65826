/// What the browser is to do with the cookie that carries the session's id: the header that says so.
pub(in crate::web) enum SetCookie {
    Keep(String),
    Forget(String),
}
