use std::pin::pin;
use std::sync::Arc;

#[cfg(feature = "interop")]
use super::adopt::Adoption;
use super::call::Call;
use super::committed::Committed;
use super::create::Creation;
use super::destroy::destroy;
use super::failure::{
    Failure, conflict, gone, gone_while_unanswered, outcome_unknown, superseded, unexpected,
};
#[cfg(feature = "_web")]
use super::mark::Mark;
#[cfg(feature = "interop")]
use super::origin::Origin;
use super::phase::{End, Phase};
use super::record::{self, Record, read_lifetime};
use super::remember;
use super::renew::{Renewal, Renewed};
#[cfg(feature = "interop")]
use super::shared_plan::Kind;
#[cfg(feature = "interop")]
use super::shared_row::SharedKey;
#[cfg(feature = "interop")]
use super::shared_write::SharedWrite;
use super::tombstone::Tombstone;
use super::update::Update;
use super::verdict::{Shape, Verdict};
use super::written::Written;
use crate::change::Changes;
use crate::context::Context;
use crate::dynamo::Outcome;
use crate::error::Error;
use crate::expiry::Lifetime;
use crate::expression::Expression;
use crate::id::SessionKey;
use crate::item::{Fields, Found};

/// One session, and what is known of it.
#[derive(Debug)]
pub(crate) struct Handle<K> {
    pub(super) context: Arc<Context>,
    pub(super) key: K,
    /// The key before the last renewal, which an index may still show.
    renewed_from: Option<K>,
    /// The ids in whose place this session was begun.
    pub(super) unfound: Option<UnfoundIds<K>>,
    pub(super) phase: Phase,
    pub(super) renewal: Option<Renewal<K>>,
    /// A write was sent, be it carried out or not.
    pub(super) has_written: bool,
    /// Where the session comes from, if another store has kept it.
    #[cfg(feature = "interop")]
    pub(super) origin: Option<Arc<Origin<K>>>,
    /// Where the session stays, if another store keeps it, or is to.
    #[cfg(feature = "interop")]
    pub(super) shared: Option<Arc<SharedKey<K>>>,
    /// The same as a renewal that was begun will have it.
    #[cfg(feature = "interop")]
    pub(super) next: Option<Arc<SharedKey<K>>>,
}

/// What a later read has to show of what a handle has written.
#[cfg(feature = "_web")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LastWrite {
    /// It has written nothing.
    Nothing,
    ShownBy(Mark),
    /// It cannot be told: a write is under way, or its outcome unknown, or the session is over.
    Unknown,
}

/// The ids that a request presented, none of which opened its session.
#[derive(Clone, Debug)]
pub(crate) struct UnfoundIds<K> {
    pub(crate) keys: Vec<K>,
    /// Those of a store with which sessions are shared.
    pub(crate) shared_sids: Vec<String>,
    /// The visitor may have a session all the same: another request has renewed it a moment ago, or it cannot be told which
    /// of several is the visitor's. Nothing is stored that would take its place.
    pub(crate) may_have_session: bool,
}

impl<K: SessionKey> Handle<K> {
    pub(crate) fn new(context: Arc<Context>, key: K) -> Self {
        let now = context.now();
        let created = context.schema.created().map(|_| now);
        let lifetime = Lifetime { expires: now, created, remembered: false };
        let expires = context.timeouts.next_expiry(now, lifetime);
        Self::in_phase(context, key, Phase::New(Lifetime { expires, ..lifetime }))
    }

    /// A new session in place of one that was not found: to end it ends that one, if it is there after all, or what it was
    /// renewed to.
    pub(crate) fn in_place_of(self, unfound: UnfoundIds<K>) -> Self {
        Self { unfound: Some(unfound), ..self }
    }

    /// Whether the ids that were presented are those of sessions that are over.
    #[cfg_attr(not(feature = "_web"), expect(dead_code, reason = "web layers alone ask"))]
    pub(crate) fn replaces_ended(&self) -> bool {
        let are_some =
            |unfound: &UnfoundIds<K>| !unfound.keys.is_empty() || !unfound.shared_sids.is_empty();
        let ended = |unfound: &UnfoundIds<K>| !unfound.may_have_session && are_some(unfound);
        self.unfound.as_ref().is_some_and(ended)
    }

    pub(crate) fn stored(context: Arc<Context>, key: K, record: Record) -> Self {
        Self::in_phase(context, key, Phase::Stored(record))
    }

