use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;

use super::call::Call;
use super::expiry_rule::ExpiryRule;
use super::origin::Origin;
use super::record::{Guards, Record, too_large};
use super::remember;
use super::row::Row;
use super::tokens::{Bookkeeping, Token};
use super::written::Written;
use crate::change::{Change, Changes, apply, apply_to_item};
use crate::context::Context;
use crate::dynamo::{Moved, RowDeletion};
use crate::error::Error;
use crate::expiry::Lifetime;
use crate::id::SessionKey;
use crate::item::{Fields, Item, Value, cipher_of, item_size};
use crate::schema::Schema;
use crate::secret::SecretCipher;

/// The first commit of a session that another store keeps: it is put here, and deleted there, in one transaction.
#[derive(Debug)]
pub(crate) struct Adoption {
    row: Row,
    /// The fields that the changes were found against.
    before: Arc<Fields>,
    pub(super) changes: Changes,
    pub(super) token: Token,
    expiry: ExpiryRule,
    /// Some transaction got no answer, so that the session may be here already.
    pub(super) unanswered: bool,
}

/// What has become of an adoption.
#[derive(Debug)]
pub(super) enum Adopted {
    /// It is done, and this is the item.
    Done(Item),
    /// Someone else has adopted the session, under this key: the changes are to be made on that.
    Elsewhere {
        table_key: String,
        item: Item,
    },
    /// The session has ended, in one place or the other.
    Gone,
    Unknown,
    Conflict {
        attribute: Option<&'static str>,
        winner: Item,
    },
    Failed(Error),
}

impl Adoption {
    pub(super) fn new(row: Row, before: Arc<Fields>, changes: Changes, call: &Call) -> Self {
        // It stays in the item for a while: what follows at once must not make the outcome of a lost answer unknown.
        let token = Token::of_commit(0, 0);
        Self { row, before, changes, token, expiry: call.expiry, unanswered: false }
    }

    pub(super) fn lifetime(&self) -> Lifetime {
        self.row.lifetime()
    }

    pub(super) fn is_unanswered(&self) -> bool {
        self.unanswered
    }

    /// The guarded fields as they were when the session was loaded.
    pub(super) fn guards(&self) -> &Guards {
        self.row.guards()
    }

    /// A row in place of this one's, under the guards of the session as it was loaded.
    pub(super) fn guarded(&self, row: Row) -> Row {
        row.guarded_by(self.row.guards().clone())
    }

    pub(super) fn into_row(self) -> Row {
        self.row
    }

    /// What is left to be made on a session that someone else has adopted.
    pub(super) fn into_changes(self) -> (Arc<Fields>, Changes, Guards) {
        (self.before, self.changes, self.row.into_guards())
    }

