use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use crate::error::Error;
use crate::web::error_response::{ErrorPage, ErrorResponse, Written};
use crate::web::request_head::RequestHead;

impl<B: From<String>> ErrorResponse<Response<B>> for ErrorPage {
    fn respond(&self, error: &Error, request: &RequestHead) -> Response<B> {
        let Written { status, content_type, retry_after_seconds, body } =
            Self::write(error, request);
        let mut response = Response::new(body.into());
        *response.status_mut() =
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Some(seconds) = retry_after_seconds {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