    pub(super) fn in_phase(context: Arc<Context>, key: K, phase: Phase) -> Self {
        let (renewed_from, unfound, renewal) = (None, None, None);
        Self {
            context,
            key,
            renewed_from,
            unfound,
            phase,
            renewal,
            has_written: false,
            #[cfg(feature = "interop")]
            origin: None,
            #[cfg(feature = "interop")]
            shared: None,
            #[cfg(feature = "interop")]
            next: None,
        }
    }

    /// Whether the session, as it was read, has what this mark is of.
    #[cfg(feature = "_web")]
    pub(crate) fn shows(&self, mark: &Mark) -> bool {
        matches!(&self.phase, Phase::Stored(record) if mark.is_shown_by(record))
    }

    #[cfg(feature = "_web")]
    pub(crate) fn last_write(&self) -> LastWrite {
        match &self.phase {
            _ if !self.has_written => LastWrite::Nothing,
            Phase::Stored(record) if self.renewal.is_none() => LastWrite::ShownBy(Mark::of(record)),
            _ => LastWrite::Unknown,
        }
    }

    pub(crate) fn context(&self) -> &Arc<Context> {
        &self.context
    }

    pub(crate) fn key(&self) -> &K {
        &self.key
    }

    pub(super) fn table_key(&self) -> String {
        self.context.schema.table_key(&self.key)
    }

    /// The keys under which the table may hold the session, two while a renewal is unfinished, and the one before.
    pub(crate) fn stored_keys(&self) -> impl Iterator<Item = String> {
        let renewed = self.renewal.as_ref().map(|renewal| &renewal.key);
        let keys = [&self.key].into_iter().chain(renewed).chain(&self.renewed_from);
        keys.map(|key| self.context.schema.table_key(key))
    }

    pub(crate) fn lifetime(&self) -> Lifetime {
        match &self.phase {
            Phase::New(lifetime) | Phase::Over(_, lifetime) => *lifetime,
            Phase::Creating(creation) => creation.record.lifetime,
            Phase::Stored(record) | Phase::Updating(record, _) => record.lifetime,
            #[cfg(feature = "interop")]
            Phase::Foreign(row) => row.lifetime(),
            #[cfg(feature = "interop")]
            Phase::Adopting(adoption) => adoption.lifetime(),
            #[cfg(feature = "interop")]
            Phase::Shared(shared) => shared.row.lifetime(),
            #[cfg(feature = "interop")]
            Phase::Sharing(write) => write.intent.lifetime(),
        }
    }

    /// Whether a stored session is to expire at another instant than it does, as far as the handle knows.
    pub(crate) fn lacks_expiry_of(&self, call: &Call) -> bool {
        let is_stored = match &self.phase {
            Phase::Stored(_) => true,
            #[cfg(feature = "interop")]
            Phase::Foreign(_) | Phase::Shared(_) => true,
            _ => false,
        };
        is_stored && call.expiry.names_other(&self.context, self.lifetime())
    }

    pub(crate) fn is_new(&self) -> bool {
        #[cfg(feature = "interop")]
        if let Phase::Sharing(write) = &self.phase {
            return write.intent.is_new();
        }
        matches!(self.phase, Phase::New(_) | Phase::Creating(_))
    }

    #[cfg(feature = "_web")]
    pub(crate) fn is_stored(&self) -> bool {
        #[cfg(feature = "interop")]
        match &self.phase {
            Phase::Shared(_) => return true,
            Phase::Sharing(write) => return !write.intent.is_new(),
            _ => {}
        }
        matches!(self.phase, Phase::Stored(_) | Phase::Updating(..))
    }

