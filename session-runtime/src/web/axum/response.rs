use std::sync::Arc;

use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::RETRY_AFTER;

use crate::error::Error;
use crate::web::answer::Answer;
use crate::web::failure::{Failure, trace};

/// Answers with a status and one plain sentence, which a [`SessionLayer`](crate::SessionLayer) around the handler replaces
/// by its own [answer](crate::SessionLayer::on_error): the default one is an [`ErrorPage`](crate::ErrorPage), whose table
/// tells the status of each kind.
///
/// The error itself, which may name tables and attributes that visitors have no business knowing, is only traced. Its kind
/// is in the response's extensions.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let Answer { status, text, retry_after_seconds, .. } = Answer::to(self.kind());
        trace(&self, status);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, format!("{text}\n")).into_response();
        if let Some(seconds) = retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self.kind());
        response.extensions_mut().insert(Failure(Arc::new(self)));
        response
    }
}
