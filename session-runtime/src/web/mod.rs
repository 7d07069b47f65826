//! Sessions in axum: a layer that commits, and an extractor that loads.

mod cookie;
mod extractor;
mod layer;
mod logout;
mod response;
mod slot;

pub use layer::{SessionLayer, SessionService};
pub use logout::Logout;