    /// Whether the session was found to have expired, or to have been destroyed or renewed elsewhere.
    #[cfg(feature = "_web")]
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.phase, Phase::Over(End::Gone, _))
    }

    /// Whether the session has another id than it was found or begun under.
    #[cfg(feature = "_web")]
    pub(crate) fn was_renewed(&self) -> bool {
        self.renewed_from.is_some() || self.renewal.is_some()
    }

    #[cfg(feature = "_web")]
    pub(crate) fn is_destroyed(&self) -> bool {
        matches!(self.phase, Phase::Over(End::Destroyed, _))
    }

    /// Whether a renewal was begun that is not known to be done.
    pub(crate) fn is_renewing(&self) -> bool {
        self.renewal.is_some()
    }

    /// Whether a write is under way that may have been applied.
    pub(crate) fn is_unsettled(&self) -> bool {
        #[cfg(feature = "interop")]
        if let Phase::Adopting(_) | Phase::Sharing(_) = self.phase {
            return true;
        }
        matches!(self.phase, Phase::Creating(_) | Phase::Updating(..))
    }

    /// Whether the session is not stored, or stored as the handle knows it, with nothing begun.
    #[cfg(feature = "_web")]
    pub(crate) fn is_at_rest(&self) -> bool {
        matches!(self.phase, Phase::New(_) | Phase::Stored(_)) && self.renewal.is_none()
    }

    /// Whether a stored session has ended, or its expiry is to be moved ahead.
    #[cfg(feature = "_web")]
    pub(crate) fn is_touch_due(&self) -> bool {
        let Phase::Stored(record) = &self.phase else { return false };
        let (now, timeouts) = (self.context.now(), self.context.timeouts);
        timeouts.has_ended(now, record.lifetime.created)
            || timeouts.due_expiry(now, record.lifetime).is_some()
    }

    /// What a write that is not settled makes of the fields, which were these.
    pub(crate) fn sent(&self, mut fields: Fields) -> Fields {
        match &self.phase {
            Phase::Creating(creation) => creation.fields().clone(),
            Phase::Updating(_, update) => {
                for (index, _) in update.changes.by_attribute() {
                    fields[index] = update.changes.after[index].clone();
                }
                fields
            }
            #[cfg(feature = "interop")]
            Phase::Adopting(adoption) => {
                for (index, _) in adoption.changes.by_attribute() {
                    fields[index] = adoption.changes.after[index].clone();
                }
                fields
            }
            #[cfg(feature = "interop")]
            Phase::Sharing(write) => write.sent(fields),
            #[cfg(feature = "interop")]
            Phase::Foreign(_) | Phase::Shared(_) => fields,
            Phase::New(_) | Phase::Stored(_) | Phase::Over(..) => fields,
        }
    }

    /// The attributes that stand under an older name, which a commit moves to their own.
    pub(crate) fn aliased(&self) -> impl Iterator<Item = usize> {
        let found = match &self.phase {
            Phase::Stored(record) => &record.found[..],
            _ => &[],
        };
        let found = found.iter().enumerate();
        found.filter(|(_, found)| matches!(found, Found::Aliased(_))).map(|(index, _)| index)
    }

    /// Whether a stored item certainly has room for changes. Otherwise, [`require_size`](Self::require_size) tells.
    pub(crate) fn has_room_for(&self, changes: &Changes) -> bool {
        match &self.phase {
            Phase::Stored(record) => {
                record.has_room_for(self.context.schema, changes, self.context.max_item_bytes)
            }
            _ => true,
        }
    }

    pub(crate) fn require_not_over(&self) -> Result<(), Error> {
        match self.phase {
            Phase::Over(End::Destroyed | End::Gone, _) => Err(gone()),
            Phase::Over(End::Unknown, _) => Err(outcome_unknown()),
            Phase::New(_) | Phase::Creating(_) | Phase::Stored(_) | Phase::Updating(..) => Ok(()),
            #[cfg(feature = "interop")]
            Phase::Foreign(_) | Phase::Adopting(_) | Phase::Shared(_) | Phase::Sharing(_) => Ok(()),
        }
    }

    /// Refuses fields that no item has room for, or the store does not take.
    pub(crate) fn require_size(&self, fields: &Fields) -> Result<(), Error> {
        let (schema, limit) = (self.context.schema, self.context.max_item_bytes);
        match &self.phase {
            Phase::Stored(record) => record.require_size(schema, fields, limit),
            _ => record::require_new_size(schema, fields, limit),
        }
    }

    /// Writes changes to fields that were in step with the table.
    pub(crate) async fn commit(
        &mut self,
        before: &Arc<Fields>,
        changes: Changes,
        call: &mut Call,
    ) -> Result<(Committed, Written), Failure> {
        self.require_not_over()?;
        if self.unfound.as_ref().is_some_and(|unfound| unfound.may_have_session) {
            return Err(superseded().into());
        }
        let over = Phase::Over(End::Unknown, self.lifetime());
        let next = match std::mem::replace(&mut self.phase, over) {
            Phase::New(lifetime) => {
                let (now, timeouts) = (self.context.now(), self.context.timeouts);
                if timeouts.has_ended(now, lifetime.created) {
                    self.phase = Phase::Over(End::Gone, lifetime);
                    return Err(gone().into());
                }
                let remembered = remember::is_among(self.context.schema, &changes.after);
                let lifetime = Lifetime { remembered, ..lifetime };
                let expires = call.expiry.of_new(&self.context, now, lifetime);
                let lifetime = Lifetime { expires, ..lifetime };
                #[cfg(feature = "interop")]
                if self.shared.is_some() {
                    let write = SharedWrite::creation(lifetime, changes, call);
                    self.phase = Phase::Sharing(Box::new(write));
                    return self.send(call).await;
                }
                let key = self.table_key();
                Phase::Creating(Creation::new(&self.context, &key, changes.after, lifetime))
            }
            Phase::Stored(record) => {
                let expires = call.expiry.carried(&self.context, record.lifetime, &changes);
                let update = Update::new(&record, before.clone(), changes, expires);
                Phase::Updating(record, update)
            }
            #[cfg(feature = "interop")]
            Phase::Foreign(row) => {
                Phase::Adopting(Box::new(Adoption::new(*row, before.clone(), changes, call)))
            }
            #[cfg(feature = "interop")]
            Phase::Shared(row) => {
                Phase::Sharing(Box::new(SharedWrite::of(*row, changes, Kind::Commit, call)))
            }
            phase => {
                self.phase = phase;
                return Err(Error::internal("a commit began before the last was settled").into());
            }
        };
        self.phase = next;
        self.send(call).await
    }

    /// Finds out what became of a write that got no answer, and sees to it that it is applied.
    pub(crate) async fn settle(
        &mut self,
        call: &mut Call,
    ) -> Result<(Committed, Written), Failure> {
        self.send(call).await
    }

    /// Sends the write that is under way. It stays where it is until there is a verdict, so that a cancelled call leaves it
    /// to the next one.
    pub(super) async fn send(&mut self, call: &mut Call) -> Result<(Committed, Written), Failure> {
        #[cfg(feature = "interop")]
        if let Some(adopted) = self.send_adoption(call).await? {
            return Ok(adopted);
        }
        #[cfg(feature = "interop")]
        if let Some(written) = self.send_shared(call).await? {
            return Ok(written);
        }
        let key = self.table_key();
        self.has_written = true;
        match &mut self.phase {
            Phase::Creating(creation) => {
                let verdict = creation.run(&self.context, &key, call).await;
                let written = self.conclude_creation(verdict)?;
                self.trace("session created", call);
                Ok((Committed::Created, written))
            }
            Phase::Updating(record, update) => {
                let verdict = update.run(record, &self.context, &key, call).await;
                let written = self.conclude_update(verdict)?;
                self.trace("session committed", call);
                Ok((Committed::Updated, written))
            }
            #[cfg(feature = "interop")]
            Phase::Foreign(_) | Phase::Adopting(_) | Phase::Shared(_) | Phase::Sharing(_) => {
                Err(Error::internal("a write to another store's row is not done").into())
            }
            Phase::New(_) | Phase::Stored(_) | Phase::Over(..) => {
                Err(Error::internal("there is no write to send").into())
            }
        }
    }

    fn conclude_creation(&mut self, verdict: Verdict) -> Result<Written, Failure> {
        let lifetime = self.lifetime();
        let over = Phase::Over(End::Unknown, lifetime);
        let Phase::Creating(creation) = std::mem::replace(&mut self.phase, over) else {
            return Err(Error::internal("a first commit ended that was not under way").into());
        };
        match verdict {
            Verdict::Applied(_) => {
                let (record, written) = creation.finish();
                self.phase = Phase::Stored(record);
                Ok(written)
            }
            Verdict::Unknown => Err(outcome_unknown().into()),
            Verdict::Failed(error) => {
                self.phase = match creation.is_unanswered() {
                    true => Phase::Creating(creation),
                    false => Phase::New(lifetime),
                };
                Err(error.into())
            }
            verdict => Err(unexpected("a first commit", &verdict).into()),
        }
    }

    fn conclude_update(&mut self, verdict: Verdict) -> Result<Written, Failure> {
        let over = Phase::Over(End::Unknown, self.lifetime());
        let Phase::Updating(mut record, update) = std::mem::replace(&mut self.phase, over) else {
            return Err(Error::internal("a commit ended that was not under way").into());
        };
        let shape = Shape::of(&self.context);
        let is_unanswered = update.is_unanswered();
        let (phase, result) = match verdict {
            Verdict::Applied(written) => {
                let written = update.finish(&mut record, &written, shape);
                (Phase::Stored(record), Ok(written))
            }
            Verdict::FoundApplied(theirs, item) => {
                let written = update.finish_found(&mut record, *theirs, &item, shape);
                (Phase::Stored(record), Ok(written))
            }
            Verdict::Gone => {
                let error = if is_unanswered { gone_while_unanswered() } else { gone() };
                (Phase::Over(End::Gone, record.lifetime), Err(error.into()))
            }
            Verdict::Unknown => {
                (Phase::Over(End::Unknown, record.lifetime), Err(outcome_unknown().into()))
            }
            Verdict::Conflict { .. } | Verdict::Failed(_) => {
                // A request that may still arrive keeps its token; only what is settled is forgotten.
                let is_settled = matches!(verdict, Verdict::Conflict { is_closed: true, .. });
                let phase = match is_unanswered && !is_settled {
                    true => Phase::Updating(record, update),
                    false => Phase::Stored(record),
                };
                let failure = match verdict {
                    Verdict::Conflict { attribute, winner, .. } => {
                        conflict(self.context.schema, attribute, winner)
                    }
                    Verdict::Failed(error) => error.into(),
                    verdict => unexpected("a commit", &verdict).into(),
                };
                (phase, Err(failure))
            }
            verdict @ Verdict::EarlierApplied(_) => (
                Phase::Over(End::Unknown, record.lifetime),
                Err(unexpected("a commit", &verdict).into()),
            ),
        };
        self.phase = phase;
        result
    }

    /// Moves the expiry ahead, if that is due.
    pub(crate) async fn touch(&mut self, call: &mut Call) -> Result<Committed, Failure> {
        #[cfg(feature = "interop")]
        if let Some(touched) = self.touch_foreign(call).await? {
            return Ok(touched);
        }
        #[cfg(feature = "interop")]
        if let Some(touched) = self.touch_shared(call).await? {
            return Ok(touched);
        }
        let Self { context, key, phase, has_written, .. } = self;
        let record = match phase {
            Phase::New(_) => return Ok(Committed::Unchanged),
            Phase::Over(..) => {
                return self
                    .require_not_over()
                    .map(|()| Committed::Unchanged)
                    .map_err(Failure::from);
            }
            #[cfg(feature = "interop")]
            Phase::Foreign(_) | Phase::Adopting(_) | Phase::Shared(_) | Phase::Sharing(_) => {
                return Err(
                    Error::internal("a touch began before a write to a row was settled").into()
                );
            }
            Phase::Creating(_) | Phase::Updating(..) => {
                return Err(Error::internal("a touch began before a commit was settled").into());
            }
            Phase::Stored(record) => record,
        };
        loop {
            let now = context.now();
            if context.timeouts.has_ended(now, record.lifetime.created) {
                return Err(self.found_gone().into());
            }
            let Some(next) = context.timeouts.due_expiry(now, record.lifetime) else {
                return Ok(Committed::Unchanged);
            };
            let mut expression = Expression::with_capacity(1);
            record::require_alive(&mut expression, context.schema, now);
            record.set_lifetime(&mut expression, context.schema, Some(next));
            let remembered = record.lifetime.remembered;
            remember::require(&mut expression, context.schema, remembered, &record.found);
            let request = {
                let key = context.schema.table_key(key);
                context.table.update(&key, &expression, false, call.retries)?
            };
            call.attempts.count_request(false);
            *has_written = true;
            let answer = call.answer(pin!(request.send())).await;
            record.lifetime.expires = match answer.outcome {
                Outcome::Done(_) => next,
                Outcome::Failed(error) => return Err(error.into()),
                Outcome::Contended => {
                    call.pause(answer.may_be_applied).await?;
                    continue;
                }
                // Someone has moved it further ahead, or gave it another timeout, or there is no session to move.
                Outcome::Refused(item) => {
                    let item = item.filter(|item| Tombstone::read(item).is_none());
                    let Some(item) = item else { return Err(self.found_gone().into()) };
                    let theirs = read_lifetime(context.schema, &item)?;
                    if theirs.expires <= now {
                        return Err(self.found_gone().into());
                    }
                    if record.take_over_remembered(context.schema, &item, theirs) {
                        call.pause(answer.may_be_applied).await?;
                        continue;
                    }
                    theirs.expires
                }
            };
            self.trace("session touched", call);
            return Ok(Committed::Touched);
        }
    }

    pub(super) fn found_gone(&mut self) -> Error {
        self.phase = Phase::Over(End::Gone, self.lifetime());
        gone()
    }

    pub(crate) async fn destroy(&mut self, call: &mut Call) -> Result<(), Error> {
        #[cfg(feature = "interop")]
        if self.destroy_foreign(call).await? || self.destroy_shared(call).await? {
            return Ok(());
        }
        // A first put that got no answer is not sent again, whatever becomes of this: it could revive the session.
        if let Phase::Creating(_) = &self.phase {
            self.phase = Phase::Over(End::Unknown, self.lifetime());
        }
        if !matches!(self.phase, Phase::New(_)) {
            destroy(&self.context, &self.table_key(), call).await?;
        }
        for key in self.unfound.iter().flat_map(|unfound| &unfound.keys) {
            destroy(&self.context, &self.context.schema.table_key(key), call).await?;
        }
        // Second, because a renewal still on its way fails once the old item is gone.
        if let Some(renewal) = &self.renewal {
            destroy(&self.context, &self.context.schema.table_key(&renewal.key), call).await?;
        }
        self.renewal = None;
        self.phase = Phase::Over(End::Destroyed, self.lifetime());
        self.trace("session destroyed", call);
        Ok(())
    }

    /// Decides that the session is to have another key, which whatever comes first then gives it.
    pub(crate) fn begin_renewal(&mut self) {
        #[cfg(feature = "interop")]
        if self.begin_shared_renewal() {
            return;
        }
        self.renewal.get_or_insert_with(Renewal::new);
    }

    /// Gives the session its new key. Without an item, that is all; with one, it is moved, changes included.
    pub(crate) async fn renew(
        &mut self,
        changes: &Changes,
        call: &mut Call,
    ) -> Result<Option<Renewed<K>>, Failure> {
        self.require_not_over()?;
        // As it was: what is new comes under the new key alone.
        #[cfg(feature = "interop")]
        self.adopt_unchanged(call).await?;
        let renewal = self.renewal.get_or_insert_with(Renewal::new);
        let record = match &self.phase {
            Phase::New(_) => {
                let key = renewal.key.clone();
                self.take_key(key, call);
                return Ok(None);
            }
            Phase::Stored(record) => record,
            #[cfg(feature = "interop")]
            Phase::Foreign(_) | Phase::Adopting(_) | Phase::Shared(_) | Phase::Sharing(_) => {
                return Err(Error::internal("a renewal began in another store's row").into());
            }
            Phase::Creating(_) | Phase::Updating(..) | Phase::Over(..) => {
                return Err(Error::internal("a renewal began before a commit was settled").into());
            }
        };
        self.has_written = true;
        let verdict = renewal.run(record, &self.key, changes, &self.context, call).await;
        let (item, record) = match verdict {
            Verdict::Applied(item) => {
                let record = Record::read(self.context.schema, &item, self.context.now())?;
                (item, record)
            }
            Verdict::FoundApplied(record, item) => (item, *record),
            Verdict::Gone => {
                self.renewal = None;
                return Err(self.found_gone().into());
            }
            Verdict::Conflict { attribute, winner, .. } => {
                return Err(conflict(self.context.schema, attribute, winner));
            }
            Verdict::Failed(error) => return Err(error.into()),
            verdict => return Err(unexpected("a renewal", &verdict).into()),
        };
        let Some(renewal) = self.renewal.take() else {
            return Err(Error::internal("a renewal ended that was not under way").into());
        };
        let renewed = renewal.finish(&item, &self.context);
        if renewed.sent.is_none() {
            // What it carried cannot be told, so neither can what the session has beyond it.
            self.phase = Phase::Over(End::Unknown, record.lifetime);
            return Err(outcome_unknown().into());
        }
        self.phase = Phase::Stored(record);
        self.take_key(renewed.key.clone(), call);
        Ok(Some(renewed))
    }

    pub(super) fn take_key(&mut self, key: K, call: &Call) {
        tracing::debug!(
            session = key.fingerprint(),
            previous = self.key.fingerprint(),
            requests = call.attempts.requests(),
            rebases = call.attempts.rebases(),
            "session renewed"
        );
        self.renewed_from = Some(std::mem::replace(&mut self.key, key));
        self.unfound = None;
        self.renewal = None;
    }

    /// Tells that a write is done, and what it took.
    pub(super) fn trace(&self, event: &'static str, call: &Call) {
        let (requests, rebases) = (call.attempts.requests(), call.attempts.rebases());
        tracing::debug!(session = self.key.fingerprint(), requests, rebases, "{event}");
    }
}
