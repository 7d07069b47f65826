//! The visit as a tower layer, on requests and responses of the crate `http`.

mod arrival;
mod caching;
mod error_response;
mod failure;
mod layer;
mod service;

pub use error_response::{ErrorPage, ErrorResponse, RequestHead};
#[cfg(feature = "axum")]
pub(super) use failure::{Failure, trace};
pub use layer::SessionLayer;
pub use service::SessionService;
