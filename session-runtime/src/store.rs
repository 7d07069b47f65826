use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::FutureExt as _;

use crate::attempts::Attempts;
use crate::context::{Context, ReadConsistency};
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::expiry::Timeouts;
use crate::id::SessionKey;
use crate::metrics;
use crate::operation::Operation;
use crate::protocol::{Call, destroy};
#[cfg(feature = "_web")]
use crate::protocol::{Mark, UnfoundIds};
#[cfg(feature = "_web")]
use crate::session::note_write;
use crate::session::{Session, Sight, update};

/// The sessions of one type, in one DynamoDB table. Cheap to clone.
///
/// # Examples
///
/// ```
/// # use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore};
/// #[derive(DynamoSession)]
/// #[session(table = "shop-sessions")]
/// struct ShopSession {
///     #[session(hash_key)]
///     id: SessionId,
///     #[session(ttl)]
///     expires_at: Expires,
///     user: Option<String>,
/// }
///
/// # #[cfg(feature = "embedded")]
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let store = SessionStore::<ShopSession>::builder()
///     .client(dynamo_session::embedded::client()) // without this line: the AWS environment
///     .auto_create(true)
///     .build()
///     .await?;
///
/// let mut session = store.create();
/// session.user = Some("ada".to_owned());
/// session.commit().await?;
///
/// let id = session.id().clone();
/// let session = store.load(&id).await?.expect("it was just stored");
/// assert_eq!(session.user.as_deref(), Some("ada"));
/// # Ok::<(), dynamo_session::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SessionStore<S: DynamoSession> {
    context: Arc<Context>,
    session: PhantomData<fn() -> S>,
}

/// What is found under an id.
pub(crate) enum Lookup<S: DynamoSession> {
    Session(Session<S>),
    /// Nothing: another request has renewed the session a moment ago.
    Renewed,
    Nothing,
}

impl<S: DynamoSession> SessionStore<S> {
    pub(crate) fn new(context: Context) -> Self {
        Self { context: Arc::new(context), session: PhantomData }
    }

    /// A new session with a fresh id and the default fields. Nothing is stored until it is changed and
    /// committed.
    ///
    /// # Panics
    ///
    /// If the operating system has no source of randomness.
    pub fn create(&self) -> Session<S> {
        Session::new(self.context.clone())
    }

    /// A new session for a request whose ids open none.
    #[cfg(feature = "_web")]
    pub(crate) fn create_in_place_of(
        &self,
        keys: Vec<S::Key>,
        shared_sids: Vec<String>,
        may_have_session: bool,
    ) -> Session<S> {
        let unfound = UnfoundIds { keys, shared_sids, may_have_session };
        Session::in_place_of(self.context.clone(), unfound)
    }