    /// Sends transactions until one is applied, or it is clear that none will be. May be cancelled at any point.
    ///
    /// All of them have one token, and each requires that the marker is absent, which each leaves: so at most one is
    /// applied, however late it arrives.
    pub(super) async fn run<K: SessionKey>(
        &mut self,
        origin: &Origin<K>,
        context: &Context,
        key: &str,
        call: &mut Call,
    ) -> Adopted {
        let schema = context.schema;
        let cipher = origin.keys.first().and_then(|key| cipher_of(schema, key));
        let mut is_rebased = false;
        loop {
            let now = context.now();
            if self.row.is_over(context, now) && !self.unanswered {
                return Adopted::Gone;
            }
            let item = self.item(context, key, now);
            let size = item_size(&item);
            if size > context.max_item_bytes {
                return Adopted::Failed(too_large(size, context.max_item_bytes));
            }
            call.attempts.count_request(is_rebased);
            let before = std::mem::replace(&mut self.unanswered, true);
            let marker = origin.marker_item(context, key, now);
            let condition = Some(self.row.unchanged(&origin.foreign));
            let deletion = RowDeletion { condition, ..origin.deletion() };
            let adopting = context.table.adopt_item(item.clone(), marker, deletion);
            let (moved, may_be_applied) = match call.limit(pin!(adopting)).await {
                Ok(answered) => answered,
                Err(late) => (Moved::Failed(late), true),
            };
            self.unanswered = before || may_be_applied;
            let next = match moved {
                Moved::Done => return Adopted::Done(item),
                Moved::Failed(error) => return Adopted::Failed(error),
                Moved::Contended => Ok(None),
                Moved::NewExists => match origin.find_adopted(context, key, call).await {
                    Ok((table_key, found)) => {
                        return self.judge_adopted(table_key, found, context, now);
                    }
                    Err(error) => Err(error),
                },
                // No marker, so none of the transactions so far was applied.
                Moved::OldChanged => origin.read_row(context, call).await.map(Some),
            };
            match next {
                Err(error) => return Adopted::Failed(error),
                Ok(None) => {}
                Ok(Some(row)) => match self
                    .judge_row(self.reread(row, schema, cipher.as_ref()), context)
                {
                    ControlFlow::Break(adopted) => return adopted,
                    ControlFlow::Continue(Some(row)) => {
                        self.row = row;
                        is_rebased = true;
                    }
                    // Gone, or adopted at this moment: the next transaction tells which.
                    ControlFlow::Continue(None) => match origin.is_adopted(context, call).await {
                        Ok(true) => {}
                        Ok(false) => return Adopted::Gone,
                        Err(error) => return Adopted::Failed(error),
                    },
                },
            }
            if let Err(error) = call.pause(self.unanswered).await {
                return Adopted::Failed(error);
            }
        }
    }

    /// A row that was read again, with each secret that has not changed as it was encrypted first, for its guard to hold.
    fn reread(
        &self,
        row: Option<Row>,
        schema: &Schema,
        cipher: Option<&SecretCipher>,
    ) -> Option<Row> {
        match (row, cipher) {
            (Some(row), Some(cipher)) => Some(row.in_forms_of(&self.row, schema, cipher)),
            (row, _) => row,
        }
    }

    fn item(&self, context: &Context, key: &str, now: i64) -> Item {
        let schema = context.schema;
        let mut item = self.row.item(context);
        let found = self.row.found();
        apply_to_item(&mut item, &found, &self.changes, schema.attributes(), &context.defaults);
        let lifetime = self.new_lifetime(context, &item, now);
        let bookkeeping = Bookkeeping::default().of_put(&self.token);
        let record = Record::of_put(schema, self.row.fields(), lifetime, bookkeeping);
        record.insert_into(&mut item, schema, key);
        item
    }

    fn new_lifetime(&self, context: &Context, item: &Item, now: i64) -> Lifetime {
        let created = context.schema.created().map(|_| now);
        let remembered = remember::is_in(context.schema, item);
        let lifetime = Lifetime { created, remembered, ..self.row.lifetime() };
        let expires = self.expiry.of_adopted(context, now, lifetime);
        Lifetime { expires, ..lifetime }
    }

    /// Takes over what an item has that this adoption has written.
    pub(super) fn finish(
        self,
        item: &Item,
        context: &Context,
        now: i64,
    ) -> Result<(Record, Written), Error> {
        let mut record = Record::read(context.schema, item, now)?;
        record.guards = self.row.into_guards();
        record
            .guards
            .map(|index, loaded| apply(loaded, &context.defaults[index], &self.changes, index));
        let mut fields = self.changes.after.clone();
        let mut merged = Vec::new();
        for (index, changes) in self.changes.by_attribute() {
            if changes.iter().any(Change::merges) {
                let value = item.value(context.schema.attributes()[index].name());
                fields[index] = value.map(Value::sorted_set);
                merged.push(index);
            }
        }
        let changed = self.changes.by_attribute().map(|(index, _)| index).collect();
        Ok((record, Written { fields, changed, merged }))
    }
}
