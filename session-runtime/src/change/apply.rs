use std::borrow::Cow;
use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Change, Path, value_at};
use crate::item::{Value, integer, set};

/// What an attribute becomes when changes to it are applied in memory.
///
/// `after` is the committing session's own version: where a change goes through a map that is no longer
/// there, that map is created as the session has it, so that what is stored always decodes.
pub(crate) fn apply<'c>(
    stored: Option<Value>,
    default: &Value,
    after: Option<&Value>,
    changes: impl IntoIterator<Item = &'c Change<'c>>,
) -> Option<Value> {
    let mut value = stored;
    for change in changes {
        value = match change {
            Change::Set { path, value: new } => {
                put(value, path, after, |old| Some(merge(old, new)))
            }
            Change::Remove { path } => remove(value, path),
            Change::Add { path, delta } => {
                let start = if path.keys.is_empty() { number(Some(default)) } else { None };
                let start = start.unwrap_or(0);
                put(value, path, after, |old| {
                    let sum = number(old).unwrap_or(start) + delta;
                    Some(Value::Atom(AttributeValue::N(sum.to_string())))
                })
            }
            Change::Members { added, removed, .. } => {
                let stored = value.unwrap_or_else(|| default.clone());
                Some(change_members(stored, added.as_ref(), removed.as_ref(), default))
            }
            Change::Append { elements, .. } => match value.unwrap_or_else(|| default.clone()) {
                Value::Atom(AttributeValue::L(mut list)) => {
                    list.extend(elements.iter().cloned());
                    Some(Value::Atom(AttributeValue::L(list)))
                }
                _ => after.cloned(),
            },
        };
        if value.as_ref().is_some_and(Value::is_empty_option_or_set) {
            value = (!default.is_empty_option_or_set()).then(Value::null);
        }
    }
    value
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

fn number(value: Option<&Value>) -> Option<i128> {
    match value? {
        Value::Atom(value) => integer(value),
        Value::Map(_) => None,
    }
}

fn put(
    attribute: Option<Value>,
    path: &Path<'_>,
    after: Option<&Value>,
    new: impl FnOnce(Option<&Value>) -> Option<Value>,
) -> Option<Value> {
    let (place, value) = match path.missing_parent(attribute.as_ref()) {
        Some(parent) => {
            let value = value_at(after, &parent.keys).cloned();
            (parent, value)
        }
        None => {
            let value = new(value_at(attribute.as_ref(), &path.keys));
            (path.clone(), value)
        }
    };
    let Some((last, parents)) = place.keys.split_last() else { return value };
    let mut attribute = attribute;
    if let (Some(entries), Some(value)) = (entries_at(attribute.as_mut(), parents), value) {
        entries.insert(Cow::Owned((*last).to_owned()), value);
    }
    attribute
}

fn remove(mut attribute: Option<Value>, path: &Path<'_>) -> Option<Value> {
    let (last, parents) = path.keys.split_last()?;
    if let Some(entries) = entries_at(attribute.as_mut(), parents) {
        entries.remove(*last);
    }
    attribute
}

type Entries = BTreeMap<Cow<'static, str>, Value>;

fn entries_at<'v>(attribute: Option<&'v mut Value>, keys: &[&str]) -> Option<&'v mut Entries> {
    let value = keys.iter().try_fold(attribute?, |value, key| match value {
        Value::Map(entries) => entries.get_mut(*key),
        Value::Atom(_) => None,
    })?;
    match value {
        Value::Map(entries) => Some(entries),
        Value::Atom(_) => None,
    }
}

fn change_members(
    stored: Value,
    added: Option<&AttributeValue>,
    removed: Option<&AttributeValue>,
    default: &Value,
) -> Value {
    let mut members = match stored {
        Value::Atom(value) if set::is_set(&value) && !set::is_empty(&value) => Some(value),
        _ => None,
    };
    if let Some(removed) = removed {
        members = members.and_then(|members| set::difference(&members, Some(removed)));
    }
    if let Some(added) = added {
        members = Some(set::union(members.as_ref(), added));
    }
    match members {
        Some(members) => Value::Atom(members),
        None if default.is_empty_option_or_set() => default.clone(),
        None => Value::null(),
    }
}
