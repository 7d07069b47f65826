//! What becomes of a write: the answers that its judge may give.

use super::record::{Record, Seen};
use crate::context::Context;
use crate::error::Error;
use crate::item::{Item, Value};
use crate::schema::Schema;

/// How a write has ended, as far as its call is concerned.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It was applied; what it wrote, or the item that it is in.
    Applied(Item),
    /// The item shows that it was applied already.
    FoundApplied(Box<Record>, Item),
    /// An earlier request, which this one was to keep from applying, had been applied: which of them.
    EarlierApplied(usize),
    /// A guarded value is not what it was.
    Conflict {
        attribute: Option<&'static str>,
        winner: Item,
        /// The item shows that the write cannot be applied any more.
        is_closed: bool,
    },
    /// There is no such session any more.
    Gone,
    /// It cannot be known whether it was applied.
    Unknown,
    Failed(Error),
}

/// What to do after an answer that does not settle a commit.
#[derive(Debug)]
pub(super) enum Next {
    /// Start over, on the item as it is now.
    Rebase(Box<Rebase>),
    /// Send the same request again.
    Repeat,
}

#[derive(Debug)]
pub(super) struct Rebase {
    pub(super) record: Record,
    pub(super) seen: Seen,
    /// Too many have committed for the token to apply: it takes a new one.
    pub(super) is_closed: bool,
}

/// What a session's fields are, and what they begin with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'a> {
    pub(super) schema: &'static Schema,
    pub(super) defaults: &'a [Value],
}

impl<'a> Shape<'a> {
    pub(super) fn of(context: &'a Context) -> Self {
        Self { schema: context.schema, defaults: &context.defaults }
    }
}

/// What a renewal finds under the old key.
#[derive(Debug)]
pub(super) enum Reading {
    /// The session, to be moved.
    AsItWas(Item, Box<Record>),
    /// It is under the new key, if anywhere.
    Moved,
}
