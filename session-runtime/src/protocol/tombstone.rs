//! What a renewal leaves under the old id: enough to know it as renewed, and to end what became of it.
//!
//! A tombstone has no attribute but these, so no index shows it, and an expiry so far in the past that every condition of
//! this crate takes it for an expired session, on a clock that is behind by hours too. DynamoDB's TTL removes it.

use crate::context::Context;
use crate::item::{Attributes, Item, Value};

/// When the session was renewed, in epoch seconds.
pub(crate) const RENEWED_AT: &str = "_renewed_at";
/// The table key, not the id, under which the session went on.
pub(crate) const RENEWED_TO: &str = "_renewed_to";

const EXPIRED_SINCE: i64 = 24 * 60 * 60;

/// How long a marker stays, in seconds: 400 days, the longest that a browser keeps a cookie.
#[cfg(feature = "interop")]
const MARKED_FOR: i64 = 400 * 24 * 60 * 60;

/// What tells that a session of another store was adopted, or has ended: a tombstone whose grace is over, and which stays.
#[cfg(feature = "interop")]
pub(super) fn marker(context: &Context, key: &str, successor: &str, now: i64) -> Item {
    let mut item = Tombstone::new(0, successor).into_item(context, key);
    let until = now.saturating_add(MARKED_FOR);
    item.insert(context.schema.time_to_live(), Value::number(until));
    item
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tombstone {
    pub(crate) renewed_at: i64,
    pub(crate) successor: String,
}

impl Tombstone {
    pub(super) fn new(now: i64, successor: &str) -> Self {
        Self { renewed_at: now, successor: successor.to_owned() }
    }

    pub(super) fn into_item(self, context: &Context, key: &str) -> Item {
        let expired = self.renewed_at.saturating_sub(EXPIRED_SINCE);
        let mut item = Item::default();
        item.insert_key(context.schema.primary_key(), key);
        item.insert(context.schema.time_to_live(), Value::number(expired));
        item.insert(RENEWED_AT, Value::number(self.renewed_at));
        item.insert(RENEWED_TO, Value::text(self.successor));
        item
    }

    /// Whether an item is a tombstone, as far as [`RENEWED_AT`] alone tells.
    pub(crate) fn is_in(item: &impl Attributes) -> bool {
        matches!(item.seconds(RENEWED_AT), Ok(Some(_)))
    }

    /// The tombstone that this item is, if it is one.
    pub(crate) fn read(item: &impl Attributes) -> Option<Self> {
        let renewed_at = item.seconds(RENEWED_AT).ok()??;
        Some(Self { renewed_at, successor: item.text(RENEWED_TO)?.to_owned() })
    }

    /// Whether the old id still stands for the renewed session: for a request that was on its way.
    pub(crate) fn is_within_grace(&self, context: &Context) -> bool {
        context.now() < self.renewed_at.saturating_add(context.renewal_grace)
    }
}
