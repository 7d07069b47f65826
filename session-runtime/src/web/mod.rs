//! Sessions of web requests: the cookie, the visit, and the frameworks that they meet in.

mod answer;
#[cfg(feature = "axum")]
mod axum;
mod cookie;
mod rejected;
mod settings;
mod tower;
mod visit;

#[cfg(feature = "axum")]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub use axum::{Logout, RecentlyAuthenticated};
pub use cookie::{SameSite, SessionCookie, SessionCookieBuilder};
pub use tower::{ErrorPage, ErrorResponse, RequestHead, SessionLayer, SessionService};
pub use visit::{RequestSession, SessionView};
