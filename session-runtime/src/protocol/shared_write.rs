//! A write to a row that another service writes too.
//!
//! It reads, changes and writes as the other service does, with one difference: it requires that the row still is what it was
//! read as. Where it is not, the changes are made again on what it is.
//!
//! A commit leaves a token in the row, which the other service takes along with the session it has read. So after a lost
//! answer, a row that shows the token has the changes; one that shows the token before it, and not this one, does not have them;
//! of any other, it cannot be known.

use std::ops::ControlFlow;
use std::pin::pin;

use super::call::Call;
use super::record::Seen;
use super::shared_plan::{Intent, Kind, Planned, too_many_keys, unchanged};
use super::shared_row::{SharedKey, SharedRow};
use super::written::Written;
use crate::change::{Change, Changes, apply, counter_out_of_range};
use crate::context::Context;
use crate::dynamo::{Answer, Moved, Outcome, RowDeletion};
use crate::error::{Error, ErrorKind};
use crate::expiry::Lifetime;
use crate::interop::Stamp;
use crate::item::{Fields, Item, Value};

/// One commit, touch or change of id, across all of its requests.
#[derive(Debug)]
pub(crate) struct SharedWrite {
    pub(super) intent: Intent,
    /// Some request got no answer, so that it may have been carried out.
    pub(super) unanswered: bool,
}

/// What has become of a write.
#[derive(Debug)]
pub(super) enum Shared {
    /// It is done, and this is the row.
    Done(Item),
    /// There is nothing to write.
    Nothing,
    Gone,
    Unknown,
    Conflict {
        attribute: Option<&'static str>,
        winner: Item,
    },
    Failed(Error),
}

impl SharedWrite {
    pub(super) fn creation(lifetime: Lifetime, changes: Changes, call: &Call) -> Self {
        Self::new(Err(lifetime), changes, Kind::Commit, call)
    }

    pub(super) fn of(row: SharedRow, changes: Changes, kind: Kind, call: &Call) -> Self {
        Self::new(Ok(row), changes, kind, call)
    }

    fn new(base: Result<SharedRow, Lifetime>, changes: Changes, kind: Kind, call: &Call) -> Self {
        let (token, expiry) = (Stamp::new_token(), call.expiry);
        Self { intent: Intent { base, changes, kind, token, expiry }, unanswered: false }
    }

    /// What it makes of the fields, which were these, unless that is settled otherwise.
    pub(super) fn sent(&self, mut fields: Fields) -> Fields {
        let Intent { changes, .. } = &self.intent;
        if self.intent.is_new() {
            return changes.after.clone();
        }
        for (index, _) in changes.by_attribute() {
            fields[index] = changes.after[index].clone();
        }
        fields
    }

    #[cfg(feature = "_web")]
    pub(super) fn is_kept_by_browsers(&self) -> bool {
        self.intent.base.as_ref().is_ok_and(|base| base.max_age.is_some())
    }

    pub(super) fn into_base(self) -> Result<SharedRow, Lifetime> {
        self.intent.base
    }

