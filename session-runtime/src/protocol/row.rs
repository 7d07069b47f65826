use super::record::{Guards, presence};
use super::tokens::{COMMITS, SEQUENCE};
use super::tombstone::{RENEWED_AT, RENEWED_TO, Tombstone};
use crate::context::Context;
use crate::expiry::Lifetime;
use crate::expression::Expression;
use crate::interop::ForeignStore;
use crate::item::{Attributes as _, Fields, Found, Item, Value, is_same_secret};
use crate::schema::Schema;
use crate::secret::SecretCipher;

/// Removes what would be taken for the bookkeeping of this crate.
pub(crate) fn remove_reserved(item: &mut Item) {
    for name in [SEQUENCE, COMMITS, RENEWED_AT, RENEWED_TO] {
        item.remove(name);
    }
}

/// Whether an item is a session of this library's, or what a renewal or an adoption has left.
pub(crate) fn is_of_ours(item: &Item) -> bool {
    matches!(item.integer(SEQUENCE), Ok(Some(_))) || Tombstone::is_in(item)
}

/// The session as another store's row has it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The row exactly as it was read.
    as_read: Item,
    fields: Fields,
    /// What the session type does not name.
    rest: Item,
    lifetime: Lifetime,
    /// The guarded fields as they were when the session was loaded.
    guards: Guards,
}

impl Row {
    pub(crate) fn new(
        context: &Context,
        as_read: Item,
        fields: Fields,
        mut rest: Item,
        lifetime: Lifetime,
    ) -> Self {
        for attribute in context.schema.attributes() {
            for name in [attribute.name()].iter().chain(attribute.aliases()) {
                rest.remove(name);
            }
        }
        rest.remove(context.schema.time_to_live());
        let guards = Guards::of(context.schema, &fields);
        Self { as_read, fields, rest, lifetime, guards }
    }

    /// The row exactly as it was read.
    pub(super) fn as_read(&self) -> &Item {
        &self.as_read
    }

    pub(super) fn lifetime(&self) -> Lifetime {
        self.lifetime
    }

    pub(super) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The guarded fields as they were when the session was loaded.
    pub(super) fn guards(&self) -> &Guards {
        &self.guards
    }

    pub(super) fn into_guards(self) -> Guards {
        self.guards
    }

    /// The same row, read again, under the guards of the session as it was loaded.
    pub(super) fn guarded_by(self, guards: Guards) -> Self {
        Self { guards, ..self }
    }

    /// The same row with the secrets as an earlier reading of it has encrypted them, where they are the same.
    pub(super) fn in_forms_of(
        mut self,
        earlier: &Self,
        schema: &Schema,
        cipher: &SecretCipher,
    ) -> Self {
        for (index, attribute) in schema.secrets() {
            if let (Some(now), Some(then)) = (&self.fields[index], &earlier.fields[index])
                && is_same_secret(cipher, attribute, now, then)
            {
                self.fields[index] = Some(then.clone());
            }
        }
        self
    }

    /// Under which name each field stands.
    pub(super) fn found(&self) -> Vec<Found> {
        self.fields.iter().map(presence).collect()
    }

    /// As an item of ours, but for its key.
    pub(super) fn item(&self, context: &Context) -> Item {
        let mut item = self.rest.clone();
        for (attribute, value) in context.schema.attributes().iter().zip(&self.fields) {
            if let Some(value) = value {
                item.insert(attribute.name(), value.clone());
            }
        }
        item.insert(context.schema.time_to_live(), Value::number(self.lifetime.expires));
        item
    }

    pub(super) fn is_over(&self, context: &Context, now: i64) -> bool {
        self.lifetime.expires <= now || context.timeouts.has_ended(now, None)
    }

    /// That the row is as it was read: by the values of its attributes, the expiry before the others, as far as one
    /// condition has room for them.
    pub(super) fn unchanged<'a>(&'a self, foreign: &ForeignStore) -> Expression<'a> {
        let mut attributes: Vec<_> =
            self.as_read.iter().filter(|(name, _)| !foreign.is_key(name)).collect();
        attributes.sort_unstable_by_key(|(name, _)| (!foreign.is_expiry(name), *name));
        let condition = |attributes: &[(&'a str, &'a _)]| {
            let mut condition = Expression::default();
            for (name, value) in attributes {
                let place = condition.attribute(name);
                let value: &aws_sdk_dynamodb::types::AttributeValue = value;
                condition.require_value(&place, Some(Value::from(value.clone())));
            }
            condition
        };
        let mut count = attributes.len();
        loop {
            let condition = condition(&attributes[..count]);
            if condition.fits() || count == 0 {
                return condition;
            }
            count = count * 3 / 4;
        }
    }
}
