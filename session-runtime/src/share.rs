//! Sessions that stay in the rows of another store, whose service goes on writing them.

use std::sync::Arc;

use crate::context::ReadConsistency;
use crate::derived::DynamoSession;
use crate::error::{Error, ErrorKind};
use crate::interop::ForeignStore;
use crate::metrics;
use crate::operation::Operation;
#[cfg(feature = "_web")]
use crate::protocol::{Call, end_shared};
use crate::session::{Session, shared_key};
use crate::store::SessionStore;

impl<S: DynamoSession> SessionStore<S> {
    /// Reads a session by the id that it has in the store that this one is
    /// [shared](crate::SessionStoreBuilder::shared_with) with: `None` if there is none, or if it has ended.
    ///
    /// **The id must have been verified**: whoever presents one that another visitor has, gets that visitor's session.
    /// [`SessionLayer`](crate::SessionLayer) does so by the cookie's signature, and
    /// [`ForeignStore::session_id`](crate::interop::ForeignStore::session_id) for programs without it.
    ///
    /// Makes one `GetItem`: 1 read unit per 4 KB, or half of that where the store is
    /// [`Eventual`](ReadConsistency::Eventual).
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::{DynamoSession, Error, SessionStore};
    /// # async fn look<Shop: DynamoSession>(store: SessionStore<Shop>, sid: &str) -> Result<(), Error> {
    /// if let Some(mut session) = store.load_shared(sid).await? {
    ///     session.renew().await?; // under a new id, which both services know
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Decode`](crate::ErrorKind::Decode): the row is not one of the other store, or its session does not
    ///   decode as this type; the error names the key. The row is left as it is.
    /// - [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): the store is not shared.
    /// - Otherwise as for [`load`](Self::load).
    pub async fn load_shared(&self, sid: &str) -> Result<Option<Session<S>>, Error> {
        self.find_shared(sid, self.context().read_consistency).await
    }

    /// Reads a session in another way than the store's own.
    pub(crate) async fn find_shared(
        &self,
        sid: &str,
        consistency: ReadConsistency,
    ) -> Result<Option<Session<S>>, Error> {
        let began = metrics::Timer::start();
        let found = self.look_up_shared(sid, consistency != ReadConsistency::Eventual).await;
        if let Ok(found) = &found {
            metrics::loaded(self.table_name(), if found.is_some() { "hit" } else { "absent" });
        }
        metrics::operation(began, self.table_name(), Operation::Load, &found, 0);
        found.map_err(|error| error.with_context(Operation::Load, self.table_name(), None))
    }

    async fn look_up_shared(
        &self,
        sid: &str,
        is_strong: bool,
    ) -> Result<Option<Session<S>>, Error> {
        let foreign = self.shared()?;
        if !foreign.is_possible(sid) {
            return Ok(None);
        }
        let context = self.context();
        let key = shared_key::<S>(foreign.clone(), sid.to_owned())?;
        let row = context.table.get_row(foreign.table(), foreign.key(sid), is_strong).await?;
        match row {
            Some(row) => Session::from_shared_row(context, key, row),
            None => Ok(None),
        }
    }

    /// Ends the session that has this id, without loading it.
    #[cfg(feature = "_web")]
    pub(crate) async fn end_shared(&self, sid: &str) -> Result<(), Error> {
        let context = self.context();
        let mut call = Call::new(context);
        let ended = async {
            let key = shared_key::<S>(self.shared()?.clone(), sid.to_owned())?;
            end_shared(&key, context, &mut call).await
        };
        let ended = ended.await;
        call.count(context, Operation::Destroy, &ended);
        ended.map_err(|error| error.with_context(Operation::Destroy, self.table_name(), None))
    }

    fn shared(&self) -> Result<&Arc<ForeignStore>, Error> {
        self.context().shared.as_ref().ok_or_else(|| {
            Error::new(
                ErrorKind::Configuration,
                "the store has sessions of its own and shares none; load them by their id with `load`, or build the store with \
                 `.shared_with(..)`",
            )
        })
    }
}
