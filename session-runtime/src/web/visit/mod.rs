//! The visit of a request to its session: found by the cookie, lent to who asks, settled into a header and an outcome.
//!
//! It knows header values, not the crate that carries them, so that any web framework can stand above it.

mod budget;
#[cfg(feature = "interop")]
mod legacy;
#[cfg(not(feature = "interop"))]
#[path = "no_legacy.rs"]
mod legacy;
mod lookup;
mod opened;
mod place;
mod request_session;
mod settle;
mod standing;
mod view;

pub use request_session::RequestSession;
pub(super) use settle::{Facts, SetCookie, Settled, settle};
pub use view::SessionView;
