use axum_core::extract::FromRequestParts;
use http::request::Parts;

use crate::context::ReadConsistency;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::web::visit::RequestSession;

/// The session of a request, as the layer around the handler put it there.
pub(super) fn request_session<S: DynamoSession>(parts: &Parts) -> Result<RequestSession<S>, Error> {
    let session = parts.extensions.get::<RequestSession<S>>().cloned();
    let session = session.ok_or_else(|| {
        RequestSession::<S>::missing(
            "`.layer(SessionLayer::new(store))`",
            "to the router after its routes",
        )
    })?;
    // That of the route, which only now is known.
    if let Some(consistency) = parts.extensions.get::<ReadConsistency>() {
        session.read_consistency(*consistency);
    }
    Ok(session)
}

/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): there is no [`SessionLayer`](crate::SessionLayer) for
/// this type around the handler.
impl<S, T> FromRequestParts<T> for RequestSession<S>
where
    S: DynamoSession,
    T: Send + Sync,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Self, Error> {
        request_session(parts)
    }
}
