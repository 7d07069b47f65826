use std::collections::HashSet;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use super::SessionIndex;
use crate::context::OnUndecodable;
use crate::dynamo::{Deletion, IndexPage, Table};
use crate::expiry::Lifetime;
use crate::item::{Item, encode_key, same_value};
use crate::protocol::read_lifetime;
use crate::schema::Index;
use crate::store::SessionStore;
use crate::table::explain_query;
use crate::{DynamoSession, Error, Operation, SessionKey};

/// The sessions that have one value in an indexed field.
pub(super) struct Group<S: DynamoSession> {
    pub(super) store: SessionStore<S>,
    table: Table,
    pub(super) index: Index,
    value: AttributeValue,
    operation: Operation,
}

/// A session of a group, as its item stands now.
pub(super) struct Live {
    pub(super) key: String,
    pub(super) lifetime: Lifetime,
    pub(super) item: Item,
}

/// What ending one session of a group came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It was alive, and has been ended.
    Ended,
    /// It had expired, and is deleted.
    Expired,
    /// There is nothing under this key any more.
    Absent,
    /// It is not of this group, and was left as it is.
    Kept,
}

impl<S: DynamoSession> Group<S> {
    /// The group of a value, for an operation that its errors name.
    pub(super) fn new<K, Q: Serialize + ?Sized>(
        store: &SessionStore<S>,
        operation: Operation,
        index: SessionIndex<S, K>,
        value: &Q,
    ) -> Result<Self, Error> {
        let (attribute, index) = (index.attribute(), index.schema());
        match encode_key(attribute, index, value) {
            Ok(value) => {
                let table = store.context().table.clone();
                Ok(Self { store: store.clone(), table, index, value, operation })
            }
            Err(error) => Err(error.with_context(operation, store.table_name(), None)),
        }
    }

    /// The same group, for long work that must not use up the retries of the sessions' own requests.
    pub(super) fn for_sweeping(self) -> Self {
        let table = self.store.context().sweeping_table().clone();
        Self { table, ..self }
    }

    pub(super) fn in_context(&self, error: Error) -> Error {
        error.with_context(self.operation, self.store.table_name(), None)
    }

    /// One page of what the index holds, true or not.
    pub(super) async fn page(
        &self,
        limit: usize,
        start: Option<&Item>,
    ) -> Result<IndexPage, Error> {
        match self.table.index_keys(self.index, &self.value, limit, start).await {
            Ok(page) => Ok(page),
            Err(refusal) => Err(explain_query(&self.table, self.index, refusal).await),
        }
    }

    /// Those of these keys under which there is a session of the group, by a consistent read.
    pub(super) async fn live(&self, keys: Vec<String>) -> Result<Vec<Live>, Error> {
        self.read(keys, &[]).await
    }

    /// As [`live`](Self::live), with no more of the items than how old they are.
    pub(super) async fn ages(&self, keys: Vec<String>) -> Result<Vec<Live>, Error> {
        let mut attributes =
            vec![S::SCHEMA.hash_key(), S::SCHEMA.time_to_live(), self.index.attribute()];
        attributes.extend(S::SCHEMA.created());
        self.read(keys, &attributes).await
    }

    async fn read(&self, mut keys: Vec<String>, attributes: &[&str]) -> Result<Vec<Live>, Error> {
        // One batch may not name a key twice.
        let mut seen = HashSet::new();
        keys.retain(|key| seen.insert(key.clone()));
        let items = self.table.get_all(&keys, attributes).await?;
        items.into_iter().filter_map(|item| self.check(item).transpose()).collect()
    }

    fn check(&self, mut item: Item) -> Result<Option<Live>, Error> {
        let is_member = |value| same_value(value, &self.value);
        let key = item.remove(S::SCHEMA.hash_key());
        let Some(AttributeValue::S(key)) = key else { return Ok(None) };
        if !item.get(self.index.attribute()).is_some_and(is_member) {
            return Ok(None);
        }
        match read_lifetime(S::SCHEMA, &item) {
            Ok(lifetime) if lifetime.is_over(self.store.timeouts(), self.store.context().now()) => {
                Ok(None)
            }
            Ok(lifetime) => Ok(Some(Live { key, lifetime, item })),
            Err(error) => {
                let session = S::Key::stored_fingerprint(&key);
                if self.store.context().on_undecodable == OnUndecodable::End {
                    let table = self.store.table_name();
                    tracing::warn!(session, table, %error, "session does not decode");
                    return Ok(None);
                }
                Err(error.with_context(self.operation, self.store.table_name(), Some(session)))
            }
        }
    }

    /// Ends a session, if it is of the group at that moment.
    pub(super) async fn end(&self, key: &str) -> Result<Ending, Error> {
        Ok(match self.table.delete_if(key, self.index, &self.value).await? {
            Deletion::Kept => Ending::Kept,
            Deletion::Absent => Ending::Absent,
            Deletion::Deleted(item) => {
                let lifetime = item.map(|item| read_lifetime(S::SCHEMA, &item));
                match lifetime {
                    Some(Ok(lifetime))
                        if lifetime.is_over(self.store.timeouts(), self.store.context().now()) =>
                    {
                        Ending::Expired
                    }
                    _ => {
                        let session = S::Key::stored_fingerprint(key);
                        tracing::debug!(session, index = self.index.name(), "session ended");
                        Ending::Ended
                    }
                }
            }
        })
    }
}

/// Neither the value nor the keys, which may be secret.
impl<S: DynamoSession> fmt::Debug for Group<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("table", &self.store.table_name())
            .field("index", &self.index.name())
            .finish_non_exhaustive()
    }
}
