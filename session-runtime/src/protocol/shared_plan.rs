//! What a write makes of another store's row, and what it requires of it. Pure: no request.

use super::expiry_rule::ExpiryRule;
use super::record::too_large;
use super::shared_row::SharedRow;
use crate::change::{Changes, apply};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::expiry::{Lifetime, seconds};
use crate::expression::Expression;
use crate::interop::{ForeignStore, RowChanges, RowWrite, Stamp};
use crate::item::{Found, Item, Value, item_size};
use crate::schema::{Role, Schema};

/// A commit takes the expiry along where it has moved by this share of the touch interval.
const CARRIED_SHARE: i64 = 4;

/// What is to be written.
#[derive(Debug)]
pub(super) struct Intent {
    /// The row that it changes; a session that has none yet has a lifetime.
    pub(super) base: Result<SharedRow, Lifetime>,
    pub(super) changes: Changes,
    pub(super) kind: Kind,
    pub(super) token: String,
    pub(super) expiry: ExpiryRule,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Commit,
    /// The expiry alone, which leaves no token: to move it twice does no harm.
    Touch,
    /// The row goes, and another one has the session, with the changes.
    Move,
}

/// What a write makes of its base.
pub(super) struct Planned {
    pub(super) changes: RowChanges,
    /// The row as it is then.
    pub(super) row: Item,
}

impl Intent {
    pub(super) fn lifetime(&self) -> Lifetime {
        match &self.base {
            Ok(base) => base.row.lifetime(),
            Err(lifetime) => *lifetime,
        }
    }

    pub(super) fn is_new(&self) -> bool {
        self.base.is_err()
    }

    pub(super) fn plan(
        &self,
        foreign: &ForeignStore,
        key: Item,
        context: &Context,
        now: i64,
    ) -> Result<Planned, Error> {
        let as_read = self.base.as_ref().ok().map(|base| base.row.as_read());
        if self.expiry.is_named() && !foreign.has_expiry(as_read) {
            return Err(Error::new(
                ErrorKind::Configuration,
                "rows of the other store have no expiry that a commit could set, so nothing was written; use `commit`",
            ));
        }
        let stamp = self.stamp(context);
        let write = RowWrite {
            row: as_read,
            keys: self.keys(context),
            stamp: (self.kind != Kind::Touch).then_some(&stamp),
            expires: self.expires(foreign, context, now),
            now,
        };
        let changes = foreign.changes(write)?;
        let mut row = as_read.cloned().unwrap_or_default();
        for (name, value) in &changes {
            match value {
                Some(value) => row.insert(name, value.clone()),
                None => drop(row.remove(name)),
            }
        }
        for (name, value) in key.iter() {
            row.insert(name, Value::from(value.clone()));
        }
        let size = item_size(&row);
        match size > context.max_item_bytes && self.kind != Kind::Touch {
            true => Err(too_large(size, context.max_item_bytes)),
            false => Ok(Planned { changes, row }),
        }
    }

    fn stamp(&self, context: &Context) -> Stamp {
        let before = self.base.as_ref().map(|base| base.stamp.clone()).unwrap_or_default();
        let created = context.schema.created().and(self.lifetime().created);
        // A type that keeps none leaves it to those that do.
        let created = created.or(before.created);
        before.with(created, &self.token)
    }

    /// The keys that change, under the names that they have in the row.
    fn keys(&self, context: &Context) -> RowChanges {
        let attributes = context.schema.attributes();
        let Ok(base) = &self.base else {
            let fields = attributes.iter().zip(&self.changes.after);
            let stored = fields.filter(|(_, value)| value.is_some());
            return stored.map(|(it, value)| (it.name().to_owned(), value.clone())).collect();
        };
        let key = |(index, _): (usize, _)| {
            let name = match base.stored.found[index] {
                Found::Aliased(alias) => alias,
                Found::Named | Found::Absent => attributes[index].name(),
            };
            let stored = match attributes[index].role() {
                // An array there, and a set here.
                Role::Set | Role::Counter => &base.row.fields()[index],
                _ => &base.stored.fields[index],
            };
            let value = apply(stored.clone(), &context.defaults[index], &self.changes, index);
            (name.to_owned(), value)
        };
        self.changes.by_attribute().map(key).collect()
    }

    /// The expiry to write, if there is one.
    fn expires(&self, foreign: &ForeignStore, context: &Context, now: i64) -> Option<i64> {
        let (lifetime, timeouts) = (self.lifetime(), context.timeouts);
        if let Some(named) = self.expiry.named(context, lifetime) {
            return Some(named);
        }
        let max_age = match &self.base {
            Ok(base) => base.max_age,
            Err(_) => foreign.new_max_age(),
        };
        let next = match max_age {
            Some(max_age) => timeouts.ends_at(now.saturating_add(max_age), lifetime.created),
            None => timeouts.next_expiry(now, lifetime),
        };
        if self.is_new() {
            return Some(next);
        }
        let interval = seconds(timeouts.touch_interval());
        let least = match self.kind {
            Kind::Touch => interval,
            Kind::Commit => interval / CARRIED_SHARE,
            Kind::Move => 0,
        };
        let moved = next.saturating_sub(lifetime.expires);
        (self.expiry.is_activity() && moved >= least.max(1)).then_some(next)
    }
}

/// What a row is to become, on condition that it is as it was read: what is written, and all else that may have a part in it, as far
/// as one condition has room.
pub(super) fn unchanged<'a>(
    base: &'a SharedRow,
    planned: &'a Planned,
    foreign: &'a ForeignStore,
    schema: &'static Schema,
    moves: bool,
) -> Expression<'a> {
    let as_read = base.row.as_read();
    let written: Vec<&'a str> = match moves {
        true => Vec::new(),
        false => planned.changes.iter().map(|(name, _)| name.as_str()).collect(),
    };
    let mut rest: Vec<&'a str> = match foreign.data_attribute() {
        Some(name) if !moves => vec![name],
        _ => as_read.iter().map(|(name, _)| name).collect(),
    };
    if moves && foreign.data_attribute().is_none() {
        rest.extend(schema.attributes().iter().map(|attribute| attribute.name()));
    }
    rest.retain(|name| !foreign.is_key(name) && !written.contains(name));
    // First what the session type knows.
    let is_known = |name: &str| schema.attributes().iter().any(|it| it.name() == name);
    rest.sort_unstable_by_key(|name| (!is_known(name), *name));
    rest.dedup();
    let mut count = rest.len();
    loop {
        let mut expression = Expression::default();
        let (hash_key, _) = foreign.key_names();
        let place = expression.attribute(hash_key);
        expression.require_presence(&place);
        if !moves {
            for (name, value) in &planned.changes {
                let place = expression.attribute(name);
                match value {
                    Some(value) => expression.set(&place, value),
                    None => expression.remove(&place),
                }
            }
        }
        for name in written.iter().chain(&rest[..count]) {
            let place = expression.attribute(name);
            expression.require_value(&place, as_read.value(name));
        }
        if expression.fits() || count == 0 {
            return expression;
        }
        count = count * 3 / 4;
    }
}

pub(super) fn too_many_keys(count: usize) -> Error {
    Error::new(
        ErrorKind::TooLarge,
        format!(
            "{count} keys of the session have changed, each an attribute of its row, and DynamoDB's 4 KB for one update have no \
             room for so many; nothing was sent. Commit more often"
        ),
    )
}