    /// Sends requests until one is carried out, or it is clear that none will be. May be cancelled at any point.
    pub(super) async fn run<K>(
        &mut self,
        key: &SharedKey<K>,
        next: Option<&SharedKey<K>>,
        context: &Context,
        call: &mut Call,
    ) -> Shared {
        let next = match (self.intent.kind, next) {
            (Kind::Move, None) => {
                return Shared::Failed(Error::internal("a shared session moves nowhere"));
            }
            (Kind::Move, next) => next,
            (Kind::Commit | Kind::Touch, _) => None,
        };
        // Of a row whose attributes are the session's keys, no condition tells that there is none more: the moment in which one
        // is lost by a change of id is made short.
        let mut has_to_look = next.is_some() && key.foreign.data_attribute().is_none();
        let (mut is_fresh, mut is_rebased) = (false, false);
        // A touch, or a commit that was found to be done, may have met what others have changed since the session was loaded.
        if let (Ok(base), false) = (&self.intent.base, self.unanswered)
            && let Some(attribute) = self.broken_by(base, context)
        {
            let (attribute, winner) = (Some(attribute), base.row.item(context));
            return Shared::Conflict { attribute, winner };
        }
        loop {
            let now = context.now();
            let is_over = self.is_over(context, now);
            // The other service may have prolonged it.
            let row = if has_to_look || (is_over && !is_fresh && !self.intent.is_new()) {
                has_to_look = false;
                match self.look(key, next, context, call).await {
                    Ok(ControlFlow::Continue(row)) => row,
                    Ok(ControlFlow::Break(shared)) => return shared,
                    Err(error) => return Shared::Failed(error),
                }
            } else if is_over && (is_fresh || !self.unanswered) {
                return Shared::Gone;
            } else {
                let to = next.unwrap_or(key).key();
                let planned = match self.intent.plan(&key.foreign, to, context, now) {
                    Ok(planned) if planned.changes.is_empty() => return Shared::Nothing,
                    Ok(planned) => planned,
                    Err(error) => return Shared::Failed(error),
                };
                call.attempts.count_request(is_rebased);
                let before = std::mem::replace(&mut self.unanswered, true);
                let answer = self.send(&planned, key, next, context, call).await;
                self.unanswered = before || answer.may_be_applied;
                let found = match answer.outcome {
                    Outcome::Done(_) => return Shared::Done(planned.row),
                    Outcome::Failed(error) => return Shared::Failed(error),
                    Outcome::Contended => None,
                    // A transaction does not tell what it has found.
                    Outcome::Refused(_) if next.is_some() => {
                        match self.look(key, next, context, call).await {
                            Ok(ControlFlow::Continue(row)) => Some(row),
                            Ok(ControlFlow::Break(shared)) => return shared,
                            Err(error) => return Shared::Failed(error),
                        }
                    }
                    Outcome::Refused(row) => Some(row),
                };
                if let Some(row) = found {
                    if let ControlFlow::Break(shared) = self.judge(row, key, context) {
                        return shared;
                    }
                    (is_fresh, is_rebased) = (true, true);
                }
                if let Err(error) = call.pause(self.unanswered).await {
                    return Shared::Failed(error);
                }
                continue;
            };
            if let ControlFlow::Break(shared) = self.judge(row, key, context) {
                return shared;
            }
            is_fresh = true;
        }
    }

    fn is_over(&self, context: &Context, now: i64) -> bool {
        let Lifetime { expires, created, .. } = self.intent.lifetime();
        (expires <= now && !self.intent.is_new()) || context.timeouts.has_ended(now, created)
    }

    /// The row as it is, or that a change of id is done: nothing else makes a row under the new id, whatever the other service
    /// has put into it since.
    async fn look<K>(
        &self,
        key: &SharedKey<K>,
        next: Option<&SharedKey<K>>,
        context: &Context,
        call: &Call,
    ) -> Result<ControlFlow<Shared, Option<Item>>, Error> {
        if let Some(next) = next
            && let Some(row) = next.read_row(context, call).await?
        {
            let is_ours = self.unanswered || key.foreign.stamp_in(&row).has(&self.intent.token);
            return Ok(ControlFlow::Break(match is_ours {
                true => Shared::Done(row),
                false => Shared::Failed(id_is_taken()),
            }));
        }
        Ok(ControlFlow::Continue(key.read_row(context, call).await?))
    }

    /// What is found in place of the row that was to be changed. Pure: no request.
    fn judge<K>(
        &mut self,
        row: Option<Item>,
        key: &SharedKey<K>,
        context: &Context,
    ) -> ControlFlow<Shared> {
        let Some(row) = row else { return ControlFlow::Break(Shared::Gone) };
        let Intent { base, kind, token, .. } = &self.intent;
        let stamp = key.foreign.stamp_in(&row);
        if stamp.has(token) {
            return ControlFlow::Break(Shared::Done(row));
        }
        let Ok(base) = base else {
            return ControlFlow::Break(match self.unanswered {
                true => Shared::Unknown,
                false => Shared::Failed(id_is_taken()),
            });
        };
        // What was sent without an answer may still come.
        if *base.row.as_read() == row {
            return ControlFlow::Continue(());
        }
        let row = match (key.read)(context, key, row) {
            Ok(Some(row)) => row,
            Ok(None) => return ControlFlow::Break(Shared::Gone),
            Err(error) => return ControlFlow::Break(Shared::Failed(error)),
        };
        // Of a change of id, it would show where the session was looked for first.
        if self.unanswered && *kind == Kind::Commit && !stamp.continues(&base.stamp) {
            return ControlFlow::Break(Shared::Unknown);
        }
        if let Some(attribute) = self.broken_by(&row, context) {
            let (attribute, winner) = (Some(attribute), row.row.item(context));
            return ControlFlow::Break(Shared::Conflict { attribute, winner });
        }
        let guards = base.row.guards().clone();
        self.unanswered = false;
        self.intent.base = Ok(SharedRow { row: row.row.guarded_by(guards), ..row });
        ControlFlow::Continue(())
    }

