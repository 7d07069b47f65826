use std::borrow::Borrow;
use std::fmt;

use serde::Serialize;

use super::constant::SessionIndex;
use super::end_all::EndAll;
use super::indexed_value::IndexedValue;
use super::keep_newest::KeepNewest;
use super::list::SessionList;
use crate::derived::DynamoSession;
use crate::operation::Operation;
use crate::session::Session;
use crate::store::SessionStore;

/// The sessions of a store by the value of one indexed field: from [`SessionStore::by`].
///
/// A value is given as the field's type `K` or borrowed: `"ada"` for a `String`. It is encoded by serde, as the field
/// is; an empty text is refused before anything is sent.
///
/// An index lags behind its table, usually by less than a second. [Sessions of one
/// user](crate::guarantees#sessions-of-one-user) says what that means for each call, and how to close the gap where it
/// matters.
///
/// # Examples
///
/// Where someone is logged in, logging out everywhere else when the password changes, and at most five sessions at once:
///
/// ```
/// # use dynamo_session::{CreatedAt, DynamoSession, Expires, SessionId, SessionStore};
/// #[derive(DynamoSession)]
/// #[session(table = "shop-sessions")]
/// struct ShopSession {
///     #[session(hash_key)]
///     id: SessionId,
///     #[session(ttl)]
///     expires_at: Expires,
///     #[session(created)]
///     created_at: CreatedAt,
///     #[session(index = "by_user")]
///     user: Option<String>,
///     device: String,
/// }
///
/// # #[cfg(feature = "embedded")]
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # let client = dynamo_session::embedded::client();
/// # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
/// # let mut elsewhere = store.create();
/// # elsewhere.user = Some("ada".to_owned());
/// # elsewhere.commit().await?;
/// let mut session = store.create();
/// session.user = Some("ada".to_owned());
/// session.device = "Firefox on Linux".to_owned();
/// session.renew().await?; // at login: a new id
/// session.commit().await?;
/// store.by(ShopSession::USER).keep_newest("ada", 5, &session).await?;
///
/// for listed in store.by(ShopSession::USER).list("ada").all().await? {
///     let device = listed.get(ShopSession::DEVICE)?;
///     println!("{device}, until {}, here: {}", listed.expires_at(), listed.is(&session));
/// }
///
/// let ended = store.by(ShopSession::USER).end_all("ada").except(&session).await?;
/// assert_eq!(ended, 1);
/// # Ok::<(), dynamo_session::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SessionsBy<S: DynamoSession, K> {
    store: SessionStore<S>,
    index: SessionIndex<S, K>,
}

/// The sessions of one user.
impl<S: DynamoSession> SessionStore<S> {
    /// The sessions by the value of a field marked `index`: to list them, to end them all, to limit their number.
    ///
    /// The derive makes a constant for each such field, named after it in capitals. This makes no request by itself.
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
    ///     #[session(index = "by_user")]
    ///     user: Option<String>,
    /// }
    ///
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
    /// let mut session = store.create();
    /// session.user = Some("ada".to_owned());
    /// session.commit().await?;
    ///
    /// assert_eq!(store.by(ShopSession::USER).list("ada").all().await?.len(), 1);
    /// assert_eq!(store.by(ShopSession::USER).end_all("ada").await?, 1);
    /// assert!(store.load(session.id()).await?.is_none());
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn by<K>(&self, index: SessionIndex<S, K>) -> SessionsBy<S, K> {
        SessionsBy::new(self, index)
    }
}

impl<S: DynamoSession, K> SessionsBy<S, K> {
    pub(crate) fn new(store: &SessionStore<S>, index: SessionIndex<S, K>) -> Self {
        Self { store: store.clone(), index }
    }

