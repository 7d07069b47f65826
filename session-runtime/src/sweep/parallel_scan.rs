use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::stream::{FuturesUnordered, StreamExt as _};

use super::checkpoint::Checkpoint;
use super::paced_scan::{Cursor, Read};
use super::position::Position;
use crate::error::Error;
use crate::operation::Operation;

/// Items that are treated at once, for each segment.
const MAX_TREATED: usize = 4;
/// Progress is reported after each page, and after so many items that were treated.
const REPORTED: u32 = 100;

/// A table that is swept, and what is done with an item of it, such as a deletion.
pub(super) trait Source: Send + Sync + 'static {
    /// An item that something is to be done with.
    type Target: Send + 'static;
    /// What came of it.
    type Outcome: Send + 'static;

    fn table_name(&self) -> &str;

    fn cursor(&self, segment: u32, position: Position) -> Cursor;

    /// Looks at the table's key before anything else is done; returns the units that this took.
    fn require_key(&self) -> impl Future<Output = Result<f64, Error>> + Send;

    fn read(&self, cursor: Cursor) -> impl Future<Output = Result<Read, Error>> + Send;

    /// Does it, if that is still right. `now` is when the item was read.
    fn treat(
        &self,
        target: &Self::Target,
        now: i64,
    ) -> impl Future<Output = Result<Self::Outcome, Error>> + Send;
}

/// What a sweep is for: it takes in what is found, and says with which items something is to be done.
pub(super) trait Tally {
    const OPERATION: Operation;

    type Source: Source;

    /// Counts units that were read before the first page.
    fn take_units(&mut self, units: f64);

    /// Counts a page; returns what is to be treated.
    fn take_page(
        &mut self,
        read: &mut Read,
        source: &Self::Source,
    ) -> Result<Vec<TargetOf<Self>>, Error>;

    /// Counts what came of an item; returns what is to be treated in its place.
    fn take_outcome(
        &mut self,
        target: TargetOf<Self>,
        outcome: OutcomeOf<Self>,
    ) -> Option<TargetOf<Self>>;

    fn set_finished(&mut self, segments: u32);

    /// The error that ends the sweep, with what the caller should know.
    fn explain(&self, error: Error) -> Error;
}

pub(super) type TargetOf<T> = <<T as Tally>::Source as Source>::Target;
pub(super) type OutcomeOf<T> = <<T as Tally>::Source as Source>::Outcome;

/// A sweep under way: one page of each segment, and some items of it, in flight. Dropping it cancels them.
pub(super) struct ParallelScan<T: Tally> {
    source: Arc<T::Source>,
    checkpoint: Checkpoint,
    pages: Vec<OpenPage<TargetOf<T>>>,
    tasks: FuturesUnordered<Task<T>>,
    unreported: u32,
    stage: Stage,
    pub(super) tally: T,
}

type Task<T> = Pin<Box<dyn Future<Output = Event<TargetOf<T>, OutcomeOf<T>>> + Send>>;

enum Stage {
    Refused(Error),
    New,
    Running,
    Ended,
}

enum Event<T, O> {
    KeyLookedAt(Result<f64, Error>),
    PageRead(u32, Result<Read, Error>),
    Treated { segment: u32, target: T, outcome: Result<O, Error> },
}

/// A segment's page while items of it are being treated.
struct OpenPage<T> {
    targets: Vec<T>,
    treating: usize,
    now: i64,
    /// Where the segment stands when all are done.
    next: Cursor,
}

impl<T: Tally + Clone + Unpin> ParallelScan<T> {
    /// A sweep that goes on from a checkpoint; or one that ends with this error at once.
    pub(super) fn new(
        source: Arc<T::Source>,
        checkpoint: Checkpoint,
        refused: Option<Error>,
        mut tally: T,
    ) -> Self {
        tally.set_finished(checkpoint.segments_finished());
        let stage = refused.map_or(Stage::New, Stage::Refused);
        let (pages, tasks) = (Vec::new(), FuturesUnordered::new());
        Self { source, checkpoint, pages, tasks, unreported: 0, stage, tally }
    }

    pub(super) fn checkpoint(&self) -> &Checkpoint {
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
    fn take_in(&mut self, event: Event<TargetOf<T>, OutcomeOf<T>>) -> Result<bool, Error> {
        match event {
            Event::KeyLookedAt(units) => {
                self.tally.take_units(units?);
                self.open_segments();
                Ok(false)
            }
            Event::PageRead(segment, read) => {
                let mut read = read?;
                let targets = self.tally.take_page(&mut read, &self.source)?;
                let Read { now, next, .. } = read;
                self.pages[segment as usize] = OpenPage { targets, treating: 0, now, next };
                Ok(self.go_on(segment))
            }
            Event::Treated { segment, target, outcome } => {
                let next = self.tally.take_outcome(target, outcome?);
                let page = &mut self.pages[segment as usize];
                page.targets.extend(next);
                page.treating -= 1;
                self.unreported += 1;
                let page_done = self.go_on(segment);
                Ok(page_done || self.unreported == REPORTED)
            }
        }
    }

    fn look_at_key(&self) {
        let source = self.source.clone();
        let looked = async move { Event::KeyLookedAt(source.require_key().await) };
        self.tasks.push(Box::pin(looked));
    }

    fn open_segments(&mut self) {
        for segment in 0..self.checkpoint.segments() {
            let position = self.checkpoint.position(segment).clone();
            let next = self.source.cursor(segment, position);
            self.pages.push(OpenPage { targets: Vec::new(), treating: 0, now: 0, next });
            self.read_page(segment);
        }
    }

    fn read_page(&self, segment: u32) {
        let cursor = self.pages[segment as usize].next.clone();
        if cursor.position == Position::Finished {
            return;
        }
        let source = self.source.clone();
        let read = async move { Event::PageRead(segment, source.read(cursor).await) };
        self.tasks.push(Box::pin(read));
    }

    /// Keeps items in flight; when a page has none left, moves on to the next and returns true.
    fn go_on(&mut self, segment: u32) -> bool {
        let page = &mut self.pages[segment as usize];
        while page.treating < MAX_TREATED {
            let Some(target) = page.targets.pop() else { break };
            page.treating += 1;
            let (source, now) = (self.source.clone(), page.now);
            self.tasks.push(Box::pin(async move {
                let outcome = source.treat(&target, now).await;
                Event::Treated { segment, target, outcome }
            }));
        }
        if page.treating > 0 {
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
        error.with_context(T::OPERATION, self.source.table_name(), None)
    }
}
