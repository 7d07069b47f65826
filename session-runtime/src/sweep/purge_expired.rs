use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use super::checkpoint::Checkpoint;
use super::paced_table::{PacedTable, Wanted};
use super::parallel_scan::ParallelScan;
use super::purge::Purge;
use super::purge_checkpoint::{PURGE, PurgeCheckpoint};
use super::purged::Purged;
use super::settings::SweepSettings;
use crate::context::Context;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::schema::Schema;
use crate::store::SessionStore;

/// Deletes expired sessions: [`SessionStore::purge_expired`] makes one, `.await` or [`start`](Self::start) runs it.
///
/// # Examples
///
/// With a file that lets an interrupted purge go on:
///
/// ```
/// # use dynamo_session::SessionStore;
/// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
/// # use doc::ShopSession;
/// # #[cfg(feature = "embedded")]
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # let client = dynamo_session::embedded::client();
/// # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
/// # let directory = std::env::temp_dir().join(format!("purge-{}", std::process::id()));
/// # std::fs::create_dir_all(&directory)?;
/// # let file = directory.join("purge.checkpoint");
/// let mut purge = store.purge_expired().capacity_per_second(200.0);
/// if let Ok(saved) = std::fs::read_to_string(&file) {
///     purge = purge.resume_from(saved.parse()?);
/// }
/// let mut purge = purge.start();
/// while let Some(progress) = purge.next().await {
///     std::fs::write(&file, purge.checkpoint().to_string())?;
///     println!("{}", progress?);
/// }
/// std::fs::remove_file(&file)?;
/// # std::fs::remove_dir(directory)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is deleted until it is awaited, or started"]
pub struct PurgeExpired {
    context: Arc<Context>,
    schema: &'static Schema,
    settings: SweepSettings,
    checkpoint: Option<PurgeCheckpoint>,
}

impl<S: DynamoSession> SessionStore<S> {
    /// Deletes expired sessions: for tables without TTL, and where TTL, which takes days, is too slow.
    ///
    /// Scans the table, with a filter and a projection so that no session data is sent, and deletes each expired
    /// session by a request that repeats the test: one that has been extended in the meantime stays. A session has
    /// expired if [`load`](Self::load) treats it as absent, by the store's clock: its expiry has been reached, or the
    /// session type's absolute timeout has passed since its creation. An item without a Number as its expiry is never
    /// deleted. (A fraction of a second, which this crate never writes, counts here.) The tombstone that a renewal
    /// leaves is deleted once the [grace](crate::SessionStoreBuilder::renewal_grace) of the renewal is over.
    ///
    /// `.await` it for the whole, or [`start`](PurgeExpired::start) it for progress, cancelling and resuming:
    ///
    /// ```
    /// # use dynamo_session::{ManualClock, SessionStore};
    /// # use std::time::Duration;
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let (client, clock) = (dynamo_session::embedded::client(), ManualClock::new());
    /// # let builder = SessionStore::<ShopSession>::builder().client(client).clock(clock.clone());
    /// # let store = builder.auto_create(true).build().await?;
    /// let mut session = store.create();
    /// session.user = Some("ada".to_owned());
    /// session.commit().await?;
    /// # clock.advance(Duration::from_secs(1800));
    ///
    /// // .. half an hour later
    /// let purged = store.purge_expired().await?;
    /// assert_eq!((purged.scanned, purged.deleted), (1, 1));
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Cost
    ///
    /// Half a read unit for each 4 KB of the table, expired or not, and for each expired session a write of its size, 1
    /// unit per KB, and of its index entries. (TTL deletes free of charge.) Memory is bounded by the segments times the
    /// keys of a page, however large the table.
    ///
    /// # Limits
    ///
    /// - A clock that is ahead deletes sessions that others still accept. Run it where the clock is right.
    /// - An item whose key begins with the type's [prefix](derive@crate::DynamoSession#key_prefix) is taken for a
    ///   session: if its attribute under the expiry's name is a Number in the past, it is deleted, as TTL would delete
    ///   it. All other items of the table stay. A table with another key is refused.
    ///
    /// # Errors
    ///
    /// When it is awaited, or from [`Purge::next`]. Some sessions may have been deleted; the text says how many.
    ///
    /// - [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): the table's key is not the session's, or an option
    ///   cannot work. Nothing was deleted.
    /// - [`ErrorKind::TableMissing`](crate::ErrorKind::TableMissing).
    /// - [`ErrorKind::AccessDenied`](crate::ErrorKind::AccessDenied): it needs `dynamodb:Scan` and `dynamodb:DeleteItem`
    ///   on the table.
    /// - [`ErrorKind::Throttled`](crate::ErrorKind::Throttled), [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable):
    ///   one request kept failing, and waiting about three minutes in all did not help. (If nothing answers the very first
    ///   request, that is an error at once.)
    /// - [`ErrorKind::Rejected`](crate::ErrorKind::Rejected).
    pub fn purge_expired(&self) -> PurgeExpired {
        PurgeExpired {
            context: self.context().clone(),
            schema: S::SCHEMA,
            settings: SweepSettings::default(),
            checkpoint: None,
        }
    }
}

