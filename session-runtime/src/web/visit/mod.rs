//! The visit of a request to its session: found by the cookie, lent to who asks, settled into a header and an outcome.
//!
//! It knows header values, not the crate that carries them, so that any web framework can stand above it.

mod budget;
mod ending;
#[cfg(feature = "interop")]
mod legacy;
#[cfg(not(feature = "interop"))]
#[path = "no_legacy.rs"]
mod legacy;
mod loading;
#[cfg(any(feature = "actix", feature = "axum"))]
mod logout;
mod lookup;
#[cfg(any(feature = "actix", feature = "axum"))]
mod missing;
mod opened;
mod place;
#[cfg(any(feature = "actix", feature = "axum"))]
mod recently_authenticated;
mod request_session;
mod set_cookie;
mod settle;
#[cfg(feature = "interop")]
mod shared_cookies;
mod standing;
mod view;

#[cfg(any(feature = "actix", feature = "axum"))]
pub use logout::Logout;
#[cfg(any(feature = "actix", feature = "axum"))]
pub use recently_authenticated::RecentlyAuthenticated;
pub use request_session::RequestSession;
pub(super) use set_cookie::SetCookie;
pub(super) use settle::{Facts, Settled, settle};
pub use view::SessionView;
