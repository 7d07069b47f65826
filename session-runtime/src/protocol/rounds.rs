use std::sync::Arc;

use super::call::Call;
use super::failure::{gone, gone_while_unanswered, outcome_unknown, unexpected};
use super::record::{Record, Seen};
use super::tokens::Token;
use super::update::Update;
use super::verdict::Verdict;
use crate::change::Changes;
use crate::context::Context;
use crate::error::Error;
use crate::item::{Fields, Item};

/// The runs of a function that changes a session, until the write of one is applied.
///
/// A run whose write got no answer is not done with when the next one begins: its request may arrive late, and be applied
/// then. So every later write carries its token too, and requires that it is absent: either the one applies or the other.
#[derive(Debug)]
pub(crate) struct Rounds<R> {
    open: Vec<(Token, R)>,
    is_first: bool,
}

/// What a run has come to.
#[derive(Debug)]
pub(crate) enum Round<R> {
    /// This is the result of the run that was applied.
    Done(R),
    /// Someone else has changed the same values: run again, on this item.
    Again(Item),
}

/// One run: what it read, what it made of that, and what it returned.
#[derive(Debug)]
pub(crate) struct Run<R> {
    pub(crate) item: Item,
    pub(crate) record: Record,
    pub(crate) before: Fields,
    pub(crate) changes: Changes,
    pub(crate) result: R,
}

impl<R> Rounds<R> {
    pub(crate) fn new() -> Self {
        Self { open: Vec::new(), is_first: true }
    }

    /// Writes what a run has changed, on condition that nobody else has changed the same values since. Afterwards no
    /// request of an earlier run can be applied any more.
    pub(crate) async fn write(
        &mut self,
        run: Run<R>,
        context: &Context,
        key: &str,
        call: &mut Call,
    ) -> Result<Round<R>, Error> {
        let Run { item, mut record, before, changes, result } = run;
        if let Some(applied) = self.open.iter().rposition(|(token, _)| token.is_in(&item)) {
            return Ok(Round::Done(self.open.swap_remove(applied).1));
        }
        self.forget_closed(&record)?;
        if changes.is_empty() && self.open.is_empty() {
            return Ok(Round::Done(result));
        }
        let expires = call.expiry.carried(context, record.lifetime, &changes);
        let earlier = self.open.iter().map(|(token, _)| token.clone()).collect();
        let has_changes = !changes.is_empty();
        let mut update =
            Update::new(&record, Arc::new(before), changes, expires).instead_of(earlier);
        if !std::mem::take(&mut self.is_first) {
            update = update.again();
        }
        if has_changes {
            update = update.guarded(Seen::read(context.schema, &item));
        }
        match update.run(&mut record, context, key, call).await {
            Verdict::Applied(_) | Verdict::FoundApplied(..) => Ok(Round::Done(result)),
            Verdict::EarlierApplied(applied) if applied < self.open.len() => {
                Ok(Round::Done(self.open.swap_remove(applied).1))
            }
            Verdict::Conflict { winner, is_closed, .. } => {
                if let Some(token) = update.into_open_token()
                    && !is_closed
                {
                    self.open.push((token, result));
                }
                call.pause(!self.open.is_empty()).await?;
                Ok(Round::Again(winner))
            }
            Verdict::Gone if update.is_unanswered() || !self.open.is_empty() => {
                Err(gone_while_unanswered())
            }
            Verdict::Gone => Err(gone()),
            Verdict::Unknown => Err(outcome_unknown()),
            Verdict::Failed(error) => Err(error),
            verdict @ Verdict::EarlierApplied(_) => Err(unexpected("an update", &verdict)),
        }
    }

    /// A request whose window has closed without its token applies no more.
    fn forget_closed(&mut self, record: &Record) -> Result<(), Error> {
        let bookkeeping = &record.bookkeeping;
        let closed = |token: &Token| bookkeeping.has_closed(token);
        if self.open.iter().any(|(token, _)| closed(token) && bookkeeping.may_have_pruned(token)) {
            return Err(outcome_unknown());
        }
        self.open.retain(|(token, _)| !closed(token));
        Ok(())
    }
}
