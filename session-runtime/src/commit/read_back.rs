use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Pending, Update};
use crate::DynamoSession;
use crate::change::{Change, Path, apply, diff, value_at};
use crate::item::{Decoder, Fields, Found, Item, Value};
use crate::record::{SEQUENCE, sequence_number};
use crate::schema::Role;
use crate::session::{Standing, State};

impl<S: DynamoSession> State<S> {
    /// Takes over what the table holds where the update wrote.
    pub(super) fn finish(&mut self, written: &Item) {
        let Some(Pending::Update(update)) = self.pending.take() else { return };
        let Standing::Stored(record) = &mut self.standing else { return };
        let Some(Ok(before)) = &self.snapshot else { return };
        let Update { token, after: mut fields, expires, stored, .. } = update;
        let attributes = S::SCHEMA.attributes();
        let changes = diff(attributes, before, &fields);
        // Only these may differ from what was sent.
        let mut merged: BTreeMap<usize, Option<Value>> = BTreeMap::new();
        let mut written_value = None;
        for change in &changes {
            let index = change.attribute();
            let written = written.get(attributes[index].name());
            if matches!(change, Change::Set { .. } | Change::Remove { .. }) {
                continue;
            }
            let after = merged.entry(index).or_insert_with(|| {
                written_value = written.cloned().map(Value::from);
                fields[index].clone()
            });
            match change {
                Change::Add { path, .. } => {
                    if let Some(value) = value_at(written_value.as_ref(), &path.keys) {
                        put_at(after, path, value.clone());
                    }
                }
                Change::Members { .. } => *after = written.map(sorted_set),
                _ => *after = written.cloned().map(Value::Atom).or(after.take()),
            }
        }
        let after = |index: usize| merged.get(&index).unwrap_or(&fields[index]);
        if let Some((_, found)) = stored {
            record.found = found;
        }
        for (index, found) in record.found.iter_mut().enumerate() {
            let changed = changes.iter().any(|change| change.attribute() == index);
            if changed || matches!(found, Found::Aliased(_)) {
                *found = presence(after(index));
            }
        }
        // The guards held, so the table has what was loaded with these changes, unknown entries included.
        for (index, guard) in &mut record.guards {
            let stored = guard.take().map(Value::from);
            let changes = changes.iter().filter(|change| change.attribute() == *index);
            let default = &self.store.defaults()[*index];
            *guard = apply(stored, default, after(*index).as_ref(), changes)
                .map(Value::into_attribute_value);
        }
        let sequence = record.sequence();
        record.sequence =
            written.get(SEQUENCE).and_then(sequence_number).or(Some(sequence.saturating_add(1)));
        let commits = record.commits.get_or_insert_default();
        commits.retain(|known| !token.may_prune(known, sequence) && known.text != token.text);
        commits.push(token);
        if S::SCHEMA.created().is_some() {
            record.created = Some(self.created);
        }
        if let Some(expires) = expires {
            self.moved_to(expires);
        }
        for (index, value) in merged {
            self.read_back(index, value.clone());
            fields[index] = value;
        }
        self.snapshot = Some(Ok(fields));
        self.trace("session committed");
    }

    /// Gives a field the value that the table holds.
    pub(crate) fn read_back(&mut self, index: usize, value: Option<Value>) {
        let attribute = &S::SCHEMA.attributes()[index];
        let value = value.unwrap_or_else(|| self.store.defaults()[index].clone());
        let mut item = Item::from([(attribute.name().to_owned(), value.into_attribute_value())]);
        let mut decoder = Decoder::new(S::SCHEMA.attributes(), &mut item);
        if let Err(error) = self.data.__decode_field(index, &mut decoder) {
            tracing::warn!(%error, "the commit was applied, but a merged value cannot be read");
        }
    }

    /// Makes changes again that came after a commit which has only now taken over the table's values.
    pub(super) fn make_again(&mut self, changes: &[Change<'_>], session: &Fields) {
        for (index, attribute) in S::SCHEMA.attributes().iter().enumerate() {
            let changes: Vec<_> =
                changes.iter().filter(|change| change.attribute() == index).collect();
            if changes.is_empty() || matches!(attribute.role(), Role::Value | Role::Whole) {
                continue;
            }
            let Some(Ok(stored)) = &self.snapshot else { return };
            let (stored, default) = (stored[index].clone(), &self.store.defaults()[index]);
            let value = apply(stored, default, session[index].as_ref(), changes);
            self.read_back(index, value);
        }
    }
}

fn put_at(attribute: &mut Option<Value>, path: &Path<'_>, value: Value) {
    let place = path.keys.iter().try_fold(attribute.as_mut(), |place, key| match place {
        Some(Value::Map(entries)) => Some(entries.get_mut(*key)),
        _ => None,
    });
    if let Some(Some(place)) = place {
        *place = value;
    }
}

fn sorted_set(value: &AttributeValue) -> Value {
    Value::Atom(match value.clone() {
        AttributeValue::Ss(mut members) => {
            members.sort_unstable();
            AttributeValue::Ss(members)
        }
        AttributeValue::Ns(mut members) => {
            members.sort_unstable();
            AttributeValue::Ns(members)
        }
        AttributeValue::Bs(mut members) => {
            members.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
            AttributeValue::Bs(members)
        }
        other => other,
    })
}

/// Where a field stands after this session has written it.
pub(super) fn presence(value: &Option<Value>) -> Found {
    match value {
        Some(_) => Found::Named,
        None => Found::Absent,
    }
}
