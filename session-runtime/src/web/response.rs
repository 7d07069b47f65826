use axum_core::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};

use crate::error::{Error, ErrorKind};

const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// Answers with a status and one plain sentence. The error itself, which may name tables and attributes that visitors
/// have no business knowing, is only traced.
///
/// | status | kinds |
/// |---|---|
/// | 400 Bad Request | [`InvalidId`](ErrorKind::InvalidId) |
/// | 409 Conflict | [`Gone`](ErrorKind::Gone), [`Conflict`](ErrorKind::Conflict): it makes sense to send the request again |
/// | 503 Service Unavailable, with `Retry-After` | [`Throttled`](ErrorKind::Throttled), [`Unavailable`](ErrorKind::Unavailable) |
/// | 500 Internal Server Error | all others |
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, text) = answer(self.kind());
        let error: &(dyn std::error::Error + 'static) = &self;
        if status.is_server_error() {
            tracing::error!(error, status = status.as_u16(), "session failed");
        } else {
            tracing::warn!(error, status = status.as_u16(), "session failed");
        }
        let mut response = (status, text).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        response
    }
}

fn answer(kind: ErrorKind) -> (StatusCode, &'static str) {
    match kind {
        ErrorKind::InvalidId => (StatusCode::BAD_REQUEST, "That is not a valid session id.\n"),
        // 401 would have to name an authentication scheme, and not every session is a login.
        ErrorKind::Gone => (
            StatusCode::CONFLICT,
            "Your session has ended, so nothing was saved. Please try again.\n",
        ),
        ErrorKind::Conflict => (
            StatusCode::CONFLICT,
            "Your session was changed at the same time, so nothing was saved. Please try again.\n",
        ),
        ErrorKind::Throttled | ErrorKind::Unavailable => {
            (StatusCode::SERVICE_UNAVAILABLE, "The service is busy. Please try again shortly.\n")
        }
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on our side.\n"),
    }
}