    /// The live sessions with this value, page by page: the newest first if the type has a field marked `created`,
    /// otherwise in no particular order.
    ///
    /// Each is read from the table with a strongly consistent read: one that is gone, has expired or now has another
    /// value is left out. One that was committed or renewed within the last second or so may be missing.
    ///
    /// A page makes one `Query` (half a read unit per 4 KB of keys, 40 to 80 sessions) and one `BatchGetItem` (1 read
    /// unit per 4 KB of each session), and more of these if DynamoDB leaves keys unprocessed. It needs `dynamodb:Query`
    /// on the index, `table/NAME/index/INDEX`, and `dynamodb:BatchGetItem` on the table. Throttled requests are retried
    /// with growing pauses, for about half a minute before the call fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::SessionStore;
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
    /// let mut list = store.by(ShopSession::USER).list("ada").page_size(20);
    /// while let Some(page) = list.next_page().await? {
    ///     for session in page {
    ///         println!("{} until {:?}", session.fingerprint(), session.expires_at());
    ///     }
    /// }
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// From [`next_page`](SessionList::next_page) and [`all`](SessionList::all):
    ///
    /// - [`ErrorKind::Encode`](crate::ErrorKind::Encode): the value cannot be in the index: it is empty, longer than
    ///   2,048 bytes, or `None`. Nothing was sent.
    /// - [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): the table has no such index, or one on another
    ///   attribute or without its sort key.
    /// - [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable): the index is still being built, or DynamoDB could not
    ///   be reached.
    /// - [`ErrorKind::Decode`](crate::ErrorKind::Decode): an item with this value is not a session of this type. With
    ///   [`OnUndecodable::End`](crate::OnUndecodable::End) it is left out instead.
    /// - [`ErrorKind::TableMissing`](crate::ErrorKind::TableMissing),
    ///   [`ErrorKind::AccessDenied`](crate::ErrorKind::AccessDenied),
    ///   [`ErrorKind::Throttled`](crate::ErrorKind::Throttled) and
    ///   [`ErrorKind::Rejected`](crate::ErrorKind::Rejected): DynamoDB's answer. None of them means that there is no
    ///   session.
    pub fn list<Q>(&self, value: &Q) -> SessionList<S>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        SessionList::new(IndexedValue::new(&self.store, Operation::List, self.index, value))
    }

    /// Ends all sessions with this value: log out everywhere. Returns how many it ended.
    ///
    /// It does nothing until it is awaited. [`except`](EndAll::except) keeps one session, and
    /// [`on_progress`](EndAll::on_progress) reports progress.
    ///
    /// Each session is deleted on the condition that it still has the value, so one that has become someone else's in
    /// the meantime survives. The index is read again until it shows nothing left to end, since a renewal may have
    /// moved a session; if there are still some after 16 passes, that is an error. A session that has been renewed is
    /// followed to its new key; if one is gone without a trace, the index is read once more a second later. A session
    /// that began within the last second or so, and is not in the index yet, may be missed.
    ///
    /// Costs half a read unit per 4 KB of keys and, for each session, a write of its size, 1 unit per KB, and 1 in each
    /// index that it is in. Up to 16 deletions are in flight at once, and 1,000 keys in memory, however many sessions
    /// there are. It needs `dynamodb:Query` on the index, `table/NAME/index/INDEX`, and `dynamodb:DeleteItem` on the
    /// table; with `except`, `dynamodb:BatchGetItem` as well.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::SessionStore;
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
    /// # let session = store.create();
    /// store.by(ShopSession::USER).end_all("ada").except(&session).await?; // log out everywhere else
    /// store.by(ShopSession::USER).end_all("ada").await?; // and here
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`list`](Self::list), except `Decode`; and the index may lack its sort key. The text says how many
    /// sessions had been ended; call again to continue with the rest. It is also
    /// [`ErrorKind::Throttled`](crate::ErrorKind::Throttled) if sessions with this value begin or are renewed as fast
    /// as they are ended.
    #[doc(alias = "logout")]
    pub fn end_all<'a, Q>(&self, value: &Q) -> EndAll<'a, S>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        EndAll::new(IndexedValue::new(&self.store, Operation::EndAll, self.index, value))
    }

    /// Ends the oldest sessions with this value, so that the `count` newest are left: a limit on concurrent sessions.
    /// Returns how many it ended.
    ///
    /// Call it at login, after `renew` and `commit`. It does nothing until it is awaited.
    ///
    /// The newest are those that began last, by the field marked `created`; of sessions that began in the same second,
    /// those with the greater key in the table. Every call uses this same order. So simultaneous logins agree on which
    /// sessions to end, and when all their calls have returned, exactly `count` are left, or all if there are fewer. A
    /// `count` of 0 is taken as 1.
    ///
    /// **The given session has no privilege.** It counts even if the index does not show it yet, as long as it is
    /// alive. But if `count` newer sessions are alive, it is ended itself: its next use returns
    /// [`Gone`](crate::ErrorKind::Gone), and [`load`](SessionStore::load) finds nothing. A renewal keeps the creation
    /// time, so a visitor who logs in with a session that began long ago, because of a cart for example, has a session
    /// as old as that. If that must not cost them the login, begin a new session at login, and copy into it what should
    /// be kept.
    ///
    /// If the type has no `created` field, the session that has been idle longest ends first: the one with the earliest
    /// expiry or, if those are equal, with the smaller key. One that is touched just before it would be ended lives, so
    /// at worst one too many is left until the next call.
    ///
    /// An index lags a little: logins that it does not show to each other yet leave one session too many, which the
    /// next call ends.
    ///
    /// Costs half a read unit per 4 KB of keys, and nothing more if there are at most `count`. Otherwise also 1 read
    /// unit per 4 KB of each session that stays, and of each newer one that turns out to be gone; without `created`, of
    /// every session. For each session that it ends, a write of its size, 1 unit per KB, and 1 in each index that it is
    /// in. It holds the ages of `count` sessions and 1,000 keys in memory. It needs `dynamodb:Query` on the index,
    /// `table/NAME/index/INDEX`, and `dynamodb:BatchGetItem` and `dynamodb:DeleteItem` on the table.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::SessionStore;
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
    /// # let mut session = store.create();
    /// session.user = Some("ada".to_owned());
    /// session.renew().await?;
    /// session.commit().await?;
    /// store.by(ShopSession::USER).keep_newest("ada", 5, &session).await?;
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`list`](Self::list). The text says how many sessions had been ended. The login itself is complete: the
    /// session is stored, and only the limit is not enforced yet.
    pub fn keep_newest<'a, Q>(
        &self,
        value: &Q,
        count: usize,
        session: &'a Session<S>,
    ) -> KeepNewest<'a, S>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        let value = IndexedValue::new(&self.store, Operation::KeepNewest, self.index, value);
        KeepNewest::new(value, count, session)
    }
}

impl<S: DynamoSession, K> Clone for SessionsBy<S, K> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), index: self.index }
    }
}

impl<S: DynamoSession, K> fmt::Debug for SessionsBy<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionsBy")
            .field("table", &self.store.table_name())
            .field("index", &self.index.schema().name())
            .finish()
    }
}
