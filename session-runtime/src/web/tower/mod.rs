//! The layer in tower, on requests and responses of the crate `http`.

mod error_page;
mod head;
mod headers;
mod service;

pub use service::SessionService;
