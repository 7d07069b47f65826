//! Sessions of another store: found under its ids, to be adopted by their first commit, or ended.

use std::sync::Arc;

use crate::derived::DynamoSession;
use crate::error::Error;
use crate::interop::ForeignStore;
use crate::metrics;
use crate::operation::Operation;
use crate::protocol::Call;
use crate::session::{Session, origin_of};
use crate::store::{Lookup, SessionStore};

impl<S: DynamoSession> SessionStore<S> {
    /// Reads a session that another store keeps, by its id there: `None` if there is none, or if it has ended.
    ///
    /// It is used like any other. Its first commit that has something to write, be it a change or an expiry that is due,
    /// stores it here and deletes the other store's row, in one transaction; `destroy` and `restart` end it there. Once it
    /// was adopted, this finds it here, until it ends or is renewed: see [`interop`](crate::interop).
    ///
    /// **The id must have been verified**: whoever presents one that another visitor has, gets that visitor's session.
    /// [`SessionLayer::adopt`](crate::SessionLayer) does so by the cookie's signature.
    ///
    /// Makes two consistent reads: the row, 1 unit for each 4 KB, and the marker of an adoption, 1 unit; if the session was
    /// adopted, that is a third.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::{DynamoSession, Error, SessionStore};
    /// use dynamo_session::interop::ForeignStore;
    ///
    /// # async fn adopt<Shop: DynamoSession>(store: SessionStore<Shop>, sid: &str) -> Result<(), Error> {
    /// let legacy = ForeignStore::connect_dynamodb("sessions").secrets(["keyboard cat"]);
    /// if let Some(mut session) = store.adopt(&legacy, sid).await? {
    ///     session.renew().await?; // adopted, under a new id
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Decode`](crate::ErrorKind::Decode): the row is not one of the other store, or its session does not
    ///   decode as this type; the error names the key. The row is left as it is.
    /// - [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): the other store has no secrets, and is not
    ///   [`unsigned`](ForeignStore::unsigned).
    /// - Otherwise as for [`load`](Self::load).
    pub async fn adopt(
        &self,
        foreign: &ForeignStore,
        sid: &str,
    ) -> Result<Option<Session<S>>, Error> {
        match self.find_foreign(&Arc::new(foreign.clone()), sid).await? {
            Lookup::Session(session) => Ok(Some(session)),
            Lookup::Renewed | Lookup::Nothing => Ok(None),
        }
    }

    /// Reads the session that has this id in another store, or why there is none.
    ///
    /// First the row: whoever adopts the session deletes it, so that a row which was there before the marker was not is the
    /// session as it is.
    pub(crate) async fn find_foreign(
        &self,
        foreign: &Arc<ForeignStore>,
        sid: &str,
    ) -> Result<Lookup<S>, Error> {
        let began = metrics::Timer::start();
        let found = self.look_up_foreign(foreign, sid).await;
        metrics::operation(began, self.table_name(), Operation::Adopt, &found, 0);
        found.map_err(|error| error.with_context(Operation::Adopt, foreign.table(), None))
    }

    async fn look_up_foreign(
        &self,
        foreign: &Arc<ForeignStore>,
        sid: &str,
    ) -> Result<Lookup<S>, Error> {
        foreign.require_signed()?;
        self.context().require_own_rows(
            "read its sessions with `load_shared`, or share no store that adopts",
        )?;
        if !foreign.is_possible(sid) {
            return Ok(Lookup::Nothing);
        }
        let context = self.context();
        let origin = origin_of::<S>(foreign.clone(), sid.to_owned())?;
        let row = context.table.get_row(foreign.table(), foreign.key(sid), true).await?;
        let call = Call::new(context);
        if let Some(table_key) = origin.adopted_as(context, &call).await? {
            return match origin.key_of(context, &table_key) {
                Some(key) => self.find(&key, true).await,
                None => Ok(Lookup::Nothing),
            };
        }
        let Some(row) = row else { return Ok(Lookup::Nothing) };
        Ok(match Session::from_row(context, origin, row)? {
            Some(session) => Lookup::Session(session),
            None => Lookup::Nothing,
        })
    }

    /// Ends the session that has this id in another store, there or where it was adopted.
    #[cfg(feature = "_web")]
    pub(crate) async fn end_foreign(
        &self,
        foreign: &Arc<ForeignStore>,
        sid: &str,
    ) -> Result<(), Error> {
        let context = self.context();
        let mut call = Call::new(context);
        let ended = async {
            foreign.require_signed()?;
            context.require_own_rows("end its sessions with `destroy`")?;
            let origin = origin_of::<S>(foreign.clone(), sid.to_owned())?;
            origin.end(context, &mut call).await
        };
        let ended = ended.await;
        call.count(context, Operation::Destroy, &ended);
        ended.map_err(|error| error.with_context(Operation::Destroy, foreign.table(), None))
    }
}
