use std::fmt;

use crate::expiry::Expires;

/// How many sessions a table holds, as far as they have been counted.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Counted {
    /// Sessions that a load returns.
    pub alive: u64,
    /// Of those, the ones that expire within an hour unless they are touched.
    pub expiring_within_hour: u64,
    /// Sessions that have expired, by idle or absolute timeout, and are still stored.
    pub expired: u64,
    /// When the first of them expired: how far TTL or purges lag behind.
    pub first_expired: Option<Expires>,
    /// Tombstones, which renewals leave under the old ids, and markers of sessions that were adopted from another store,
    /// until DynamoDB's TTL or a purge removes them: neither alive nor expired sessions.
    pub tombstones: u64,
    /// Items that cannot be sessions of this type: their expiry is missing or not a Number, or their creation is not a
    /// Number. Loading one fails. Without such an expiry, neither TTL nor a purge deletes them; with one, both do once
    /// it has passed.
    pub unreadable: u64,
    /// Their sizes, if those were [asked for](crate::sweep::CountSessions::measure_sizes).
    pub sizes: Option<SessionSizes>,
    /// Read units consumed, as DynamoDB reported them.
    pub read_units: f64,
    /// Segments that are finished.
    pub segments_finished: u32,
    /// All segments. When all are finished, everything has been counted.
    pub segments: u32,
}

/// The sizes of the counted items, as DynamoDB measures them: attribute names and values.
///
/// (Storage is billed by that size plus 100 bytes for each item; an index adds its own.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionSizes {
    /// Bytes of sessions that are alive.
    pub alive_bytes: u64,
    /// Bytes of sessions that have expired.
    pub expired_bytes: u64,
    /// Bytes of tombstones.
    pub tombstone_bytes: u64,
    /// Bytes of items that are not sessions of this type.
    pub unreadable_bytes: u64,
    /// Bytes of the largest item. DynamoDB's limit is 409,600.
    pub largest_bytes: u64,
}

impl Counted {
    /// All items that were looked at.
    pub fn items(&self) -> u64 {
        self.alive + self.expired + self.tombstones + self.unreadable
    }
}

/// For people to read:
/// `1024 sessions alive (31 expire within the hour), 512 expired; 96 read units; 4 of 4 segments finished`.
impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} sessions alive ({} expire within the hour), {} expired",
            self.alive, self.expiring_within_hour, self.expired
        )?;
        match self.tombstones {
            0 => {}
            1 => f.write_str(", 1 tombstone of a renewal")?,
            many => write!(f, ", {many} tombstones of renewals")?,
        }
        if self.unreadable > 0 {
            write!(f, ", {} items that are not sessions", self.unreadable)?;
        }
        if let Some(sizes) = &self.sizes {
            write!(
                f,
                "; {} bytes alive, {} expired, the largest item {}",
                sizes.alive_bytes, sizes.expired_bytes, sizes.largest_bytes
            )?;
        }
        write!(f, "; {:.0} read units", self.read_units)?;
        write!(f, "; {} of {} segments finished", self.segments_finished, self.segments)
    }
}
