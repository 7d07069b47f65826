use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpResponse, ResponseError};

use crate::error::Error;
use crate::web::answer::Answer;
use crate::web::failure::{Failure, trace};

/// Answers as in axum: with a status and one plain sentence, which a [`SessionLayer`](crate::SessionLayer) around the
/// handler replaces by its own [answer](crate::SessionLayer::on_error).
///
/// An application's own error whose `error_response` returns that of an [`Error`] is answered likewise.
impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        let Answer { status, .. } = Answer::to(self.kind());
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let Answer { status, text, retry_after_seconds, .. } = Answer::to(self.kind());
        trace(self, status);
        let mut response = HttpResponse::build(self.status_code());
        if let Some(seconds) = retry_after_seconds {
            response.insert_header((RETRY_AFTER, seconds));
        }
        let mut response =
            response.content_type("text/plain; charset=utf-8").body(format!("{text}\n"));
        response.extensions_mut().insert(self.kind());
        response.extensions_mut().insert(Failure(Arc::new(self.again())));
        response
    }
}
