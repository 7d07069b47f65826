//! What answers mean. Everything here is pure: no request, no clock.

use std::ops::ControlFlow;

#[cfg(feature = "interop")]
use super::adopt::{Adopted, Adoption};
use super::create::Creation;
use super::record::{Record, Seen};
use super::renew::Renewal;
#[cfg(feature = "interop")]
use super::row::Row;
use super::tombstone::Tombstone;
use super::update::Update;
use super::verdict::{Next, Reading, Rebase, Shape, Verdict};
use crate::change::{Changes, counter_out_of_range};
use crate::context::Context;
use crate::dynamo::Outcome;
use crate::error::{Error, ErrorKind};
use crate::id::SessionKey;
use crate::item::Item;

impl Update {
    /// What an answer means for this update. `record` is what was known of the item when the request was made.
    pub(super) fn judge(
        &self,
        record: &Record,
        outcome: Outcome,
        Shape { schema, defaults }: Shape<'_>,
        now: i64,
    ) -> ControlFlow<Verdict, Next> {
        let item = match outcome {
            Outcome::Done(written) => return ControlFlow::Break(Verdict::Applied(written)),
            Outcome::Contended => return ControlFlow::Continue(Next::Repeat),
            Outcome::Failed(error) => return ControlFlow::Break(Verdict::Failed(error)),
            Outcome::Refused(None) => return ControlFlow::Break(Verdict::Gone),
            Outcome::Refused(Some(item)) => item,
        };
        if self.token.is_in(&item) {
            return ControlFlow::Break(match Record::read(schema, &item, now) {
                Ok(record) => Verdict::FoundApplied(Box::new(record), item),
                Err(error) => Verdict::Failed(error),
            });
        }
        // The last of them: a later request leaves the tokens of those before it, too.
        if let Some(applied) = self.earlier.iter().rposition(|token| token.is_in(&item)) {
            return ControlFlow::Break(Verdict::EarlierApplied(applied));
        }
        if Tombstone::read(&item).is_some() {
            return ControlFlow::Break(Verdict::Gone);
        }
        let theirs = match Record::read(schema, &item, now) {
            Ok(theirs) => theirs,
            Err(error) => return ControlFlow::Break(Verdict::Failed(error)),
        };
        if theirs.lifetime.expires <= now {
            return ControlFlow::Break(Verdict::Gone);
        }
        let is_closed = theirs.bookkeeping.has_closed(&self.token);
        let is_open = self.unanswered || !self.earlier.is_empty();
        if is_closed && is_open && theirs.bookkeeping.may_have_pruned(&self.token) {
            return ControlFlow::Break(Verdict::Unknown);
        }
        let seen = Seen::read(schema, &item);
        let broken = record.guards.broken(schema, &seen).or_else(|| {
            counter_out_of_range(schema.attributes(), &self.changes, &seen.fields, defaults)
        });
        // Under a new token, it would not keep the earlier requests from applying.
        let has_to_end = self.guard_changes || (is_closed && !self.earlier.is_empty());
        if broken.is_some() || has_to_end {
            let (attribute, winner) = (broken, item);
            return ControlFlow::Break(Verdict::Conflict { attribute, winner, is_closed });
        }
        ControlFlow::Continue(Next::Rebase(Box::new(Rebase { record: theirs, seen, is_closed })))
    }
}

impl Creation {
    /// What an answer means for this put.
    pub(super) fn judge(&self, outcome: Outcome) -> ControlFlow<Verdict> {
        ControlFlow::Break(match outcome {
            Outcome::Done(written) => Verdict::Applied(written),
            Outcome::Contended => return ControlFlow::Continue(()),
            Outcome::Failed(error) => Verdict::Failed(error),
            Outcome::Refused(Some(item)) if self.token.is_in(&item) => Verdict::Applied(item),
            Outcome::Refused(_) if self.unanswered => Verdict::Unknown,
            Outcome::Refused(_) => Verdict::Failed(Error::new(
                ErrorKind::Conflict,
                "another item has this key already, so nothing was written; create a new session",
            )),
        })
    }
}

