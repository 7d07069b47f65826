use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::Stream;

use super::paced_scan::Read;
use super::paced_table::PacedTable;
use super::parallel_scan::{ParallelScan, Tally};
use super::purge_checkpoint::PurgeCheckpoint;
use super::purged::Purged;
use super::target::Target;
use crate::dynamo::Swept;
use crate::error::Error;
use crate::operation::Operation;
use crate::protocol::Tombstone;

/// A purge that is under way: [`PurgeExpired::start`](crate::sweep::PurgeExpired::start) returns it.
///
/// It runs while [`next`](Self::next) is awaited; no task is spawned. To pause it, do not call `next`; to cancel it,
/// drop it. Each delete is a request of its own, so nothing is ever half done. It is also a
/// [`Stream`](https://docs.rs/futures-core/0.3/futures_core/stream/trait.Stream.html).
#[must_use = "it runs only while `next` is awaited"]
pub struct Purge {
    pub(super) scan: ParallelScan<Purged>,
}

impl Purge {
    /// Works until there is progress to report: after each page, and after every 100 deletes. `None` when all is done,
    /// and after an error.
    ///
    /// May be cancelled: what was in flight continues when it is called again.
    ///
    /// # Errors
    ///
    /// As listed at [`SessionStore::purge_expired`](crate::SessionStore::purge_expired). Afterwards
    /// [`checkpoint`](Self::checkpoint) is where to resume, and [`progress`](Self::progress) what was done.
    pub async fn next(&mut self) -> Option<Result<Purged, Error>> {
        self.scan.next().await
    }

    /// What was done up to now.
    pub fn progress(&self) -> &Purged {
        &self.scan.tally
    }

    /// How far the purge has got: at any time, and after an error.
    ///
    /// A page counts when all of its expired sessions are deleted.
    pub fn checkpoint(&self) -> PurgeCheckpoint {
        PurgeCheckpoint(self.scan.checkpoint().clone())
    }
}

impl Stream for Purge {
    type Item = Result<Purged, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().scan.poll(cx)
    }
}

impl fmt::Debug for Purge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Purge")
            .field("checkpoint", &self.checkpoint())
            .field("progress", self.progress())
            .finish()
    }
}

impl Tally for Purged {
    const OPERATION: Operation = Operation::PurgeExpired;

    type Source = PacedTable;

    fn take_units(&mut self, units: f64) {
        self.read_units += units;
    }

    fn take_page(&mut self, read: &mut Read, table: &PacedTable) -> Result<Vec<Target>, Error> {
        self.scanned += read.page.scanned;
        self.read_units += read.page.units.unwrap_or_default();
        let expired = read.page.items.drain(..).map(|item| {
            let is_tombstone = Tombstone::is_in(&item);
            Ok(Target::Expired { key: table.key_of(&item)?, is_tombstone })
        });
        expired.collect()
    }

    fn take_outcome(&mut self, target: Target, deletion: Swept) -> Option<Target> {
        match deletion {
            Swept::Done { units } => {
                match target {
                    Target::Expired { is_tombstone: true, .. } => self.tombstones += 1,
                    _ => self.deleted += 1,
                }
                self.write_units += units.unwrap_or_default();
            }
            Swept::Refused(_) => self.kept += 1,
        }
        None
    }

    fn set_finished(&mut self, segments: u32) {
        self.segments_finished = segments;
    }

    fn explain(&self, error: Error) -> Error {
        match self.scanned {
            0 => error,
            _ => error.with_note(format!(
                "done so far: {self}. Resume from the checkpoint, or start again, which finds what is left"
            )),
        }
    }
}
