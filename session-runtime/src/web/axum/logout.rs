use axum_core::extract::FromRequestParts;
use http::request::Parts;

use super::request::request_session;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::web::visit::Logout;

/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): there is no [`SessionLayer`](crate::SessionLayer) for
/// this type around the handler.
impl<S, T> FromRequestParts<T> for Logout<S>
where
    S: DynamoSession,
    T: Send + Sync,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Self, Error> {
        request_session(parts).map(Self)
    }
}
