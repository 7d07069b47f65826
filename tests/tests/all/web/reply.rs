use dynamo_session::{ErrorKind, SessionId};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderName, StatusCode};

/// What the browser gets, and the kind of error that layers around could find in the response's extensions.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
    pub(super) kind: Option<ErrorKind>,
}

impl Reply {
    pub(super) fn set_cookies(&self) -> Vec<&str> {
        self.values(SET_COOKIE)
    }

    /// The id that the response brings the browser.
    pub(super) fn id(&self) -> Option<SessionId> {
        let [cookie] = self.set_cookies()[..] else { return None };
        cookie.strip_prefix("__Host-Http-session=")?.split(';').next()?.parse().ok()
    }

    pub(super) fn values(&self, name: HeaderName) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }
}
