use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use super::request::request_session;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::web::visit::SessionView;

/// # Errors
///
/// As for [`RequestSession::view`](crate::RequestSession::view), and
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): there is no [`SessionLayer`](crate::SessionLayer) for
/// this type around the handler.
impl<S, T> FromRequestParts<T> for SessionView<S>
where
    S: DynamoSession,
    T: Send + Sync,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Self, Error> {
        request_session(parts)?.view().await
    }
}

/// # Errors
///
/// As for `SessionView<S>`.
impl<S, T> OptionalFromRequestParts<T> for SessionView<S>
where
    S: DynamoSession,
    T: Send + Sync,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Option<Self>, Error> {
        request_session(parts)?.existing_view().await
    }
}
