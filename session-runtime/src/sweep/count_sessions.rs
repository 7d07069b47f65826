use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use super::checkpoint::Checkpoint;
use super::count::Count;
use super::counted::{Counted, SessionSizes};
use super::paced_table::{PacedTable, Wanted};
use super::parallel_scan::ParallelScan;
use super::settings::SweepSettings;
use crate::context::Context;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::schema::Schema;
use crate::store::SessionStore;

/// Counts sessions: [`SessionStore::count_sessions`] makes one, `.await` or [`start`](Self::start) runs it.
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
/// let mut count = store.count_sessions().capacity_per_second(100.0).measure_sizes(true).start();
/// while let Some(progress) = count.next().await {
///     println!("{}", progress?);
/// }
/// # Ok::<(), dynamo_session::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is counted until it is awaited, or started"]
pub struct CountSessions {
    context: Arc<Context>,
    schema: &'static Schema,
    settings: SweepSettings,
    measure_sizes: bool,
}

impl<S: DynamoSession> SessionStore<S> {
    /// Counts the sessions of this type in the table, alive and expired, and separately the tombstones of renewals and items that are
    /// not sessions; with their sizes on request.
    ///
    /// Scans the table with a projection to expiry and creation, so no session data and no key is sent. The reads are
    /// eventually consistent, and sessions that begin, change or end in the meantime may be counted or not. (For a
    /// figure that is about six hours old and cannot tell alive from expired, AWS's `DescribeTable` costs nothing.)
    ///
    /// `.await` it for the whole, or [`start`](CountSessions::start) it for progress:
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
    /// let counted = store.count_sessions().await?;
    /// assert_eq!((counted.alive, counted.expired), (1, 0));
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Cost
    ///
    /// Half a read unit for each 4 KB of the table. Memory is bounded by the segments times a page.
    ///
    /// # Errors
    ///
    /// When it is awaited, or from [`Count::next`]:
    ///
    /// - [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): the table's key is not the session's, or an
    ///   option cannot work.
    /// - [`ErrorKind::TableMissing`](crate::ErrorKind::TableMissing).
    /// - [`ErrorKind::AccessDenied`](crate::ErrorKind::AccessDenied): it needs `dynamodb:Scan` on the table.
    /// - [`ErrorKind::Throttled`](crate::ErrorKind::Throttled),
    ///   [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable): one request kept failing, and waiting about
    ///   three minutes in all did not help. (If nothing answers the very first request, that is an error at once.)
    /// - [`ErrorKind::Rejected`](crate::ErrorKind::Rejected).
    pub fn count_sessions(&self) -> CountSessions {
        CountSessions {
            context: self.context().clone(),
            schema: S::SCHEMA,
            settings: SweepSettings::default(),
            measure_sizes: false,
        }
    }
}

impl CountSessions {
    /// Into how many segments the table is divided, 1 to 1,024, all scanned at the same time: 4 by default.
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

    /// Consumes at most this many read units a second, all segments together, evenly. There is no limit by default.
    pub fn capacity_per_second(mut self, units: f64) -> Self {
        self.settings.capacity_per_second = Some(units);
        self
    }

    /// Whether to measure items too. Off by default: each comes over the network whole, session data included. The
    /// capacity is the same, since DynamoDB charges a scan by the items that it looks at.
    pub fn measure_sizes(mut self, measure: bool) -> Self {
        self.measure_sizes = measure;
        self
    }

    /// Begins, and returns the handle that reports progress. Nothing is sent before [`Count::next`] is called.
    pub fn start(self) -> Count {
        let refused = self.settings.check().err();
        let segments = if refused.is_some() { 1 } else { self.settings.segments() };
        let sizes = self.measure_sizes.then(SessionSizes::default);
        let counted = Counted { segments, sizes, ..Counted::default() };
        let beginning =
            Checkpoint::new(&self.context.table.name, self.schema.key_prefix(), segments);
        let wanted = if self.measure_sizes { Wanted::Items } else { Wanted::Times };
        let table = PacedTable::new(self.context, self.schema, self.settings, wanted);
        Count { scan: ParallelScan::new(table, beginning, refused, counted) }
    }
}

impl IntoFuture for CountSessions {
    type Output = Result<Counted, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.start().scan.finish())
    }
}

impl fmt::Debug for CountSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CountSessions")
            .field("table", &self.context.table.name)
            .field("settings", &self.settings)
            .field("measure_sizes", &self.measure_sizes)
            .finish()
    }
}
