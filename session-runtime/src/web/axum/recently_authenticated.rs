use axum_core::extract::FromRequestParts;
use http::request::Parts;

use super::request::request_session;
use crate::derived::Authenticated;
use crate::error::Error;
use crate::web::visit::RecentlyAuthenticated;

/// # Errors
///
/// The rejection is an [`Error`], which answers as the layer is [set to](crate::SessionLayer::on_error):
///
/// - [`ErrorKind::AuthenticationRequired`](crate::ErrorKind::AuthenticationRequired): the visitor has no session, or has
///   not authenticated within the time.
/// - As for [`SessionView`](crate::SessionView).
impl<S, T, const MINUTES: u64> FromRequestParts<T> for RecentlyAuthenticated<S, MINUTES>
where
    S: Authenticated,
    T: Send + Sync,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Self, Error> {
        Self::of(&request_session(parts)?).await
    }
}
