use std::cell::RefCell;
use std::fmt;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, ResponseError};

use crate::error::ErrorKind;
use crate::web::failure::Failure;

/// An error whose response has been made, with the cookie in it. Whoever is around the layer may look at that response and
/// pass the error on, so it is the same as often as it is asked for. Only a body that is a stream is there once.
pub(super) struct Answered {
    error: actix_web::Error,
    response: HttpResponse<Bytes>,
    stream: RefCell<Option<BoxBody>>,
}

impl Answered {
    pub(super) fn new(error: actix_web::Error, response: HttpResponse) -> Self {
        let (response, body) = response.into_parts();
        let (bytes, stream) = match body.try_into_bytes() {
            Ok(bytes) => (bytes, None),
            Err(stream) => (Bytes::new(), Some(stream)),
        };
        Self { error, response: response.set_body(bytes), stream: RefCell::new(stream) }
    }
}

impl ResponseError for Answered {
    fn status_code(&self) -> StatusCode {
        self.response.status()
    }

    fn error_response(&self) -> HttpResponse {
        let bytes = || BoxBody::new(self.response.body().clone());
        let body = self.stream.take().unwrap_or_else(bytes);
        let mut response = HttpResponse::with_body(self.status_code(), body);
        let (head, made) = (response.head_mut(), self.response.head());
        head.headers.clone_from(&made.headers);
        head.reason = made.reason;
        if let ConnectionType::Close | ConnectionType::Upgrade = made.connection_type() {
            head.set_connection_type(made.connection_type());
        }
        let told = self.response.extensions();
        let mut extensions = response.extensions_mut();
        if let Some(kind) = told.get::<ErrorKind>() {
            extensions.insert(*kind);
        }
        if let Some(failure) = told.get::<Failure>() {
            extensions.insert(failure.clone());
        }
        drop(extensions);
        response
    }
}

impl fmt::Debug for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}
