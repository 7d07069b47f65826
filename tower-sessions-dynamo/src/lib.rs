#![cfg_attr(feature = "v0_15", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "v0_15"), doc = "Amazon DynamoDB as the store of tower-sessions.")]
#![cfg_attr(
    not(any(feature = "v0_14", feature = "v0_15")),
    allow(dead_code, reason = "a trait of tower-sessions is what uses it")
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
mod key;
mod record;
mod store;
#[cfg(any(feature = "v0_14", feature = "v0_15"))]
mod versions;

pub use key::RecordId;
pub use record::StoredRecord;
pub use store::DynamoStore;
