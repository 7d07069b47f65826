//! A session in hand, as its type.

mod decode;
mod fields;
#[cfg(feature = "interop")]
mod foreign;
#[cfg(feature = "interop")]
mod foreign_row;
#[cfg(feature = "_web")]
mod lending;
#[cfg(feature = "_web")]
mod past;
mod secrets;
mod snapshot;
mod state;
#[cfg(all(test, feature = "_web", feature = "embedded"))]
mod tests;
mod update;

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

pub(crate) use decode::Sight;
use decode::look;
#[cfg(feature = "interop")]
use foreign::{shared_state_of, state_of};
#[cfg(feature = "interop")]
pub(crate) use foreign_row::{new_shared_key, origin_of, shared_key};
#[cfg(feature = "_web")]
pub(crate) use lending::Shown;
#[cfg(feature = "_web")]
pub(crate) use past::{Past, note_write};
use state::State;
pub(crate) use update::update;

use crate::attempts::Attempts;
use crate::context::Context;
#[cfg(feature = "_web")]
use crate::derived::Header;
use crate::derived::{Authenticated, DynamoSession};
use crate::dynamo::Loaded;
use crate::error::Error;
use crate::expiry::{EpochSeconds, Expires, seconds};
use crate::id::SessionKey;
use crate::operation::Operation;
use crate::protocol::{Call, Committed};
#[cfg(feature = "_web")]
use crate::protocol::{LastWrite, Mark, UnfoundIds};
#[cfg(feature = "interop")]
use crate::protocol::{Origin, SharedKey};

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
    #[cfg(feature = "_web")]
    lender: Option<Box<dyn Lender<S>>>,
}

#[cfg(feature = "_web")]
/// Takes a lent session back when its handle is dropped.
pub(crate) trait Lender<S: DynamoSession>: Send + Sync {
    /// Where the session stands after a call.
    fn note(&self, session: &Session<S>);

    fn take_back(&self, session: Session<S>);
}

