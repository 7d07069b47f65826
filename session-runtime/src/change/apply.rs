use std::collections::BTreeMap;

use super::changes::{Change, Changes, Kind};
use super::path::{Key, Path, missing_parent, value_at};
use crate::item::{Attributes as _, Found, Item, Value};
use crate::schema::Attribute;

/// What an attribute becomes when its changes are applied in memory.
///
/// Where a change goes through a map that is no longer there, that map is made as the committing session has it, so that
/// what is stored always decodes. A default that stands in for an absent attribute is changed as if it were stored.
pub(crate) fn apply(
    stored: Option<Value>,
    default: &Value,
    changes: &Changes,
    attribute: usize,
) -> Option<Value> {
    let list = changes.of(attribute);
    if list.is_empty() {
        return stored;
    }
    let mut value = stored.or_else(|| standing_in(default));
    for Change { path, kind } in list {
        value = match kind {
            Kind::Set => put(value, path, changes, merge),
            Kind::Remove => remove(value, &path.keys),
            Kind::Restate { stored } if value.as_ref() == Some(stored) => {
                changes.after[path.attribute].clone()
            }
            Kind::Restate { .. } => value,
            Kind::Add(delta) => put(value, path, changes, |old, _| {
                let start = old.and_then(Value::integer).unwrap_or(0);
                Value::number(start.saturating_add(*delta))
            }),
            Kind::Members { added, removed } => {
                change_members(value, added.as_ref(), removed.as_ref(), default)
            }
            Kind::Append { from } => {
                let after = changes.value(path);
                let elements = after.and_then(|after| after.elements_from(*from));
                match (value, elements) {
                    (Some(list), Some(elements)) => list.followed_by(elements),
                    _ => None,
                }
                .or_else(|| after.cloned())
            }
        };
        if value.as_ref().is_some_and(Value::is_empty_option_or_set) {
            value = (!default.is_empty_option_or_set()).then(Value::null);
        }
    }
    value
}

/// What an absent attribute is read as, where that is something: a default stands in for it.
pub(super) fn standing_in(default: &Value) -> Option<Value> {
    (!default.is_empty_option_or_set()).then(|| default.clone())
}

/// Applies changes to an item in memory. Each attribute that changes then stands under its own name.
pub(crate) fn apply_to_item(
    item: &mut Item,
    found: &[Found],
    changes: &Changes,
    attributes: &[Attribute],
    defaults: &[Value],
) {
    for (index, list) in changes.by_attribute() {
        let attribute = &attributes[index];
        if let [Change { kind: Kind::Restate { stored }, .. }] = list {
            let in_item = item.find(attribute).map(|(value, _)| Value::from(value.clone()));
            if in_item.as_ref() != Some(stored) {
                continue;
            }
        }
        let stored = match found[index] {
            Found::Absent => None,
            Found::Named => item.remove(attribute.name()),
            Found::Aliased(alias) => item.remove(alias),
        };
        let value = apply(stored.map(Value::from), &defaults[index], changes, index);
        if let Some(value) = value {
            item.insert(attribute.name(), value);
        }
    }
}

/// Two maps made at the same place keep the entries of both.
fn merge(old: Option<&Value>, new: &Value) -> Value {
    let (Some(Value::Map(old)), Value::Map(new)) = (old, new) else { return new.clone() };
    let mut entries = old.clone();
    for (key, value) in new {
        let merged = merge(old.get(key), value);
        entries.insert(key.clone(), merged);
    }
    Value::Map(entries)
}

fn put(
    attribute: Option<Value>,
    path: &Path,
    changes: &Changes,
    new: impl FnOnce(Option<&Value>, &Value) -> Value,
) -> Option<Value> {
    let missing = missing_parent(attribute.as_ref(), &path.keys);
    let keys = &path.keys[..missing.unwrap_or(path.keys.len())];
    let after = value_at(changes.after[path.attribute].as_ref(), keys);
    let value = match (missing, after) {
        (_, None) => return attribute,
        (Some(_), Some(after)) => after.clone(),
        (None, Some(after)) => new(value_at(attribute.as_ref(), keys), after),
    };
    let Some((last, parents)) = keys.split_last() else { return Some(value) };
    let mut attribute = attribute;
    if let Some(entries) = entries_at(attribute.as_mut(), parents) {
        entries.insert(last.clone(), value);
    }
    attribute
}

fn remove(mut attribute: Option<Value>, keys: &[Key]) -> Option<Value> {
    let (last, parents) = keys.split_last()?;
    if let Some(entries) = entries_at(attribute.as_mut(), parents) {
        entries.remove(last);
    }
    attribute
}

fn entries_at<'v>(
    attribute: Option<&'v mut Value>,
    keys: &[Key],
) -> Option<&'v mut BTreeMap<Key, Value>> {
    let value = keys.iter().try_fold(attribute?, |value, key| match value {
        Value::Map(entries) => entries.get_mut(key),
        Value::Struct(_) | Value::Atom(_) => None,
    })?;
    match value {
        Value::Map(entries) => Some(entries),
        Value::Struct(_) | Value::Atom(_) => None,
    }
}

fn change_members(
    stored: Option<Value>,
    added: Option<&Value>,
    removed: Option<&Value>,
    default: &Value,
) -> Option<Value> {
    let mut members = stored.filter(|stored| stored.set_type().is_some());
    if let Some(removed) = removed {
        members = members.and_then(|members| members.members_without(Some(removed)));
    }
    if let Some(added) = added {
        members = Some(match members {
            Some(members) => members.members_with(added),
            None => added.clone(),
        });
    }
    Some(members.unwrap_or_else(|| match default.is_empty_option_or_set() {
        true => default.clone(),
        false => Value::null(),
    }))
}
