use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use super::create_table::wait_until_ready;
use super::definition::addition;
use super::live::{IndexState, LiveTable, MAX_INDEXES};
use super::progress::{TableChange, TableProgress};
use super::report::{Finding, require_none};
use super::setup::{Running, TableSetup};
use crate::derived::DynamoSession;
use crate::dynamo::{Refusal, Why, unbuildable};
use crate::error::{Error, ErrorKind};
use crate::operation::Operation;
use crate::schema::{Billing, Index};
use crate::store::SessionStore;

/// Adds what a live table lacks: see [`SessionStore::update_table`].
#[must_use = "nothing is sent until it is awaited"]
pub struct UpdateTable<'a> {
    setup: TableSetup<'a>,
}

/// Bringing the table up to date.
impl<S: DynamoSession> SessionStore<S> {
    /// Adds to a live table what the session type and the [`TableOptions`](crate::table::TableOptions) ask for and it
    /// lacks, while it serves sessions: missing indexes, TTL, point-in-time recovery, deletion protection. Returns what
    /// it changed, in order.
    ///
    /// AWS adds one index at a time, and fills it with the existing sessions before it can be listed; this call waits
    /// for that, even if someone else began it. Nothing is ever removed or weakened, and the billing, class, encryption
    /// and tags of a live table are not changed: [`verify_table`](Self::verify_table) tells what differs. On a table
    /// with provisioned capacity, a new index gets the units that the options give, or else those of the table.
    ///
    /// Another application's table is not touched, as for [`create_table`](Self::create_table). It is safe to call from
    /// several processes at once.
    ///
    /// There is **no deadline by default**, since filling an index takes minutes, and hours for a large table;
    /// [`deadline`](UpdateTable::deadline) sets one. It is safe to drop the future: AWS continues to fill the index,
    /// and the next call resumes.
    ///
    /// # Permissions
    ///
    /// `dynamodb:DescribeTable`, `dynamodb:UpdateTable` and `dynamodb:DescribeTimeToLive`. Where TTL is off,
    /// `dynamodb:Scan` and `dynamodb:UpdateTimeToLive`; where the options ask for point-in-time recovery,
    /// `dynamodb:DescribeContinuousBackups` and `dynamodb:UpdateContinuousBackups`.
    ///
    /// # Examples
    ///
    /// The first version of this session had no index:
    ///
    /// ```
    /// # use dynamo_session::table::TableOptions;
    /// # use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore};
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// # mod before {
    /// #     use dynamo_session::{DynamoSession, Expires, SessionId};
    /// #     #[derive(DynamoSession)]
    /// #     #[session(table = "shop-sessions")]
    /// #     pub struct ShopSession {
    /// #         #[session(hash_key)]
    /// #         id: SessionId,
    /// #         #[session(ttl)]
    /// #         expires_at: Expires,
    /// #     }
    /// # }
    /// use dynamo_session::table::TableChange;
    ///
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let old = SessionStore::<before::ShopSession>::builder().client(client.clone());
    /// # old.auto_create(true).build().await?;
    /// let store = SessionStore::<ShopSession>::builder().client(client).build().await?;
    /// let changes = store.update_table().on_progress(|step| println!("{step} ..")).await?;
    /// assert_eq!(changes, [TableChange::Index { index: "by_user".to_owned() }]);
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`create_table`](Self::create_table), and
    ///
    /// - [`ErrorKind::TableMissing`]: there is no table.
    /// - [`ErrorKind::Configuration`]: also if the table has as many indexes as AWS allows: 20, unless the account's
    ///   quota is raised.
    pub fn update_table<'a>(&self) -> UpdateTable<'a> {
        UpdateTable { setup: TableSetup::new(self, Duration::MAX) }
    }
}

impl<'a> UpdateTable<'a> {
    /// Calls this with each step, as it begins.
    pub fn on_progress(mut self, on_progress: impl FnMut(&TableProgress) + Send + 'a) -> Self {
        self.setup.on_progress = Some(Box::new(on_progress));
        self
    }

    /// How long it may take in all: without this, as long as AWS needs to fill the indexes, which is hours for a
    /// large table.
    ///
    /// After that, AWS continues to fill them, and the next call resumes.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.setup.deadline = deadline;
        self
    }

    async fn run(mut self) -> Result<Vec<TableChange>, Error> {
        if let Some(others) = self.setup.others.take() {
            return self.setup.conclude(Operation::UpdateTable, Ok(Err(others)));
        }
        let deadline = self.setup.deadline;
        let outcome = tokio::time::timeout(deadline, update(&mut self.setup)).await;
        self.setup.conclude(Operation::UpdateTable, outcome)
    }
}

impl<'a> IntoFuture for UpdateTable<'a> {
    type Output = Result<Vec<TableChange>, Error>;
    type IntoFuture = Running<'a>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for UpdateTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UpdateTable").field(&self.setup).finish()
    }
}

