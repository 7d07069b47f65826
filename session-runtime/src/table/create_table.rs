use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use super::compare::compare_schema;
use super::definition::creation;
use super::live::{IndexState, LiveTable};
use super::progress::{TableChange, TableProgress};
use super::setup::{Running, TableSetup, require_untouched};
use crate::derived::DynamoSession;
use crate::dynamo::{Why, unbuildable};
use crate::error::Error;
use crate::operation::Operation;
use crate::store::SessionStore;

/// AWS usually needs about ten seconds for a table.
const CREATION: Duration = Duration::from_secs(300);

/// Creates the table of a store: see [`SessionStore::create_table`].
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateTable<'a> {
    setup: TableSetup<'a>,
}

/// Creating the table.
impl<S: DynamoSession> SessionStore<S> {
    /// Creates the table as the session type and the [`TableOptions`](crate::table::TableOptions) say, and waits until
    /// it and its indexes are active. Returns what it changed, in order: nothing, if everything was there.
    ///
    /// The key is a String (S). Each field with `index` has a sparse, keys-only global secondary index. Billing,
    /// limits, tags, class, encryption and deletion protection come from the options; then TTL is enabled on the field
    /// marked `ttl`, and point-in-time recovery if the options ask for it.
    ///
    /// Call it as often as you like, from as many processes at once as you like. What an interrupted call left undone
    /// is finished by the next one: TTL and point-in-time recovery, but not indexes, which
    /// [`update_table`](Self::update_table) adds to a live table. An index that is being added to a live table is not
    /// waited for.
    ///
    /// Another application's table is never touched: before anything is changed, its key, the indexes that have the
    /// same names, and the attribute that TTL is on are compared. Before TTL is enabled on a table that this call did
    /// not create, 25 items are read (at most 1 MB, half a read unit per 4 KB); if one has no Number in the TTL
    /// attribute, the call fails.
    ///
    /// It takes at most 5 minutes unless [`deadline`](CreateTable::deadline) says otherwise; AWS usually needs about
    /// ten seconds. It is safe to drop the future: the next call resumes.
    ///
    /// # Permissions
    ///
    /// `dynamodb:DescribeTable`, `dynamodb:CreateTable`, `dynamodb:DescribeTimeToLive` and
    /// `dynamodb:UpdateTimeToLive`. Also, where
    /// - the table may exist without TTL, because another process is creating it or a call was interrupted:
    ///   `dynamodb:Scan`. Without it, TTL stays off and the call fails;
    /// - the options have tags: `dynamodb:TagResource`;
    /// - they ask for point-in-time recovery: `dynamodb:DescribeContinuousBackups` and
    ///   `dynamodb:UpdateContinuousBackups`;
    /// - they name a KMS key: on it, through DynamoDB, `kms:CreateGrant`, `kms:Decrypt`, `kms:DescribeKey`,
    ///   `kms:Encrypt`, `kms:GenerateDataKey*` and `kms:ReEncrypt*`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::table::TableOptions;
    /// # use dynamo_session::SessionStore;
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// let options = TableOptions::new().deletion_protection(true).tag("team", "web");
    /// let store = SessionStore::<ShopSession>::builder()
    ///     .client(client) // without this line: the AWS environment
    ///     .table_options(options)
    ///     .build()
    ///     .await?;
    /// for change in store.create_table().on_progress(|step| println!("{step} ..")).await? {
    ///     println!("new: {change}");
    /// }
    /// assert!(store.create_table().await?.is_empty(), "it was all there");
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The text of an error says what was done before it and what was not.
    ///
    /// - [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): the table is another application's, lacks an
    ///   index of the session, or is in a state that waiting will not change. It was not touched.
    /// - [`ErrorKind::AccessDenied`](crate::ErrorKind::AccessDenied): a permission is missing; the text names it.
    /// - [`ErrorKind::Throttled`](crate::ErrorKind::Throttled): among others, TTL of this table was changed within the
    ///   last hour, and AWS accepts one change per hour; the text says by when it will accept the next.
    /// - [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable): among others, the deadline has passed.
    /// - [`ErrorKind::Rejected`](crate::ErrorKind::Rejected): an option that AWS does not accept, such as a tag of more
    ///   than 128 characters.
    /// - [`ErrorKind::TableMissing`](crate::ErrorKind::TableMissing): someone deleted the table in the meantime.
    pub fn create_table<'a>(&self) -> CreateTable<'a> {
        CreateTable { setup: TableSetup::new(self, CREATION) }
    }
}

