use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use super::create::create;
use super::progress::{TableChange, TableProgress};
use super::update::update;
use super::work::Work;
use crate::{Error, Operation};

/// AWS usually needs some ten seconds for a table.
const CREATION: Duration = Duration::from_secs(300);

type Done<'a> = Pin<Box<dyn Future<Output = Result<Vec<TableChange>, Error>> + Send + 'a>>;

/// Creates the table of a store: see [`SessionStore::create_table`](crate::SessionStore::create_table).
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateTable<'a> {
    work: Work<'a>,
    deadline: Duration,
}

impl<'a> CreateTable<'a> {
    pub(crate) fn new(work: Work<'a>) -> Self {
        Self { work, deadline: CREATION }
    }

    /// Calls this with each step, as it begins.
    pub fn on_progress(mut self, on_progress: impl FnMut(&TableProgress) + Send + 'a) -> Self {
        self.work.on_progress = Some(Box::new(on_progress));
        self
    }

    /// How long it may take in all: 5 minutes by default.
    ///
    /// When it has passed, what was asked of AWS goes on there, and the next call resumes.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    pub(crate) async fn run(mut self, operation: Operation) -> Result<Vec<TableChange>, Error> {
        let result = match tokio::time::timeout(self.deadline, create(&mut self.work)).await {
            Ok(result) => result,
            Err(_) => Err(self.work.late(self.deadline)),
        };
        conclude(self.work, operation, result)
    }
}

impl<'a> IntoFuture for CreateTable<'a> {
    type Output = Result<Vec<TableChange>, Error>;
    type IntoFuture = Done<'a>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run(Operation::CreateTable))
    }
}

impl fmt::Debug for CreateTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateTable")
            .field("table", &self.work.table())
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// Adds what a live table lacks: see [`SessionStore::update_table`](crate::SessionStore::update_table).
#[must_use = "nothing is sent until it is awaited"]
pub struct UpdateTable<'a> {
    work: Work<'a>,
    deadline: Option<Duration>,
}

impl<'a> UpdateTable<'a> {
    pub(crate) fn new(work: Work<'a>) -> Self {
        Self { work, deadline: None }
    }

    /// Calls this with each step, as it begins.
    pub fn on_progress(mut self, on_progress: impl FnMut(&TableProgress) + Send + 'a) -> Self {
        self.work.on_progress = Some(Box::new(on_progress));
        self
    }

    /// How long it may take in all: without this, as long as AWS needs to fill the indexes, which is hours for a
    /// large table.
    ///
    /// When it has passed, AWS goes on filling, and the next call resumes.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    async fn run(mut self) -> Result<Vec<TableChange>, Error> {
        let work = update(&mut self.work);
        let result = match self.deadline {
            None => work.await,
            Some(deadline) => match tokio::time::timeout(deadline, work).await {
                Ok(result) => result,
                Err(_) => Err(self.work.late(deadline)),
            },
        };
        conclude(self.work, Operation::UpdateTable, result)
    }
}

impl<'a> IntoFuture for UpdateTable<'a> {
    type Output = Result<Vec<TableChange>, Error>;
    type IntoFuture = Done<'a>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for UpdateTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateTable")
            .field("table", &self.work.table())
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

fn conclude(
    work: Work<'_>,
    operation: Operation,
    result: Result<(), Error>,
) -> Result<Vec<TableChange>, Error> {
    match result {
        Ok(()) => Ok(work.into_done()),
        Err(error) => Err(work.account(error).with_context(operation, work.table(), None)),
    }
}
