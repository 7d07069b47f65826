use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use super::request::request_session;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::session::Session;

/// Hands out the session of the request, which a [`SessionLayer`](crate::SessionLayer) around the handler
/// loads when it is first asked for, and commits when the handler has returned.
///
/// A request has one session, and at most one handle of it at a time; the next extractor of the same request gets it
/// as the previous handle left it. A [`SessionView`](crate::SessionView) reads beside it. A visitor without a session gets
/// a new one, which is stored, and its cookie set, only if it is changed.
///
/// After [`destroy`](Session::destroy), the same handle can store nothing more: changes made through it fail
/// the response with [`ErrorKind::Gone`](crate::ErrorKind::Gone). Once it is dropped, the next extractor gets a new
/// session; [`restart`](Session::restart) begins one on the same handle.
///
/// # Errors
///
/// The rejection is an [`Error`], which answers as the layer is [set to](crate::SessionLayer::on_error); with
/// `Result<Session<S>, Error>` as the extractor, the handler decides on the answer.
///
/// - [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): there is no [`SessionLayer`](crate::SessionLayer) for
///   this type around the handler.
/// - [`ErrorKind::InUse`](crate::ErrorKind::InUse): another handle of this request's session is alive.
/// - As for [`SessionStore::load`](crate::SessionStore::load). A session that cannot be read is never
///   replaced by an empty one.
impl<S, T> FromRequestParts<T> for Session<S>
where
    S: DynamoSession,
    T: Send + Sync,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Self, Error> {
        request_session(parts)?.session().await
    }
}

/// Hands out the session of the request, unless the visitor has none: `Option<Session<S>>` never begins one.
///
/// # Errors
///
/// As for `Session<S>`: that a session cannot be read does not mean that there is none.
impl<S, T> OptionalFromRequestParts<T> for Session<S>
where
    S: DynamoSession,
    T: Send + Sync,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Option<Self>, Error> {
        request_session(parts)?.existing_session().await
    }
}
