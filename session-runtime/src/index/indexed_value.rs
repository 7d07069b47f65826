use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use super::constant::SessionIndex;
use crate::context::OnUndecodable;
use crate::derived::DynamoSession;
use crate::dynamo::{Deletion, IndexOrder, IndexPage, Table};
use crate::error::Error;
use crate::expiry::Lifetime;
use crate::expression::Expression;
use crate::item::{Item, Value, encode_key};
use crate::operation::Operation;
use crate::protocol::{RENEWED_AT, RENEWED_TO, Tombstone, read_lifetime};
use crate::schema::Index;
use crate::store::SessionStore;
use crate::table::explain_query;

/// One value of an indexed field: what the index shows of it, and the sessions that have it.
pub(super) struct IndexedValue<S: DynamoSession> {
    pub(super) store: SessionStore<S>,
    table: Table,
    index: Index,
    value: Value,
    operation: Operation,
}

/// A session that is alive and has the value, as its item was read.
pub(super) struct StoredSession {
    pub(super) key: String,
    pub(super) lifetime: Lifetime,
    pub(super) item: Item,
}

/// What ending one session came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It was alive, and has been ended.
    Ended,
    /// It had expired, and is deleted.
    Expired,
    /// There was nothing under this key any more.
    Absent,
    /// There is nothing under this key any more, and what deleted it may have been this.
    PerhapsEnded,
    /// It was renewed, and is under this key now.
    Renewed(String),
    /// It is not what was to be ended, and was left as it is.
    Kept,
}

impl<S: DynamoSession> IndexedValue<S> {
    /// A value, for an operation that its errors name.
    pub(super) fn new<K, Q: Serialize + ?Sized>(
        store: &SessionStore<S>,
        operation: Operation,
        index: SessionIndex<S, K>,
        value: &Q,
    ) -> Result<Self, Error> {
        let (attribute, index) = (index.attribute(), index.schema());
        let own = store.context().require_own_rows(
            "its table has no index of the type's fields, so which sessions a user has cannot be told; keep that elsewhere until \
             the other service is gone",
        );
        own.map_err(|error| error.with_context(operation, store.table_name(), None))?;
        match encode_key(attribute, index, value) {
            Ok(value) => {
                let table = store.context().table.clone();
                Ok(Self { store: store.clone(), table, index, value, operation })
            }
            Err(error) => Err(error.with_context(operation, store.table_name(), None)),
        }
    }

    /// The same value, for long work that must not use up the retries of the sessions' own requests.
    pub(super) fn for_sweeping(self) -> Self {
        let table = self.store.context().sweeping_table().clone();
        Self { table, ..self }
    }

    pub(super) fn in_context(&self, error: Error) -> Error {
        error.with_context(self.operation, self.store.table_name(), None)
    }

    /// Whether the index tells when each session began.
    pub(super) fn is_sorted(&self) -> bool {
        self.index.sort_key().is_some()
    }

    fn now(&self) -> i64 {
        self.store.context().now()
    }

    /// Whether a session that began then has ended by now, whatever was done with it.
    pub(super) fn has_ended(&self, created: i64) -> bool {
        self.store.timeouts().has_ended(self.now(), Some(created))
    }

    /// One page of what the index shows of this type, true or not.
    pub(super) async fn page(
        &self,
        order: IndexOrder,
        limit: usize,
        start: Option<&Item>,
    ) -> Result<IndexPage, Error> {
        match self.table.query_index(self.index, &self.value, order, limit, start).await {
            Ok(mut page) => {
                // Another type in the table may have an index in common with this one.
                page.entries.retain(|entry| S::SCHEMA.keys().is_in(&entry.key));
                Ok(page)
            }
            Err(refusal) => Err(explain_query(&self.table, self.index, refusal).await),
        }
    }

    /// Those of these keys under which there is a session with the value, by a consistent read and in this order.
    pub(super) async fn sessions(&self, keys: Vec<String>) -> Result<Vec<StoredSession>, Error> {
        let mut sessions = Vec::new();
        for item in self.items(&keys, &[]).await? {
            sessions.extend(self.session(item)?);
        }
        sessions.sort_by_cached_key(|session| keys.iter().position(|key| *key == session.key));
        Ok(sessions)
    }

