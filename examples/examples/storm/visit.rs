//! The session of the storm.

use std::collections::{BTreeMap, BTreeSet};

use dynamo_session::{DynamoSession, Expires, SessionId};
use serde::{Deserialize, Serialize};

/// One field for each way in which commits merge. Serde's attributes are for the store of the comparison, and
/// for reading raw items.
#[derive(Debug, DynamoSession, Serialize, Deserialize)]
#[session(table = "storm-sessions", idle_timeout = "30m", touch_interval = "1m", ignore_serde)]
pub(crate) struct Visit {
    #[session(hash_key)]
    #[serde(skip, default = "SessionId::generate")]
    pub(crate) id: SessionId,
    #[session(ttl)]
    #[serde(skip, default = "never")]
    pub(crate) expires_at: Expires,
    /// Which of the storm's sessions this is, whatever its id.
    pub(crate) label: String,
    /// A plain value that all clients write.
    #[serde(default)]
    pub(crate) note: Option<String>,
    /// A map that all clients add to and remove from.
    pub(crate) cart: BTreeMap<String, u32>,
    /// In each client's entry, the last operation that wrote it: plain values, of one writer each.
    pub(crate) marks: BTreeMap<String, u64>,
    /// Goes up by one with each entry of `cart`, `seen` and `roles` that is added.
    #[session(counter)]
    pub(crate) count: u64,
    #[session(counter)]
    pub(crate) hits: BTreeMap<String, i64>,
    /// A plain number that only `update` changes.
    pub(crate) coins: u64,
    #[session(append)]
    pub(crate) seen: Vec<String>,
    #[session(set)]
    #[serde(default)]
    pub(crate) roles: BTreeSet<String>,
}

fn never() -> Expires {
    Expires::from_epoch_seconds(0)
}
