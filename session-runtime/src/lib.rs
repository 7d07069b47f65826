#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attempts;
mod backoff;
mod builder;
mod change;
mod commit;
mod derived;
mod dynamo;
#[cfg(feature = "embedded")]
#[cfg_attr(docsrs, doc(cfg(feature = "embedded")))]
pub mod embedded;
mod error;
mod expiry;
#[doc = include_str!("guarantees.md")]
pub mod guarantees {}
mod id;
mod index;
mod item;
mod operation;
#[doc(hidden)]
pub mod private;
mod record;
mod renew;
mod schema;
mod session;
mod store;
mod sweep;
mod table;
#[cfg(feature = "axum")]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
mod web;

pub use attempts::Attempts;
pub use aws_sdk_dynamodb;
pub use builder::SessionStoreBuilder;
pub use derived::DynamoSession;
pub use dynamo_session_derive::DynamoSession;
pub use error::{Error, ErrorKind};
pub use expiry::{Clock, CreatedAt, EpochSeconds, Expires, ManualClock, SystemClock, Timeouts};
pub use id::{SessionId, SessionKey};
pub use index::{
    EndAll, EndProgress, IndexKey, KeepNewest, ListedSession, SessionIndex, SessionList, SessionsBy,
};
pub use operation::Operation;
pub use schema::{Attribute, Index, KeyType, Role, Schema};
pub use session::{Committed, Session};
pub use store::{OnUndecodable, SessionStore};
pub use sweep::{
    Count, CountSessions, Counted, Purge, PurgeCheckpoint, PurgeExpired, Purged, SessionSizes,
};
pub use table::{
    Access, CreateTable, Finding, FindingKind, Infrastructure, Severity, TableChange, TableClass,
    TableOptions, TableProgress, TableReport, UpdateTable,
};
#[cfg(feature = "axum")]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub use web::{SessionLayer, SessionService};
