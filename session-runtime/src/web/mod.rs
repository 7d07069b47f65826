//! Sessions of web requests: the cookie, the visit, and the frameworks that they meet in.

#[cfg(feature = "actix")]
mod actix;
mod answer;
mod arrival;
#[cfg(feature = "axum")]
mod axum;
mod caching;
mod cookie;
mod departure;
mod error_response;
mod failure;
mod headers;
mod layer;
mod rejected;
mod request_head;
mod serving;
mod settings;
#[cfg(feature = "tower")]
mod tower;
mod visit;

#[cfg(feature = "actix")]
#[cfg_attr(docsrs, doc(cfg(feature = "actix")))]
pub use actix::SessionMiddleware;
pub use cookie::{SameSite, SessionCookie, SessionCookieBuilder};
pub use error_response::{ErrorPage, ErrorResponse};
pub use layer::SessionLayer;
pub use request_head::RequestHead;
#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
pub use tower::SessionService;
#[cfg(any(feature = "actix", feature = "axum"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "actix", feature = "axum"))))]
pub use visit::{Logout, RecentlyAuthenticated};
pub use visit::{RequestSession, SessionView};
