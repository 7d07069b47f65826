use std::fmt;

/// What a purge has done, so far or in all.
///
/// A resumed purge counts from zero again.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Purged {
    /// Items that were looked at, expired or not.
    pub scanned: u64,
    /// Expired sessions that are gone, including those that something else deleted between the scan and the delete:
    /// DynamoDB's TTL, another purge, or this one's own request whose answer was lost.
    pub deleted: u64,
    /// Tombstones that are gone: what renewals left under the old ids, which is deleted once the
    /// [grace](crate::SessionStoreBuilder::renewal_grace) is over, and the markers of sessions that were adopted more than
    /// 400 days ago. They are not among `deleted`.
    pub tombstones: u64,
    /// Sessions that were expired when they were scanned, and extended before they could be deleted: they stay.
    pub kept: u64,
    /// Read units consumed, as DynamoDB reported them.
    pub read_units: f64,
    /// Write units consumed, as DynamoDB reported them; it charges for a refused delete, but reports none.
    pub write_units: f64,
    /// Segments that are finished.
    pub segments_finished: u32,
    /// All segments. When all are finished, so is the purge.
    pub segments: u32,
}

/// For people to read:
/// `deleted 512 of 1024 items scanned, kept 1; 64 read and 512 write units; 3 of 4 segments finished`.
impl fmt::Display for Purged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scanned, deleted, tombstones, kept, read_units, write_units, .. } = self;
        write!(f, "deleted {deleted} of {scanned} items scanned")?;
        match tombstones {
            0 => {}
            1 => f.write_str(", and 1 tombstone of a renewal")?,
            many => write!(f, ", and {many} tombstones of renewals")?,
        }
        if *kept > 0 {
            write!(f, ", kept {kept} that were extended in the meantime")?;
        }
        write!(f, "; {read_units:.0} read and {write_units:.0} write units")?;
        write!(f, "; {} of {} segments finished", self.segments_finished, self.segments)
    }
}
