use std::fmt;
use std::pin::pin;
use std::sync::Arc;

use super::call::Call;
use super::record::Seen;
use super::row::Row;
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::id::SessionKey;
use crate::interop::{ForeignStore, Stamp};
use crate::item::Item;

/// Which of another store's sessions it is that both write.
pub(crate) struct SharedKey<K> {
    pub(crate) foreign: Arc<ForeignStore>,
    /// The id that its cookie carries: a secret.
    pub(crate) sid: String,
    /// The id that stands for it in the struct, and opens nothing.
    pub(crate) id: K,
    /// The row as a session of the type.
    pub(crate) read: ReadShared<K>,
}

/// Reads a row as a session of a type; `None` if it is none, or has ended.
pub(crate) type ReadShared<K> =
    fn(&Context, &SharedKey<K>, Item) -> Result<Option<SharedRow>, Error>;

/// A session that stays in another store's row, as it was last seen.
#[derive(Clone, Debug)]
pub(crate) struct SharedRow {
    pub(crate) row: Row,
    /// The fields as the row has them, unknown entries included, and under which names.
    pub(crate) stored: Seen,
    pub(crate) stamp: Stamp,
    /// For how many seconds the other service keeps it after a visit, where the row says so.
    pub(crate) max_age: Option<i64>,
}

impl<K: SessionKey> SharedKey<K> {
    /// The session that has this id in the other store, or is to have it.
    pub(crate) fn new(
        foreign: Arc<ForeignStore>,
        sid: String,
        read: ReadShared<K>,
    ) -> Result<Self, Error> {
        let id = K::parse(&foreign.shared_id(&sid)).map_err(|source| {
            Error::new(
                ErrorKind::Configuration,
                "a shared session has an id of 43 characters, which the type's key cannot hold; use `SessionId`",
            )
            .with_source(source)
        })?;
        Ok(Self { foreign, sid, id, read })
    }

    /// A session that is to be begun.
    pub(crate) fn generate(foreign: Arc<ForeignStore>, read: ReadShared<K>) -> Result<Self, Error> {
        let sid = foreign.new_sid();
        Self::new(foreign, sid, read)
    }

    pub(super) fn another(&self) -> Result<Self, Error> {
        Self::generate(self.foreign.clone(), self.read)
    }
}

impl<K> SharedKey<K> {
    /// The row's key as the attributes that make it up.
    pub(super) fn key(&self) -> Item {
        self.foreign.key(&self.sid)
    }

    /// The session as its row has it now.
    pub(super) async fn read_row(
        &self,
        context: &Context,
        call: &Call,
    ) -> Result<Option<Item>, Error> {
        call.limit(pin!(context.table.get_row(self.foreign.table(), self.key(), true))).await?
    }
}

impl<K> fmt::Debug for SharedKey<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedKey").field("foreign", &self.foreign).finish_non_exhaustive()
    }
}