impl<'a> CreateTable<'a> {
    /// Calls this with each step, as it begins.
    pub fn on_progress(mut self, on_progress: impl FnMut(&TableProgress) + Send + 'a) -> Self {
        self.setup.on_progress = Some(Box::new(on_progress));
        self
    }

    /// How long it may take in all: 5 minutes by default.
    ///
    /// After that, AWS continues with what was requested, and the next call resumes.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.setup.deadline = deadline;
        self
    }

    /// Creates the table in the course of another operation, if it is one.
    pub(crate) async fn run(mut self, operation: Operation) -> Result<Vec<TableChange>, Error> {
        if let Some(others) = self.setup.others.take() {
            return self.setup.conclude(operation, Ok(Err(others)));
        }
        let deadline = self.setup.deadline;
        let outcome = tokio::time::timeout(deadline, create(&mut self.setup)).await;
        self.setup.conclude(operation, outcome)
    }
}

impl<'a> IntoFuture for CreateTable<'a> {
    type Output = Result<Vec<TableChange>, Error>;
    type IntoFuture = Running<'a>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run(Operation::CreateTable))
    }
}

impl fmt::Debug for CreateTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CreateTable").field(&self.setup).finish()
    }
}

/// Makes sure that the table is there and active, with its indexes, TTL and backups.
///
/// Safe under many processes that start at once: whoever is late waits for the one that was first.
async fn create(setup: &mut TableSetup<'_>) -> Result<(), Error> {
    let (live, is_ours) = match setup.look().await? {
        Some(live) => (live, false),
        None => {
            setup.plan(TableChange::Table);
            if setup.options.time_to_live {
                let attribute = setup.schema.time_to_live().to_owned();
                setup.plan(TableChange::TimeToLive { attribute });
            }
            if setup.options.point_in_time_recovery {
                setup.plan(TableChange::PointInTimeRecovery);
            }
            let is_ours = request(setup).await?;
            (first_sight(setup).await?, is_ours)
        }
    };
    let missing = compare_schema(&live, setup.schema);
    require_untouched(missing.iter().filter(|it| it.is_missing_index()))?;
    wait_until_ready(setup, live, is_ours).await?;
    match is_ours {
        true => setup.finish(TableChange::Table),
        false => setup.drop_plan(&TableChange::Table),
    }
    setup.plan_enabling(is_ours).await?;
    setup.enable().await?;
    setup.report(TableProgress::Ready);
    Ok(())
}

/// Asks for the table; whether it was this request that made it.
async fn request(setup: &mut TableSetup<'_>) -> Result<bool, Error> {
    let request = creation(setup.schema, &setup.options).map_err(unbuildable)?;
    loop {
        setup.report(TableProgress::CreatingTable);
        let Err(refusal) = setup.control.create(request.clone()).await else {
            return Ok(true);
        };
        match refusal.why {
            // Someone else is first, or too many tables are being created: a look tells which.
            Why::Busy | Why::Passing if setup.look().await?.is_some() => return Ok(false),
            Why::Busy => setup.wait_out(&refusal).await,
            _ => return Err(refusal.into_error()),
        }
    }
}

/// A table that was just created may not be visible at once.
async fn first_sight(setup: &mut TableSetup<'_>) -> Result<LiveTable, Error> {
    loop {
        if let Some(live) = setup.look().await? {
            return Ok(live);
        }
        setup.report(TableProgress::WaitingForTable { status: "not visible yet".to_owned() });
        setup.pause().await;
    }
}

/// Waits until the table is active, and with it the indexes that it is created with.
///
/// An index that is being added to a live table is not waited for: the table serves sessions meanwhile.
pub(super) async fn wait_until_ready(
    setup: &mut TableSetup<'_>,
    mut live: LiveTable,
    is_new: bool,
) -> Result<(), Error> {
    let is_new = is_new || live.is_creating();
    loop {
        let unfinished = live.unfinished(setup.schema).filter(|_| is_new);
        let progress = match unfinished {
            _ if live.is_creating() => {
                TableProgress::WaitingForTable { status: live.status().to_owned() }
            }
            Some((index, IndexState::Creating)) => TableProgress::WaitingForIndex {
                index: index.name().to_owned(),
                status: "CREATING".to_owned(),
            },
            _ => return Ok(()),
        };
        setup.report(progress);
        setup.pause().await;
        live = setup.look_again().await?;
    }
}
