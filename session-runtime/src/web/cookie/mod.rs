//! The cookie that carries the id: its settings, how it is written, and how it is read from untrusted headers.

mod builder;
mod presented;
mod same_site;
mod session_cookie;

pub use builder::SessionCookieBuilder;
pub(super) use presented::Presented;
pub use same_site::SameSite;
pub use session_cookie::SessionCookie;
