use std::ops::ControlFlow;
use std::pin::pin;

use super::call::Call;
use super::record::{Record, Seen, require_alive, too_large};
use super::remember;
use super::tokens::{COMMITS, SEQUENCE, Token};
use super::tombstone::Tombstone;
use super::verdict::{Reading, Verdict};
use crate::change::{Changes, apply_to_item};
use crate::context::Context;
use crate::dynamo::Moved;
use crate::expression::Expression;
use crate::id::SessionKey;
use crate::item::{Attributes as _, Fields, Item, Value, cipher_of, conceal_anew, item_size};
use crate::schema::Schema;
use crate::secret::SecretCipher;

/// A change of id that was asked for and is not known to be done.
#[derive(Debug)]
pub(crate) struct Renewal<K> {
    /// Chosen once: an item under it tells that an earlier attempt succeeded.
    pub(super) key: K,
    /// The fields that each attempt carried, by the token that it leaves in the item.
    attempts: Vec<(Token, Fields)>,
}

/// A session under its new key.
#[derive(Debug)]
pub(crate) struct Renewed<K> {
    pub(crate) key: K,
    /// The fields as the item has them.
    pub(crate) stored: Fields,
    /// The fields that the attempt carried which was carried out; `None` if the item does not tell which it was.
    pub(crate) sent: Option<Fields>,
}

impl<K: SessionKey> Renewal<K> {
    pub(super) fn new() -> Self {
        Self::with_key(K::generate())
    }

    pub(super) fn with_key(key: K) -> Self {
        Self { key, attempts: Vec::new() }
    }

    /// Reads the item, and moves it with the changes made in memory, until it is as it was read. May be cancelled at any
    /// point: the next call finds the item under one of its keys.
    pub(super) async fn run(
        &mut self,
        known: &Record,
        old: &K,
        changes: &Changes,
        context: &Context,
        call: &mut Call,
    ) -> Verdict {
        let old_key = &context.schema.table_key(old);
        let new_key = context.schema.table_key(&self.key);
        let ciphers = ciphers(context.schema, old, &self.key);
        let mut is_rebased = false;
        loop {
            let now = context.now();
            let item = match call.read(context, old_key).await {
                Ok(item) => item,
                Err(error) => return Verdict::Failed(error),
            };
            let (item, record) = match self.judge_old(known, changes, item, context, now) {
                ControlFlow::Break(verdict) => return verdict,
                ControlFlow::Continue(Reading::Moved) => {
                    return self.find_moved(&new_key, context, call).await;
                }
                ControlFlow::Continue(Reading::AsItWas(item, record)) => (item, *record),
            };
            let token = Token::of_put(record.bookkeeping.sequence());
            let mut renewed =
                renewed(&item, &record, known, &token, changes, &new_key, context, now);
            if let Some((old, new)) = &ciphers
                && let Err(error) = conceal_anew(context.schema, &mut renewed, old, new)
            {
                return Verdict::Failed(error);
            }
            let size = item_size(&renewed);
            if size > context.max_item_bytes {
                return Verdict::Failed(too_large(size, context.max_item_bytes));
            }
            self.attempts.push((token, changes.after.clone()));
            let tombstone = Tombstone::new(now, &new_key).into_item(context, old_key);
            let condition = unchanged(&item, &record, context, now);
            call.attempts.count_request(is_rebased);
            let moving = context.table.move_item(renewed.clone(), tombstone, condition);
            let moved = call.limit(pin!(moving)).await;
            match moved {
                Ok(Moved::Done) => return Verdict::Applied(renewed),
                Ok(Moved::NewExists) => return self.find_moved(&new_key, context, call).await,
                Ok(Moved::OldChanged) => is_rebased = true,
                Ok(Moved::Contended) => {}
                Ok(Moved::Failed(error)) | Err(error) => return Verdict::Failed(error),
            }
            if let Err(error) = call.pause(false).await {
                return Verdict::Failed(error);
            }
        }
    }

    /// Looks under the new key, where an earlier attempt may have moved the item.
    async fn find_moved(&self, new_key: &str, context: &Context, call: &Call) -> Verdict {
        match call.read(context, new_key).await {
            Ok(item) => self.judge_new(item, context, context.now()),
            Err(error) => Verdict::Failed(error),
        }
    }

    pub(super) fn finish(self, item: &Item, context: &Context) -> Renewed<K> {
        let Self { key, mut attempts } = self;
        let carried_out = attempts.iter().rposition(|(token, _)| token.is_in(item));
        let sent = carried_out.map(|position| attempts.swap_remove(position).1);
        Renewed { key, stored: Seen::read(context.schema, item).fields, sent }
    }
}

/// What decrypts the secrets of the old item, and encrypts those of the new one, if the type has some.
fn ciphers<K: SessionKey>(
    schema: &Schema,
    old: &K,
    new: &K,
) -> Option<(SecretCipher, SecretCipher)> {
    Some((cipher_of(schema, old)?, cipher_of(schema, new)?))
}

/// The stored item with the session's changes, under the new key.
#[expect(clippy::too_many_arguments, reason = "each is another part of one item")]
fn renewed(
    item: &Item,
    record: &Record,
    known: &Record,
    token: &Token,
    changes: &Changes,
    new_key: &str,
    context: &Context,
    now: i64,
) -> Item {
    let mut renewed = item.clone();
    apply_to_item(
        &mut renewed,
        &record.found,
        changes,
        context.schema.attributes(),
        &context.defaults,
    );
    if !changes.is_empty() {
        rename_aliased(&mut renewed, context);
    }
    let mut record = record.clone();
    if record.lacks_created {
        record.lifetime.created = known.lifetime.created;
    }
    record.lifetime.remembered = remember::is_in(context.schema, &renewed);
    record.lifetime.expires = context.timeouts.next_expiry(now, record.lifetime);
    record.bookkeeping = record.bookkeeping.of_put(token);
    record.insert_into(&mut renewed, context.schema, new_key);
    renewed
}

/// Moves what stands under an older name to its own.
fn rename_aliased(item: &mut Item, context: &Context) {
    for attribute in context.schema.attributes() {
        for alias in attribute.aliases() {
            if !attribute.is_secret()
                && let Some(value) = item.remove(alias)
                && !item.contains(attribute.name())
            {
                item.insert(attribute.name(), Value::from(value));
            }
        }
    }
}

/// That the old item is alive and as it was read. A program that does not count in `_seq` is noticed by the values of the
/// attributes, if one condition has room for them.
fn unchanged<'a>(
    item: &'a Item,
    record: &'a Record,
    context: &'a Context,
    now: i64,
) -> Expression<'a> {
    let condition = || {
        let mut condition = Expression::default();
        require_alive(&mut condition, context.schema, now);
        record.bookkeeping.require_unchanged(&mut condition);
        condition
    };
    let mut guarded = condition();
    let mut others = vec![context.schema.time_to_live(), SEQUENCE, COMMITS];
    others.extend(context.schema.primary_key().names());
    for (name, value) in item.iter().filter(|(name, _)| !others.contains(name)) {
        let place = guarded.attribute(name);
        guarded.require_value(&place, Some(Value::from(value.clone())));
    }
    if guarded.fits() { guarded } else { condition() }
}
