use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use maud::Markup;

/// A page of the shop. Not even this browser keeps it: after the logout, its back button shows none of what was on it.
pub(crate) struct Page(pub(crate) Markup);

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        ([(CACHE_CONTROL, "no-store")], self.0).into_response()
    }
}
