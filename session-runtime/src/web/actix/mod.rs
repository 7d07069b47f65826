//! The layer and the extractors in actix-web.

mod answered;
mod error_page;
mod head;
mod headers;
mod logout;
mod middleware;
mod recently_authenticated;
mod request;
mod response;
mod session;
mod view;

pub use middleware::SessionMiddleware;
