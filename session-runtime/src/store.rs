use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use crate::backoff::Backoff;
use crate::builder::SessionStoreBuilder;
use crate::change::diff;
use crate::commit::{Pending, Update};
use crate::derived::Header;
use crate::dynamo::Table;
use crate::item::{Decoder, Item, Value, item_size};
use crate::record::{Record, stored_fields};
use crate::schema::TableOptions;
use crate::session::{Session, Standing, State, gone};
use crate::{Attempts, Clock, DynamoSession, EpochSeconds, Error, Operation, SessionKey, Timeouts};

const MAX_UPDATES: usize = 32;

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
/// let _ = session.commit().await?;
///
/// let id = session.id().clone();
/// let session = store.load(&id).await?.expect("it was just stored");
/// assert_eq!(session.user.as_deref(), Some("ada"));
/// # Ok::<(), dynamo_session::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SessionStore<S: DynamoSession> {
    pub(crate) shared: Arc<Shared>,
    session: PhantomData<fn() -> S>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) table: Table,
    pub(crate) table_options: TableOptions,
    pub(crate) timeouts: Timeouts,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) consistent_read: bool,
    pub(crate) on_undecodable: OnUndecodable,
    pub(crate) defaults: Vec<Value>,
    /// Made once: each client has connections and credentials of its own.
    pub(crate) sweeping: OnceLock<Table>,
}

