use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::request::request_session;
use crate::derived::Authenticated;
use crate::error::Error;
use crate::web::visit::RecentlyAuthenticated;

/// # Errors
///
/// As in axum.
impl<S: Authenticated, const MINUTES: u64> FromRequest for RecentlyAuthenticated<S, MINUTES> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request_session(request);
        Box::pin(async move { Self::of(&request?).await })
    }
}
