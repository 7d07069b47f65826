use std::fmt;
use std::str::FromStr;

use super::checkpoint::{Checkpoint, Job};
use crate::error::Error;

pub(super) const PURGE: Job = Job { name: "purge", not_done: "Nothing was deleted" };

/// How far a purge has got: what [`PurgeExpired::resume_from`](crate::sweep::PurgeExpired::resume_from) continues
/// after.
///
/// Its [`Display`](fmt::Display) is a text of a few lines to be kept in a file, and [`FromStr`] reads it back.
///
/// **It holds keys of the table**, one for each segment, be they of sessions or of other items. With [`SessionId`](crate::SessionId) these are hashes, from
/// which no session can be taken over. With `String` and `Uuid` keys they are the ids of (expired or live) sessions
/// themselves: keep the text as you keep the table. Its `Debug` shows none.
///
/// # Examples
///
/// ```
/// use dynamo_session::sweep::PurgeCheckpoint;
///
/// let saved = "dynamo-session purge checkpoint, version 1\n\
///              table shop-sessions\n\
///              key prefix \"ShopSession#\"\n\
///              segments 2\n\
///              0 after dGhlIGtleQ\n\
///              1 finished\n\
///              end\n";
/// let checkpoint: PurgeCheckpoint = saved.parse()?;
/// assert_eq!(checkpoint.table_name(), "shop-sessions");
/// assert_eq!(checkpoint.segments(), 2);
/// assert_eq!(checkpoint.to_string(), saved);
/// # Ok::<(), dynamo_session::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PurgeCheckpoint(pub(super) Checkpoint);

impl PurgeCheckpoint {
    /// The table that was being purged.
    pub fn table_name(&self) -> &str {
        self.0.table_name()
    }

    /// What the keys of the session type begin with whose sessions were being purged.
    pub fn key_prefix(&self) -> &str {
        self.0.key_prefix()
    }

    /// Into how many segments the table was divided.
    pub fn segments(&self) -> u32 {
        self.0.segments()
    }

    /// How many segments were finished.
    pub fn segments_finished(&self) -> u32 {
        self.0.segments_finished()
    }
}

impl fmt::Display for PurgeCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(PURGE, f)
    }
}

impl fmt::Debug for PurgeCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PurgeCheckpoint").field(&self.0).finish()
    }
}

impl FromStr for PurgeCheckpoint {
    type Err = Error;

    /// Reads a checkpoint's text.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming the line, unless the text is exactly what
    /// [`Display`](fmt::Display) wrote, except for its line endings. A truncated text is refused too. The text is not
    /// repeated in the error.
    fn from_str(text: &str) -> Result<Self, Error> {
        Checkpoint::read(PURGE, text).map(Self)
    }
}
