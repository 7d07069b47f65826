use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use super::checkpoint::Checkpoint;
use super::migrated::Migrated;
use super::migration::{Migration, Moved};
use super::migration_checkpoint::{MIGRATION, MigrationCheckpoint};
use super::paced_rows::PacedRows;
use super::parallel_scan::ParallelScan;
use super::settings::SweepSettings;
use crate::context::Context;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::interop::ForeignStore;
use crate::store::SessionStore;

/// Adopts all sessions of another store: [`SessionStore::migrate`] makes one, `.await` or [`start`](Self::start) runs it.
#[must_use = "nothing is moved until it is awaited, or started"]
pub struct Migrate<S: DynamoSession> {
    context: Arc<Context>,
    foreign: Arc<ForeignStore>,
    settings: SweepSettings,
    checkpoint: Option<MigrationCheckpoint>,
    is_dry_run: bool,
    session: PhantomData<fn() -> S>,
}

impl<S: DynamoSession> SessionStore<S> {
    /// Adopts all sessions that another store keeps: for those whose visitors do not come by in time, so that its table,
    /// and the code that reads it, can go.
    ///
    /// It does to each row what a visitor's request does where [`SessionLayer::adopt`](crate::SessionLayer::adopt) has the
    /// same `foreign`: **in one transaction, the session is stored here and its row deleted there**, on condition that the
    /// row still is what was read. So it runs while both services do, and what visitors change meanwhile is not lost. The
    /// visitors keep the other service's cookie, which goes on opening the session: leave `adopt` in the layer, and its
    /// secrets, until the last of those cookies has expired.
    ///
    /// Do this first:
    /// 1. Deploy the layer with `adopt`, so that visitors whose sessions were moved are not strangers.
    /// 2. Count with a [`dry_run`](Migrate::dry_run): it says how many rows would be adopted, and which do not decode, and why.
    ///    Make the session type read those, with `alias`, `default` or `lenient`, or let them expire.
    /// 3. Take the other service away, or let it [share](crate::interop) the sessions no longer: a session that it begins
    ///    behind the scan is left for its visitor's next request, or the next run.
    ///
    /// # Examples
    ///
    /// With a file that lets an interrupted migration go on:
    ///
    /// ```no_run
    /// # use dynamo_session::{DynamoSession, SessionStore};
    /// use dynamo_session::interop::ForeignStore;
    ///
    /// # async fn migrate<Shop: DynamoSession>(store: SessionStore<Shop>) -> Result<(), Box<dyn std::error::Error>> {
    /// let legacy = ForeignStore::connect_dynamodb("sessions").secrets(["keyboard cat"]);
    /// let found = store.migrate(&legacy).dry_run(true).await?;
    /// for unreadable in &found.reasons {
    ///     println!("{unreadable}");
    /// }
    ///
    /// let file = "migration.checkpoint";
    /// let mut migrate = store.migrate(&legacy).capacity_per_second(200.0);
    /// if let Ok(saved) = std::fs::read_to_string(file) {
    ///     migrate = migrate.resume_from(saved.parse()?);
    /// }
    /// let mut migration = migrate.start();
    /// while let Some(progress) = migration.next().await {
    ///     std::fs::write(file, migration.checkpoint().to_string())?;
    ///     println!("{}", progress?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cost
    ///
    /// Half a read unit for each 4 KB of the other store's table. For each session that is adopted, a transaction: 2 write
    /// units for each KB of the row, 2 for each KB of the session, and 2 for the marker that tells that it was adopted;
    /// and what its indexes take. Memory is bounded by the segments times a page.
    ///
    /// # Errors
    ///
    /// When it is awaited, or from [`Migration::next`]. A row that does not decode is not among them: it is counted.
    ///
    /// - [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): the other table's key is not as `foreign` says; it
    ///   has no secrets, and is not [`unsigned`](ForeignStore::unsigned); the session type's key cannot hold the ids that
    ///   adopted sessions get; an option cannot work, or the checkpoint is of something else.
    /// - [`ErrorKind::TableMissing`](crate::ErrorKind::TableMissing).
    /// - [`ErrorKind::AccessDenied`](crate::ErrorKind::AccessDenied): it needs `dynamodb:Scan`, `GetItem` and `DeleteItem`
    ///   on the other table, and `GetItem` and `PutItem` on this one: `Access::Migrate` of the feature `infrastructure`
    ///   writes that policy.
    /// - [`ErrorKind::Throttled`](crate::ErrorKind::Throttled), [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable):
    ///   one request kept failing, and waiting about three minutes in all did not help. (If nothing answers the very first
    ///   request, that is an error at once.)
    /// - [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown), [`ErrorKind::Rejected`](crate::ErrorKind::Rejected).
    ///
    /// After any of them, run it again: what was adopted is not adopted twice.
    pub fn migrate(&self, foreign: &ForeignStore) -> Migrate<S> {
        Migrate {
            context: self.context().clone(),
            foreign: Arc::new(foreign.clone()),
            settings: SweepSettings::default(),
            checkpoint: None,
            is_dry_run: false,
            session: PhantomData,
        }
    }
}

