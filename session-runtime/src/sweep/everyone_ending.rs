use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::Stream;

use super::everyone_ended::EveryoneEnded;
use super::paced_scan::Read;
use super::paced_table::PacedTable;
use super::parallel_scan::{ParallelScan, Tally};
use super::target::Target;
use crate::dynamo::Swept;
use crate::error::Error;
use crate::operation::Operation;
use crate::protocol::{Tombstone, read_lifetime};

/// How far the clocks of servers may be apart without a renewal being missed.
const SKEW: i64 = 60 * 60;
/// How often a session may be renewed while it is being ended: where the pointers of tombstones form a circle, that is the
/// end.
const MAX_RENEWALS: u32 = 1000;
/// More than there are deletions under way at once.
const MET: usize = 4096;

/// The ending of everyone's session, under way: [`EndEveryone::start`](crate::sweep::EndEveryone::start) returns it.
///
/// It runs while [`next`](Self::next) is awaited; no task is spawned. To pause it, do not call `next`; to cancel it,
/// drop it, and what was ended stays ended. It is also a
/// [`Stream`](https://docs.rs/futures-core/0.3/futures_core/stream/trait.Stream.html).
#[must_use = "it runs only while `next` is awaited"]
pub struct EveryoneEnding {
    pub(super) scan: ParallelScan<Everyone>,
}

/// What was ended, and since when renewals are followed.
#[derive(Clone)]
pub(super) struct Everyone {
    pub(super) ended: EveryoneEnded,
    started: i64,
    /// The keys under which renewed sessions were ended: the scan may meet them as well, and they count once.
    followed: HashSet<String>,
    /// The keys of the sessions that were ended last as the scan met them, for answers that overtake each other.
    met: VecDeque<String>,
}

impl EveryoneEnding {
    /// Works until there is progress to report: after each page, and after every 100 deletes. `None` when all is done,
    /// and after an error.
    ///
    /// May be cancelled: what was in flight continues when it is called again.
    ///
    /// # Errors
    ///
    /// As listed at [`SessionStore::end_everyone`](crate::SessionStore::end_everyone). Afterwards
    /// [`progress`](Self::progress) is what was done.
    pub async fn next(&mut self) -> Option<Result<EveryoneEnded, Error>> {
        self.scan.next().await.map(|progress| progress.map(|everyone| everyone.ended))
    }

    /// What was done up to now.
    pub fn progress(&self) -> &EveryoneEnded {
        &self.scan.tally.ended
    }
}

impl Everyone {
    pub(super) fn new(ended: EveryoneEnded, started: i64) -> Self {
        Self { ended, started, followed: HashSet::new(), met: VecDeque::new() }
    }

    fn count(&mut self, target: Target) {
        match target {
            Target::Session { key, .. } if self.followed.remove(&key) => {}
            Target::Session { key, has_expired } => {
                match has_expired {
                    true => self.ended.expired += 1,
                    false => self.ended.ended += 1,
                }
                self.met.truncate(MET - 1);
                self.met.push_front(key);
            }
            Target::Renewed { key, .. } if self.met.contains(&key) => {}
            Target::Renewed { key, .. } => {
                self.ended.ended += 1;
                self.followed.insert(key);
            }
            Target::Expired { .. } => self.ended.expired += 1,
        }
    }
}

impl Stream for EveryoneEnding {
    type Item = Result<EveryoneEnded, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.get_mut().scan.poll(cx);
        polled.map(|progress| progress.map(|progress| progress.map(|everyone| everyone.ended)))
    }
}

impl fmt::Debug for EveryoneEnding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EveryoneEnding").field("progress", self.progress()).finish_non_exhaustive()
    }
}

impl Tally for Everyone {
    const OPERATION: Operation = Operation::EndEveryone;

    type Source = PacedTable;

    fn take_units(&mut self, units: f64) {
        self.ended.read_units += units;
    }

    fn take_page(&mut self, read: &mut Read, table: &PacedTable) -> Result<Vec<Target>, Error> {
        self.ended.scanned += read.page.scanned;
        self.ended.read_units += read.page.units.unwrap_or_default();
        let mut targets = Vec::new();
        for item in read.page.items.drain(..) {
            match Tombstone::read(&item) {
                // What was renewed before this began is met under its new key.
                Some(tombstone) if tombstone.renewed_at.saturating_add(SKEW) >= self.started => {
                    targets.push(Target::Renewed { key: tombstone.successor, renewals: 1 });
                }
                Some(_) => {}
                None => {
                    let lifetime = read_lifetime(table.schema(), &item).ok();
                    let end = lifetime.map(|lifetime| table.end_of(lifetime));
                    let has_expired = end.is_some_and(|end| end <= read.now);
                    targets.push(Target::Session { key: table.key_of(&item)?, has_expired });
                }
            }
        }
        Ok(targets)
    }

    fn take_outcome(&mut self, target: Target, deletion: Swept) -> Option<Target> {
        match deletion {
            Swept::Done { units } => {
                self.count(target);
                self.ended.write_units += units.unwrap_or_default();
                None
            }
            // It was renewed in between: it is ended under its new key.
            Swept::Refused(item) => {
                let renewals = match target {
                    Target::Renewed { renewals, .. } => renewals + 1,
                    _ => 1,
                };
                let key = item.as_ref().and_then(Tombstone::read)?.successor;
                (renewals <= MAX_RENEWALS).then_some(Target::Renewed { key, renewals })
            }
        }
    }

    fn set_finished(&mut self, segments: u32) {
        self.ended.segments_finished = segments;
    }

    fn explain(&self, error: Error) -> Error {
        match self.ended.scanned {
            0 => error,
            _ => error.with_note(format!(
                "done by then: {}. The same call again goes on with the rest",
                self.ended
            )),
        }
    }
}