/// Adds to a live table what the session type and the options ask for and it lacks.
async fn update(setup: &mut TableSetup<'_>) -> Result<(), Error> {
    let Some(live) = setup.look().await? else {
        return require_none([&Finding::table_missing()]);
    };
    if setup.options.deletion_protection && !live.is_protected() {
        setup.plan(TableChange::DeletionProtection);
    }
    wait_until_ready(setup, live, false).await?;
    setup.plan_enabling(false).await?;
    let live = setup.look_again().await?;
    for index in live.missing(setup.schema) {
        setup.plan(change_of(&index));
    }
    if setup.plans(&TableChange::DeletionProtection) {
        protect(setup).await?;
    }
    setup.enable().await?;
    add_indexes(setup).await?;
    setup.report(TableProgress::Ready);
    Ok(())
}

fn change_of(index: &Index) -> TableChange {
    TableChange::Index { index: index.name().to_owned() }
}

async fn protect(setup: &mut TableSetup<'_>) -> Result<(), Error> {
    loop {
        setup.report(TableProgress::EnablingDeletionProtection);
        let Err(refusal) = setup.control.protect_from_deletion().await else {
            setup.finish(TableChange::DeletionProtection);
            return Ok(());
        };
        if refusal.why == Why::Denied {
            return Err(refusal.into_error());
        }
        if setup.look_again().await?.is_protected() {
            setup.drop_plan(&TableChange::DeletionProtection);
            return Ok(());
        }
        match refusal.why {
            Why::Busy | Why::Missing => setup.wait_out(&refusal).await,
            _ => return Err(refusal.into_error()),
        }
    }
}

/// Adds the missing indexes, one after the other as AWS wants it, and waits until all are active.
///
/// Each step begins with a look, so that it does not matter who added an index, or when.
async fn add_indexes(setup: &mut TableSetup<'_>) -> Result<(), Error> {
    let mut asked: Option<Index> = None;
    loop {
        let live = setup.look_again().await?;
        if let Some((index, state)) = live.unfinished(setup.schema) {
            setup.report(waiting_for(&index, state));
            setup.pause().await;
            continue;
        }
        if let Some(index) = asked.take_if(|index| live.index(index).is_some()) {
            setup.finish(change_of(&index));
        }
        let Some(index) = live.missing(setup.schema).next() else { break };
        if !live.is_active() {
            setup.report(TableProgress::WaitingForTable { status: live.status().to_owned() });
            setup.pause().await;
            continue;
        }
        setup.report(TableProgress::AddingIndex { index: index.name().to_owned() });
        let (key, action) =
            addition(&index, units(setup, &live), setup.options.billing).map_err(unbuildable)?;
        match setup.control.add_index(key, action).await {
            Ok(()) => {
                asked = Some(index);
                setup.pause().await;
            }
            Err(refusal) => settle(setup, &index, refusal).await?,
        }
    }
    // What others added meanwhile.
    for index in setup.schema.indexes() {
        setup.drop_plan(&change_of(&index));
    }
    Ok(())
}

fn waiting_for(index: &Index, state: IndexState) -> TableProgress {
    let (index, status) = (index.name().to_owned(), state.as_str().to_owned());
    match state {
        IndexState::Backfilling => TableProgress::BackfillingIndex { index },
        _ => TableProgress::WaitingForIndex { index, status },
    }
}

/// An index of a table that pays by the hour needs units: the options' ones, else those of the table.
fn units(setup: &TableSetup<'_>, live: &LiveTable) -> Option<(u64, u64)> {
    let of_table = live.provisioned()?;
    Some(match setup.options.billing {
        Billing::Provisioned { read, write } => (read, write),
        Billing::OnDemand { .. } => of_table,
    })
}

/// An error if a refusal is final; otherwise the next look tells what to do.
async fn settle(setup: &mut TableSetup<'_>, index: &Index, refusal: Refusal) -> Result<(), Error> {
    let fail = |error: Error| {
        let lead = format!("adding index `{}`", index.name());
        Err(error.with_lead(lead).with_attribute(index.attribute()))
    };
    if matches!(refusal.why, Why::Denied | Why::Unknown | Why::Other) {
        return fail(refusal.into_error());
    }
    let live = setup.look_again().await?;
    if live.index(index).is_some() {
        return Ok(());
    }
    let is_settled = live.is_active() && live.indexes().all(|it| it.state() == IndexState::Active);
    match refusal.why {
        Why::Busy | Why::Invalid if is_settled && live.indexes().count() >= MAX_INDEXES => {
            let detail = format!(
                "the table has {} indexes, and AWS allows {MAX_INDEXES} unless the account's quota is \
                 raised ({}); delete an unused one, or have the quota raised",
                live.indexes().count(),
                refusal.error()
            );
            fail(Error::new(ErrorKind::Configuration, detail).with_source(refusal.into_error()))
        }
        Why::Busy | Why::Missing => {
            setup.wait_out(&refusal).await;
            Ok(())
        }
        _ => fail(refusal.into_error()),
    }
}