impl<S: DynamoSession> Migrate<S> {
    /// Whether to read and count only: what would be adopted, what has expired, what is unreadable and why.
    pub fn dry_run(mut self, is_dry_run: bool) -> Self {
        self.is_dry_run = is_dry_run;
        self
    }

    /// Into how many segments the other table is divided, 1 to 1,024: 4 by default, or what the checkpoint says.
    ///
    /// All are scanned at the same time, each with up to 4 transactions in flight. On the
    /// [embedded engine](crate::embedded), where a page of one segment costs a walk through the whole table, use 1.
    pub fn segments(mut self, segments: u32) -> Self {
        self.settings.segments = Some(segments);
        self
    }

    /// How many rows one request looks at, at most: 1,000 by default. DynamoDB itself ends a page at 1 MB.
    ///
    /// Fewer rows make progress and checkpoints finer. A page that was throttled, or took too long, is requested again with
    /// half as many.
    pub fn page_items(mut self, items: u32) -> Self {
        self.settings.page_items = Some(items);
        self
    }

    /// Consumes at most this many capacity units a second, of both tables together, evenly. There is no limit by default.
    ///
    /// Reads count as DynamoDB reports them, writes as reckoned by the size of the rows: indexes of the session type come
    /// on top of that. **Set it where the tables serve visitors.**
    pub fn capacity_per_second(mut self, units: f64) -> Self {
        self.settings.capacity_per_second = Some(units);
        self
    }

    /// Continues where an earlier migration stopped. Nothing is skipped; pages that it had not finished are scanned again.
    pub fn resume_from(mut self, checkpoint: MigrationCheckpoint) -> Self {
        self.checkpoint = Some(checkpoint);
        self
    }

    /// Begins, and returns the handle that reports progress. Nothing is sent before [`Migration::next`] is called.
    pub fn start(self) -> Migration<S> {
        let Self { context, foreign, mut settings, checkpoint, is_dry_run, .. } = self;
        let (checkpoint, refused) = Checkpoint::to_begin_at(
            checkpoint.map(|MigrationCheckpoint(checkpoint)| checkpoint),
            MIGRATION,
            foreign.table(),
            foreign.key_prefix(),
            foreign.key_names().1.is_some(),
            &mut settings,
        );
        let segments = checkpoint.segments();
        let migrated = Migrated { dry_run: is_dry_run, segments, ..Migrated::default() };
        let rows = PacedRows::new(&context, foreign.clone(), settings, is_dry_run);
        Migration { scan: ParallelScan::new(rows, checkpoint, refused, Moved::new(migrated)) }
    }
}

impl<S: DynamoSession> IntoFuture for Migrate<S> {
    type Output = Result<Migrated, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let migration = self.start().scan.finish();
        Box::pin(async { migration.await.map(|moved| moved.migrated) })
    }
}

impl<S: DynamoSession> fmt::Debug for Migrate<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migrate")
            .field("foreign", &self.foreign)
            .field("settings", &self.settings)
            .field("checkpoint", &self.checkpoint)
            .field("dry_run", &self.is_dry_run)
            .finish_non_exhaustive()
    }
}
