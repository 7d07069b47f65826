use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::commit::Pending;
use crate::item::{Encoder, Fields, Item};
use crate::record::Record;
use crate::renew::Renewal;
use crate::store::SessionStore;
use crate::{Attempts, DynamoSession, Error, ErrorKind, Expires, Operation, SessionKey};

/// A session in hand: the typed fields, and what is needed to write back what changed.
///
/// It dereferences to the struct. Reading costs nothing; the first mutable access remembers the fields as
/// they are, and [`commit`](Self::commit) sends what has changed since, in one conditional request.
/// Dropping the handle without a commit discards the changes.
///
/// # Examples
///
/// ```
/// # use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore, Committed};
/// #[derive(DynamoSession)]
/// #[session(table = "visits")]
/// struct Visit {
///     #[session(hash_key)]
///     id: SessionId,
///     #[session(ttl)]
///     expires_at: Expires,
///     pages: u32,
/// }
///
/// # #[cfg(feature = "embedded")]
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let client = dynamo_session::embedded::client();
/// let store = SessionStore::<Visit>::builder().client(client).auto_create(true).build().await?;
///
/// let mut session = store.create();
/// assert_eq!(session.commit().await?, Committed::Unchanged); // never changed, never stored
/// session.pages += 1;
/// assert_eq!(session.commit().await?, Committed::Created);
/// session.pages += 1;
/// assert_eq!(session.commit().await?, Committed::Updated);
/// # Ok::<(), dynamo_session::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Session<S: DynamoSession> {
    // Boxed so that a handle moves cheaply between a web layer and its handlers.
    state: Option<Box<State<S>>>,
    lender: Option<Box<dyn Lender<S>>>,
}

/// Takes a lent session back when its handle is dropped.
pub(crate) trait Lender<S: DynamoSession>: Send + Sync {
    fn take_back(&self, session: Session<S>);
}

/// What a commit or a touch did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Committed {
    /// The session was stored for the first time.
    Created,
    /// Changed fields were written.
    Updated,
    /// Nothing had changed; the expiry was moved.
    Touched,
    /// Nothing had changed and the expiry was not due: no request was made.
    Unchanged,
}

pub(crate) struct State<S: DynamoSession> {
    pub(crate) store: SessionStore<S>,
    pub(crate) data: S,
    pub(crate) key: S::Key,
    pub(crate) created: i64,
    pub(crate) expires: i64,
    pub(crate) standing: Standing,
    /// The fields before the first mutable access since they were last in step with the table.
    pub(crate) snapshot: Option<Result<Fields, Error>>,
    pub(crate) pending: Option<Pending>,
    /// After a conflict, the session as the winner left it, and the item that it was read from.
    pub(crate) latest: Option<S>,
    pub(crate) winner: Option<Item>,
    pub(crate) renewal: Option<Renewal<S::Key>>,
    /// The key before the last renewal, which an index may still show.
    pub(crate) renewed_from: Option<S::Key>,
    /// What the call that is under way, or was the last, has needed so far.
    pub(crate) attempts: Attempts,
}

pub(crate) enum Standing {
    /// Not in the table yet.
    New,
    /// In the table, as last seen.
    Stored(Record),
    /// Destroyed by this handle.
    Destroyed,
    /// Expired, or found to have been destroyed.
    Gone,
    /// A commit's outcome cannot be known, so neither can what the table holds.
    Unknown,
}

impl<S: DynamoSession> State<S> {
    pub(crate) fn encode(&self) -> Result<Fields, Error> {
        let mut encoder = Encoder::new(S::SCHEMA.attributes());
        self.data.__encode(&mut encoder)?;
        Ok(encoder.into_fields(self.store.defaults()))
    }

    /// The creation time, if the type keeps one.
    pub(crate) fn created(&self) -> Option<i64> {
        S::SCHEMA.created().map(|_| self.created)
    }

    fn remember(&mut self) {
        if self.snapshot.is_none() {
            self.snapshot = Some(self.encode());
        }
    }
}

impl<S: DynamoSession> Session<S> {
    pub(crate) fn new(state: State<S>) -> Self {
        Self { state: Some(Box::new(state)), lender: None }
    }

    #[cfg(feature = "axum")]
    pub(crate) fn lent_by(mut self, lender: Box<dyn Lender<S>>) -> Self {
        self.lender = Some(lender);
        self
    }