    /// As [`sessions`](Self::sessions), in any order and with no more of the items than how old they are; a session that
    /// was renewed is found under its new key.
    pub(super) async fn ages(&self, mut keys: Vec<String>) -> Result<Vec<StoredSession>, Error> {
        let schema = S::SCHEMA;
        let mut attributes: Vec<_> = schema.primary_key().names().collect();
        attributes.extend([schema.time_to_live(), self.index.attribute()]);
        attributes.extend([RENEWED_AT, RENEWED_TO]);
        attributes.extend(schema.created());
        let mut sessions = Vec::new();
        let mut seen: HashSet<String> = keys.iter().cloned().collect();
        while !keys.is_empty() {
            let mut successors = Vec::new();
            for item in self.items(&keys, &attributes).await? {
                match Tombstone::read(&item).map(|tombstone| tombstone.successor) {
                    Some(key) if seen.insert(key.clone()) => successors.push(key),
                    _ => sessions.extend(self.session(item)?),
                }
            }
            keys = successors;
        }
        Ok(sessions)
    }

    /// The keys that the sessions have now which had these before they were renewed.
    pub(super) async fn successors(&self, keys: &[String]) -> Result<Vec<String>, Error> {
        let mut successors = Vec::new();
        let mut next = keys.to_vec();
        while !next.is_empty() {
            let items = self.items(&next, &[RENEWED_AT, RENEWED_TO]).await?;
            next = items.iter().filter_map(Tombstone::read).map(|it| it.successor).collect();
            next.retain(|key| !keys.contains(key) && !successors.contains(key));
            successors.extend(next.iter().cloned());
        }
        Ok(successors)
    }

    async fn items(&self, keys: &[String], attributes: &[&str]) -> Result<Vec<Item>, Error> {
        // One batch may not name a key twice.
        let mut seen = HashSet::new();
        let keys: Vec<_> = keys.iter().filter(|key| seen.insert(*key)).cloned().collect();
        self.table.get_all(&keys, attributes).await
    }

    fn session(&self, mut item: Item) -> Result<Option<StoredSession>, Error> {
        let primary_key = S::SCHEMA.primary_key();
        let Some(key) = item.session_key(primary_key).map(str::to_owned) else { return Ok(None) };
        for name in primary_key.names() {
            item.remove(name);
        }
        let value = item.value(self.index.attribute());
        if !value.is_some_and(|value| value.is_same(&self.value)) {
            return Ok(None);
        }
        match read_lifetime(S::SCHEMA, &item) {
            Ok(lifetime) if lifetime.is_over(self.store.timeouts(), self.now()) => Ok(None),
            Ok(lifetime) => Ok(Some(StoredSession { key, lifetime, item })),
            Err(error) => {
                let session = S::SCHEMA.keys().fingerprint::<S::Key>(&key);
                if self.store.context().on_undecodable == OnUndecodable::End {
                    let table = self.store.table_name();
                    tracing::warn!(session, table, %error, "session does not decode");
                    return Ok(None);
                }
                Err(error.with_context(self.operation, self.store.table_name(), Some(session)))
            }
        }
    }

    /// Ends a session, if it has the value at that moment.
    pub(super) async fn end(&self, key: &str) -> Result<Ending, Error> {
        self.end_if(key, self.condition()).await
    }

    /// Ends a session, if it has the value at that moment, and expires when it did as it was read.
    pub(super) async fn end_untouched(&self, key: &str, expires: i64) -> Result<Ending, Error> {
        let mut condition = self.condition();
        let expiry = condition.attribute(S::SCHEMA.time_to_live());
        condition.require_value(&expiry, Some(Value::number(expires)));
        self.end_if(key, condition).await
    }

    fn condition(&self) -> Expression<'_> {
        let mut condition = Expression::default();
        let attribute = condition.attribute(self.index.attribute());
        condition.require_value(&attribute, Some(&self.value));
        condition
    }

    async fn end_if(&self, key: &str, condition: Expression<'_>) -> Result<Ending, Error> {
        Ok(match self.table.delete_if(key, condition).await? {
            Deletion::Kept(item) => match Tombstone::read(&item) {
                Some(tombstone) => Ending::Renewed(tombstone.successor),
                None => Ending::Kept,
            },
            Deletion::Absent => Ending::Absent,
            Deletion::PerhapsDeleted => Ending::PerhapsEnded,
            Deletion::Deleted(item) => match read_lifetime(S::SCHEMA, &item) {
                Ok(lifetime) if lifetime.is_over(self.store.timeouts(), self.now()) => {
                    Ending::Expired
                }
                _ => {
                    let session = S::SCHEMA.keys().fingerprint::<S::Key>(key);
                    tracing::debug!(session, index = self.index.name(), "session ended");
                    Ending::Ended
                }
            },
        })
    }
}

/// Neither the value nor the keys, which may be secret.
impl<S: DynamoSession> fmt::Debug for IndexedValue<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexedValue")
            .field("table", &self.store.table_name())
            .field("index", &self.index.name())
            .finish_non_exhaustive()
    }
}
