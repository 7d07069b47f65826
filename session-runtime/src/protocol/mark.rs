//! How a read is known to show what was written before it, however far its replica is behind.
//!
//! # The invariant
//!
//! The states of an item follow one another, and `_seq` grows by one with each commit. **A state shows the commit with the
//! token *t*, applied while `_seq` <= *last*, if and only if it has *t* in `_commits`, or its `_seq` is at least *last* + 1.**
//!
//! - **If**: only the commit itself puts *t* there. And it found `_seq` <= *last*, so it left at most *last* + 1: a state
//!   with that or more is the one that it left, or a later one.
//! - **Only if**: a token is removed only by a commit that found `_seq` > *last* (see [`tokens`](super::tokens)), which
//!   leaves more still. A renewal leaves out tokens, but it puts an item under a new key, of which each state shows it.
//!
//! So neither the time that has passed nor the number of replicas matters, and no state is mistaken for another. A
//! state that was read, or whose `_seq` was returned, is known by that alone.
//!
//! A touch counts in no `_seq`. What tells of it is the expiry, which it only moves ahead: a state with an earlier one is
//! from before the touch, or somebody has shortened it since. Either is looked at again, by a strongly consistent read.
//!
//! Only what counts in `_seq` is known: a program that writes to the item without it, and a session that was deleted, are
//! not. The absence of an item shows nothing.

use super::record::Record;
use super::tokens::Position;

/// The longest text that is read: two numbers and a token take less.
const MAX_BYTES: usize = 64;

/// What a read has to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    position: Position,
    /// In epoch seconds: the earliest expiry of a state that shows the last touch.
    expires: i64,
}

impl Mark {
    pub(super) fn of(record: &Record) -> Self {
        Self { position: record.bookkeeping.position(), expires: record.lifetime.expires }
    }

    pub(super) fn is_shown_by(&self, record: &Record) -> bool {
        record.lifetime.expires >= self.expires && record.bookkeeping.shows(&self.position)
    }

    /// As a cookie can carry it.
    pub(crate) fn to_text(&self) -> String {
        let Self { position: Position { token, sequence }, expires } = self;
        match token {
            Some(token) => format!("{sequence}.{expires}.{token}"),
            None => format!("{sequence}.{expires}"),
        }
    }

    /// Reads untrusted text. A value that was made up is shown by no state, by each, or by those of its number: it decides
    /// how its own bearer's session is read, and nothing else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let (sequence, rest) = text.split_once('.')?;
        let (expires, token) = match rest.split_once('.') {
            Some((expires, token)) => (expires, Some(token.to_owned())),
            None => (rest, None),
        };
        let position = Position { token, sequence: sequence.parse().ok()? };
        Some(Self { position, expires: expires.parse().ok()? })
    }
}