    fn state(&self) -> &State<S> {
        match &self.state {
            Some(state) => state,
            None => unreachable!("the state leaves only when the handle is dropped"),
        }
    }

    fn state_mut(&mut self) -> &mut State<S> {
        match &mut self.state {
            Some(state) => state,
            None => unreachable!("the state leaves only when the handle is dropped"),
        }
    }

    /// The session's key: with [`SessionId`](crate::SessionId), the secret that the cookie carries.
    pub fn id(&self) -> &S::Key {
        &self.state().key
    }

    /// The keys under which the table may hold the session, two while a renewal is unfinished, and the one before.
    pub(crate) fn stored_keys(&self) -> impl Iterator<Item = String> {
        let State { key, renewal, renewed_from, .. } = self.state();
        let renewed = renewal.as_ref().map(|renewal| &renewal.key);
        [key].into_iter().chain(renewed).chain(renewed_from).map(SessionKey::attribute_value)
    }

    /// When the session expires unless it is touched.
    pub fn expires_at(&self) -> Expires {
        Expires::from_epoch_seconds(self.state().expires)
    }

    /// Whether the session has not been stored yet.
    pub fn is_new(&self) -> bool {
        matches!(self.state().standing, Standing::New)
    }

    #[cfg(feature = "axum")]
    pub(crate) fn is_stored(&self) -> bool {
        matches!(self.state().standing, Standing::Stored(_))
    }

    #[cfg(feature = "axum")]
    pub(crate) fn is_destroyed(&self) -> bool {
        matches!(self.state().standing, Standing::Destroyed)
    }

    /// Whether the fields were given out for changing since they were last in step with the table.
    #[cfg(feature = "axum")]
    pub(crate) fn may_have_changes(&self) -> bool {
        self.state().snapshot.is_some()
    }

    /// Whether a renewal was begun whose outcome is not known.
    #[cfg(feature = "axum")]
    pub(crate) fn is_renewing(&self) -> bool {
        self.state().renewal.is_some()
    }

    /// After a commit that failed with a conflict, the session as the winner left it.
    ///
    /// To go on, load the session again, or use [`SessionStore::update`], which does so by itself.
    pub fn latest(&self) -> Option<&S> {
        self.state().latest.as_ref()
    }

    /// How many requests the last [`commit`](Self::commit), [`touch`](Self::touch), [`renew`](Self::renew) or
    /// [`destroy`](Self::destroy) of this handle took, whether it succeeded or not.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore};
    /// # #[derive(DynamoSession)]
    /// # #[session(table = "visits")]
    /// # struct Visit {
    /// #     #[session(hash_key)]
    /// #     id: SessionId,
    /// #     #[session(ttl)]
    /// #     expires_at: Expires,
    /// #     pages: u32,
    /// # }
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<Visit>::builder().client(client).auto_create(true).build().await?;
    /// # let mut session = store.create();
    /// session.pages += 1;
    /// let _ = session.commit().await?;
    /// if session.attempts().rebases() > 3 {
    ///     println!("many requests change this session at once");
    /// }
    ///
    /// let _ = session.commit().await?; // nothing has changed
    /// assert_eq!(session.attempts().requests(), 0);
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn attempts(&self) -> Attempts {
        self.state().attempts
    }

    /// Writes what has changed, and moves the expiry when it is due.
    ///
    /// A new session is stored with one `PutItem`, if it was changed at all; a stored one with one
    /// `UpdateItem` that carries only the changed fields and, inside maps and structs, only the changed
    /// entries. Changes that other requests made to other fields or entries are kept. Afterwards counters,
    /// sets and appended lists hold the table's values; other people's changes to other fields appear at
    /// the next load.
    ///
    /// A commit whose answer was lost is settled by the next call on the same handle before anything else
    /// is sent, and is never applied twice.
    ///
    /// Costs write units by the size of the whole item, 1 per KB; nothing if nothing is to be written.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Gone`]: the session was destroyed or has expired. Nothing was written, unless an attempt
    ///   that got no answer was applied before; the error says so.
    /// - [`ErrorKind::Conflict`]: a field marked `guard` was changed by someone else, or a counter would
    ///   leave its type's range. Nothing was written; [`latest`](Self::latest) is the stored session.
    /// - [`ErrorKind::Encode`]: a field cannot be stored. Nothing was written.
    /// - [`ErrorKind::TooLarge`]: the item would pass 400 KB, or about 500 fields have changed at once. Nothing
    ///   was sent.
    /// - [`ErrorKind::Configuration`]: key, expiry or creation was assigned to. Nothing was written.
    /// - [`ErrorKind::OutcomeUnknown`]: an earlier attempt got no answer, and it can no longer be known
    ///   whether it was applied. Load the session again.
    /// - [`ErrorKind::Throttled`], [`ErrorKind::Unavailable`], [`ErrorKind::AccessDenied`],
    ///   [`ErrorKind::TableMissing`], [`ErrorKind::Rejected`]: DynamoDB's answer, or its absence.
    pub async fn commit(&mut self) -> Result<Committed, Error> {
        let result = self.begin().commit().await;
        self.in_context(Operation::Commit, result)
    }

