use std::borrow::Cow;

use crate::item::Value;

/// A key of a map in the item.
pub(crate) type Key = Cow<'static, str>;

/// A place in the item: an attribute of the schema, and map keys inside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path {
    pub(crate) attribute: usize,
    pub(crate) keys: Vec<Key>,
}

impl Path {
    pub(crate) fn top(attribute: usize) -> Self {
        Self { attribute, keys: Vec::new() }
    }

    pub(super) fn child(&self, key: &Key) -> Self {
        let mut keys = Vec::with_capacity(self.keys.len() + 1);
        keys.extend_from_slice(&self.keys);
        keys.push(key.clone());
        Self { attribute: self.attribute, keys }
    }
}

/// The value at these keys, if every key on the way is there.
pub(crate) fn value_at<'v>(attribute: Option<&'v Value>, keys: &[Key]) -> Option<&'v Value> {
    keys.iter().try_fold(attribute?, |value, key| match value {
        Value::Map(entries) => entries.get(key),
        Value::Struct(_) | Value::Atom(_) => None,
    })
}

/// How many of the keys lead to the first place on the way that is not a map; `None` if all of them go through maps.
pub(super) fn missing_parent(attribute: Option<&Value>, keys: &[Key]) -> Option<usize> {
    let mut value = attribute;
    for (depth, key) in keys.iter().enumerate() {
        let Some(Value::Map(entries)) = value else { return Some(depth) };
        value = entries.get(key);
    }
    None
}