    /// Reads a session: `None` if there is none with this id, or if it has expired.
    ///
    /// The text of a cookie becomes an id by [`parse`](str::parse), which is strict: `text.parse::<SessionId>()?`.
    ///
    /// Makes one `GetItem`: 1 read unit per 4 KB when strongly consistent (the default), half of that where the store is
    /// [`Eventual`](ReadConsistency::Eventual).
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Decode`](crate::ErrorKind::Decode): the item is not a session of this type. It is
    ///   left as it is.
    /// - [`ErrorKind::TableMissing`](crate::ErrorKind::TableMissing),
    ///   [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) (the table's key is another one, or the store is shared
    ///   with another service, and its sessions are found otherwise),
    ///   [`ErrorKind::AccessDenied`](crate::ErrorKind::AccessDenied),
    ///   [`ErrorKind::Throttled`](crate::ErrorKind::Throttled) and
    ///   [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable). None of them means that there is no
    ///   session: do not treat the visitor as a stranger.
    /// - [`ErrorKind::InvalidId`](crate::ErrorKind::InvalidId): the id is a `String` that no table can hold
    ///   as a key. Nothing was sent.
    pub async fn load(&self, id: &S::Key) -> Result<Option<Session<S>>, Error> {
        let found = match self.context.read_consistency {
            ReadConsistency::Eventual => self.find(id, false).await?,
            ReadConsistency::OwnWrites | ReadConsistency::Strong => self.find(id, true).await?,
        };
        match found {
            Lookup::Session(session) => Ok(Some(session)),
            Lookup::Renewed | Lookup::Nothing => Ok(None),
        }
    }

    /// Reads a session, or why there is none.
    pub(crate) async fn find(&self, id: &S::Key, is_strong: bool) -> Result<Lookup<S>, Error> {
        self.require_id_of_own(Operation::Load, id)?;
        self.counted(id, self.read(id, is_strong)).await
    }

    /// Reads a session as it is after what these marks are of: by an eventually consistent read, if that shows it. Absence
    /// and expiry show nothing.
    #[cfg(feature = "_web")]
    pub(crate) async fn find_after(
        &self,
        id: &S::Key,
        marks: &[&Mark],
    ) -> Result<Lookup<S>, Error> {
        let found = async {
            match self.read(id, false).await {
                Ok((Lookup::Session(session), outcome))
                    if marks.iter().all(|mark| session.shows(mark)) =>
                {
                    return Ok((Lookup::Session(session), outcome));
                }
                Err(error) if !error.is_decode() => return Err(error),
                Ok(_) | Err(_) => {}
            }
            tracing::debug!(session = id.fingerprint(), "a replica was behind, so read again");
            self.read(id, true).await
        };
        self.counted(id, found).await
    }

    async fn read(&self, id: &S::Key, is_strong: bool) -> Result<(Lookup<S>, &'static str), Error> {
        let loaded = self.context.table.load(&S::SCHEMA.table_key(id), is_strong).await?;
        Ok(match Session::look(&self.context, id, &loaded)? {
            Sight::Session(session) => (Lookup::Session(session), "hit"),
            Sight::Renewed(tombstone) if tombstone.is_within_grace(&self.context) => {
                (Lookup::Renewed, "superseded")
            }
            Sight::Renewed(_) | Sight::Nothing => (Lookup::Nothing, "absent"),
            Sight::Expired => (Lookup::Nothing, "expired"),
        })
    }

    /// Counts a load, and what it found.
    fn counted<'a>(
        &'a self,
        id: &'a S::Key,
        load: impl Future<Output = Result<(Lookup<S>, &'static str), Error>> + 'a,
    ) -> impl Future<Output = Result<Lookup<S>, Error>> + 'a {
        let table = self.table_name();
        let began = metrics::Timer::start();
        // A combinator, because an `async fn` would hold the load twice: as its argument, and where it is polled.
        load.map(move |found| {
            let found = found.map(|(found, outcome)| {
                metrics::loaded(table, outcome);
                found
            });
            metrics::operation(began, table, Operation::Load, &found, 0);
            found.map_err(|error| self.in_context(error, Operation::Load, id))
        })
    }

    /// Changes a session by a function, and runs it again if someone else has changed the same values between
    /// the read and the write.
    ///
    /// Use it where the new value depends on the old one and the last writer must not win. Every value that the
    /// function changed is guarded; what it only read is not. The function may run several times; the result is that of
    /// the run whose write was applied, and no write of another run can be applied any more.
    ///
    /// Makes one `GetItem` and, unless nothing changed, one `UpdateItem`; a conflict costs one more
    /// `UpdateItem` and no read.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::SessionStore;
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::Game;
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<Game>::builder().client(client).auto_create(true).build().await?;
    /// # let mut session = store.create();
    /// # session.coins = 3;
    /// # session.commit().await?;
    /// let paid = store
    ///     .update(session.id(), |game| {
    ///         let enough = game.coins >= 2;
    ///         if enough {
    ///             game.coins -= 2;
    ///         }
    ///         enough
    ///     })
    ///     .await?;
    /// assert!(paid);
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Gone`](crate::ErrorKind::Gone): there is no such session, or it ended meanwhile.
    /// - [`ErrorKind::Throttled`](crate::ErrorKind::Throttled): DynamoDB refused the rate of requests, or others were
    ///   faster again and again until the [`deadline`](crate::SessionStoreBuilder::deadline). It never fails with
    ///   [`ErrorKind::Conflict`](crate::ErrorKind::Conflict).
    /// - Otherwise as for [`load`](Self::load) and [`Session::commit`]. There is no handle that could settle a write
    ///   whose answer was lost: load the session again and look.
    pub async fn update<R>(
        &self,
        id: &S::Key,
        change: impl FnMut(&mut S) -> R,
    ) -> Result<R, Error> {
        self.update_counted(id, change).await.map(|(result, _)| result)
    }

    /// As [`update`](Self::update), and tells how many requests it took.
    ///
    /// Each rebase is one more run of the function, and one more `UpdateItem`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::SessionStore;
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::Game;
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<Game>::builder().client(client).auto_create(true).build().await?;
    /// # let mut session = store.create();
    /// # session.coins = 3;
    /// # session.commit().await?;
    /// let (coins, attempts) = store
    ///     .update_counted(session.id(), |game| {
    ///         game.coins *= 2;
    ///         game.coins
    ///     })
    ///     .await?;
    /// assert_eq!(coins, 6);
    /// assert_eq!(attempts.requests(), attempts.rebases() + 1);
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`update`](Self::update).
    pub async fn update_counted<R>(
        &self,
        id: &S::Key,
        change: impl FnMut(&mut S) -> R,
    ) -> Result<(R, Attempts), Error> {
        #[cfg(feature = "_web")]
        note_write(|| S::SCHEMA.table_key(id));
        self.require_id_of_own(Operation::Update, id)?;
        let mut call = Call::new(&self.context);
        let result = update(&self.context, id, change, &mut call).await;
        call.count(&self.context, Operation::Update, &result);
        let result = result.map_err(|error| self.in_context(error, Operation::Update, id))?;
        let attempts = call.attempts();
        let (requests, rebases) = (attempts.requests(), attempts.rebases());
        tracing::debug!(session = id.fingerprint(), requests, rebases, "session updated");
        Ok((result, attempts))
    }

    /// Ends the session with this id, without loading it; one that is not there is not an error.
    ///
    /// If this id was renewed within the [grace](crate::SessionStoreBuilder::renewal_grace), the renewed session is
    /// ended.
    ///
    /// # Errors
    ///
    /// As for [`Session::destroy`].
    pub async fn destroy(&self, id: &S::Key) -> Result<(), Error> {
        #[cfg(feature = "_web")]
        note_write(|| S::SCHEMA.table_key(id));
        self.require_id_of_own(Operation::Destroy, id)?;
        let mut call = Call::new(&self.context);
        let result = destroy(&self.context, &S::SCHEMA.table_key(id), &mut call).await;
        call.count(&self.context, Operation::Destroy, &result);
        result.map_err(|error| self.in_context(error, Operation::Destroy, id))
    }

    /// In a shared store, the id of a session finds no row.
    fn require_id_of_own(&self, operation: Operation, id: &S::Key) -> Result<(), Error> {
        let own = self.context.require_own_rows(
            "its rows are found by the id in its cookie; keep `session.shared_sid()`, pass it to `load_shared`, and call the \
             method of the session",
        );
        own.map_err(|error| self.in_context(error, operation, id))
    }

    /// The name of the table.
    pub fn table_name(&self) -> &str {
        &self.context.table.name
    }

    /// The timeouts of the sessions.
    pub fn timeouts(&self) -> Timeouts {
        self.context.timeouts
    }

    pub(crate) fn context(&self) -> &Arc<Context> {
        &self.context
    }

    pub(crate) fn in_context(&self, error: Error, operation: Operation, id: &S::Key) -> Error {
        error.with_context(operation, self.table_name(), Some(id.fingerprint()))
    }
}

impl<S: DynamoSession> Clone for SessionStore<S> {
    fn clone(&self) -> Self {
        Self { context: self.context.clone(), session: PhantomData }
    }
}

impl<S: DynamoSession> fmt::Debug for SessionStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionStore")
            .field("table", &self.table_name())
            .field("timeouts", &self.timeouts())
            .finish_non_exhaustive()
    }
}
