//! Two versions of a session's fields become a list of changes, and the changes an expression, or a new value in memory.
//!
//! Merging means the same in both: what [`plan`] writes for DynamoDB to do is what [`apply`] does to a value in hand.

mod apply;
mod diff;
mod plan;
mod range;

use std::borrow::Cow;

pub(crate) use apply::{apply, apply_to_item};
pub(crate) use plan::{Base, Plan, plan, plan_whole};
pub(crate) use range::counter_out_of_range;

use crate::item::{Fields, Value};

/// What a commit makes of a session: its fields as they are to be, and where they differ from before.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
    pub(crate) after: Fields,
    /// In the order of the schema.
    list: Vec<Change>,
}

/// What becomes of one place in the item.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) path: Path,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// It takes the value that the fields have there.
    Set,
    Remove,
    Add(i128),
    /// Members of a native set; at least one side has some.
    Members {
        added: Option<Value>,
        removed: Option<Value>,
    },
    /// The elements of the list from this position on are new.
    Append {
        from: usize,
    },
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Change> {
        self.list.iter()
    }

    /// The changes of each attribute that has some.
    pub(crate) fn by_attribute(&self) -> impl Iterator<Item = (usize, &[Change])> {
        let same = |a: &Change, b: &Change| a.path.attribute == b.path.attribute;
        self.list.chunk_by(same).map(|changes| (changes[0].path.attribute, changes))
    }

    pub(crate) fn of(&self, attribute: usize) -> &[Change] {
        let start = self.list.partition_point(|change| change.path.attribute < attribute);
        let end = self.list.partition_point(|change| change.path.attribute <= attribute);
        &self.list[start..end]
    }

    /// What the fields are to have at a place.
    pub(crate) fn value(&self, path: &Path) -> Option<&Value> {
        value_at(self.after[path.attribute].as_ref(), &path.keys)
    }

    /// Whether what is stored afterwards may be something else than the fields have, because it merges with what others
    /// wrote.
    pub(crate) fn merge(&self) -> bool {
        self.list.iter().any(Change::merges)
    }
}

impl Change {
    pub(crate) fn merges(&self) -> bool {
        !matches!(self.kind, Kind::Set | Kind::Remove)
    }
}

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

    fn child(&self, key: &Key) -> Self {
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
        Value::Atom(_) => None,
    })
}

/// How many of the keys lead to the first place on the way that is not a map; `None` if all of them go through maps.
fn missing_parent(attribute: Option<&Value>, keys: &[Key]) -> Option<usize> {
    let mut value = attribute;
    for (depth, key) in keys.iter().enumerate() {
        let Some(Value::Map(entries)) = value else { return Some(depth) };
        value = entries.get(key);
    }
    None
}

/// What an absent attribute is read as, where that is something: a default stands in for it.
fn standing_in(default: &Value) -> Option<Value> {
    (!default.is_empty_option_or_set()).then(|| default.clone())
}
