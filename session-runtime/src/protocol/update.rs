use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::sync::Arc;

use super::call::Call;
use super::record::{Record, Seen, require_alive, too_large};
use super::remember;
use super::tokens::Token;
use super::verdict::{Next, Rebase, Shape, Verdict};
use crate::change::{Base, Changes, Plan, apply_to_item, plan, plan_whole};
use crate::context::Context;
use crate::dynamo::{Answer, Outcome, Retries, UpdateRequest};
use crate::error::{Error, ErrorKind};
use crate::expression::Expression;
use crate::item::{Fields, Found, MAX_ITEM_BYTES, item_size};

/// One commit to a stored session, across all of its requests.
#[derive(Debug)]
pub(crate) struct Update {
    pub(super) token: Token,
    /// How often the commit has started over under a new token.
    closed_windows: usize,
    pub(super) changes: Changes,
    /// The fields that the changes were found against.
    before: Arc<Fields>,
    /// What the table was found to hold, once that is known to be something else.
    pub(super) seen: Option<Seen>,
    /// The expiry to write, if it is due.
    pub(super) expires: Option<i64>,
    /// Require that every changed value still is what it was.
    pub(super) guard_changes: bool,
    /// Someone else has changed the session since the changes were made.
    is_rebased: bool,
    /// The changes have no room in one expression, so attributes are written whole.
    is_whole: bool,
    /// Requests that must not apply any more: each applies never, or this one does not.
    pub(super) earlier: Vec<Token>,
    /// Some request with this token got no answer, so that it may have been applied, or may still be.
    pub(super) unanswered: bool,
}

impl Update {
    pub(super) fn new(
        record: &Record,
        before: Arc<Fields>,
        changes: Changes,
        expires: Option<i64>,
    ) -> Self {
        Self {
            token: Token::of_commit(record.bookkeeping.sequence(), 0),
            closed_windows: 0,
            changes,
            before,
            seen: None,
            expires,
            guard_changes: false,
            is_rebased: false,
            is_whole: false,
            earlier: Vec::new(),
            unanswered: false,
        }
    }

    /// Counts as one that has started over.
    pub(super) fn again(self) -> Self {
        Self { is_rebased: true, ..self }
    }

    /// Requires that every changed value still is what was seen.
    pub(super) fn guarded(self, seen: Seen) -> Self {
        Self { seen: Some(seen), guard_changes: true, ..self }
    }

    /// Makes the changes on what was seen, which is something else than they were found against.
    #[cfg(feature = "interop")]
    pub(super) fn onto(self, seen: Seen) -> Self {
        Self { seen: Some(seen), is_rebased: true, ..self }
    }

    /// Keeps the requests with these tokens from being applied beside this one, or after it.
    ///
    /// Its window closes with theirs: a token that is not in the item then tells that its request was not applied.
    pub(super) fn instead_of(mut self, earlier: Vec<Token>) -> Self {
        if let Some(first) = earlier.iter().map(|token| token.last).min() {
            self.token.last = self.token.last.min(first);
        }
        Self { earlier, ..self }
    }

    pub(super) fn is_unanswered(&self) -> bool {
        self.unanswered
    }

    /// The token of a request that may still be applied, if there is one.
    pub(super) fn into_open_token(self) -> Option<Token> {
        self.unanswered.then_some(self.token)
    }

    /// Sends requests until one is applied, or it is clear that none will be. May be cancelled at any point.
    pub(super) async fn run(
        &mut self,
        record: &mut Record,
        context: &Context,
        key: &str,
        call: &mut Call,
    ) -> Verdict {
        let shape = Shape::of(context);
        loop {
            let now = context.now();
            if context.timeouts.has_ended(now, record.lifetime.created) && !self.unanswered {
                return Verdict::Gone;
            }
            let outcome = match self.request(record, context, key, now) {
                Err(error) => return Verdict::Failed(error),
                Ok(Some(request)) => {
                    call.attempts.count_request(self.is_rebased);
                    self.send(pin!(request.send()), call).await
                }
                Ok(None) => match call.read(context, key).await {
                    Ok(item) => Outcome::Refused(item),
                    Err(error) => return Verdict::Failed(error),
                },
            };
            match self.judge(record, outcome, shape, now) {
                ControlFlow::Break(Verdict::Failed(error))
                    if error.kind() == ErrorKind::Rejected =>
                {
                    return Verdict::Failed(self.explain(error, context, key, now, call).await);
                }
                ControlFlow::Break(verdict) => return verdict,
                ControlFlow::Continue(Next::Repeat) => {}
                ControlFlow::Continue(Next::Rebase(rebase)) => {
                    self.rebase(record, *rebase, context, call);
                }
            }
            if let Err(error) = call.pause(self.unanswered).await {
                return Verdict::Failed(error);
            }
        }
    }

    async fn send(
        &mut self,
        request: Pin<&mut impl Future<Output = Answer>>,
        call: &Call,
    ) -> Outcome {
        let before = std::mem::replace(&mut self.unanswered, true);
        let answer = call.answer(request).await;
        self.unanswered = before || answer.may_be_applied;
        answer.outcome
    }

