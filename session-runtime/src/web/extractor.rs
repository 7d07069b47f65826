use std::any::type_name;

use axum_core::extract::FromRequestParts;
use http::request::Parts;

use super::slot::Slot;
use crate::derived::DynamoSession;
use crate::error::{Error, ErrorKind};
use crate::session::Session;

/// Hands out the session of the request, which a [`SessionLayer`](crate::SessionLayer) around the handler
/// loads when it is first asked for, and commits when the handler has returned.
///
/// A request has one session, and at most one handle of it at a time; the next extractor of the same request gets it
/// as the previous handle left it. A visitor without a session gets a new one, which is stored, and its
/// cookie set, only if it is changed.
///
/// After [`destroy`](Session::destroy), the same handle can store nothing more: changes made through it fail
/// the response with [`ErrorKind::Gone`]. Once it is dropped, the next extractor gets a new session.
///
/// # Errors
///
/// The rejection is an [`Error`], which answers as its kind says; with `Result<Session<S>, Error>` as the extractor,
/// the handler decides on the answer.
///
/// - [`ErrorKind::Configuration`]: there is no [`SessionLayer`](crate::SessionLayer) for this type around
///   the handler.
/// - [`ErrorKind::InUse`]: another handle of this request's session is alive.
/// - As for [`SessionStore::load`](crate::SessionStore::load). A session that cannot be read is never
///   replaced by an empty one.
impl<S, T> FromRequestParts<T> for Session<S>
where
    S: DynamoSession,
    T: Send + Sync,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Self, Error> {
        match parts.extensions.get::<Slot<S>>().cloned() {
            Some(slot) => slot.lend(&parts.headers).await,
            None => Err(no_layer(type_name::<S>())),
        }
    }
}

pub(super) fn no_layer(session: &str) -> Error {
    Error::new(
        ErrorKind::Configuration,
        format!(
            "no layer provides sessions of type `{session}` to this handler; add \
             `.layer(SessionLayer::new(store))`, with a `SessionStore<{session}>`, to the router after its \
             routes"
        ),
    )
}
