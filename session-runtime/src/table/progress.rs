use std::fmt;

/// What [`create_table`](crate::SessionStore::create_table) and
/// [`update_table`](crate::SessionStore::update_table) are doing now.
///
/// Its [`Display`](fmt::Display) is a human-readable phrase. During a wait, the same progress is reported each time the
/// table is looked at, at most every two seconds; compare it with the last one to print it once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableProgress {
    /// The table does not exist: requesting it.
    CreatingTable,
    /// Waiting until the table is active; AWS usually needs about ten seconds.
    WaitingForTable {
        /// AWS's word for its state, such as `CREATING`.
        status: String,
    },
    /// Requesting an index on a live table.
    AddingIndex {
        /// The index's name.
        index: String,
    },
    /// Waiting for an index that is about to be filled or deleted.
    WaitingForIndex {
        /// The index's name.
        index: String,
        /// AWS's word for its state, such as `CREATING`.
        status: String,
    },
    /// AWS is filling an index from the sessions that are there: minutes, or hours for a large table.
    BackfillingIndex {
        /// The index's name.
        index: String,
    },
    /// Reading a few items before TTL is enabled on a table that this call did not create.
    SamplingItems,
    /// Enabling TTL. AWS may need up to an hour to start deleting, which is not waited for.
    EnablingTimeToLive {
        /// The attribute that holds the expiry.
        attribute: String,
    },
    /// Enabling point-in-time recovery.
    EnablingPointInTimeRecovery,
    /// Enabling deletion protection.
    EnablingDeletionProtection,
    /// AWS refuses it for now, or someone else is changing the table: trying again soon.
    Retrying {
        /// What AWS said.
        reason: String,
    },
    /// Everything is as declared.
    Ready,
}

impl fmt::Display for TableProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreatingTable => f.write_str("creating the table"),
            Self::WaitingForTable { status } => write!(f, "waiting for the table ({status})"),
            Self::AddingIndex { index } => write!(f, "adding index `{index}`"),
            Self::WaitingForIndex { index, status } => {
                write!(f, "waiting for index `{index}` ({status})")
            }
            Self::BackfillingIndex { index } => write!(f, "backfilling index `{index}`"),
            Self::SamplingItems => f.write_str("reading a few items"),
            Self::EnablingTimeToLive { attribute } => write!(f, "enabling TTL on `{attribute}`"),
            Self::EnablingPointInTimeRecovery => f.write_str("enabling point-in-time recovery"),
            Self::EnablingDeletionProtection => f.write_str("enabling deletion protection"),
            Self::Retrying { reason } => write!(f, "trying again soon: {reason}"),
            Self::Ready => f.write_str("ready"),
        }
    }
}

/// What [`create_table`](crate::SessionStore::create_table) or [`update_table`](crate::SessionStore::update_table)
/// changed. Its [`Display`](fmt::Display) is a human-readable noun.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TableChange {
    /// The table was created, with its indexes, tags, class, key and protection.
    Table,
    /// An index was added to the live table, and filled.
    Index {
        /// The index's name.
        index: String,
    },
    /// TTL was enabled.
    TimeToLive {
        /// The attribute that holds the expiry.
        attribute: String,
    },
    /// Point-in-time recovery was enabled.
    PointInTimeRecovery,
    /// Deletion protection was enabled on the live table.
    DeletionProtection,
}

impl fmt::Display for TableChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table => f.write_str("the table"),
            Self::Index { index } => write!(f, "index `{index}`"),
            Self::TimeToLive { attribute } => write!(f, "TTL on `{attribute}`"),
            Self::PointInTimeRecovery => f.write_str("point-in-time recovery"),
            Self::DeletionProtection => f.write_str("deletion protection"),
        }
    }
}