    /// Moves the changes onto the item as it was found. The handle's data stays as old as its guards: what others wrote
    /// since must still break them.
    fn rebase(&mut self, record: &mut Record, rebase: Rebase, context: &Context, call: &Call) {
        let Rebase { record: mut theirs, seen, is_closed } = rebase;
        if is_closed {
            self.closed_windows += 1;
            self.token = Token::of_commit(theirs.bookkeeping.sequence(), self.closed_windows);
            self.unanswered = false;
        }
        theirs.guards = std::mem::take(&mut record.guards);
        if theirs.lacks_created {
            theirs.lifetime.created = record.lifetime.created;
        }
        *record = theirs;
        self.expires = call.expiry.carried(context, record.lifetime, &self.changes);
        self.seen = Some(seen);
        self.is_rebased = true;
    }

    /// The update as one request; `None` if it takes a look at the item first.
    fn request(
        &mut self,
        record: &Record,
        context: &Context,
        key: &str,
        now: i64,
    ) -> Result<Option<UpdateRequest>, Error> {
        let mut expression = Expression::with_capacity(self.changes.iter().count().min(512));
        if !self.is_whole {
            self.write(&mut expression, record, context, now);
        }
        if self.is_whole || !expression.fits() {
            drop(expression);
            self.is_whole = true;
            if self.seen.is_none() {
                return Ok(None);
            }
            expression = Expression::default();
            self.write_whole(&mut expression, record, context, now, true);
            if !expression.fits() {
                expression = Expression::default();
                self.write_whole(&mut expression, record, context, now, false);
            }
            if !expression.fits() {
                drop(expression);
                return Err(self.too_many_changes());
            }
        }
        // What merges with the table's value has to be read back; what was set is known.
        context
            .table
            .update(key, &expression, self.changes.merge(), Retries::AsConfigured)
            .map(Some)
    }

    fn plan<'a>(&'a self, record: &'a Record, context: &'a Context) -> Plan<'a> {
        let base = match &self.seen {
            Some(Seen { fields, found }) => Base { fields, found },
            None => Base { fields: &self.before, found: &record.found },
        };
        Plan {
            attributes: context.schema.attributes(),
            defaults: &context.defaults,
            base,
            changes: &self.changes,
            guard_changes: self.guard_changes,
        }
    }

    fn write<'a>(
        &'a self,
        expression: &mut Expression<'a>,
        record: &'a Record,
        context: &'a Context,
        now: i64,
    ) {
        let steps = self.plan(record, context);
        require_alive(expression, context.schema, now);
        self.set_lifetime(expression, record, context, steps.base.found);
        record.guards.require(expression, context.schema, steps.base.found);
        record.bookkeeping.count_commit(expression, &self.token, &self.earlier);
        plan(&steps, expression);
    }

    /// Writes the changed attributes whole, as they become when the changes are applied to the item that was seen, on
    /// condition that nobody has committed since. Guards of their values, which notice other programs too, where they fit.
    fn write_whole<'a>(
        &'a self,
        expression: &mut Expression<'a>,
        record: &'a Record,
        context: &'a Context,
        now: i64,
        guards: bool,
    ) {
        let steps = self.plan(record, context);
        require_alive(expression, context.schema, now);
        self.set_lifetime(expression, record, context, steps.base.found);
        record.bookkeeping.count_commit_alone(expression, &self.token, &self.earlier);
        plan_whole(&steps, expression, guards);
    }

    fn set_lifetime(
        &self,
        expression: &mut Expression<'_>,
        record: &Record,
        context: &Context,
        found: &[Found],
    ) {
        let schema = context.schema;
        record.set_lifetime(expression, schema, self.expires);
        if self.expires.is_some() && remember::chosen_by(schema, &self.changes).is_none() {
            remember::require(expression, schema, record.lifetime.remembered, found);
        }
    }

    fn too_many_changes(&self) -> Error {
        Error::new(
            ErrorKind::TooLarge,
            format!(
                "{} fields have changed, and DynamoDB's 4 KB for one update have no room for so many; nothing \
                 was sent. Commit more often, or put fields that change together into one map",
                self.changes.by_attribute().count()
            ),
        )
    }

    /// Why DynamoDB found the request invalid: whether the item would have become too large, the item tells.
    async fn explain(
        &self,
        error: Error,
        context: &Context,
        key: &str,
        now: i64,
        call: &Call,
    ) -> Error {
        let Ok(Some(mut item)) = call.read(context, key).await else { return error };
        let Ok(record) = Record::read(context.schema, &item, now) else { return error };
        apply_to_item(
            &mut item,
            &record.found,
            &self.changes,
            context.schema.attributes(),
            &context.defaults,
        );
        let (size, limit) = (item_size(&item), MAX_ITEM_BYTES);
        match size > limit {
            true => too_large(size, limit)
                .with_note(
                    "nothing was written, since others have made it larger since it was loaded",
                )
                .with_source(error),
            false => error,
        }
    }
}
