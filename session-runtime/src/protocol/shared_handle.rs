//! What a handle does with a session that stays in another store's row.

use std::pin::pin;
use std::sync::Arc;

use super::call::Call;
use super::committed::Committed;
use super::failure::{Failure, conflict, gone, gone_while_unanswered, outcome_unknown};
use super::handle::Handle;
use super::phase::{End, Phase};
use super::renew::Renewal;
use super::shared_plan::Kind;
use super::shared_row::{SharedKey, SharedRow};
use super::shared_write::{Shared, SharedWrite};
use super::written::Written;
use crate::change::Changes;
use crate::context::Context;
use crate::dynamo::Outcome;
use crate::error::Error;
use crate::id::SessionKey;

impl<K: SessionKey> Handle<K> {
    /// Has a new session be stored in another store's row.
    pub(crate) fn in_row_of(mut self, key: Arc<SharedKey<K>>) -> Self {
        self.shared = Some(key);
        self
    }

    pub(crate) fn shared(context: Arc<Context>, key: Arc<SharedKey<K>>, row: SharedRow) -> Self {
        let phase = Phase::Shared(Box::new(row));
        Self::in_phase(context, key.id.clone(), phase).in_row_of(key)
    }

    /// Which of another store's sessions it is, if that is where it is kept.
    pub(crate) fn shared_key(&self) -> Option<&Arc<SharedKey<K>>> {
        self.shared.as_ref()
    }

    /// Whether the browser is to keep the session's cookie when it is closed.
    #[cfg(feature = "_web")]
    pub(crate) fn is_kept_by_browsers(&self) -> bool {
        match &self.phase {
            Phase::Shared(row) => row.max_age.is_some(),
            Phase::Sharing(write) => write.is_kept_by_browsers(),
            _ => false,
        }
    }

    /// Decides that a shared session is to have another id; whether it is a shared one.
    pub(super) fn begin_shared_renewal(&mut self) -> bool {
        let Some(shared) = &self.shared else { return false };
        if self.next.is_none()
            && let Ok(next) = shared.another()
        {
            self.renewal = Some(Renewal::with_key(next.id.clone()));
            self.next = Some(Arc::new(next));
        }
        true
    }

    /// Gives a shared session that is stored nowhere its new id.
    pub(crate) fn take_next(&mut self, call: &Call) {
        if let Some(next) = self.next.take() {
            self.take_key(next.id.clone(), call);
            self.shared = Some(next);
        }
    }

    /// Writes changes to a row that was as the session has it, and moves it, if it is to have another id.
    pub(crate) async fn move_shared(
        &mut self,
        changes: Changes,
        call: &mut Call,
    ) -> Result<(Committed, Written), Failure> {
        let over = Phase::Over(End::Unknown, self.lifetime());
        self.phase = match std::mem::replace(&mut self.phase, over) {
            Phase::Shared(row) => {
                Phase::Sharing(Box::new(SharedWrite::of(*row, changes, Kind::Move, call)))
            }
            phase => {
                self.phase = phase;
                return Err(
                    Error::internal("a change of id began before a commit was settled").into()
                );
            }
        };
        self.send(call).await
    }

    /// Moves the expiry of a shared row ahead, if that is due; `None` if it is none.
    pub(super) async fn touch_shared(
        &mut self,
        call: &mut Call,
    ) -> Result<Option<Committed>, Failure> {
        let over = Phase::Over(End::Unknown, self.lifetime());
        self.phase = match std::mem::replace(&mut self.phase, over) {
            Phase::Shared(row) => {
                let changes = Changes::none(row.row.fields().clone());
                Phase::Sharing(Box::new(SharedWrite::of(*row, changes, Kind::Touch, call)))
            }
            phase => {
                self.phase = phase;
                return Ok(None);
            }
        };
        let (committed, _) = self.send(call).await?;
        Ok(Some(committed))
    }

