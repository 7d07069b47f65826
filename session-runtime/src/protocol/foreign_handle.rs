//! What a handle does with a session that another store keeps.

use std::sync::Arc;

use super::adopt::{Adopted, Adoption};
use super::call::Call;
use super::committed::Committed;
use super::failure::{Failure, conflict, gone, gone_while_unanswered, outcome_unknown, superseded};
use super::handle::Handle;
use super::origin::Origin;
use super::phase::{End, Phase};
use super::record::{Record, Seen};
use super::row::Row;
use super::update::Update;
use super::written::Written;
use crate::change::Changes;
use crate::context::Context;
use crate::error::Error;
use crate::id::SessionKey;
use crate::item::{Attributes as _, Item, Value, cipher_of, is_same_secret};

impl<K: SessionKey> Handle<K> {
    pub(crate) fn foreign(context: Arc<Context>, key: K, origin: Arc<Origin<K>>, row: Row) -> Self {
        let mut handle = Self::in_phase(context, key, Phase::Foreign(Box::new(row)));
        handle.origin = Some(origin);
        handle
    }

    /// Whether the session is another store's, as far as the handle knows.
    pub(crate) fn is_foreign(&self) -> bool {
        matches!(self.phase, Phase::Foreign(_) | Phase::Adopting(_))
    }

    /// Takes the session over as it is.
    pub(crate) async fn adopt_unchanged(&mut self, call: &mut Call) -> Result<Committed, Failure> {
        let over = Phase::Over(End::Unknown, self.lifetime());
        self.phase = match std::mem::replace(&mut self.phase, over) {
            Phase::Foreign(row) => {
                let fields = row.fields().clone();
                let (before, changes) = (Arc::new(fields.clone()), Changes::none(fields));
                Phase::Adopting(Box::new(Adoption::new(*row, before, changes, call)))
            }
            phase => {
                self.phase = phase;
                return Ok(Committed::Unchanged);
            }
        };
        self.send(call).await.map(|(committed, _)| committed)
    }

    /// Adopts the session if its expiry is due to be moved; `None` if it is none of another store's.
    pub(super) async fn touch_foreign(
        &mut self,
        call: &mut Call,
    ) -> Result<Option<Committed>, Failure> {
        let Phase::Foreign(row) = &self.phase else { return Ok(None) };
        let (now, lifetime) = (self.context.now(), row.lifetime());
        if row.is_over(&self.context, now) {
            return Err(self.found_gone().into());
        }
        if self.context.timeouts.due_expiry(now, lifetime).is_none() {
            return Ok(Some(Committed::Unchanged));
        }
        self.adopt_unchanged(call).await.map(Some)
    }

    /// Ends the session in the other store, if it is there; whether it was one of its.
    pub(super) async fn destroy_foreign(&mut self, call: &mut Call) -> Result<bool, Error> {
        let Some(origin) = self.origin.clone().filter(|_| self.is_foreign()) else {
            return Ok(false);
        };
        origin.end(&self.context, call).await?;
        self.phase = Phase::Over(End::Destroyed, self.lifetime());
        self.trace("session destroyed", call);
        Ok(true)
    }

    /// Sends the adoption that is under way. `None` if there is none, or if what it was to change is to be changed on the
    /// session as someone else has adopted it.
    pub(super) async fn send_adoption(
        &mut self,
        call: &mut Call,
    ) -> Result<Option<(Committed, Written)>, Failure> {
        let key = self.table_key();
        let (Phase::Adopting(adoption), Some(origin)) = (&mut self.phase, self.origin.clone())
        else {
            return Ok(None);
        };
        self.has_written = true;
        let adopted = adoption.run(&origin, &self.context, &key, call).await;
        let over = Phase::Over(End::Unknown, self.lifetime());
        let Phase::Adopting(adoption) = std::mem::replace(&mut self.phase, over) else {
            return Err(Error::internal("an adoption ended that was not under way").into());
        };
        let (adoption, context) = (*adoption, self.context.clone());
        match adopted {
            Adopted::Done(item) => {
                let (record, written) = adoption.finish(&item, &context, context.now())?;
                self.phase = Phase::Stored(record);
                self.trace("session adopted", call);
                Ok(Some((Committed::Created, written)))
            }
            Adopted::Elsewhere { table_key, item } => {
                self.go_on(adoption, &origin, &table_key, item, call)
            }
            Adopted::Gone => {
                self.phase = Phase::Over(End::Gone, adoption.lifetime());
                let is_open = adoption.is_unanswered();
                Err(if is_open { gone_while_unanswered() } else { gone() }.into())
            }
            Adopted::Unknown => Err(outcome_unknown().into()),
            Adopted::Conflict { attribute, winner } => {
                self.phase = Self::back(adoption);
                Err(conflict(context.schema, attribute, winner))
            }
            Adopted::Failed(error) => {
                self.phase = Self::back(adoption);
                Err(error.into())
            }
        }
    }

    /// Where an adoption stands that was not carried out, as far as is known.
    fn back(adoption: Adoption) -> Phase {
        match adoption.is_unanswered() {
            true => Phase::Adopting(Box::new(adoption)),
            false => Phase::Foreign(Box::new(adoption.into_row())),
        }
    }

    /// Makes the changes on the session as someone else has adopted it.
    fn go_on(
        &mut self,
        adoption: Adoption,
        origin: &Origin<K>,
        table_key: &str,
        item: Item,
        call: &Call,
    ) -> Result<Option<(Committed, Written)>, Failure> {
        let context: &Context = &self.context;
        let Some(key) = origin.key_of(context, table_key) else {
            self.phase = Phase::Over(End::Gone, adoption.lifetime());
            return Err(gone().into());
        };
        // Secrets are encrypted for the id that the handle has: it cannot go on under another.
        if context.schema.has_secrets() && table_key != self.table_key() {
            self.phase = Phase::Over(End::Gone, adoption.lifetime());
            return Err(superseded().into());
        }
        let mut record = Record::read(context.schema, &item, context.now())?;
        let (before, changes, guards) = adoption.into_changes();
        record.guards = guards;
        // A guard of a secret is one of its value, and not of how it is encrypted.
        if let Some(cipher) = cipher_of(context.schema, &key) {
            record.guards.map(|index, loaded| {
                let attribute = &context.schema.attributes()[index];
                let stored = item.find(attribute).map(|(stored, _)| Value::from(stored.clone()));
                match (&loaded, stored) {
                    (Some(loaded), Some(stored))
                        if is_same_secret(&cipher, attribute, loaded, &stored) =>
                    {
                        Some(stored)
                    }
                    _ => loaded,
                }
            });
        }
        self.key = key;
        if changes.is_empty() {
            let (changed, merged) = (Vec::new(), Vec::new());
            let written = Written { fields: changes.after, changed, merged };
            self.phase = Phase::Stored(record);
            return Ok(Some((Committed::Unchanged, written)));
        }
        let expires = call.expiry.carried(context, record.lifetime, &changes);
        let seen = Seen::read(context.schema, &item);
        let update = Update::new(&record, before, changes, expires).onto(seen);
        self.phase = Phase::Updating(record, update);
        Ok(None)
    }
}
