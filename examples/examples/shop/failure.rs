use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};

use crate::common::failure::{self, Failure};
use crate::page::Page;
use crate::visitor::Guest;

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let passes = self.passes().then_some([(RETRY_AFTER, "1")]);
        let page = (status, Page(self.page)).into_response();
        match passes {
            Some(header) => (header, page).into_response(),
            None => page,
        }
    }
}

pub(crate) async fn not_found(Guest(visitor): Guest) -> Failure {
    failure::not_found(&visitor)
}

pub(crate) async fn not_allowed(Guest(visitor): Guest) -> Failure {
    failure::not_allowed(&visitor)
}

pub(crate) fn no_such_product() -> Response {
    failure::no_such_product().into_response()
}
