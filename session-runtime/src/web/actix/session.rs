use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::request::{note, request_session};
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::session::Session;

/// Hands out the session of the request, as in axum.
///
/// **Never ask for an `Option<Session<S>>` here.** actix-web gives `Option` a meaning of its own: there is a session for
/// every visitor, and none where it cannot be read, so that a table that is down makes strangers of all visitors. Such an
/// error is traced once the handler has returned; where there is no layer around the handler, it is not. Ask for a
/// [`RequestSession`](crate::RequestSession), and call its
/// [`existing_session`](crate::RequestSession::existing_session).
///
/// # Errors
///
/// They answer as the layer is [set to](crate::SessionLayer::on_error); with `Result<Session<S>, Error>` as the extractor,
/// the handler decides on the answer.
///
/// - [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): there is no [`SessionLayer`](crate::SessionLayer) for
///   this type around the handler.
/// - [`ErrorKind::InUse`](crate::ErrorKind::InUse): another handle of this request's session is alive.
/// - As for [`SessionStore::load`](crate::SessionStore::load). A session that cannot be read is never
///   replaced by an empty one.
impl<S: DynamoSession> FromRequest for Session<S> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (session, request) = (request_session(request), request.clone());
        Box::pin(async move {
            let result = session?.session().await;
            note::<S, _>(&request, &result);
            result
        })
    }
}
