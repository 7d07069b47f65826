use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::request::{note, request_session};
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::web::visit::SessionView;

/// Never ask for an `Option<SessionView<S>>` here: actix-web gives `Option` a meaning of its own, and a visitor whose session
/// cannot be read looks like a stranger. Ask for a [`RequestSession`](crate::RequestSession), and call its
/// [`existing_view`](crate::RequestSession::existing_view).
///
/// # Errors
///
/// As for [`RequestSession::view`](crate::RequestSession::view), and
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): there is no [`SessionLayer`](crate::SessionLayer) for
/// this type around the handler.
impl<S: DynamoSession> FromRequest for SessionView<S> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (session, request) = (request_session(request), request.clone());
        Box::pin(async move {
            let result = session?.view().await;
            note::<S, _>(&request, &result);
            result
        })
    }
}