    /// The first attribute in which the changes do not go with a row.
    fn broken_by(&self, row: &SharedRow, context: &Context) -> Option<&'static str> {
        let Intent { base: Ok(base), changes, kind, .. } = &self.intent else { return None };
        let seen = Seen { fields: row.row.fields().clone(), found: row.row.found() };
        let (attributes, defaults) = (context.schema.attributes(), &context.defaults);
        // A touch is no change that a guard could be for.
        let guards = Some(base.row.guards()).filter(|_| *kind != Kind::Touch);
        guards
            .and_then(|guards| guards.broken(context.schema, &seen))
            .or_else(|| counter_out_of_range(attributes, changes, &seen.fields, defaults))
    }

    async fn send<K>(
        &self,
        planned: &Planned,
        key: &SharedKey<K>,
        next: Option<&SharedKey<K>>,
        context: &Context,
        call: &Call,
    ) -> Answer {
        let (foreign, table) = (&*key.foreign, &context.table);
        let Ok(base) = &self.intent.base else {
            let (hash_key, _) = foreign.key_names();
            return call.answer(pin!(table.put_row(planned.row.clone(), hash_key))).await;
        };
        let condition = unchanged(base, planned, foreign, context.schema, next.is_some());
        if !condition.fits() {
            return Answer::not_sent(too_many_keys(planned.changes.len()));
        }
        let Some(next) = next else {
            let request = table.change_row(key.key(), condition, call.retries);
            return call.answer(pin!(request)).await;
        };
        let (hash_key, _) = next.foreign.key_names();
        let deletion = RowDeletion {
            table: foreign.table().to_owned(),
            key: key.key(),
            condition: Some(condition),
        };
        let moving = table.move_row(planned.row.clone(), hash_key, deletion);
        match call.limit(pin!(moving)).await {
            Err(late) => Answer { outcome: Outcome::Failed(late), may_be_applied: true },
            Ok((moved, may_be_applied)) => {
                let outcome = match moved {
                    Moved::Done => Outcome::Done(Item::default()),
                    Moved::NewExists | Moved::OldChanged => Outcome::Refused(None),
                    Moved::Contended => Outcome::Contended,
                    Moved::Failed(error) => Outcome::Failed(error),
                };
                Answer { outcome, may_be_applied }
            }
        }
    }

    /// The row after the write, under the guards of the session as it was loaded and has changed: others may have written it
    /// before it was found.
    pub(super) fn guarded(&self, row: SharedRow, context: &Context) -> SharedRow {
        let Ok(base) = &self.intent.base else { return row };
        let (changes, defaults) = (&self.intent.changes, &context.defaults);
        let mut guards = base.row.guards().clone();
        guards.map(|index, loaded| apply(loaded, &defaults[index], changes, index));
        SharedRow { row: row.row.guarded_by(guards), ..row }
    }

    /// Takes note of what was written, by the row as it is then.
    pub(super) fn finish(&self, row: Option<&SharedRow>) -> Written {
        let mut fields = self.intent.changes.after.clone();
        let (mut changed, mut merged) = (Vec::new(), Vec::new());
        for (index, changes) in self.intent.changes.by_attribute() {
            changed.push(index);
            if let Some(row) = row
                && changes.iter().any(Change::merges)
            {
                fields[index] = row.row.fields()[index].clone().map(Value::sorted_set);
                merged.push(index);
            }
        }
        if self.intent.is_new() {
            changed = (0..fields.len()).collect();
        }
        Written { fields, changed, merged }
    }
}

fn id_is_taken() -> Error {
    Error::new(
        ErrorKind::Conflict,
        "another row has this key already, so nothing was written; create a new session",
    )
}
