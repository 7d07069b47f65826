use std::fmt;
use std::pin::pin;
use std::sync::Arc;

use super::call::Call;
use super::destroy::destroy;
use super::row::Row;
use super::tombstone::{Tombstone, marker};
use crate::context::Context;
use crate::dynamo::{Moved, RowDeletion};
use crate::error::Error;
use crate::id::SessionKey;
use crate::interop::ForeignStore;
use crate::item::Item;

/// Where a session comes from that another store keeps.
pub(crate) struct Origin<K> {
    pub(crate) foreign: Arc<ForeignStore>,
    /// The id that the session has there: a secret.
    pub(crate) sid: String,
    /// The ids that it may have here: the one that it gets, and those that older secrets have given it.
    pub(crate) keys: Vec<K>,
    /// The id under whose key it stands that the session was adopted.
    pub(crate) marker: K,
    /// The row as a session of the type.
    pub(crate) read: ReadRow<K>,
}

/// Reads a row as a session of a type; `None` if it is none, or has ended.
pub(crate) type ReadRow<K> = fn(&Context, &Origin<K>, Item) -> Result<Option<Row>, Error>;

impl<K: SessionKey> Origin<K> {
    fn table_key(&self, context: &Context, key: &K) -> String {
        context.schema.table_key(key)
    }

    /// The id whose table key this is, if it is one of those that the session may have.
    pub(crate) fn key_of(&self, context: &Context, table_key: &str) -> Option<K> {
        self.keys.iter().find(|key| self.table_key(context, key) == table_key).cloned()
    }

    /// What tells that the session was adopted, under this key, or has ended.
    pub(super) fn marker_item(&self, context: &Context, successor: &str, now: i64) -> Item {
        marker(context, &self.table_key(context, &self.marker), successor, now)
    }

    /// The table key under which the session was adopted, if it was.
    pub(crate) async fn adopted_as(
        &self,
        context: &Context,
        call: &Call,
    ) -> Result<Option<String>, Error> {
        let marker = call.read(context, &self.table_key(context, &self.marker)).await?;
        Ok(marker.as_ref().and_then(Tombstone::read).map(|marker| marker.successor))
    }

    pub(super) async fn is_adopted(&self, context: &Context, call: &Call) -> Result<bool, Error> {
        self.adopted_as(context, call).await.map(|successor| successor.is_some())
    }

    /// The item of a session that was adopted, with its key.
    pub(super) async fn find_adopted(
        &self,
        context: &Context,
        key: &str,
        call: &Call,
    ) -> Result<(String, Option<Item>), Error> {
        let successor = self.adopted_as(context, call).await?;
        let table_key = successor.unwrap_or_else(|| key.to_owned());
        let item = call.read(context, &table_key).await?;
        Ok((table_key, item))
    }

    /// The row as it is.
    pub(crate) async fn read_row(
        &self,
        context: &Context,
        call: &Call,
    ) -> Result<Option<Row>, Error> {
        let table = &context.table;
        let row = table.get_row(self.foreign.table(), self.foreign.key(&self.sid), true);
        match call.limit(pin!(row)).await?? {
            Some(row) => (self.read)(context, self, row),
            None => Ok(None),
        }
    }

    /// Ends the session, wherever it is, and keeps the row from being read again.
    pub(crate) async fn end(&self, context: &Context, call: &mut Call) -> Result<(), Error> {
        let Some(key) = self.keys.first().map(|key| self.table_key(context, key)) else {
            return Err(Error::internal("a session of another store has no id"));
        };
        loop {
            let marker = self.marker_item(context, &key, context.now());
            call.attempts.count_request(false);
            let ending = context.table.end_row(Some(marker), self.deletion());
            match call.limit(pin!(ending)).await?.0 {
                Moved::Done => return Ok(()),
                Moved::Failed(error) => return Err(error),
                Moved::NewExists => break,
                Moved::OldChanged | Moved::Contended => call.pause(false).await?,
            }
        }
        let (adopted, _) = self.find_adopted(context, &key, call).await?;
        destroy(context, &adopted, call).await?;
        loop {
            call.attempts.count_request(false);
            let ending = context.table.end_row(None, self.deletion());
            match call.limit(pin!(ending)).await?.0 {
                Moved::Failed(error) => return Err(error),
                Moved::Done | Moved::NewExists => return Ok(()),
                Moved::OldChanged | Moved::Contended => call.pause(false).await?,
            }
        }
    }

    pub(super) fn deletion(&self) -> RowDeletion<'static> {
        RowDeletion {
            table: self.foreign.table().to_owned(),
            key: self.foreign.key(&self.sid),
            condition: None,
        }
    }
}

impl<K> fmt::Debug for Origin<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin").field("foreign", &self.foreign).finish_non_exhaustive()
    }
}
