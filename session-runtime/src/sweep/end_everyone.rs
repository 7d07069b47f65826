use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use super::checkpoint::Checkpoint;
use super::everyone_ended::EveryoneEnded;
use super::everyone_ending::{Everyone, EveryoneEnding};
use super::paced_table::{PacedTable, Wanted};
use super::parallel_scan::ParallelScan;
use super::settings::SweepSettings;
use crate::context::Context;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::schema::Schema;
use crate::store::SessionStore;

/// Ends everyone's session: [`SessionStore::end_everyone`] makes one, `.await` or [`start`](Self::start) runs it.
///
/// # Examples
///
/// With progress, on a table that serves visitors meanwhile:
///
/// ```
/// # use dynamo_session::SessionStore;
/// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
/// # use doc::ShopSession;
/// # #[cfg(feature = "embedded")]
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # let client = dynamo_session::embedded::client();
/// # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
/// let mut ending = store.end_everyone().capacity_per_second(200.0).start();
/// while let Some(progress) = ending.next().await {
///     println!("{}", progress?);
/// }
/// # Ok::<(), dynamo_session::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is ended until it is awaited, or started"]
pub struct EndEveryone {
    context: Arc<Context>,
    schema: &'static Schema,
    settings: SweepSettings,
}

impl<S: DynamoSession> SessionStore<S> {
    /// Ends the sessions of everyone: all of this type in the table, alive or expired.
    ///
    /// Scans the table, with a filter and a projection so that no session data is sent, and deletes each session. One that is
    /// renewed meanwhile is followed to its new id. It may be stopped at any time, and called again: it goes on with what is
    /// left.
    ///
    /// **Sessions that begin meanwhile are not ended**, nor are those that began within about a second before, which the
    /// scan may not show yet. Where a break-in is the reason, build the stores with
    /// [`valid_since`](crate::SessionStoreBuilder::valid_since) first: that ends everyone's session at once, by a comparison
    /// at each load, and this then removes what is left of them. Of a session that is renewed meanwhile, nothing is found if
    /// its tombstone is deleted before the scan comes to it, which TTL may do, though it takes days as a rule, or if the clock
    /// of the server that renewed it is behind by more than an hour.
    ///
    /// `.await` it for the whole, or [`start`](EndEveryone::start) it for progress:
    ///
    /// ```
    /// # use dynamo_session::SessionStore;
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
    /// let mut session = store.create();
    /// session.user = Some("ada".to_owned());
    /// session.commit().await?;
    ///
    /// assert_eq!(store.end_everyone().await?.ended, 1);
    /// assert!(store.load(session.id()).await?.is_none());
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Cost
    ///
    /// Half a read unit for each 4 KB of the table, and for each session a write of its size, 1 unit per KB, and of its index
    /// entries. Memory is bounded by the segments times the keys of a page, however large the table.
    ///
    /// # Limits
    ///
    /// An item is taken for a session if its key begins with the type's
    /// [prefix](derive@crate::DynamoSession#key_prefix) and its expiry is a Number. **A type without a prefix takes
    /// every such item of the table**, those of other types included. Tombstones stay until TTL or
    /// [`purge_expired`](Self::purge_expired) removes them.
    ///
    /// # Errors
    ///
    /// When it is awaited, or from [`EveryoneEnding::next`]. Some sessions may have been ended; the text says how many.
    ///
    /// - [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): the table's key is not the session's, or an option
    ///   cannot work. Nothing was ended.
    /// - [`ErrorKind::TableMissing`](crate::ErrorKind::TableMissing).
    /// - [`ErrorKind::AccessDenied`](crate::ErrorKind::AccessDenied): it needs `dynamodb:Scan` and `dynamodb:DeleteItem`
    ///   on the table.
    /// - [`ErrorKind::Throttled`](crate::ErrorKind::Throttled),
    ///   [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable): one request kept failing, and waiting about three
    ///   minutes in all did not help. (If nothing answers the very first request, that is an error at once.)
    /// - [`ErrorKind::Rejected`](crate::ErrorKind::Rejected).
    pub fn end_everyone(&self) -> EndEveryone {
        let settings = SweepSettings::default();
        EndEveryone { context: self.context().clone(), schema: S::SCHEMA, settings }
    }
}

impl EndEveryone {
    /// Into how many segments the table is divided, 1 to 1,024, all scanned at the same time, each with up to 4 deletes in
    /// flight: 4 by default.
    ///
    /// On the [embedded engine](crate::embedded), where a page of one segment costs a walk through the whole table,
    /// use 1.
    pub fn segments(mut self, segments: u32) -> Self {
        self.settings.segments = Some(segments);
        self
    }

    /// How many items one request looks at, at most: 1,000 by default. DynamoDB itself ends a page at 1 MB.
    pub fn page_items(mut self, items: u32) -> Self {
        self.settings.page_items = Some(items);
        self
    }

    /// Consumes at most this many capacity units a second, reads and writes of all segments together, evenly. There is no
    /// limit by default.
    pub fn capacity_per_second(mut self, units: f64) -> Self {
        self.settings.capacity_per_second = Some(units);
        self
    }

    /// Begins, and returns the handle that reports progress. Nothing is sent before [`EveryoneEnding::next`] is called.
    pub fn start(self) -> EveryoneEnding {
        let refused = self.settings.check().err();
        let segments = if refused.is_some() { 1 } else { self.settings.segments() };
        let ended = EveryoneEnded { segments, ..EveryoneEnded::default() };
        let everyone = Everyone::new(ended, self.context.now());
        let prefix = self.schema.key_prefix();
        let beginning = Checkpoint::new(&self.context.table.name, prefix, segments);
        let table = PacedTable::new(self.context, self.schema, self.settings, Wanted::Sessions);
        EveryoneEnding { scan: ParallelScan::new(table, beginning, refused, everyone) }
    }
}

impl IntoFuture for EndEveryone {
    type Output = Result<EveryoneEnded, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let ending = self.start().scan.finish();
        Box::pin(async { ending.await.map(|everyone| everyone.ended) })
    }
}

impl fmt::Debug for EndEveryone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndEveryone")
            .field("table", &self.context.table.name)
            .field("settings", &self.settings)
            .finish()
    }
}