impl PurgeExpired {
    /// Into how many segments the table is divided, 1 to 1,024: 4 by default, or what the checkpoint says.
    ///
    /// All are scanned at the same time, each with up to 4 deletes in flight. More of them make the purge of a large
    /// table faster if its capacity allows; AWS advises one per 2 GB. On the [embedded engine](crate::embedded), where
    /// a page of one segment costs a walk through the whole table, use 1.
    pub fn segments(mut self, segments: u32) -> Self {
        self.settings.segments = Some(segments);
        self
    }

    /// How many items one request looks at, at most: 1,000 by default. DynamoDB itself ends a page at 1 MB.
    ///
    /// Fewer items make progress and checkpoints finer. A page that was throttled, or took too long, is requested again
    /// with half as many.
    pub fn page_items(mut self, items: u32) -> Self {
        self.settings.page_items = Some(items);
        self
    }

    /// Consumes at most this many capacity units a second, reads and writes of all segments together. There is no
    /// limit by default.
    ///
    /// It goes by what DynamoDB reports for each request, and keeps pages small enough for an even load: at most a
    /// quarter of a second's units, but not below 4. **Set it where the table serves visitors**: without it a purge
    /// takes what it can get, about a thousand units a second with the defaults, and visitors' requests may be
    /// throttled.
    ///
    /// Requests are made one after another as their cost allows; unused capacity is not saved up.
    pub fn capacity_per_second(mut self, units: f64) -> Self {
        self.settings.capacity_per_second = Some(units);
        self
    }

    /// Continues where an earlier purge stopped. Nothing is skipped; pages that it had not finished are scanned again.
    pub fn resume_from(mut self, checkpoint: PurgeCheckpoint) -> Self {
        self.checkpoint = Some(checkpoint);
        self
    }

    /// Begins, and returns the handle that reports progress. Nothing is sent before [`Purge::next`] is called.
    pub fn start(self) -> Purge {
        let Self { context, schema, mut settings, checkpoint } = self;
        let table = context.table.name.clone();
        let (checkpoint, refused) = Checkpoint::to_begin_at(
            checkpoint.map(|PurgeCheckpoint(checkpoint)| checkpoint),
            PURGE,
            &table,
            schema.key_prefix(),
            schema.sort_key().is_some(),
            &mut settings,
        );
        let purged = Purged { segments: checkpoint.segments(), ..Purged::default() };
        let table = PacedTable::new(context, schema, settings, Wanted::ExpiredKeys);
        Purge { scan: ParallelScan::new(table, checkpoint, refused, purged) }
    }
}

impl IntoFuture for PurgeExpired {
    type Output = Result<Purged, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.start().scan.finish())
    }
}

impl fmt::Debug for PurgeExpired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PurgeExpired")
            .field("table", &self.context.table.name)
            .field("settings", &self.settings)
            .field("checkpoint", &self.checkpoint)
            .finish()
    }
}
