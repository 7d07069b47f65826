use std::collections::BTreeMap;

use super::changes::{Change, Changes, Kind};
use super::path::{Key, Path};
use crate::item::{Fields, Value};
use crate::schema::{Attribute, CounterRange, Role};

impl Changes {
    /// What leads from one version of a session's fields to another.
    pub(crate) fn between(attributes: &[Attribute], before: &Fields, after: Fields) -> Self {
        let mut list = Vec::new();
        for (index, attribute) in attributes.iter().enumerate() {
            let (before, after) = (before[index].as_ref(), after[index].as_ref());
            if before == after {
                continue;
            }
            let mut path = Path::top(index);
            match attribute.role() {
                Role::Value | Role::Merge => merge(&mut path, before, after, &mut list),
                Role::Whole => replace(&path, after, &mut list),
                Role::Append => append(path, before, after, &mut list),
                Role::Set => members(path, before, after, &mut list),
                // What a lenient field could not be read from.
                Role::Counter if is_out_of_range(before, attribute.range()) => {
                    replace(&path, after, &mut list);
                }
                Role::Counter => count(&mut path, before, after, &mut list),
            }
        }
        Self { after, list }
    }

    /// No changes: the fields as they are.
    pub(crate) fn none(fields: Fields) -> Self {
        Self { after: fields, list: Vec::new() }
    }
}

type List = Vec<Change>;

fn replace(path: &Path, after: Option<&Value>, list: &mut List) {
    let kind = if after.is_some() { Kind::Set } else { Kind::Remove };
    list.push(Change { path: path.clone(), kind });
}

fn merge(path: &mut Path, before: Option<&Value>, after: Option<&Value>, list: &mut List) {
    each_entry(path, before, after, list, merge);
}

fn is_out_of_range(value: Option<&Value>, range: CounterRange) -> bool {
    let is_outside = |number| number < range.min || number > range.max;
    value.and_then(Value::integer).is_some_and(is_outside)
}

fn count(path: &mut Path, before: Option<&Value>, after: Option<&Value>, list: &mut List) {
    let number = |value: Option<&Value>| value.and_then(Value::integer);
    let delta = match (number(before), number(after)) {
        (Some(before), Some(after)) => after - before,
        (None, Some(after)) if before.is_none() => after,
        // A map that was made: its counters begin at zero, so that they add up with those of another.
        (None, None) if before.is_none() && after.is_some_and(Value::has_entries) => {
            let empty = Value::Map(BTreeMap::new());
            return each_entry(path, Some(&empty), after, list, count);
        }
        _ => return each_entry(path, before, after, list, count),
    };
    list.push(Change { path: path.clone(), kind: Kind::Add(delta) });
}

/// Visits the entries in which two maps differ, or replaces what is not a map on both sides.
fn each_entry(
    path: &mut Path,
    before: Option<&Value>,
    after: Option<&Value>,
    list: &mut List,
    visit: fn(&mut Path, Option<&Value>, Option<&Value>, &mut List),
) {
    let (Some(Value::Map(before)), Some(Value::Map(after))) = (before, after) else {
        return replace(path, after, list);
    };
    let removal = |path: &Path, key: &Key| Change { path: path.child(key), kind: Kind::Remove };
    let mut before = before.iter().peekable();
    for (key, value) in after {
        while let Some((removed, _)) = before.next_if(|(earlier, _)| *earlier < key) {
            list.push(removal(path, removed));
        }
        let old = before.next_if(|(same, _)| *same == key).map(|(_, old)| old);
        if old != Some(value) {
            path.keys.push(key.clone());
            visit(path, old, Some(value), list);
            path.keys.pop();
        }
    }
    for (removed, _) in before {
        list.push(removal(path, removed));
    }
}

fn append(path: Path, before: Option<&Value>, after: Option<&Value>, list: &mut List) {
    if let (Some(before), Some(after)) = (before, after)
        && after.is_list_grown_from(before)
        && let Some(from) = before.list_length()
    {
        return list.push(Change { path, kind: Kind::Append { from } });
    }
    replace(&path, after, list);
}

/// An absent or NULL set is an empty one.
fn members(path: Path, before: Option<&Value>, after: Option<&Value>, list: &mut List) {
    let is_other = |value: &Value| value.set_type().is_none() && !value.is_empty_option_or_set();
    if before.is_some_and(is_other) {
        return replace(&path, after, list);
    }
    let native =
        |value: Option<&'_ Value>| value.filter(|value| value.set_type().is_some()).cloned();
    let (before, after) = (native(before), native(after));
    let added = after.as_ref().and_then(|after| after.members_without(before.as_ref()));
    let removed = before.as_ref().and_then(|before| before.members_without(after.as_ref()));
    if added.is_some() || removed.is_some() {
        list.push(Change { path, kind: Kind::Members { added, removed } });
    }
}
