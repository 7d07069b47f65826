use super::path::{Path, value_at};
use crate::item::{Fields, Value};

/// What a commit makes of a session: its fields as they are to be, and where they differ from before.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
    pub(crate) after: Fields,
    /// In the order of the schema.
    pub(super) list: Vec<Change>,
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
    /// It takes the value that the fields have there, which is the stored one in another form, unless that has changed.
    Restate {
        stored: Value,
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

    /// Has an attribute that does not change stored in another form.
    pub(crate) fn restate(&mut self, attribute: usize, stored: Value, restated: Value) {
        let position = self.list.partition_point(|change| change.path.attribute < attribute);
        let change = Change { path: Path::top(attribute), kind: Kind::Restate { stored } };
        self.list.insert(position, change);
        self.after[attribute] = Some(restated);
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
        !matches!(self.kind, Kind::Set | Kind::Remove | Kind::Restate { .. })
    }
}
