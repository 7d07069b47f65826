#[cfg(feature = "interop")]
use super::adopt::Adoption;
use super::create::Creation;
use super::record::Record;
#[cfg(feature = "interop")]
use super::row::Row;
#[cfg(feature = "interop")]
use super::shared_row::SharedRow;
#[cfg(feature = "interop")]
use super::shared_write::SharedWrite;
use super::update::Update;
use crate::expiry::Lifetime;

/// Where a session stands, as far as its handle knows.
#[derive(Debug)]
pub(super) enum Phase {
    /// Not in the table, and no request was made.
    New(Lifetime),
    /// Its first put is not known to be applied.
    Creating(Creation),
    /// In the table, as last seen.
    Stored(Record),
    /// An update is not known to be applied, nor that it never will be.
    Updating(Record, Update),
    /// In another store's row, as last seen, and not here.
    #[cfg(feature = "interop")]
    Foreign(Box<Row>),
    /// Its adoption is not known to be applied, nor that it never will be.
    #[cfg(feature = "interop")]
    Adopting(Box<Adoption>),
    /// In another store's row, as last seen, where it stays.
    #[cfg(feature = "interop")]
    Shared(Box<SharedRow>),
    /// A write to that row is not known to be applied, nor that it never will be.
    #[cfg(feature = "interop")]
    Sharing(Box<SharedWrite>),
    Over(End, Lifetime),
}

/// Why nothing more can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Destroyed by this handle.
    Destroyed,
    /// Expired, or found to have been destroyed or renewed.
    Gone,
    /// A write's outcome cannot be known, so neither can what the table holds.
    Unknown,
}
