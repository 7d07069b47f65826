use actix_web::body::BoxBody;
use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::{HttpRequest, HttpResponse, Responder};
use maud::Markup;

/// A page of the shop. Not even this browser keeps it: after the logout, its back button shows none of what was on it.
pub(crate) struct Page(pub(crate) Markup);

impl Responder for Page {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok()
            .content_type(ContentType::html())
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(self.0.into_string())
    }
}
