use actix_web::error::{InternalError, UrlencodedError};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ContentType, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, ResponseError};

use crate::common::failure::{self, Failure};
use crate::visitor::Guest;

pub(crate) fn response(failure: Failure) -> HttpResponse {
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.content_type(ContentType::html()).insert_header((CACHE_CONTROL, "no-store"));
    if failure.passes() {
        response.insert_header((RETRY_AFTER, "1"));
    }
    response.body(failure.page.into_string())
}

pub(crate) async fn not_found(Guest(visitor): Guest) -> HttpResponse {
    response(failure::not_found(&visitor))
}

pub(crate) async fn not_allowed(Guest(visitor): Guest) -> HttpResponse {
    response(failure::not_allowed(&visitor))
}

pub(crate) fn of_session(error: &dynamo_session::Error) -> HttpResponse {
    response(failure::of_session(error.kind()))
}

pub(crate) fn unreadable(error: UrlencodedError, _: &HttpRequest) -> actix_web::Error {
    let page = response(failure::unreadable(error.status_code().as_u16()));
    InternalError::from_response(error, page).into()
}
