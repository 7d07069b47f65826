use std::fmt;

use crate::error::{Error, ErrorKind};

/// So many reasons are told apart.
const MAX_REASONS: usize = 50;

/// What a migration has done, so far or in all; or, of a [dry run](crate::sweep::Migrate::dry_run), what it would do.
///
/// A resumed migration counts from zero again. Each row that was looked at is counted once, by what came of it:
/// `scanned` is the sum of `adopted`, `already_adopted`, `expired`, `unreadable` and `skipped`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Migrated {
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Rows that were looked at, of sessions or of anything else.
    pub scanned: u64,
    /// Sessions that are here now, and not there any more; in a dry run, those that would be.
    pub adopted: u64,
    /// Sessions that were adopted before, or have ended here, and whose rows the other service has written back: those rows
    /// are never read again, and stay. A dry run counts them as `adopted`, since it does not look.
    pub already_adopted: u64,
    /// Rows of sessions that have ended: they stay until DynamoDB's TTL, or their own store, deletes them.
    pub expired: u64,
    /// Rows whose sessions do not decode as the session type, or do not fit into an item: they stay as they are.
    pub unreadable: u64,
    /// Why they were unreadable, and how many for each reason: the first 50 reasons.
    pub reasons: Vec<UnreadableRows>,
    /// Rows of something else, as their keys say, and of sessions that ended while they were looked at.
    pub skipped: u64,
    /// Read units consumed by the scan, as DynamoDB reported them.
    pub read_units: f64,
    /// Write units, reckoned by the sizes of the rows: DynamoDB charges twice for what is in a transaction.
    pub write_units: f64,
    /// Segments that are finished.
    pub segments_finished: u32,
    /// All segments. When all are finished, so is the migration.
    pub segments: u32,
}

/// Rows that were unreadable for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnreadableRows {
    /// The kind of the error that loading such a session returns.
    pub kind: ErrorKind,
    /// The attribute that does not decode, if one is to blame.
    pub attribute: Option<String>,
    /// The error, in words, without the session that it was met with first.
    pub reason: String,
    /// How many rows.
    pub rows: u64,
}

impl Migrated {
    pub(super) fn count_unreadable(&mut self, error: &Error) {
        self.unreadable += 1;
        let (kind, attribute, reason) = (error.kind(), error.attribute(), error.detail());
        let has_room = self.reasons.len() < MAX_REASONS;
        let known = self.reasons.iter_mut().find(|known| {
            known.kind == kind && known.attribute.as_deref() == attribute && known.reason == reason
        });
        match known {
            Some(known) => known.rows += 1,
            None if !has_room => {}
            None => self.reasons.push(UnreadableRows {
                kind,
                attribute: attribute.map(str::to_owned),
                reason: reason.to_owned(),
                rows: 1,
            }),
        }
    }
}

/// For people to read:
/// `adopted 512 of 1024 rows, 500 had expired, 12 are unreadable; 64 read and 3072 write units; 3 of 4 segments finished`.
impl fmt::Display for Migrated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scanned, adopted, already_adopted, expired, unreadable, skipped, .. } = self;
        let adopted_in_words = if self.dry_run { "would adopt" } else { "adopted" };
        write!(f, "{adopted_in_words} {adopted} of {scanned} rows")?;
        let others = [
            (already_adopted, "had been adopted before"),
            (expired, "had expired"),
            (unreadable, "are unreadable"),
            (skipped, "were skipped"),
        ];
        for (count, what) in others.into_iter().filter(|(count, _)| **count > 0) {
            write!(f, ", {count} {what}")?;
        }
        let Self { read_units, write_units, .. } = self;
        write!(f, "; {read_units:.0} read and {write_units:.0} write units")?;
        write!(f, "; {} of {} segments finished", self.segments_finished, self.segments)
    }
}

/// For people to read: ``3 rows: attribute `cart`: invalid type``.
impl fmt::Display for UnreadableRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = if self.rows == 1 { "row" } else { "rows" };
        write!(f, "{} {rows}: ", self.rows)?;
        if let Some(attribute) = &self.attribute {
            write!(f, "attribute `{attribute}`: ")?;
        }
        f.write_str(&self.reason)
    }
}