impl<S: DynamoSession> Session<S> {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self::of(State::new(context, None))
    }

    #[cfg(feature = "_web")]
    pub(crate) fn in_place_of(context: Arc<Context>, unfound: UnfoundIds<S::Key>) -> Self {
        Self::of(State::new(context, Some(unfound)))
    }

    /// What a read of the table has brought.
    pub(crate) fn look(
        context: &Arc<Context>,
        key: &S::Key,
        loaded: &Loaded,
    ) -> Result<Sight<Self>, Error> {
        Ok(match look(context, key, loaded)? {
            Sight::Session(found) => {
                let state = State::stored(context.clone(), key.clone(), found);
                #[cfg(feature = "_web")]
                let state = state.read_from(loaded);
                Sight::Session(Self::of(state))
            }
            Sight::Renewed(tombstone) => Sight::Renewed(tombstone),
            Sight::Expired => Sight::Expired,
            Sight::Nothing => Sight::Nothing,
        })
    }

    /// The session in another store's row, unless it has ended or is none.
    #[cfg(feature = "interop")]
    pub(crate) fn from_row(
        context: &Arc<Context>,
        origin: Origin<S::Key>,
        row: crate::item::Item,
    ) -> Result<Option<Self>, Error> {
        Ok(state_of(context, origin, row)?.map(Self::of))
    }

    /// The session in another store's row, where it stays, unless it has ended or is none.
    #[cfg(feature = "interop")]
    pub(crate) fn from_shared_row(
        context: &Arc<Context>,
        key: SharedKey<S::Key>,
        row: crate::item::Item,
    ) -> Result<Option<Self>, Error> {
        Ok(shared_state_of(context, key, row)?.map(Self::of))
    }

    /// The id that the session has in the store that this one is [shared](crate::SessionStoreBuilder::shared_with) with: the
    /// secret that the cookie carries, for [`load_shared`](crate::SessionStore::load_shared). `None` in any other store.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::{DynamoSession, Error, SessionStore};
    /// # async fn again<Shop: DynamoSession>(store: SessionStore<Shop>) -> Result<(), Error> {
    /// let session = store.create();
    /// if let Some(sid) = session.shared_sid() {
    ///     let found = store.load_shared(sid).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "interop")]
    #[cfg_attr(docsrs, doc(cfg(feature = "interop")))]
    pub fn shared_sid(&self) -> Option<&str> {
        self.state().handle.shared_key().map(|key| &*key.sid)
    }

    /// Takes another store's session over as it is, with the expiry that its row has. After an error, it can be called
    /// again.
    #[cfg(feature = "interop")]
    pub(crate) async fn adopt_unchanged(&mut self) -> Result<Committed, Error> {
        let mut call = self.begin().keeping_expiry();
        let result = self.state_mut().adopt_unchanged(&mut call).await;
        self.end(call, Operation::Migrate, result)
    }

    fn of(state: State<S>) -> Self {
        Self {
            state: Some(Box::new(state)),
            #[cfg(feature = "_web")]
            lender: None,
        }
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
    ///
    /// In a store that is shared with another service, where the cookie carries the other service's id, this is a hash of
    /// that, which opens nothing.
    pub fn id(&self) -> &S::Key {
        self.state().handle.key()
    }

    /// The keys under which the table may hold the session, two while a renewal is unfinished, and the one before.
    pub(crate) fn stored_keys(&self) -> impl Iterator<Item = String> {
        self.state().handle.stored_keys()
    }

    /// When the session expires unless it is touched.
    pub fn expires_at(&self) -> Expires {
        Expires::from_epoch_seconds(self.state().data.__expires())
    }

    /// For how long the session lives unless it is touched, by the store's clock, in whole seconds.
    ///
    /// # Examples
    ///
    /// ```
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// # use dynamo_session::Session;
    /// fn notice(session: &Session<ShopSession>) -> String {
    ///     let minutes = session.expires_in().as_secs() / 60;
    ///     format!("Without a click you are logged out in {minutes} minutes, at {}.", session.expires_at())
    /// }
    /// ```
    pub fn expires_in(&self) -> Duration {
        self.state().handle.context().until(self.state().data.__expires())
    }

    /// Whether the session has not been stored yet.
    pub fn is_new(&self) -> bool {
        self.state().handle.is_new()
    }

    /// Whether the request came with the id of a session that is over, and this new one is in its place: a page can
    /// say why the visitor is not logged in.
    ///
    /// An id that never was one has the same effect, since nothing is left of most that were. Of a session that another
    /// request has [renewed](Self::renew) a moment ago, this is false.
    ///
    /// # Examples
    ///
    /// ```
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// # use dynamo_session::Session;
    /// async fn login_page(session: Session<ShopSession>) -> &'static str {
    ///     match session.replaces_ended() {
    ///         true => "You were away for 30 minutes, so please log in again.",
    ///         false => "Please log in.",
    ///     }
    /// }
    /// ```
    #[cfg(feature = "_web")]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "actix", feature = "axum", feature = "tower"))))]
    #[doc(alias = "expired")]
    #[doc(alias = "timeout")]
    pub fn replaces_ended(&self) -> bool {
        self.state().handle.replaces_ended()
    }

    #[cfg(feature = "_web")]
    pub(crate) fn is_stored(&self) -> bool {
        self.state().handle.is_stored()
    }

    /// Whether another store keeps the session still.
    #[cfg(feature = "_web")]
    fn is_foreign(&self) -> bool {
        #[cfg(feature = "interop")]
        return self.state().handle.is_foreign();
        #[cfg(not(feature = "interop"))]
        false
    }

    #[cfg(feature = "_web")]
    pub(crate) fn is_destroyed(&self) -> bool {
        self.state().handle.is_destroyed()
    }

    /// Whether the session has the idle timeout of a remembered one, as far as the handle knows the table.
    #[cfg(feature = "_web")]
    pub(crate) fn is_remembered(&self) -> bool {
        self.state().handle.lifetime().remembered
    }

    /// Whether a `destroy` or `restart` was begun that did not succeed: the session is to be ended, and may still be there.
    #[cfg(feature = "_web")]
    pub(crate) fn is_ending(&self) -> bool {
        self.state().is_ending
    }

    /// Whether the handle had another session before, which [`restart`](Self::restart) has ended.
    #[cfg(feature = "_web")]
    pub(crate) fn was_restarted(&self) -> bool {
        self.state().was_restarted
    }

    /// Whether the fields were given out for changing since they were last in step with the table.
    #[cfg(feature = "_web")]
    pub(crate) fn may_have_changes(&self) -> bool {
        self.state().may_have_changes()
    }

    /// Whether a renewal was begun whose outcome is not known.
    #[cfg(feature = "_web")]
    pub(crate) fn is_renewing(&self) -> bool {
        self.state().handle.is_renewing()
    }

    /// After a commit that failed with a conflict, the session as the winner left it.
    ///
    /// To go on, load the session again, or use [`SessionStore::update`](crate::SessionStore::update), which does so by
    /// itself.
    pub fn latest(&self) -> Option<&S> {
        self.state().latest.as_deref()
    }

    /// How many requests the last [`commit`](Self::commit), [`touch`](Self::touch), [`renew`](Self::renew),
    /// [`destroy`](Self::destroy) or [`restart`](Self::restart) of this handle took, whether it succeeded or not.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::SessionStore;
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::Visit;
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<Visit>::builder().client(client).auto_create(true).build().await?;
    /// # let mut session = store.create();
    /// session.pages += 1;
    /// session.commit().await?;
    /// if session.attempts().rebases() > 3 {
    ///     println!("many requests change this session at once");
    /// }
    ///
    /// session.commit().await?; // nothing has changed
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
    /// `UpdateItem` that carries only the changed fields and, inside maps and fields marked `merge`, only the
    /// changed entries. Changes that other requests made to other fields or entries are kept. Afterwards counters,
    /// sets and appended lists hold the table's values; what others changed in other fields appears at
    /// the next load.
    ///
    /// When others change the session at the same moment, the commit is repeated on top of what they stored, until the
    /// [`deadline`](crate::SessionStoreBuilder::deadline). A commit whose answer was lost is settled by the next call
    /// on the same handle before anything else is sent, and is never applied twice.
    ///
    /// Costs write units by the size of the whole item, 1 per KB; nothing if nothing is to be written.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Gone`](crate::ErrorKind::Gone): the session was destroyed or has expired. Nothing was written,
    ///   unless an attempt that got no answer was applied before; the error says so.
    /// - [`ErrorKind::Conflict`](crate::ErrorKind::Conflict): a field marked `guard` was changed by someone else, or a
    ///   counter would leave its type's range. Nothing was written; [`latest`](Self::latest) is the stored session.
    /// - [`ErrorKind::Encode`](crate::ErrorKind::Encode): a field cannot be stored. Nothing was written.
    /// - [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge): the item would exceed the store's
    ///   [`max_size`](crate::SessionStoreBuilder::max_size) or DynamoDB's 400 KB, or more than about 500 fields have
    ///   changed at once. Nothing was written.
    /// - [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): key, expiry, creation or the time of
    ///   authentication was assigned to.
    ///   Nothing was written.
    /// - [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown): an earlier attempt got no answer, and it can
    ///   no longer be known whether it was applied. Load the session again.
    /// - [`ErrorKind::Throttled`](crate::ErrorKind::Throttled): DynamoDB refused the rate of requests, or others
    ///   changed the session again and again until the deadline.
    /// - [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable),
    ///   [`ErrorKind::AccessDenied`](crate::ErrorKind::AccessDenied),
    ///   [`ErrorKind::TableMissing`](crate::ErrorKind::TableMissing),
    ///   [`ErrorKind::Rejected`](crate::ErrorKind::Rejected): DynamoDB's answer, or that there was none by the
    ///   deadline.
    #[doc(alias = "save")]
    pub async fn commit(&mut self) -> Result<Committed, Error> {
        let mut call = self.begin();
        let result = self.state_mut().commit(&mut call).await;
        self.end(call, Operation::Commit, result)
    }

    /// Writes what has changed, as [`commit`](Self::commit) does, and has the session expire at this instant in place of the
    /// idle timeout: at the end of an access token, or when another session library says.
    ///
    /// A stored session is written if only its expiry is another, be it later or earlier; of several such calls, the last
    /// decides. The absolute timeout stays. It holds for this call: the next [`commit`](Self::commit) or
    /// [`touch`](Self::touch), the one that a web layer makes included, goes by the idle timeout again. An instant that has
    /// passed ends the session.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::SessionStore;
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::Visit;
    /// use std::time::{Duration, SystemTime};
    ///
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<Visit>::builder().client(client).auto_create(true).build().await?;
    /// # let mut session = store.create();
    /// session.pages += 1;
    /// session.commit_until(SystemTime::now() + Duration::from_secs(5 * 60)).await?;
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`commit`](Self::commit).
    pub async fn commit_until(&mut self, expires: impl EpochSeconds) -> Result<Committed, Error> {
        let mut call = self.begin().until(expires.epoch_seconds());
        let result = self.state_mut().commit_until(&mut call).await;
        self.end(call, Operation::Commit, result)
    }

    /// Extends the idle timeout, if the expiry would move ahead by the touch interval or more. Never shortens it.
    ///
    /// Does not write changed fields, unless an unfinished [`renew`](Self::renew) has to be finished first;
    /// [`commit`](Self::commit) does both. A session that was never stored
    /// has nothing to extend. Costs a write of the whole item, 1 unit per KB, when it is due; else nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Gone`](crate::ErrorKind::Gone) if the session was destroyed or has expired: it is not revived.
    /// Otherwise as for [`commit`](Self::commit).
    pub async fn touch(&mut self) -> Result<Committed, Error> {
        let mut call = self.begin();
        let result = self.state_mut().touch(&mut call).await;
        self.end(call, Operation::Touch, result)
    }

    /// Gives the session a new id, and ends the old one at once: at login, and whenever privileges change.
    ///
    /// Uncommitted changes are written with it, and what other requests have committed meanwhile is carried
    /// over. The move is one transaction, so there is no moment at which neither or both ids are valid. The
    /// creation time stays, so an absolute timeout is not extended. A session that was never stored only changes
    /// its id.
    ///
    /// From then on the old id loads nothing and writes nothing. It can do one thing: for a
    /// [grace](crate::SessionStoreBuilder::renewal_grace) of 60 seconds, [`destroy`](Self::destroy) by the old id ends
    /// the renewed session, so that a logout that races a login takes effect.
    ///
    /// Costs one consistent read, and two transactional writes of 2 units per KB.
    ///
    /// # Examples
    ///
    /// ```
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// # use dynamo_session::SessionStore;
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
    /// # let mut session = store.create();
    /// # session.user = Some("guest".to_owned());
    /// # session.commit().await?;
    /// let old = session.id().clone();
    /// session.user = Some("ada".to_owned()); // the password was right
    /// session.renew().await?;
    /// assert_ne!(session.id(), &old);
    /// assert!(store.load(&old).await?.is_none());
    /// assert_eq!(store.load(session.id()).await?.unwrap().user.as_deref(), Some("ada"));
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`commit`](Self::commit). After an error, call it again: the new id is chosen once. A
    /// [`commit`](Self::commit) does so by itself, and never writes under an id that was to end.
    #[doc(alias = "login")]
    #[doc(alias = "regenerate")]
    #[doc(alias = "cycle_id")]
    pub async fn renew(&mut self) -> Result<(), Error> {
        let mut call = self.begin();
        let result = self.state_mut().renew(&mut call).await;
        self.end(call, Operation::Renew, result)
    }

    /// Records that the visitor has authenticated now, in the field marked `authenticated`, and gives the session a new id,
    /// as [`renew`](Self::renew) does, in one transaction: at each login, and at each time that the visitor proves again who
    /// they are.
    ///
    /// The time is the store's clock's. A plain [`renew`](Self::renew) leaves the field as it is; to assign to it is an error
    /// of the next commit. A session that was never stored is stored by the next [`commit`](Self::commit), with that time.
    ///
    /// Costs what [`renew`](Self::renew) costs.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::{AuthenticatedAt, DynamoSession, Expires, SessionId, SessionStore};
    /// # #[derive(DynamoSession)]
    /// # #[session(table = "shop-sessions")]
    /// # struct ShopSession {
    /// #     #[session(hash_key)]
    /// #     id: SessionId,
    /// #     #[session(ttl)]
    /// #     expires_at: Expires,
    /// #     #[session(authenticated)]
    /// #     authenticated_at: Option<AuthenticatedAt>,
    /// #     user: Option<String>,
    /// # }
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
    /// # let mut session = store.create();
    /// session.user = Some("ada".to_owned()); // the password was right
    /// session.authenticate().await?;
    /// session.commit().await?;
    /// assert!(session.authenticated_at.is_some());
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`renew`](Self::renew). The field then has the time that was to be recorded; call it again.
    #[doc(alias = "login")]
    pub async fn authenticate(&mut self) -> Result<(), Error>
    where
        S: Authenticated,
    {
        let mut call = self.begin();
        let result = self.state_mut().authenticate(&mut call).await;
        self.end(call, Operation::Renew, result)
    }

    /// Whether the visitor has authenticated less than so long ago, by the store's clock: before what needs it, such as a new
    /// password or a payment. In whole seconds.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::{AuthenticatedAt, DynamoSession, Expires, Session, SessionId};
    /// # use std::time::Duration;
    /// # #[derive(DynamoSession)]
    /// # struct ShopSession {
    /// #     #[session(hash_key)]
    /// #     id: SessionId,
    /// #     #[session(ttl)]
    /// #     expires_at: Expires,
    /// #     #[session(authenticated)]
    /// #     authenticated_at: Option<AuthenticatedAt>,
    /// # }
    /// fn may_pay(session: &Session<ShopSession>) -> bool {
    ///     session.authenticated_within(Duration::from_secs(5 * 60))
    /// }
    /// ```
    pub fn authenticated_within(&self, time: Duration) -> bool
    where
        S: Authenticated,
    {
        let now = self.state().handle.context().now();
        let at = self.state().data.authenticated_at();
        at.is_some_and(|at| now.saturating_sub(at.epoch_seconds()) < seconds(time))
    }

    /// Ends the session: at logout. Requests in flight elsewhere cannot bring it back.
    ///
    /// If another request has renewed the session within the [grace](crate::SessionStoreBuilder::renewal_grace), the
    /// renewed session is ended. Ending a session that is already gone, or was never stored, is not an error. Costs a
    /// write of the item's size, 1 unit per KB, and 1 unit for each renewal that it follows.
    ///
    /// # Examples
    ///
    /// ```
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// # use dynamo_session::SessionStore;
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
    /// # let mut session = store.create();
    /// # session.user = Some("ada".to_owned());
    /// # session.commit().await?;
    /// let mut elsewhere = store.load(session.id()).await?.unwrap(); // another request of the same visitor
    /// session.destroy().await?;
    /// elsewhere.user = Some("eve".to_owned());
    /// assert!(elsewhere.commit().await.unwrap_err().is_gone());
    /// assert!(store.load(session.id()).await?.is_none());
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Throttled`](crate::ErrorKind::Throttled),
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable),
    /// [`ErrorKind::AccessDenied`](crate::ErrorKind::AccessDenied),
    /// [`ErrorKind::TableMissing`](crate::ErrorKind::TableMissing) and
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): the session may still be there; call it again.
    #[doc(alias = "logout")]
    #[doc(alias = "delete")]
    #[doc(alias = "flush")]
    pub async fn destroy(&mut self) -> Result<(), Error> {
        let mut call = self.begin();
        let result = self.state_mut().destroy(&mut call).await;
        self.end(call, Operation::Destroy, result)
    }

    /// Ends the session, as [`destroy`](Self::destroy) does, and begins a new one on the same handle: for what a visitor is
    /// to be told after the logout.
    ///
    /// The new session has an id and fields of its own: nothing of the old one is left in it. As with
    /// [`SessionStore::create`](crate::SessionStore::create), it is stored once it is changed and committed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore};
    /// # #[derive(DynamoSession)]
    /// # #[session(table = "shop-sessions")]
    /// # struct ShopSession {
    /// #     #[session(hash_key)]
    /// #     id: SessionId,
    /// #     #[session(ttl)]
    /// #     expires_at: Expires,
    /// #     user: Option<String>,
    /// #     notice: Option<String>,
    /// # }
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
    /// # let mut session = store.create();
    /// # session.user = Some("ada".to_owned());
    /// # session.commit().await?;
    /// session.restart().await?;
    /// assert_eq!(session.user, None);
    /// session.notice = Some("You have logged out.".to_owned());
    /// session.commit().await?;
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`destroy`](Self::destroy). The handle then still has the old session, which may still be there: call it
    /// again.
    #[doc(alias = "logout")]
    #[doc(alias = "flash")]
    pub async fn restart(&mut self) -> Result<(), Error> {
        let mut call = self.begin();
        let result = self.state_mut().restart(&mut call).await;
        self.end(call, Operation::Destroy, result)
    }

    /// Extends the idle timeout as [`touch`](Self::touch) does, if one request that is not repeated can do so within a
    /// moment. After an error, the session is as it was, or was touched; either is good for whatever comes next.
    ///
    /// Where a write has yet to be settled, or a renewal to be finished, that is left to a [`commit`](Self::commit).
    #[cfg(feature = "_web")]
    pub(crate) async fn touch_once(&mut self) -> Result<Committed, Error> {
        let mut call = self.begin().once();
        let result = self.state_mut().touch_settled(&mut call).await;
        self.end(call, Operation::Touch, result)
    }

    /// Writes what has changed, and leaves the expiry of a stored session as it is: for what is no activity of the visitor.
    #[cfg(feature = "_web")]
    pub(crate) async fn commit_without_extending(&mut self) -> Result<Committed, Error> {
        let mut call = self.begin().without_extending();
        let result = self.state_mut().commit_changes(&mut call).await;
        let result = result.map(|committed| committed.unwrap_or(Committed::Unchanged));
        self.end(call, Operation::Commit, result)
    }

    /// Commits, but leaves an unchanged session as it is.
    #[cfg(feature = "_web")]
    pub(crate) async fn commit_changes(&mut self) -> Result<(), Error> {
        let mut call = self.begin();
        let result = self.state_mut().commit_changes(&mut call).await;
        self.end(call, Operation::Commit, result.map(drop))
    }

    fn begin(&mut self) -> Call {
        let state = self.state_mut();
        state.attempts = Attempts::default();
        Call::new(state.handle.context())
    }

    fn end<T>(
        &mut self,
        call: Call,
        operation: Operation,
        result: Result<T, Error>,
    ) -> Result<T, Error> {
        let state = self.state_mut();
        state.attempts = call.attempts();
        // What had nothing to write is no news.
        if result.is_err() || state.attempts.requests() > 0 {
            call.count(state.handle.context(), operation, &result);
        }
        let result = result.map_err(|error| state.in_context(error, operation));
        #[cfg(feature = "_web")]
        match &self.lender {
            Some(lender) => lender.note(self),
            // Without a request, nothing was written.
            None if self.state().attempts.requests() > 0 => {
                self.stored_keys().for_each(|key| note_write(|| key));
            }
            None => {}
        }
        result
    }
}

/// What a web layer needs of the session that it lends.
#[cfg(feature = "_web")]
#[cfg_attr(docsrs, doc(cfg(any(feature = "actix", feature = "axum", feature = "tower"))))]
impl<S: DynamoSession> Session<S> {
    pub(crate) fn lent_by(mut self, lender: Box<dyn Lender<S>>) -> Self {
        self.lender = Some(lender);
        self
    }

    /// The session as it is now. What is recorded for this serves the next commit, too.
    pub(crate) fn shown(&mut self) -> Shown<S::Key> {
        let exists = self.exists();
        let state = self.state_mut();
        let header = Header {
            key: state.handle.key().clone(),
            created: state.data.__created().unwrap_or_default(),
            expires: state.data.__expires(),
        };
        Shown { fields: state.shown(), header, exists }
    }

    /// Whether a commit would find nothing to write and, of an active visitor's, no expiry to move.
    pub(crate) fn is_in_step(&self, is_activity: bool) -> bool {
        let State { handle, .. } = self.state();
        !self.may_have_changes() && handle.is_at_rest() && !(is_activity && handle.is_touch_due())
    }

    /// Whether the session, as it was read, has what this mark is of.
    pub(crate) fn shows(&self, mark: &Mark) -> bool {
        self.state().handle.shows(mark)
    }

    /// Whether the browser is to keep the cookie of a shared session when it is closed.
    #[cfg(feature = "interop")]
    pub(crate) fn is_kept_by_browsers(&self) -> bool {
        self.state().handle.is_kept_by_browsers()
    }

    pub(crate) fn last_write(&self) -> LastWrite {
        self.state().handle.last_write()
    }

    /// Whether the session is as it was found or begun, and nothing was asked of it.
    pub(crate) fn is_untouched(&self) -> bool {
        let is_over = self.is_destroyed() || self.is_gone_unchanged() || self.is_ending();
        let is_changed = self.may_have_changes() || self.is_renewing() || self.was_renewed();
        let is_other = self.was_restarted() || self.is_discarded();
        !is_over && !is_changed && !is_other && self.last_write() == LastWrite::Nothing
    }

    /// When the session expires by the table's account, whatever was assigned to the field.
    pub(crate) fn expiry(&self) -> i64 {
        self.state().handle.lifetime().expires
    }

    /// Whether it was found that the session has ended, and nothing was changed since.
    pub(crate) fn is_gone_unchanged(&self) -> bool {
        self.state().handle.is_gone() && !self.may_have_changes()
    }

    /// Whether the session was given another id than it was found under, or was to be.
    pub(crate) fn was_renewed(&self) -> bool {
        self.state().handle.was_renewed()
    }

    /// Whether the visitor has this session, be it stored or about to be.
    pub(crate) fn exists(&self) -> bool {
        self.is_stored() || self.is_foreign() || (self.is_new() && self.may_have_changes())
    }

    pub(crate) fn is_discarded(&self) -> bool {
        self.state().is_discarded
    }

    /// Drops the changes without a word: somebody was told already that they are lost.
    pub(crate) fn give_up_changes(&mut self) {
        self.state_mut().give_up_changes();
    }

    /// Gives up the changes that were not committed, and with them what a failed call has left to say: where the session
    /// was lent by a web layer, that commits nothing for this request, and lets the response stand.
    ///
    /// For handlers that answer an error of their own commit by themselves. An unfinished [`renew`](Self::renew) is
    /// finished by the layer all the same, since the browser has to learn the new id.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::{DynamoSession, Error, Expires, Session, SessionId};
    /// # #[derive(DynamoSession)]
    /// # #[session(table = "shop-sessions")]
    /// # struct ShopSession {
    /// #     #[session(hash_key)]
    /// #     id: SessionId,
    /// #     #[session(ttl)]
    /// #     expires_at: Expires,
    /// #     #[session(guard)]
    /// #     address: Option<String>,
    /// # }
    /// async fn move_to(mut session: Session<ShopSession>, address: String) -> Result<String, Error> {
    ///     session.address = Some(address);
    ///     match session.commit().await {
    ///         Ok(_) => Ok("We will deliver there.".to_owned()),
    ///         Err(error) if error.is_conflict() => {
    ///             session.discard();
    ///             Ok("You changed your address in another tab. Please look at it again.".to_owned())
    ///         }
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    pub fn discard(mut self) {
        self.state_mut().discard();
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
        let Some(mut state) = self.state.take() else { return };
        #[cfg(feature = "_web")]
        if let Some(lender) = self.lender.take() {
            lender.take_back(Self { state: Some(state), lender: None });
            return;
        }
        if state.has_changes() {
            let session = state.handle.key().fingerprint();
            tracing::warn!(session, "session dropped with changes that were not committed");
        }
    }
}

impl<S: DynamoSession + fmt::Debug> fmt::Debug for Session<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("Session");
        // Whatever the type shows of itself, secrets are not for logs.
        match S::SCHEMA.has_secrets() {
            false => f.field("data", &**self),
            true => f.field("id", &self.id().fingerprint()),
        };
        f.field("is_new", &self.is_new()).finish()
    }
}
