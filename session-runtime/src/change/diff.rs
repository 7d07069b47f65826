use aws_sdk_dynamodb::types::AttributeValue;

use super::{Change, Path};
use crate::item::{Fields, Value, integer, set};
use crate::schema::{Attribute, Role};

/// The changes that lead from one version of a session's fields to another.
pub(crate) fn diff(attributes: &[Attribute], before: &Fields, after: &Fields) -> Vec<Change> {
    let mut changes = Vec::new();
    for (index, attribute) in attributes.iter().enumerate() {
        let (before, after) = (before[index].as_ref(), after[index].as_ref());
        if before == after {
            continue;
        }
        let path = Path::top(index);
        match attribute.role() {
            Role::Value => merge(path, before, after, &mut changes),
            Role::Whole => replace(path, after, &mut changes),
            Role::Append => append(path, before, after, &mut changes),
            Role::Set => members(path, before, after, &mut changes),
            Role::Counter => count(path, before, after, &mut changes),
        }
    }
    changes
}

fn replace(path: Path, after: Option<&Value>, changes: &mut Vec<Change>) {
    changes.push(match after {
        Some(value) => Change::Set { path, value: value.clone() },
        None => Change::Remove { path },
    });
}

fn merge(path: Path, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    each_entry(path, before, after, changes, merge, replace);
}

fn count(path: Path, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    let number = |value: Option<&Value>| match value {
        Some(Value::Atom(value)) => integer(value),
        _ => None,
    };
    match (number(before), number(after)) {
        (Some(before), Some(after)) => changes.push(Change::Add { path, delta: after - before }),
        (None, Some(after)) if before.is_none() => changes.push(Change::Add { path, delta: after }),
        _ => each_entry(path, before, after, changes, count, replace),
    }
}

/// Visits the entries in which two maps differ, or replaces what is not a map on both sides.
fn each_entry(
    path: Path,
    before: Option<&Value>,
    after: Option<&Value>,
    changes: &mut Vec<Change>,
    visit: fn(Path, Option<&Value>, Option<&Value>, &mut Vec<Change>),
    replace: fn(Path, Option<&Value>, &mut Vec<Change>),
) {
    let (Some(Value::Map(before)), Some(Value::Map(after))) = (before, after) else {
        return replace(path, after, changes);
    };
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        replace(path.child(key.clone()), None, changes);
    }
    for (key, after) in after {
        let before = before.get(key);
        if before != Some(after) {
            visit(path.child(key.clone()), before, Some(after), changes);
        }
    }
}

fn append(path: Path, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    use AttributeValue::L;
    if let (Some(Value::Atom(L(before))), Some(Value::Atom(L(after)))) = (before, after)
        && let Some(elements) = after.strip_prefix(before.as_slice())
    {
        let attribute = path.attribute;
        return changes.push(Change::Append { attribute, elements: elements.to_vec() });
    }
    replace(path, after, changes);
}

fn members(path: Path, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    let (before, after) = (native_set(before), native_set(after));
    let added = after.and_then(|after| set::difference(after, before));
    let removed = before.and_then(|before| set::difference(before, after));
    let some = |set: Option<AttributeValue>| set.filter(|set| !set::is_empty(set));
    let (added, removed) = (some(added), some(removed));
    if added.is_some() || removed.is_some() {
        changes.push(Change::Members { attribute: path.attribute, added, removed });
    }
}

/// An absent or NULL set is an empty one.
fn native_set(value: Option<&Value>) -> Option<&AttributeValue> {
    match value {
        Some(Value::Atom(value)) if set::is_set(value) => Some(value),
        _ => None,
    }
}
