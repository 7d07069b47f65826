//! Typed web sessions in Amazon DynamoDB.

#![cfg_attr(docsrs, feature(doc_cfg))]

// So that the derive's paths resolve in this crate's own tests and documentation.
extern crate self as dynamo_session;

#[cfg(feature = "embedded")]
#[cfg_attr(docsrs, doc(cfg(feature = "embedded")))]
pub mod embedded;
mod error;
mod expiry;
mod id;
mod index;
mod item;
#[doc(hidden)]
pub mod private;
mod schema;

pub use aws_sdk_dynamodb;
pub use dynamo_session_derive::DynamoSession;
pub use error::{Error, ErrorKind};
pub use expiry::{Clock, CreatedAt, EpochSeconds, Expires, ManualClock, SystemClock, Timeouts};
pub use id::{SessionId, SessionKey};
pub use index::IndexKey;
pub use schema::{Attribute, DynamoSession, Index, KeyType, Role, Schema};
