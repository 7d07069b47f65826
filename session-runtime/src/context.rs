use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::Instant;

use crate::dynamo::Table;
use crate::error::Error;
#[cfg(feature = "interop")]
use crate::error::ErrorKind;
use crate::expiry::{Clock, EpochSeconds, Timeouts};
#[cfg(feature = "interop")]
use crate::interop::ForeignStore;
use crate::item::Value;
use crate::schema::{Schema, TableOptions};

/// What every operation of a store needs, whatever the session type.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) table: Table,
    pub(crate) schema: &'static Schema,
    pub(crate) table_options: TableOptions,
    pub(crate) timeouts: Timeouts,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) read_consistency: ReadConsistency,
    pub(crate) on_undecodable: OnUndecodable,
    /// The encoded fields of a new session, `None` and empty sets included.
    pub(crate) defaults: Vec<Value>,
    /// How long a call goes on against changes of others.
    pub(crate) deadline: Duration,
    /// How long an id is known as renewed, in seconds.
    pub(crate) renewal_grace: i64,
    pub(crate) max_item_bytes: usize,
    /// The store in whose rows the sessions stay.
    #[cfg(feature = "interop")]
    pub(crate) shared: Option<Arc<ForeignStore>>,
    /// Made once: each client has connections and credentials of its own.
    pub(crate) sweeping: OnceLock<Table>,
}

/// What a load is certain to show, and what it costs.
///
/// Each session is a single item, so this is about one question: may a load show the session as it was a moment ago? DynamoDB
/// keeps each item on several replicas. A strongly consistent read shows every write that was acknowledged before it; an
/// eventually consistent one asks any replica, which is usually up to date within a second, and costs half as much.
///
/// Writes do not depend on it: each compares with what is stored, so none is lost, and none revives a session that has
/// ended. [Guarantees](crate::guarantees#what-a-read-shows) tells in a table what each may show.
///
/// # Examples
///
/// For all sessions of a store, and otherwise for one route, by an extension of the request:
///
#[cfg_attr(feature = "axum", doc = "```")]
#[cfg_attr(not(feature = "axum"), doc = "```ignore")]
/// use axum::{Extension, Router, routing::{get, post}};
/// use dynamo_session::{DynamoSession, ReadConsistency, Session, SessionLayer, SessionStore};
/// # use dynamo_session::{Expires, SessionId};
/// # #[derive(DynamoSession)]
/// # #[session(table = "shop-sessions")]
/// # struct ShopSession {
/// #     #[session(hash_key)]
/// #     id: SessionId,
/// #     #[session(ttl)]
/// #     expires_at: Expires,
/// #     user: Option<String>,
/// # }
/// # async fn shelf(_: Session<ShopSession>) {}
/// # async fn pay(_: Session<ShopSession>) {}
///
/// # fn app(store: SessionStore<ShopSession>) {
/// let layer = SessionLayer::new(store).read_consistency(ReadConsistency::OwnWrites);
/// let app: Router = Router::new()
///     .route("/pay", post(pay))
///     .route_layer(Extension(ReadConsistency::Strong))
///     .route("/", get(shelf))
///     .layer(layer);
/// # }
/// ```
///
/// In actix-web, it is `app_data` of the resource or the scope: `web::resource("/pay").app_data(ReadConsistency::Strong)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ReadConsistency {
    /// Eventually consistent: half the read units, and a visitor may miss what they have just done. Who has just logged in
    /// can appear as a stranger.
    Eventual,
    /// Eventually consistent where that shows what the visitor's own requests have written, else read again strongly.
    /// Recommended for web applications: nearly as cheap as `Eventual`, and a visitor misses nothing of their own.
    ///
    /// Which state that is, the browser keeps in a second cookie, so it takes the web layer.
    /// [`SessionStore::load`](crate::SessionStore::load) has no such cookie, and reads strongly.
    OwnWrites,
    /// Strongly consistent: every load shows each write that was acknowledged before. The default.
    #[default]
    Strong,
}

/// What loading does with an item that does not decode as the session type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnUndecodable {
    /// Return the error, with the attribute at fault.
    #[default]
    Fail,
    /// Treat the session as absent, and trace the attribute at fault. The item is left as it is.
    End,
}

impl Context {
    /// The table for long work, whose retries are counted apart.
    pub(crate) fn sweeping_table(&self) -> &Table {
        self.sweeping.get_or_init(|| self.table.for_sweeping())
    }

    /// The same for sessions that are moved by long work, which is to hear of each that does not decode.
    #[cfg(feature = "interop")]
    pub(crate) fn for_moving(&self) -> Self {
        let table = self.sweeping_table().clone();
        Self { table, on_undecodable: OnUndecodable::Fail, ..self.clone() }
    }

    /// Refuses what makes no sense where the rows are another store's.
    pub(crate) fn require_own_rows(&self, instead: &str) -> Result<(), Error> {
        #[cfg(feature = "interop")]
        if let Some(foreign) = &self.shared {
            return Err(Error::new(
                ErrorKind::Configuration,
                format!(
                    "the store is shared with {}, whose rows these are, and which knows nothing of this: {instead}",
                    foreign.package()
                ),
            ));
        }
        let _ = instead;
        Ok(())
    }

    /// The package with which the sessions are shared.
    #[cfg(feature = "infrastructure")]
    pub(crate) fn shared_package(&self) -> Option<&'static str> {
        #[cfg(feature = "interop")]
        return self.shared.as_ref().map(|foreign| foreign.package());
        #[cfg(not(feature = "interop"))]
        None
    }

    /// The time in epoch seconds.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().epoch_seconds()
    }

    /// The time from now to an instant in epoch seconds; none to one that has passed.
    pub(crate) fn until(&self, instant: i64) -> Duration {
        let seconds = instant.saturating_sub(self.now());
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    }

    /// The end of a call that begins now.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(self.deadline)
    }
}

/// When a call has to have ended; never, if that is further away than a clock can tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    pub(crate) fn after(duration: Duration) -> Self {
        Self(Instant::now().checked_add(duration))
    }

    pub(crate) fn has_passed(self) -> bool {
        self.0.is_some_and(|end| end <= Instant::now())
    }

    /// What the future returns, or `None` if the deadline comes first.
    ///
    /// It is pinned because a request is kilobytes large, and a future that owns it moves it.
    pub(crate) async fn limit<F: Future>(self, future: Pin<&mut F>) -> Option<F::Output> {
        match self.0 {
            Some(end) => tokio::time::timeout_at(end, future).await.ok(),
            None => Some(future.await),
        }
    }
}
