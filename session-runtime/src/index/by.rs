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
/// What an index says lags behind the table, usually by less than a second. What that means for each call, and how to
/// close the gap where it matters, is said under [Sessions of one user](crate::guarantees#sessions-of-one-user).
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
///     let device = listed.get::<String>("device")?.unwrap_or_default();
///     println!("{device}, since {:?}, here: {}", listed.created_at(), listed.is(&session));
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
    /// The derive makes a constant for each such field, named after it in capitals. Makes no request by itself.
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

    /// The live sessions with this value, page by page: those that began last come first, if the type has a field marked
    /// `created`; else in no particular order.
    ///
    /// Each is read from the table, strongly consistent: what is gone, has expired or has another value by now is left
    /// out. What was committed, or renewed, within the last second or so may be missing.
    ///
    /// A page makes one `Query` (half a read unit per 4 KB of keys, 40 to 80 sessions) and one `BatchGetItem` (1 read
    /// unit per 4 KB of each session), more if DynamoDB leaves reads undone. Needs `dynamodb:Query` on the index,
    /// `table/NAME/index/INDEX`, and `dynamodb:BatchGetItem` on the table. What is throttled is repeated with growing
    /// pauses, for some half a minute before it is an error.
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
    /// - [`ErrorKind::Decode`](crate::ErrorKind::Decode): an item with this value is no session of this type. With
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
    /// It does nothing until it is awaited. [`except`](EndAll::except) lets one session live,
    /// [`on_progress`](EndAll::on_progress) watches.
    ///
    /// Each session is deleted under the condition that it has the value at that moment, so that one which became
    /// someone else's meanwhile survives. The index is gone through until there is nothing left to end, since a renewal
    /// may have moved a session meanwhile; if that is still so after 16 passes, it is an error. Where a session that the
    /// index showed was renewed, it is followed to its new key; where one is gone, and nothing tells why, the index is
    /// asked once more a second later. What was begun within the last second or so, and is not in the index yet, may be
    /// missed.
    ///
    /// Costs half a read unit per 4 KB of keys and, for each session, a write of its size, 1 unit per KB, and 1 in
    /// each index that it is in. Sixteen deletions are under way at once, and 1,000 keys in memory, however many
    /// sessions there are. Needs `dynamodb:Query` on the index, `table/NAME/index/INDEX`, and `dynamodb:DeleteItem` on
    /// the table; with `except`, `dynamodb:BatchGetItem` as well.
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
    /// As for [`list`](Self::list), without `Decode`; an index without the sort key will do. The text says how many sessions were ended before, and the same
    /// call again goes on with the rest. [`ErrorKind::Throttled`](crate::ErrorKind::Throttled) also if sessions with
    /// this value are begun or renewed as fast as they are ended.
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
    /// The newest are those that began last, by the field marked `created`; of sessions that began in the same second, those
    /// with the greater key in the table. Every call goes by this one order. So logins at the same moment, each of which
    /// calls it, agree on which sessions to end, and when all calls have returned, exactly `count` are left, or all if
    /// there are fewer. A `count` of 0 is taken for 1.
    ///
    /// **The given session has no privilege.** It counts although the index may not show it yet, as long as it is alive. But
    /// if `count` newer ones are alive, it is itself ended: its next use returns
    /// [`Gone`](crate::ErrorKind::Gone), and [`load`](SessionStore::load) finds nothing. A renewal keeps the creation; so
    /// a visitor who logs in with a session that began long before, as with a cart, is as old as that session. Where that
    /// must not cost them the login, begin a new session at login, with what it is to keep of the old one.
    ///
    /// A type without `created` has the session idle for longest end first: the one with the earliest expiry, or of equal
    /// ones that with the smaller key. One that is touched while it is about to be ended lives, so that at worst one too many
    /// is left until the next call.
    ///
    /// An index lags by a moment: logins that it does not show to each other yet leave one session more, which the next
    /// call ends.
    ///
    /// Costs half a read unit per 4 KB of keys, and nothing more if there are no more than `count`. Else, 1 read unit per
    /// 4 KB of each session that stays, and of those among the newer ones that are found to be dead; without `created`, of
    /// each session. For each that it ends, a write of its size, 1 unit per KB, and 1 in each index that it is in. The ages of
    /// `count` sessions are in memory, and 1,000 keys. Needs `dynamodb:Query` on the index, `table/NAME/index/INDEX`, and
    /// `dynamodb:BatchGetItem` and `dynamodb:DeleteItem` on the table.
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
    /// As for [`list`](Self::list). The text says how many sessions were ended before. The login itself is complete:
    /// the session is stored, and only the limit is not enforced yet.
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
