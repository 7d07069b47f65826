use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::Stream;

use super::migrated::Migrated;
use super::migration_checkpoint::MigrationCheckpoint;
use super::paced_rows::{ForeignRow, Outcome, PacedRows};
use super::paced_scan::Read;
use super::parallel_scan::{ParallelScan, Tally};
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::operation::Operation;

/// A migration that is under way: [`Migrate::start`](crate::sweep::Migrate::start) returns it.
///
/// It runs while [`next`](Self::next) is awaited; no task is spawned. To pause it, do not call `next`; to cancel it, drop
/// it. Each session is moved by a transaction of its own, so nothing is ever half done. It is also a
/// [`Stream`](https://docs.rs/futures-core/0.3/futures_core/stream/trait.Stream.html).
#[must_use = "it runs only while `next` is awaited"]
pub struct Migration<S: DynamoSession> {
    pub(super) scan: ParallelScan<Moved<S>>,
}

/// What was moved, by the type whose sessions it is.
pub(super) struct Moved<S> {
    pub(super) migrated: Migrated,
    session: PhantomData<fn() -> S>,
}

impl<S> Moved<S> {
    pub(super) fn new(migrated: Migrated) -> Self {
        Self { migrated, session: PhantomData }
    }
}

impl<S> Clone for Moved<S> {
    fn clone(&self) -> Self {
        Self::new(self.migrated.clone())
    }
}

impl<S: DynamoSession> Migration<S> {
    /// Works until there is progress to report: after each page, and after every 100 sessions. `None` when all is done, and
    /// after an error.
    ///
    /// May be cancelled: what was in flight continues when it is called again.
    ///
    /// # Errors
    ///
    /// As listed at [`SessionStore::migrate`](crate::SessionStore::migrate). Afterwards [`checkpoint`](Self::checkpoint) is
    /// where to resume, and [`progress`](Self::progress) what was done.
    pub async fn next(&mut self) -> Option<Result<Migrated, Error>> {
        self.scan.next().await.map(|progress| progress.map(|moved| moved.migrated))
    }

    /// What was done up to now.
    pub fn progress(&self) -> &Migrated {
        &self.scan.tally.migrated
    }

    /// How far the migration has got: at any time, and after an error.
    ///
    /// A page counts when each of its rows is settled.
    pub fn checkpoint(&self) -> MigrationCheckpoint {
        MigrationCheckpoint(self.scan.checkpoint().clone())
    }
}

impl<S: DynamoSession> Stream for Migration<S> {
    type Item = Result<Migrated, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.get_mut().scan.poll(cx);
        polled.map(|progress| progress.map(|progress| progress.map(|moved| moved.migrated)))
    }
}

impl<S: DynamoSession> fmt::Debug for Migration<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migration")
            .field("checkpoint", &self.checkpoint())
            .field("progress", self.progress())
            .finish()
    }
}

impl<S: DynamoSession> Tally for Moved<S> {
    const OPERATION: Operation = Operation::Migrate;

    type Source = PacedRows<S>;

    fn take_units(&mut self, units: f64) {
        self.migrated.read_units += units;
    }

    fn take_page(
        &mut self,
        read: &mut Read,
        source: &PacedRows<S>,
    ) -> Result<Vec<ForeignRow>, Error> {
        let rows: Vec<_> = read.page.items.drain(..).filter_map(|item| source.row(item)).collect();
        self.migrated.scanned += read.page.scanned;
        self.migrated.skipped += read.page.scanned.saturating_sub(rows.len() as u64);
        self.migrated.read_units += read.page.units.unwrap_or_default();
        Ok(rows)
    }

    fn take_outcome(&mut self, _: ForeignRow, outcome: Outcome) -> Option<ForeignRow> {
        let migrated = &mut self.migrated;
        match outcome {
            Outcome::Adopted(units) => {
                migrated.adopted += 1;
                migrated.write_units += units;
            }
            Outcome::AlreadyAdopted => migrated.already_adopted += 1,
            Outcome::Expired => migrated.expired += 1,
            Outcome::Unreadable(error) => migrated.count_unreadable(&error),
            Outcome::Ended => migrated.skipped += 1,
        }
        None
    }

    fn set_finished(&mut self, segments: u32) {
        self.migrated.segments_finished = segments;
    }

    fn explain(&self, error: Error) -> Error {
        match self.migrated.scanned {
            0 => error,
            _ => error.with_note(format!(
                "done so far: {}. Resume from the checkpoint, or start again, which finds what is left",
                self.migrated
            )),
        }
    }
}
