use std::fmt;

/// What ending everyone's session has done, so far or in all.
///
/// One that was begun again counts from zero.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct EveryoneEnded {
    /// Items that were looked at, whatever they are.
    pub scanned: u64,
    /// Sessions that were alive, and are gone. One that something else ended between its scan and its delete is among
    /// them.
    pub ended: u64,
    /// Sessions that had expired already, and are gone, too.
    pub expired: u64,
    /// Read units consumed, as DynamoDB reported them.
    pub read_units: f64,
    /// Write units consumed, as DynamoDB reported them; it charges for a refused delete, but reports none.
    pub write_units: f64,
    /// Segments that are finished.
    pub segments_finished: u32,
    /// All segments. When all are finished, so is the work.
    pub segments: u32,
}

/// For people to read:
/// `ended 480 sessions of 1024 items scanned, and deleted 32 expired; 64 read and 512 write units; 3 of 4 segments finished`.
impl fmt::Display for EveryoneEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scanned, ended, expired, read_units, write_units, .. } = self;
        let sessions = if *ended == 1 { "session" } else { "sessions" };
        write!(f, "ended {ended} {sessions} of {scanned} items scanned")?;
        if *expired > 0 {
            write!(f, ", and deleted {expired} expired")?;
        }
        write!(f, "; {read_units:.0} read and {write_units:.0} write units")?;
        write!(f, "; {} of {} segments finished", self.segments_finished, self.segments)
    }
}
