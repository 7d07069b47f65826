#![cfg_attr(any(not(doctest), feature = "axum"), doc = include_str!("front_page.md"))]
#![cfg_attr(docsrs, feature(doc_cfg))]
// The pages speak of what features add.
#![cfg_attr(
    not(all(
        feature = "axum",
        feature = "infrastructure",
        feature = "interop",
        feature = "metrics",
        feature = "testing"
    )),
    allow(rustdoc::broken_intra_doc_links)
)]

#[cfg(feature = "interop")]
mod adopt;
mod attempts;
mod backoff;
mod builder;
mod change;
mod context;
mod derived;
mod dynamo;
#[cfg(feature = "embedded")]
#[cfg_attr(docsrs, doc(cfg(feature = "embedded")))]
pub mod embedded;
mod error;
mod expiry;
mod expression;
#[doc = include_str!("guarantees.md")]
pub mod guarantees {}
#[cfg(any(not(doctest), all(feature = "axum", feature = "infrastructure", feature = "testing")))]
pub mod guide;
#[doc = include_str!("security.md")]
pub mod security {}
mod id;
pub mod index;
#[cfg(feature = "infrastructure")]
#[cfg_attr(docsrs, doc(cfg(feature = "infrastructure")))]
pub mod infrastructure;
#[cfg(feature = "interop")]
#[cfg_attr(docsrs, doc(cfg(feature = "interop")))]
pub mod interop;
mod item;
#[cfg(feature = "metrics")]
#[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
pub mod metrics;
#[cfg(not(feature = "metrics"))]
mod metrics;
mod operation;
#[doc(hidden)]
pub mod private;
mod protocol;
mod readable;
pub mod schema;
mod secret;
mod session;
#[cfg(feature = "interop")]
mod share;
mod store;
pub mod sweep;
pub mod table;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;
mod visible;
#[cfg(feature = "_web")]
mod web;

/// The README's examples are tests, too.
#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../README.md")]
mod readme {}

pub use attempts::Attempts;
pub use aws_sdk_dynamodb;
pub use builder::SessionStoreBuilder;
pub use context::{OnUndecodable, ReadConsistency};
pub use derived::{Authenticated, DynamoSession};
pub use dynamo_session_derive::DynamoSession;
pub use error::{Error, ErrorKind};
pub use expiry::{
    AuthenticatedAt, Clock, CreatedAt, EpochSeconds, Expires, ManualClock, SystemClock, Timeouts,
};
pub use id::{SessionId, SessionKey};
pub use operation::Operation;
pub use protocol::Committed;
pub use session::Session;
pub use store::SessionStore;
#[cfg(feature = "actix")]
#[cfg_attr(docsrs, doc(cfg(feature = "actix")))]
pub use web::SessionMiddleware;
#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
pub use web::SessionService;
#[cfg(any(feature = "actix", feature = "axum", feature = "tower"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "actix", feature = "axum", feature = "tower"))))]
pub use web::{
    ErrorPage, ErrorResponse, RequestHead, RequestSession, SameSite, SessionCookie,
    SessionCookieBuilder, SessionLayer, SessionView,
};
#[cfg(any(feature = "actix", feature = "axum"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "actix", feature = "axum"))))]
pub use web::{Logout, RecentlyAuthenticated};