impl Shared {
    /// The table for long work, whose retries are counted apart.
    pub(crate) fn sweeping_table(&self) -> &Table {
        self.sweeping.get_or_init(|| self.table.for_sweeping())
    }
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

impl<S: DynamoSession> SessionStore<S> {
    /// Begins to set up a store.
    pub fn builder() -> SessionStoreBuilder<S> {
        SessionStoreBuilder::new()
    }

    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared: Arc::new(shared), session: PhantomData }
    }

    /// A new session with a fresh id and the default fields. Nothing is stored until it is changed and
    /// committed.
    ///
    /// # Panics
    ///
    /// If the operating system has no random source.
    pub fn create(&self) -> Session<S> {
        let now = self.now();
        let key = S::Key::generate();
        let created = S::SCHEMA.created().map(|_| now);
        let expires = self.timeouts().next_expiry(now, created);
        let data = S::__new(Header { key: key.clone(), created: now, expires });
        Session::new(State {
            store: self.clone(),
            data,
            key,
            created: now,
            expires,
            standing: Standing::New,
            snapshot: None,
            pending: None,
            latest: None,
            winner: None,
            renewal: None,
            renewed_from: None,
            attempts: Attempts::default(),
        })
    }

    /// Reads a session: `None` if there is none with this id, or if it has expired.
    ///
    /// The text of a cookie becomes an id by [`parse`](str::parse), which is strict: `text.parse::<SessionId>()?`.
    ///
    /// Makes one `GetItem`: 1 read unit per 4 KB when strongly consistent (the default), half of that when
    /// eventually consistent.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Decode`](crate::ErrorKind::Decode): the item is not a session of this type. It is
    ///   left as it is.
    /// - [`ErrorKind::TableMissing`](crate::ErrorKind::TableMissing),
    ///   [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) (the table's key is another one),
    ///   [`ErrorKind::AccessDenied`](crate::ErrorKind::AccessDenied),
    ///   [`ErrorKind::Throttled`](crate::ErrorKind::Throttled) and
    ///   [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable). None of them means that there is no
    ///   session: do not treat the visitor as a stranger.
    /// - [`ErrorKind::InvalidId`](crate::ErrorKind::InvalidId): the id is a `String` that no table can hold
    ///   as a key. Nothing was sent.
    pub async fn load(&self, id: &S::Key) -> Result<Option<Session<S>>, Error> {
        let loaded = async {
            let item = self.table().get(&id.attribute_value(), self.shared.consistent_read).await?;
            match item {
                Some(item) => self.decode(id.clone(), item),
                None => Ok(None),
            }
        };
        match loaded.await {
            Ok(state) => Ok(state.map(Session::new)),
            Err(error) => Err(self.in_context(error, Operation::Load, id)),
        }
    }

    /// Changes a session by a function, again and again until nobody else changed the same values between
    /// its reading and its writing.
    ///
    /// Use it where the new value depends on the old one and the last writer must not win. Every value that
    /// the function changed is guarded; what it only read is not. The function may run several times.
    ///
    /// Makes one `GetItem` and, unless nothing changed, one `UpdateItem`; a conflict costs one more
    /// `UpdateItem` and no read.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore};
    /// # #[derive(DynamoSession)]
    /// # #[session(table = "games")]
    /// # struct Game {
    /// #     #[session(hash_key)]
    /// #     id: SessionId,
    /// #     #[session(ttl)]
    /// #     expires_at: Expires,
    /// #     coins: u32,
    /// # }
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<Game>::builder().client(client).auto_create(true).build().await?;
    /// # let mut session = store.create();
    /// # session.coins = 3;
    /// # let _ = session.commit().await?;
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
    /// [`ErrorKind::Gone`](crate::ErrorKind::Gone) if there is no such session, or it ended meanwhile;
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if others won 32 times in a row; otherwise as for
    /// [`load`](Self::load) and [`Session::commit`].
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
    /// # use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore};
    /// # #[derive(DynamoSession)]
    /// # #[session(table = "games")]
    /// # struct Game {
    /// #     #[session(hash_key)]
    /// #     id: SessionId,
    /// #     #[session(ttl)]
    /// #     expires_at: Expires,
    /// #     coins: u32,
    /// # }
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<Game>::builder().client(client).auto_create(true).build().await?;
    /// # let mut session = store.create();
    /// # session.coins = 3;
    /// # let _ = session.commit().await?;
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
        let mut attempts = Attempts::default();
        match self.try_update(id, change, &mut attempts).await {
            Ok(result) => {
                let (requests, rebases) = (attempts.requests(), attempts.rebases());
                tracing::debug!(session = id.fingerprint(), requests, rebases, "session updated");
                Ok((result, attempts))
            }
            Err(error) => Err(self.in_context(error, Operation::Update, id)),
        }
    }

    async fn try_update<R>(
        &self,
        id: &S::Key,
        mut change: impl FnMut(&mut S) -> R,
        attempts: &mut Attempts,
    ) -> Result<R, Error> {
        let mut item = self.table().get(&id.attribute_value(), true).await?.ok_or_else(gone)?;
        let mut unsettled: Option<Update> = None;
        let mut backoff = Backoff::of_contended_writes();
        for attempt in 0.. {
            let stored = stored_fields(S::SCHEMA.attributes(), &item);
            let mut state = self.decode(id.clone(), item)?.ok_or_else(gone)?;
            let before = state.encode()?;
            let result = change(&mut state.data);
            state.require_header()?;
            let after = state.encode()?;
            if diff(S::SCHEMA.attributes(), &before, &after).is_empty() {
                let _ = state.touch().await?;
                attempts.add(state.attempts, attempt > 0);
                return Ok(result);
            }
            state.require_size(&after)?;
            let Standing::Stored(record) = &state.standing else { return Err(gone()) };
            let mut update = Update::new(record, after, state.expiry_due());
            update.stored = Some(stored);
            update.guard_changes = true;
            if let Some(earlier) = unsettled.take() {
                update.stand_in_for(&earlier, record.sequence());
            }
            state.pending = Some(Pending::Update(update));
            state.snapshot = Some(Ok(before));
            let sent = state.send_update().await;
            attempts.add(state.attempts, attempt > 0);
            let error = match sent {
                Ok(()) => return Ok(result),
                Err(error) => error,
            };
            if let Some(Pending::Update(update)) = state.pending.take() {
                unsettled = Some(update);
            }
            match state.winner.take() {
                Some(winner) if error.is_conflict() && attempt + 1 < MAX_UPDATES => item = winner,
                _ => return Err(error),
            }
            backoff.pause().await;
        }
        unreachable!("the last attempt returns")
    }

    /// Ends the session with this id; one that is not there is not an error.
    ///
    /// # Errors
    ///
    /// As for [`Session::destroy`].
    pub async fn destroy(&self, id: &S::Key) -> Result<(), Error> {
        let result = self.table().delete(&id.attribute_value()).await;
        result.map_err(|error| self.in_context(error, Operation::Destroy, id))
    }

    /// The name of the table.
    pub fn table_name(&self) -> &str {
        &self.shared.table.name
    }

    /// The timeouts of the sessions.
    pub fn timeouts(&self) -> Timeouts {
        self.shared.timeouts
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) fn on_undecodable(&self) -> OnUndecodable {
        self.shared.on_undecodable
    }

    pub(crate) fn table(&self) -> &Table {
        &self.shared.table
    }

    pub(crate) fn defaults(&self) -> &[Value] {
        &self.shared.defaults
    }

    /// The time in epoch seconds.
    pub(crate) fn now(&self) -> i64 {
        self.shared.clock.now().epoch_seconds()
    }

    pub(crate) fn in_context(&self, error: Error, operation: Operation, id: &S::Key) -> Error {
        error.with_context(operation, self.table_name(), Some(id.fingerprint()))
    }

    /// The session in an item, unless it has expired.
    pub(crate) fn decode(&self, key: S::Key, item: Item) -> Result<Option<State<S>>, Error> {
        match (self.decode_strictly(key.clone(), item), self.shared.on_undecodable) {
            (Err(error), OnUndecodable::End) if error.is_decode() => {
                let session = key.fingerprint();
                tracing::warn!(session, table = self.table_name(), %error, "session does not decode");
                Ok(None)
            }
            (decoded, _) => decoded,
        }
    }

    fn decode_strictly(&self, key: S::Key, mut item: Item) -> Result<Option<State<S>>, Error> {
        let now = self.now();
        let mut record = Record::take(S::SCHEMA, &mut item)?;
        if record.expires <= now || self.timeouts().has_ended(now, record.created) {
            tracing::debug!(session = key.fingerprint(), "session has expired");
            return Ok(None);
        }
        let expires = record.expires;
        let created = record.created.unwrap_or(now);
        let mut decoder = Decoder::new(S::SCHEMA.attributes(), &mut item);
        let data = S::__decode(Header { key: key.clone(), created, expires }, &mut decoder)?;
        record.found = decoder.into_found();
        record.other_bytes += item_size(&item);
        // As the fields hold them: a type that cannot hold a stored instant has the nearest one.
        let (expires, created) = (data.__expires(), data.__created().unwrap_or(created));
        Ok(Some(State {
            store: self.clone(),
            data,
            key,
            created,
            expires,
            standing: Standing::Stored(record),
            snapshot: None,
            pending: None,
            latest: None,
            winner: None,
            renewal: None,
            renewed_from: None,
            attempts: Attempts::default(),
        }))
    }
}

impl<S: DynamoSession> Clone for SessionStore<S> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), session: PhantomData }
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
