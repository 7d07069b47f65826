use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::stream::{FuturesUnordered, StreamExt as _};

use super::checkpoint::PurgeCheckpoint;
use super::paced_table::{Cursor, PacedTable, Read, Wanted};
use super::position::Position;
use super::target::Target;
use crate::dynamo::Swept;
use crate::error::Error;
use crate::operation::Operation;

/// Deletes in flight for each segment.
const MAX_DELETES: usize = 4;
/// Progress is reported after each page, and after so many deletes.
const REPORTED_DELETES: u32 = 100;

/// What a sweep is for: it takes in what is found, and says what to delete.
pub(super) trait Tally {
    const OPERATION: Operation;

    fn wanted(&self) -> Wanted;

    /// Counts units that were read before the first page.
    fn take_units(&mut self, units: f64);

    /// Counts a page; returns what is to be deleted.
    fn take_page(&mut self, read: &mut Read, table: &PacedTable) -> Result<Vec<Target>, Error>;

    /// Counts a deletion; returns what is to be deleted in its place.
    fn take_deletion(&mut self, target: Target, deletion: Swept) -> Option<Target>;

    fn set_finished(&mut self, segments: u32);

    /// The error that ends the sweep, with what the caller should know.
    fn explain(&self, error: Error) -> Error;
}

/// A sweep under way: one page of each segment, and some deletes, in flight. Dropping it cancels them.
pub(super) struct ParallelScan<T> {
    table: Arc<PacedTable>,
    checkpoint: PurgeCheckpoint,
    pages: Vec<OpenPage>,
    tasks: FuturesUnordered<Task>,
    unreported: u32,
    stage: Stage,
    pub(super) tally: T,
}

type Task = Pin<Box<dyn Future<Output = Event> + Send>>;

enum Stage {
    Refused(Error),
    New,
    Running,
    Ended,
}

enum Event {
    KeyLookedAt(Result<f64, Error>),
    PageRead(u32, Result<Read, Error>),
    Deleted { segment: u32, target: Target, deletion: Result<Swept, Error> },
}

/// A segment's page while items of it are being deleted.
struct OpenPage {
    targets: Vec<Target>,
    deleting: usize,
    now: i64,
    /// Where the segment stands when all are deleted.
    next: Cursor,
}

impl<T: Tally + Clone> ParallelScan<T> {
    /// A sweep that goes on from a checkpoint; or one that ends with this error at once.
    pub(super) fn new(
        table: Arc<PacedTable>,
        checkpoint: PurgeCheckpoint,
        refused: Option<Error>,
        mut tally: T,
    ) -> Self {
        tally.set_finished(checkpoint.segments_finished());
        let stage = refused.map_or(Stage::New, Stage::Refused);
        let (pages, tasks) = (Vec::new(), FuturesUnordered::new());
        Self { table, checkpoint, pages, tasks, unreported: 0, stage, tally }
    }

    pub(super) fn checkpoint(&self) -> &PurgeCheckpoint {
        &self.checkpoint
    }

    pub(super) async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Goes on to the end.
    pub(super) async fn finish(mut self) -> Result<T, Error> {
        while let Some(progress) = self.next().await {
            progress?;
        }
        Ok(self.tally)
    }

    /// Ready when there is progress to report, an error, or nothing more to do.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        match std::mem::replace(&mut self.stage, Stage::Running) {
            Stage::Refused(error) => return Poll::Ready(Some(Err(self.fail(error)))),
            Stage::New => self.look_at_key(),
            Stage::Running => {}
            Stage::Ended => {
                self.stage = Stage::Ended;
                return Poll::Ready(None);
            }
        }
        loop {
            let Some(event) = ready!(self.tasks.poll_next_unpin(cx)) else {
                self.stage = Stage::Ended;
                return Poll::Ready(None);
            };
            match self.take_in(event) {
                Ok(false) => {}
                Ok(true) => {
                    self.unreported = 0;
                    return Poll::Ready(Some(Ok(self.tally.clone())));
                }
                Err(error) => return Poll::Ready(Some(Err(self.fail(error)))),
            }
        }
    }

    /// Goes on after an event; returns whether there is progress to report.
    fn take_in(&mut self, event: Event) -> Result<bool, Error> {
        match event {
            Event::KeyLookedAt(units) => {
                self.tally.take_units(units?);
                self.open_segments();
                Ok(false)
            }
            Event::PageRead(segment, read) => {
                let mut read = read?;
                let targets = self.tally.take_page(&mut read, &self.table)?;
                let Read { now, next, .. } = read;
                self.pages[segment as usize] = OpenPage { targets, deleting: 0, now, next };
                Ok(self.go_on(segment))
            }
            Event::Deleted { segment, target, deletion } => {
                let next = self.tally.take_deletion(target, deletion?);
                let page = &mut self.pages[segment as usize];
                page.targets.extend(next);
                page.deleting -= 1;
                self.unreported += 1;
                let page_done = self.go_on(segment);
                Ok(page_done || self.unreported == REPORTED_DELETES)
            }
        }
    }

    fn look_at_key(&self) {
        let table = self.table.clone();
        let looked = async move { Event::KeyLookedAt(table.require_key().await) };
        self.tasks.push(Box::pin(looked));
    }

    fn open_segments(&mut self) {
        for segment in 0..self.checkpoint.segments() {
            let position = self.checkpoint.position(segment).clone();
            let next = self.table.cursor(segment, position);
            self.pages.push(OpenPage { targets: Vec::new(), deleting: 0, now: 0, next });
            self.read_page(segment);
        }
    }

    fn read_page(&self, segment: u32) {
        let cursor = self.pages[segment as usize].next.clone();
        if cursor.position == Position::Finished {
            return;
        }
        let (table, wanted) = (self.table.clone(), self.tally.wanted());
        let read = async move { Event::PageRead(segment, table.read(cursor, wanted).await) };
        self.tasks.push(Box::pin(read));
    }

    /// Keeps deletes in flight; when a page has none left, moves on to the next and returns true.
    fn go_on(&mut self, segment: u32) -> bool {
        let page = &mut self.pages[segment as usize];
        while page.deleting < MAX_DELETES {
            let Some(target) = page.targets.pop() else { break };
            page.deleting += 1;
            let (table, now) = (self.table.clone(), page.now);
            self.tasks.push(Box::pin(async move {
                let deletion = table.delete(&target, now).await;
                Event::Deleted { segment, target, deletion }
            }));
        }
        if page.deleting > 0 {
            return false;
        }
        self.checkpoint.advance(segment, page.next.position.clone());
        self.tally.set_finished(self.checkpoint.segments_finished());
        self.read_page(segment);
        true
    }

    fn fail(&mut self, error: Error) -> Error {
        self.stage = Stage::Ended;
        self.tasks.clear();
        let error = self.tally.explain(error);
        error.with_context(T::OPERATION, self.table.table_name(), None)
    }
}