    /// Deletes the row, where the session has one; whether it is a shared one.
    pub(super) async fn destroy_shared(&mut self, call: &mut Call) -> Result<bool, Error> {
        let Some(key) = self.shared.clone() else { return Ok(false) };
        // Of a first put that got no answer, this is all that can be known.
        if let Phase::Sharing(write) = &self.phase
            && write.intent.is_new()
        {
            self.phase = Phase::Over(End::Unknown, self.lifetime());
        }
        if !matches!(self.phase, Phase::New(_)) {
            // The old row first: a change of id that is on its way fails once that is gone.
            for key in [Some(&key), self.next.as_ref()].into_iter().flatten() {
                end_shared(key, &self.context, call).await?;
            }
        }
        for sid in self.unfound.iter().flat_map(|unfound| &unfound.shared_sids) {
            let key = SharedKey::new(key.foreign.clone(), sid.clone(), key.read)?;
            end_shared(&key, &self.context, call).await?;
        }
        (self.renewal, self.next) = (None, None);
        self.phase = Phase::Over(End::Destroyed, self.lifetime());
        self.trace("session destroyed", call);
        Ok(true)
    }

    /// Sends the write to another store's row that is under way, if there is one.
    pub(super) async fn send_shared(
        &mut self,
        call: &mut Call,
    ) -> Result<Option<(Committed, Written)>, Failure> {
        let (Phase::Sharing(write), Some(key)) = (&mut self.phase, self.shared.clone()) else {
            return Ok(None);
        };
        let next = self.next.clone();
        let shared = write.run(&key, next.as_deref(), &self.context, call).await;
        let lifetime = self.lifetime();
        let over = Phase::Over(End::Unknown, lifetime);
        let Phase::Sharing(write) = std::mem::replace(&mut self.phase, over) else {
            return Err(Error::internal("a write to a row ended that was not under way").into());
        };
        self.has_written |= call.attempts.requests() > 0;
        let is_unanswered = write.unanswered;
        match shared {
            Shared::Done(row) => {
                let key = match (write.intent.kind, next) {
                    (Kind::Move, Some(next)) => next,
                    _ => key,
                };
                let row = (key.read)(&self.context, &key, row)?;
                let row = row.map(|row| write.guarded(row, &self.context));
                let written = write.finish(row.as_ref());
                let committed = match write.intent.kind {
                    _ if write.intent.is_new() => Committed::Created,
                    Kind::Touch => Committed::Touched,
                    Kind::Commit | Kind::Move => Committed::Updated,
                };
                self.phase = match row {
                    Some(row) => Phase::Shared(Box::new(row)),
                    None => Phase::Over(End::Gone, lifetime),
                };
                if write.intent.kind == Kind::Move {
                    self.take_next(call);
                }
                self.trace("shared session written", call);
                Ok(Some((committed, written)))
            }
            Shared::Nothing => {
                let written = write.finish(None);
                self.phase = Self::before(*write);
                Ok(Some((Committed::Unchanged, written)))
            }
            Shared::Gone => {
                (self.renewal, self.next) = (None, None);
                self.phase = Phase::Over(End::Gone, lifetime);
                Err(if is_unanswered { gone_while_unanswered() } else { gone() }.into())
            }
            Shared::Unknown => Err(outcome_unknown().into()),
            Shared::Conflict { attribute, winner } => {
                self.phase = Self::before(*write);
                Err(conflict(self.context.schema, attribute, winner))
            }
            Shared::Failed(error) => {
                self.phase = match is_unanswered && write.intent.kind != Kind::Touch {
                    true => Phase::Sharing(write),
                    false => Self::before(*write),
                };
                Err(error.into())
            }
        }
    }

    /// Where a write stands that was not carried out.
    fn before(write: SharedWrite) -> Phase {
        match write.into_base() {
            Ok(row) => Phase::Shared(Box::new(row)),
            Err(lifetime) => Phase::New(lifetime),
        }
    }
}

/// Deletes the row of a shared session.
pub(crate) async fn end_shared<K>(
    key: &SharedKey<K>,
    context: &Context,
    call: &mut Call,
) -> Result<(), Error> {
    loop {
        call.attempts.count_request(false);
        let answer = call.answer(pin!(context.table.delete_row(key.key()))).await;
        match answer.outcome {
            Outcome::Done(_) | Outcome::Refused(_) => return Ok(()),
            Outcome::Failed(error) => return Err(error),
            Outcome::Contended => call.pause(answer.may_be_applied).await?,
        }
    }
}
