//! The layer and the extractors, from the side of a browser.

#[cfg(feature = "actix")]
mod on_actix;
mod on_axum;
mod reply;
