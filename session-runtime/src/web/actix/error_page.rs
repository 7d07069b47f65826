use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;

use crate::error::Error;
use crate::web::error_response::{ErrorPage, ErrorResponse, Written};
use crate::web::request_head::RequestHead;

impl ErrorResponse<HttpResponse> for ErrorPage {
    fn respond(&self, error: &Error, request: &RequestHead) -> HttpResponse {
        let Written { status, content_type, retry_after_seconds, body } =
            Self::write(error, request);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        if let Some(seconds) = retry_after_seconds {
            response.insert_header((RETRY_AFTER, seconds));
        }
        response.content_type(content_type).body(body)
    }
}
