use super::sort_key::{MAX_SORT_KEY_BYTES, SortKey};
use crate::id::MAX_KEY_BYTES;

/// The key of the table: of a session's item, the value of the partition key gives the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PrimaryKey {
    hash_key: &'static str,
    sort_key: Option<SortKey>,
}

impl PrimaryKey {
    pub(super) const fn new(hash_key: &'static str) -> Self {
        Self { hash_key, sort_key: None }
    }

    pub(super) const fn with_sort_key(mut self, sort_key: SortKey) -> Self {
        self.sort_key = Some(sort_key);
        self
    }

    pub(crate) const fn hash_key(self) -> &'static str {
        self.hash_key
    }

    pub(crate) const fn sort_key(self) -> Option<SortKey> {
        self.sort_key
    }

    /// The attributes that make up the key.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        let sort_key = self.sort_key.map(|sort_key| sort_key.name());
        std::iter::once(self.hash_key).chain(sort_key)
    }

    /// The attributes and values of the item that has this value of the partition key.
    pub(crate) fn parts(self, hash: &str) -> impl Iterator<Item = (&'static str, &str)> {
        let sort_key = self.sort_key.map(|sort_key| (sort_key.name(), sort_key.value(hash)));
        std::iter::once((self.hash_key, hash)).chain(sort_key)
    }

    /// Whether an item with these values may be a session: another sort key is that of something else.
    pub(crate) fn is_sessions(self, hash: &str, sort: Option<&str>) -> bool {
        self.sort_key.is_none_or(|sort_key| sort == Some(sort_key.value(hash)))
    }

    /// How many bytes the partition key's value may have.
    pub(crate) fn longest(self) -> usize {
        match self.sort_key {
            Some(sort_key) if sort_key.fixed_value().is_none() => MAX_SORT_KEY_BYTES,
            _ => MAX_KEY_BYTES,
        }
    }
}
