use aws_sdk_dynamodb::types::AttributeValue;

use super::{Change, Path};
use crate::item::{Fields, Value, integer, set};
use crate::schema::{Attribute, Role};

/// The changes that lead from one version of a session's fields to another.
pub(crate) fn diff<'a>(
    attributes: &[Attribute],
    before: &'a Fields,
    after: &'a Fields,
) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    for (index, attribute) in attributes.iter().enumerate() {
        let (before, after) = (before[index].as_ref(), after[index].as_ref());
        if before == after {
            continue;
        }
        let mut path = Path::top(index);
        match attribute.role() {
            Role::Value | Role::Merge => merge(&mut path, before, after, &mut changes),
            Role::Whole => replace(&path, after, &mut changes),
            Role::Append => append(&path, before, after, &mut changes),
            Role::Set => members(&path, before, after, &mut changes),
            Role::Counter => count(&mut path, before, after, &mut changes),
        }
    }
    changes
}

fn replace<'a>(path: &Path<'a>, after: Option<&'a Value>, changes: &mut Vec<Change<'a>>) {
    let path = path.clone();
    changes.push(match after {
        Some(value) => Change::Set { path, value },
        None => Change::Remove { path },
    });
}

fn merge<'a>(
    path: &mut Path<'a>,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    changes: &mut Vec<Change<'a>>,
) {
    each_entry(path, before, after, changes, merge);
}

fn count<'a>(
    path: &mut Path<'a>,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    changes: &mut Vec<Change<'a>>,
) {
    let number = |value: Option<&Value>| match value {
        Some(Value::Atom(value)) => integer(value),
        _ => None,
    };
    let delta = match (number(before), number(after)) {
        (Some(before), Some(after)) => after - before,
        (None, Some(after)) if before.is_none() => after,
        _ => return each_entry(path, before, after, changes, count),
    };
    changes.push(Change::Add { path: path.clone(), delta });
}

/// Visits the entries in which two maps differ, or replaces what is not a map on both sides.
fn each_entry<'a>(
    path: &mut Path<'a>,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    changes: &mut Vec<Change<'a>>,
    visit: fn(&mut Path<'a>, Option<&'a Value>, Option<&'a Value>, &mut Vec<Change<'a>>),
) {
    let (Some(Value::Map(before)), Some(Value::Map(after))) = (before, after) else {
        return replace(path, after, changes);
    };
    let mut before = before.iter().peekable();
    for (key, value) in after {
        while let Some((removed, _)) = before.next_if(|(earlier, _)| *earlier < key) {
            changes.push(Change::Remove { path: path.child(removed) });
        }
        let old = before.next_if(|(same, _)| *same == key).map(|(_, old)| old);
        if old != Some(value) {
            path.keys.push(key);
            visit(path, old, Some(value), changes);
            path.keys.pop();
        }
    }
    for (removed, _) in before {
        changes.push(Change::Remove { path: path.child(removed) });
    }
}

fn append<'a>(
    path: &Path<'a>,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    changes: &mut Vec<Change<'a>>,
) {
    use AttributeValue::L;
    if let (Some(Value::Atom(L(before))), Some(Value::Atom(L(after)))) = (before, after)
        && let Some(elements) = after.strip_prefix(before.as_slice())
    {
        return changes.push(Change::Append { attribute: path.attribute, elements });
    }
    replace(path, after, changes);
}

fn members<'a>(
    path: &Path<'a>,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    changes: &mut Vec<Change<'a>>,
) {
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