    /// Extends the idle timeout, if it has moved by the touch interval or more.
    ///
    /// Does not write changed fields, unless an unfinished [`renew`](Self::renew) has to be finished first;
    /// [`commit`](Self::commit) does both. A session that was never stored
    /// has nothing to extend. Costs a write of the whole item, 1 unit per KB, when it is due; else nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Gone`] if the session was destroyed or has expired: it is not revived. Otherwise as
    /// for [`commit`](Self::commit).
    pub async fn touch(&mut self) -> Result<Committed, Error> {
        let result = self.begin().touch().await;
        self.in_context(Operation::Touch, result)
    }

    /// Gives the session a new id, and ends the old one at once: at login, and whenever privileges change.
    ///
    /// Uncommitted changes are written with it, and what other requests committed meanwhile is carried
    /// over. The move is one transaction, so there is no moment at which neither or both ids are valid;
    /// there is no grace for the old one. The creation time stays, so an absolute timeout is not extended.
    /// A session that was never stored only changes its id.
    ///
    /// Costs one consistent read, and two transactional writes of 2 units per KB.
    ///
    /// # Errors
    ///
    /// As for [`commit`](Self::commit). After an error, call it again: the new id is chosen once. A
    /// [`commit`](Self::commit) does so by itself, and never writes under an id that was to end.
    pub async fn renew(&mut self) -> Result<(), Error> {
        let result = self.begin().renew().await;
        self.in_context(Operation::Renew, result)
    }

    /// Ends the session: at logout. What is in flight elsewhere cannot bring it back.
    ///
    /// Ending a session that is already gone, or was never stored, is not an error. Costs a write of the
    /// item's size, 1 unit per KB.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Throttled`], [`ErrorKind::Unavailable`], [`ErrorKind::AccessDenied`],
    /// [`ErrorKind::TableMissing`] and [`ErrorKind::Configuration`]: the session may still be there; call
    /// it again.
    pub async fn destroy(&mut self) -> Result<(), Error> {
        let result = self.begin().destroy().await;
        self.in_context(Operation::Destroy, result)
    }

    /// Commits, but leaves an unchanged session as it is.
    #[cfg(feature = "axum")]
    pub(crate) async fn commit_changes(&mut self) -> Result<(), Error> {
        let result = self.begin().commit_changes().await;
        self.in_context(Operation::Commit, result.map(drop))
    }

    fn begin(&mut self) -> &mut State<S> {
        let state = self.state_mut();
        state.attempts = Attempts::default();
        state
    }

    fn in_context<T>(&self, operation: Operation, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|error| self.state().store.in_context(error, operation, self.id()))
    }
}

impl<S: DynamoSession> Deref for Session<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.state().data
    }
}

impl<S: DynamoSession> DerefMut for Session<S> {
    fn deref_mut(&mut self) -> &mut S {
        let state = self.state_mut();
        state.remember();
        &mut state.data
    }
}

impl<S: DynamoSession> Drop for Session<S> {
    fn drop(&mut self) {
        if let (Some(state), Some(lender)) = (self.state.take(), self.lender.take()) {
            lender.take_back(Self { state: Some(state), lender: None });
        }
    }
}

impl<S: DynamoSession + fmt::Debug> fmt::Debug for Session<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("data", &**self).field("is_new", &self.is_new()).finish()
    }
}

pub(crate) fn gone() -> Error {
    Error::new(
        ErrorKind::Gone,
        "the session was destroyed or has expired, so nothing was written; begin a new one",
    )
}
