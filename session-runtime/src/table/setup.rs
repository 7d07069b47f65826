use std::fmt::{self, Write as _};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::error::Elapsed;

use super::compare::{compare_schema, compare_status};
use super::live::LiveTable;
use super::progress::{TableChange, TableProgress};
use super::report::{Finding, require_none};
use crate::backoff::Backoff;
use crate::derived::DynamoSession;
use crate::dynamo::{Control, Refusal, Why};
use crate::error::{Error, ErrorKind};
use crate::expiry::Clock;
use crate::operation::Operation;
use crate::schema::{Schema, TableOptions};
use crate::store::SessionStore;

/// How often in a row a look may fail, or show nothing, while something is waited for.
const MAX_LOOKS: u32 = 10;

type OnProgress<'a> = Box<dyn FnMut(&TableProgress) + Send + 'a>;

/// A call under way.
pub(super) type Running<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<TableChange>, Error>> + Send + 'a>>;

const fn between_looks() -> Backoff {
    Backoff::new(Duration::from_millis(40), Duration::from_secs(4))
}

/// Refuses to work on a table of which there is any of these findings.
pub(super) fn require_untouched<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
) -> Result<(), Error> {
    require_none(findings).map_err(|error| error.with_note("the table was not touched"))
}

/// One call that creates or changes a table: what it is for, what it has done, and what is left.
pub(super) struct TableSetup<'a> {
    pub(super) control: Control,
    pub(super) schema: &'static Schema,
    pub(super) options: TableOptions,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) deadline: Duration,
    pub(super) on_progress: Option<OnProgress<'a>>,
    /// Why the table is not this store's to set up.
    pub(super) others: Option<Error>,
    done: Vec<TableChange>,
    to_do: Vec<TableChange>,
    waiting_for: Option<TableProgress>,
    refused: Option<Error>,
    backoff: Backoff,
    seen: bool,
    failures: u32,
}

impl<'a> TableSetup<'a> {
    pub(super) fn new<S: DynamoSession>(store: &SessionStore<S>, deadline: Duration) -> Self {
        let context = store.context();
        Self {
            control: Control::of(context.sweeping_table()),
            schema: S::SCHEMA,
            options: context.table_options.clone(),
            clock: context.clock.clone(),
            deadline,
            on_progress: None,
            others: context.require_own_rows("let the other service look after its table").err(),
            done: Vec::new(),
            to_do: Vec::new(),
            waiting_for: None,
            refused: None,
            backoff: between_looks(),
            seen: false,
            failures: 0,
        }
    }

    pub(super) fn table(&self) -> &str {
        self.control.table()
    }

    pub(super) fn report(&mut self, progress: TableProgress) {
        tracing::debug!(table = self.table(), %progress, "table");
        if let Some(on_progress) = &mut self.on_progress {
            on_progress(&progress);
        }
        self.waiting_for = Some(progress);
    }

    pub(super) fn plan(&mut self, change: TableChange) {
        self.to_do.push(change);
    }

    pub(super) fn plans(&self, change: &TableChange) -> bool {
        self.to_do.contains(change)
    }

    /// Something planned turned out to be there already, or is not available here.
    pub(super) fn drop_plan(&mut self, change: &TableChange) {
        self.to_do.retain(|planned| planned != change);
        self.refused = None;
        self.backoff = between_looks();
    }

    pub(super) fn finish(&mut self, change: TableChange) {
        tracing::info!(table = self.table(), %change, "table set up");
        self.drop_plan(&change);
        self.done.push(change);
    }

    /// Looks at the table: `None` if it is not there, or not to be seen yet. An error if it is not ours to work on, or
    /// in a state that waiting will not change; another table may take its name between any two looks.
    pub(super) async fn look(&mut self) -> Result<Option<LiveTable>, Error> {
        loop {
            match self.control.describe().await {
                Ok(found) => {
                    self.failures = 0;
                    self.seen |= found.is_some();
                    let live = found.map(LiveTable);
                    live.as_ref().map_or(Ok(()), |live| self.require_ours(live))?;
                    return Ok(live);
                }
                // Hours of waiting should not end with one look that failed.
                Err(refusal)
                    if refusal.why == Why::Passing && self.seen && self.failures < MAX_LOOKS =>
                {
                    self.failures += 1;
                    self.pause().await;
                }
                Err(refusal) => return Err(refusal.into_error()),
            }
        }
    }

    fn require_ours(&self, live: &LiveTable) -> Result<(), Error> {
        let mut findings = compare_schema(live, self.schema);
        findings.retain(Finding::is_foreign);
        findings.extend(compare_status(live).filter(|_| !live.is_creating()));
        require_untouched(&findings)
    }

    /// Looks at a table that was there: descriptions are eventually consistent, so once is not enough to believe that
    /// it is gone.
    pub(super) async fn look_again(&mut self) -> Result<LiveTable, Error> {
        for _ in 0..MAX_LOOKS {
            if let Some(live) = self.look().await? {
                return Ok(live);
            }
            self.pause().await;
        }
        Err(Error::new(
            ErrorKind::TableMissing,
            "the table was deleted in the meantime; call again",
        ))
    }

    pub(super) async fn pause(&mut self) {
        self.backoff.pause().await;
    }

    /// Waits a little before the same is asked for again.
    pub(super) async fn wait_out(&mut self, refusal: &Refusal) {
        let reason = refusal.error().to_string();
        self.refused = Some(refusal.error().without_source());
        self.report(TableProgress::Retrying { reason });
        self.pause().await;
    }

    /// What has changed, or the error that ended it.
    pub(super) fn conclude(
        self,
        operation: Operation,
        outcome: Result<Result<(), Error>, Elapsed>,
    ) -> Result<Vec<TableChange>, Error> {
        match outcome.unwrap_or_else(|_| Err(self.late())) {
            Ok(()) => Ok(self.done),
            Err(error) => Err(self.account(error).with_context(operation, self.table(), None)),
        }
    }

    /// The error of a deadline that has passed.
    fn late(&self) -> Error {
        let mut detail = format!("not ready within {} seconds", self.deadline.as_secs_f64());
        if let Some(progress) = &self.waiting_for {
            let _ = write!(detail, ", while {progress}");
        }
        if let Some(refused) = &self.refused
            && !matches!(self.waiting_for, Some(TableProgress::Retrying { .. }))
        {
            let _ = write!(detail, " (the last refusal: {refused})");
        }
        Error::new(ErrorKind::Unavailable, detail)
    }

    /// The error with what was done before it, what was not, and that the next call goes on from there.
    fn account(&self, error: Error) -> Error {
        if self.done.is_empty() && self.to_do.is_empty() {
            return error;
        }
        let list = |changes: &[TableChange]| match changes {
            [] => "nothing".to_owned(),
            changes => changes.iter().map(TableChange::to_string).collect::<Vec<_>>().join(", "),
        };
        error.with_note(format_args!(
            "done: {}; not done: {}; call again to resume there",
            list(&self.done),
            list(&self.to_do)
        ))
    }
}

impl fmt::Debug for TableSetup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableSetup")
            .field("table", &self.table())
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
