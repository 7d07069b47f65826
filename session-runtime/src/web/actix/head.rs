use actix_web::dev::ServiceRequest;

use crate::web::request_head::{Address, RequestHead};

/// What a request says before its body.
pub(super) fn head(request: &ServiceRequest) -> RequestHead {
    let uri = request.uri();
    let address = Address {
        path: uri.path(),
        query: uri.query(),
        authority: uri.authority().map(|authority| authority.as_str()),
    };
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
    RequestHead::new(request.method().as_str(), address, headers)
}