#[cfg(feature = "interop")]
impl Adoption {
    /// What is found where the session was adopted, by this adoption or by another.
    pub(super) fn judge_adopted(
        &self,
        table_key: String,
        item: Option<Item>,
        context: &Context,
        now: i64,
    ) -> Adopted {
        let Some(item) = item else { return Adopted::Gone };
        if self.token.is_in(&item) {
            return Adopted::Done(item);
        }
        if Tombstone::read(&item).is_some() {
            return Adopted::Gone;
        }
        let record = match Record::read(context.schema, &item, now) {
            Ok(record) => record,
            Err(error) => return Adopted::Failed(error),
        };
        if record.is_over(context.timeouts, now) {
            return Adopted::Gone;
        }
        match self.is_unanswered() && record.bookkeeping.may_have_pruned(&self.token) {
            true => Adopted::Unknown,
            false => Adopted::Elsewhere { table_key, item },
        }
    }

    /// What is found in place of the row that was to be deleted.
    pub(super) fn judge_row(
        &self,
        row: Option<Row>,
        context: &Context,
    ) -> ControlFlow<Adopted, Option<Row>> {
        let Some(row) = row else { return ControlFlow::Continue(None) };
        let schema = context.schema;
        let found = row.found();
        let seen = Seen { fields: row.fields().clone(), found };
        let broken = self.guards().broken(schema, &seen).or_else(|| {
            let attributes = schema.attributes();
            counter_out_of_range(attributes, &self.changes, row.fields(), &context.defaults)
        });
        match broken {
            Some(_) => ControlFlow::Break(Adopted::Conflict {
                attribute: broken,
                winner: row.item(context),
            }),
            None => ControlFlow::Continue(Some(self.guarded(row))),
        }
    }
}

impl<K: SessionKey> Renewal<K> {
    /// What is found under the old key, before it is moved. `known` is what was read when the session was loaded.
    pub(super) fn judge_old(
        &self,
        known: &Record,
        changes: &Changes,
        item: Option<Item>,
        context: &Context,
        now: i64,
    ) -> ControlFlow<Verdict, Reading> {
        let schema = context.schema;
        // An earlier attempt has moved it, or someone has destroyed it.
        let Some(item) = item else { return ControlFlow::Continue(Reading::Moved) };
        if let Some(tombstone) = Tombstone::read(&item) {
            return match tombstone.successor == schema.table_key(&self.key) {
                true => ControlFlow::Continue(Reading::Moved),
                false => ControlFlow::Break(Verdict::Gone),
            };
        }
        let record = match Record::read(schema, &item, now) {
            Ok(record) => record,
            Err(error) => return ControlFlow::Break(Verdict::Failed(error)),
        };
        if record.is_over(context.timeouts, now) {
            return ControlFlow::Break(Verdict::Gone);
        }
        let seen = Seen::read(schema, &item);
        let broken = known.guards.broken(schema, &seen).or_else(|| {
            counter_out_of_range(schema.attributes(), changes, &seen.fields, &context.defaults)
        });
        if broken.is_some() {
            let (attribute, winner, is_closed) = (broken, item, true);
            return ControlFlow::Break(Verdict::Conflict { attribute, winner, is_closed });
        }
        ControlFlow::Continue(Reading::AsItWas(item, Box::new(record)))
    }

    /// What is found under the new key, when there is no session under the old one.
    pub(super) fn judge_new(&self, item: Option<Item>, context: &Context, now: i64) -> Verdict {
        match item.filter(|item| Tombstone::read(item).is_none()) {
            None => Verdict::Gone,
            Some(item) => match Record::read(context.schema, &item, now) {
                Ok(record) if record.is_over(context.timeouts, now) => Verdict::Gone,
                Ok(record) => Verdict::FoundApplied(Box::new(record), item),
                Err(error) => Verdict::Failed(error),
            },
        }
    }
}

#[cfg(test)]
mod tests;
