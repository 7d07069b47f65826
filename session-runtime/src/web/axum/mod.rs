//! The visit in axum: extractors, and the error as a response.

mod logout;
mod request;
mod response;
mod session;
mod view;

pub use logout::Logout;
