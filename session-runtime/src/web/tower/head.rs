use http::request::Parts;

use crate::web::request_head::{Address, RequestHead};

/// What a request says before its body.
pub(super) fn head(parts: &Parts) -> RequestHead {
    let address = Address {
        path: parts.uri.path(),
        query: parts.uri.query(),
        authority: parts.uri.authority().map(|authority| authority.as_str()),
    };
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    RequestHead::new(parts.method.as_str(), address, headers)
}
