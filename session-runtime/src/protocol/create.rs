use std::ops::ControlFlow;
use std::pin::pin;

use super::call::Call;
use super::record::Record;
use super::tokens::{Bookkeeping, Token};
use super::verdict::Verdict;
use super::written::Written;
use crate::context::Context;
use crate::error::ErrorKind;
use crate::expiry::Lifetime;
use crate::item::{Fields, Item, Value};

/// The first commit of a session: a put, if there is nothing under its key.
#[derive(Debug)]
pub(crate) struct Creation {
    item: Item,
    pub(super) token: Token,
    fields: Fields,
    pub(super) record: Record,
    /// Some request got no answer, so that the session may be stored already.
    pub(super) unanswered: bool,
}

impl Creation {
    pub(super) fn new(context: &Context, key: &str, fields: Fields, lifetime: Lifetime) -> Self {
        let token = Token::of_put(0);
        let bookkeeping = Bookkeeping::default().of_put(&token);
        let record = Record::of_put(context.schema, &fields, lifetime, bookkeeping);
        let named = context.schema.attributes().iter().zip(&fields);
        let named = named.filter_map(|(attribute, value)| {
            Some((attribute.name().to_owned(), Value::clone(value.as_ref()?)))
        });
        let mut item: Item = named.collect();
        record.insert_into(&mut item, context.schema, key);
        Self { item, token, fields, record, unanswered: false }
    }

    /// The fields that it is to store.
    pub(super) fn fields(&self) -> &Fields {
        &self.fields
    }

    pub(super) fn is_unanswered(&self) -> bool {
        self.unanswered
    }

    pub(super) async fn run(&mut self, context: &Context, key: &str, call: &mut Call) -> Verdict {
        loop {
            call.attempts.count_request(false);
            let before = std::mem::replace(&mut self.unanswered, true);
            let answer = call.answer(pin!(context.table.put_if_absent(self.item.clone()))).await;
            self.unanswered = before || answer.may_be_applied;
            match self.judge(answer.outcome) {
                ControlFlow::Break(Verdict::Failed(error))
                    if error.kind() == ErrorKind::Rejected =>
                {
                    return Verdict::Failed(context.table.explain_refused_put(key, error).await);
                }
                ControlFlow::Break(verdict) => return verdict,
                ControlFlow::Continue(()) => {}
            }
            if let Err(error) = call.pause(self.unanswered).await {
                return Verdict::Failed(error);
            }
        }
    }

    pub(super) fn finish(self) -> (Record, Written) {
        let changed = (0..self.fields.len()).collect();
        (self.record, Written { fields: self.fields, changed, merged: Vec::new() })
    }
}
