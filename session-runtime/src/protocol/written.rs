use super::record::{Record, presence};
use super::remember;
use super::tokens::SEQUENCE;
use super::update::Update;
use super::verdict::Shape;
use crate::change::{Kind, Path, apply, value_at};
use crate::item::{Attributes as _, Fields, Found, Item, Value};

/// What a commit has left in the table.
#[derive(Debug)]
pub(crate) struct Written {
    /// The session's fields as they are stored now: all that have changed, at least.
    pub(crate) fields: Fields,
    /// Those that have changed.
    pub(crate) changed: Vec<usize>,
    /// Those that have merged with what others wrote.
    pub(crate) merged: Vec<usize>,
}

impl Update {
    /// Takes note of what the update did: `written` are the attributes that it wrote, or the item that it is in.
    pub(super) fn finish(self, record: &mut Record, written: &Item, shape: Shape<'_>) -> Written {
        let Self { token, changes, seen, expires, .. } = self;
        let schema = shape.schema;
        let attributes = schema.attributes();
        let mut fields: Vec<(usize, Option<Value>)> = Vec::new();
        for (index, list) in changes.by_attribute() {
            if !list.iter().any(|change| change.merges()) {
                continue;
            }
            let value = written.value(attributes[index].name());
            let mut merged = changes.after[index].clone();
            for change in list {
                match &change.kind {
                    Kind::Set | Kind::Remove | Kind::Restate { .. } => {}
                    Kind::Add(_) => {
                        if let Some(sum) = value_at(value.as_ref(), &change.path.keys) {
                            put_at(&mut merged, &change.path, sum.clone());
                        }
                    }
                    Kind::Members { .. } => merged = value.clone().map(Value::sorted_set),
                    Kind::Append { .. } => merged = value.clone().map(Value::into_whole).or(merged),
                }
            }
            fields.push((index, merged));
        }
        if let Some(seen) = seen {
            record.found = seen.found;
        }
        // The guards held, so the table has what was loaded with these changes, unknown entries included.
        record.guards.map(|index, loaded| apply(loaded, &shape.defaults[index], &changes, index));
        record.bookkeeping.count(token, written.integer(SEQUENCE).ok().flatten());
        record.lacks_created = false;
        record.grow(schema, &changes);
        if let Some(expires) = expires {
            record.lifetime.expires = expires;
        }
        if let Some(remembered) = remember::chosen_by(schema, &changes) {
            record.lifetime.remembered = remembered;
        }
        let changed: Vec<usize> = changes.by_attribute().map(|(index, _)| index).collect();
        let (mut after, mut merged) = (changes.after, Vec::with_capacity(fields.len()));
        for (index, value) in fields {
            after[index] = value;
            merged.push(index);
        }
        for (index, found) in record.found.iter_mut().enumerate() {
            if matches!(found, Found::Aliased(_)) || changed.contains(&index) {
                *found = presence(&after[index]);
            }
        }
        Written { fields: after, changed, merged }
    }

    /// As [`finish`](Self::finish), for a request that was found to have been applied already.
    pub(super) fn finish_found(
        mut self,
        record: &mut Record,
        theirs: Record,
        item: &Item,
        shape: Shape<'_>,
    ) -> Written {
        let guards = std::mem::take(&mut record.guards);
        *record = Record { guards, ..theirs };
        (self.seen, self.expires) = (None, None);
        let (bookkeeping, lifetime) = (record.bookkeeping.clone(), record.lifetime);
        let written = self.finish(record, item, shape);
        (record.bookkeeping, record.lifetime) = (bookkeeping, lifetime);
        written
    }
}

fn put_at(attribute: &mut Option<Value>, path: &Path, value: Value) {
    let place = path.keys.iter().try_fold(attribute.as_mut(), |place, key| match place {
        Some(Value::Map(entries)) => Some(entries.get_mut(key)),
        _ => None,
    });
    if let Some(Some(place)) = place {
        *place = value;
    }
}
