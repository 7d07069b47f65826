use std::fmt;
use std::str::FromStr;

use super::checkpoint::{Checkpoint, Job};
use crate::error::Error;

pub(super) const MIGRATION: Job = Job { name: "migration", not_done: "Nothing was moved" };

/// How far a migration has got: what [`Migrate::resume_from`](crate::sweep::Migrate::resume_from) continues after.
///
/// Its [`Display`](fmt::Display) is a text of a few lines to be kept in a file, and [`FromStr`] reads it back.
///
/// **It holds keys of the other store's table**, one for each segment, which are ids of sessions: keep the text as you keep
/// the table. Its `Debug` shows none.
#[derive(Clone, PartialEq, Eq)]
pub struct MigrationCheckpoint(pub(super) Checkpoint);

impl MigrationCheckpoint {
    /// The other store's table.
    pub fn table_name(&self) -> &str {
        self.0.table_name()
    }

    /// What the keys of the other store's sessions begin with.
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

impl fmt::Display for MigrationCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(MIGRATION, f)
    }
}

impl fmt::Debug for MigrationCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MigrationCheckpoint").field(&self.0).finish()
    }
}

impl FromStr for MigrationCheckpoint {
    type Err = Error;

    /// Reads a checkpoint's text.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming the line, unless the text is exactly what
    /// [`Display`](fmt::Display) wrote, except for its line endings. A truncated text is refused too. The text is not
    /// repeated in the error.
    fn from_str(text: &str) -> Result<Self, Error> {
        Checkpoint::read(MIGRATION, text).map(Self)
    }
}
