//! The visit in axum: extractors, and the error as a response.

mod logout;
mod recently_authenticated;
mod request;
mod response;
mod session;
mod view;
