use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::field::ListedField;
use super::indexed_value::{Ending, IndexedValue, StoredSession};
use crate::derived::DynamoSession;
use crate::error::{Error, ErrorKind};
use crate::expiry::{CreatedAt, Expires};
use crate::item::{Attributes as _, Decoder, decode_value};
use crate::operation::Operation;
use crate::session::Session;

/// A session as [`SessionsBy::list`](crate::index::SessionsBy::list) found it: enough to show it, and to end it.
///
/// It cannot be turned into a [`Session`]: with [`SessionId`](crate::SessionId) as the key, the table holds only a hash
/// of the id, so that nobody can take over a session by listing it.
///
/// # Examples
///
/// A button on the page "your devices", which names the session by its fingerprint:
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
/// # session.user = Some("ada".to_owned());
/// # session.commit().await?;
/// # let pressed = session.id().fingerprint();
/// let sessions = store.by(ShopSession::USER).list("ada").all().await?;
/// if let Some(listed) = sessions.iter().find(|listed| listed.fingerprint() == pressed) {
///     assert!(listed.end().await?);
/// }
/// # Ok::<(), dynamo_session::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ListedSession<S: DynamoSession> {
    value: Arc<IndexedValue<S>>,
    stored: StoredSession,
}

impl<S: DynamoSession> ListedSession<S> {
    pub(super) fn new(value: Arc<IndexedValue<S>>, stored: StoredSession) -> Self {
        Self { value, stored }
    }

    /// When the session began; `None` if the type has no field marked `created`, or the session is older than that
    /// field.
    pub fn created_at(&self) -> Option<CreatedAt> {
        self.stored.lifetime.created.map(CreatedAt::from_epoch_seconds)
    }

    /// When the session expires unless it is touched.
    pub fn expires_at(&self) -> Expires {
        Expires::from_epoch_seconds(self.stored.lifetime.expires)
    }

    /// For how long the session lives unless it is touched, by the store's clock, in whole seconds.
    pub fn expires_in(&self) -> Duration {
        self.value.store.context().until(self.stored.lifetime.expires)
    }

    /// A few characters that identify the session without revealing its key: those that
    /// [`SessionId::fingerprint`](crate::SessionId::fingerprint) and the logs show.
    pub fn fingerprint(&self) -> String {
        S::SCHEMA.keys().fingerprint::<S::Key>(&self.stored.key)
    }

    /// Whether it is this session: to mark the visitor's own among the others.
    pub fn is(&self, session: &Session<S>) -> bool {
        session.stored_keys().any(|key| key == self.stored.key)
    }

    /// Reads a stored field, by the constant that the derive makes for it: for a page that shows where someone is logged
    /// in.
    ///
    /// The constant is named after the field in capitals, `ShopSession::DEVICE` for `device`. As in a session that was
    /// loaded, a field that the item lacks has the value that a new session starts with, one that is stored under an
    /// [`alias`](derive@crate::DynamoSession#alias) is found, and a `lenient` one that cannot be read has its default.
    /// A field with an index is read as an `Option`. A `secret` one has no constant, since only the session's own id decrypts
    /// it.
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
    ///     device: String,
    /// }
    ///
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
    /// # let mut session = store.create();
    /// # session.user = Some("ada".to_owned());
    /// # session.device = "Firefox on Linux".to_owned();
    /// # session.commit().await?;
    /// for listed in store.by(ShopSession::USER).list("ada").all().await? {
    ///     assert_eq!(listed.get(ShopSession::DEVICE)?, "Firefox on Linux");
    ///     assert_eq!(listed.get(ShopSession::USER)?.as_deref(), Some("ada"));
    /// }
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`]: the stored value cannot be read as the field's type.
    pub fn get<F: ListedField<S>>(&self, field: F) -> Result<F::Value, Error> {
        let (attributes, position) = (S::SCHEMA.attributes(), field.__position());
        let default = || self.value.store.context().defaults[position].to_attribute_value();
        let stored = self.stored.item.find(&attributes[position]);
        let value = stored.map_or_else(default, |(value, _)| value.clone());
        field
            .__read(&mut Decoder::of_value(attributes, &value))
            .map_err(|error| self.in_context(Operation::List, error))
    }

    /// Reads an attribute by its name in the table: one that the struct does not name, or a field as another type.
    ///
    /// An attribute of a field that is stored under an [`alias`](derive@crate::DynamoSession#alias) is found. `None` if
    /// the item has none, as after `Option::None`, or NULL.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Decode`]: the stored value cannot be read as `T`.
    /// - [`ErrorKind::Configuration`]: it is the session's key, which is never revealed, or a `secret`.
    pub fn attribute<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        let schema = S::SCHEMA;
        if schema.primary_key().names().any(|key| key == name) {
            let detail = "a listed session does not reveal its key; `fingerprint` identifies it, and `is` \
                          compares it with a session in hand";
            let error = Error::new(ErrorKind::Configuration, detail).with_attribute(name);
            return Err(self.in_context(Operation::List, error));
        }
        let known = schema.attributes().iter().find(|known| known.name() == name);
        let value = match known {
            Some(known) => self.stored.item.find(known).map(|(value, _)| value),
            None => self.stored.item.get(name),
        };
        let Some(value) = value else { return Ok(None) };
        decode_value(name, known, value).map_err(|error| self.in_context(Operation::List, error))
    }

    /// Ends the session, if it still has the value by which it was listed; returns whether it did.
    ///
    /// If it has been renewed since, it is ended under its new key. If it is gone, has expired or now has another
    /// value, nothing is changed. Requests in flight elsewhere cannot bring it back. If an answer was lost and the
    /// session is gone, this call counts as the one that ended it.
    ///
    /// Costs a write of the item's size, 1 unit per KB, and 1 in each index that it is in; for one that was renewed, 1
    /// unit more. Needs `dynamodb:DeleteItem`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Throttled`], [`ErrorKind::Unavailable`], [`ErrorKind::AccessDenied`] and
    /// [`ErrorKind::TableMissing`]: the session may still be there; call again.
    pub async fn end(&self) -> Result<bool, Error> {
        let mut keys = HashSet::new();
        let mut next = Some(self.stored.key.clone());
        while let Some(key) = next.take_if(|key| !keys.contains(key)) {
            let ending = self.value.end(&key).await;
            match ending.map_err(|error| self.in_context(Operation::End, error))? {
                Ending::Ended | Ending::PerhapsEnded => return Ok(true),
                Ending::Expired | Ending::Absent | Ending::Kept => return Ok(false),
                Ending::Renewed(successor) => next = Some(successor),
            }
            keys.insert(key);
        }
        Ok(false)
    }

    fn in_context(&self, operation: Operation, error: Error) -> Error {
        let table = self.value.store.table_name();
        error.with_context(operation, table, Some(self.fingerprint()))
    }
}

impl<S: DynamoSession> fmt::Debug for ListedSession<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListedSession")
            .field("fingerprint", &self.fingerprint())
            .field("created_at", &self.created_at())
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}
