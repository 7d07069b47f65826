use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::context::ReadConsistency;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::web::visit::RequestSession;

/// The session of a request, as the layer around the handler put it there.
pub(super) fn request_session<S: DynamoSession>(
    request: &HttpRequest,
) -> Result<RequestSession<S>, Error> {
    let session = request.extensions().get::<RequestSession<S>>().cloned();
    let session = session.ok_or_else(|| {
        RequestSession::<S>::missing(
            "`.wrap(SessionLayer::new(store))`",
            "to the `App` or the scope that it is in",
        )
    })?;
    // That of the route, which only now is known.
    if let Some(consistency) = read_consistency(request) {
        session.read_consistency(consistency);
    }
    Ok(session)
}

/// In a request's extensions: why an extractor had no session. actix-web's `Option` drops the error, and nobody would know.
pub(super) struct Unread<S> {
    pub(super) error: Arc<Error>,
    of: PhantomData<fn() -> S>,
}

/// Takes note of an error that an extractor ends in.
pub(super) fn note<S: DynamoSession, T>(request: &HttpRequest, result: &Result<T, Error>) {
    if let Err(error) = result {
        let error = Arc::new(error.again());
        request.extensions_mut().insert(Unread::<S> { error, of: PhantomData });
    }
}

/// How the session is to be read, where the request or what it was routed to says so.
pub(super) fn read_consistency(request: &HttpRequest) -> Option<ReadConsistency> {
    let of_request = request.extensions().get::<ReadConsistency>().copied();
    of_request.or_else(|| request.app_data::<ReadConsistency>().copied())
}

/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): there is no [`SessionLayer`](crate::SessionLayer) for
/// this type around the handler.
impl<S: DynamoSession> FromRequest for RequestSession<S> {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request_session(request))
    }
}
