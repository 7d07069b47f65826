/// A global secondary index on one attribute: sparse and keys-only, and sorted by when the sessions began where the type
/// has a field marked `created`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    name: &'static str,
    attribute: &'static str,
    key_type: KeyType,
    sort_key: Option<&'static str>,
}

impl Index {
    pub(super) const fn new(
        name: &'static str,
        attribute: &'static str,
        key_type: KeyType,
        sort_key: Option<&'static str>,
    ) -> Self {
        Self { name, attribute, key_type, sort_key }
    }

    /// The index's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The attribute that is the index's partition key.
    pub const fn attribute(&self) -> &'static str {
        self.attribute
    }

    /// The type of that attribute.
    pub const fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// The attribute that is the index's sort key, a Number (N): the session's creation, if the type has a field marked
    /// `created`.
    ///
    /// It never changes while a session lives, so it costs no write of the index.
    pub const fn sort_key(&self) -> Option<&'static str> {
        self.sort_key
    }

    /// The attributes of the index's key with their types: the partition key, and the sort key if there is one.
    pub(crate) fn key(self) -> impl Iterator<Item = (&'static str, KeyType)> {
        let sort_key = self.sort_key.map(|name| (name, KeyType::N));
        std::iter::once((self.attribute, self.key_type)).chain(sort_key)
    }
}

/// A DynamoDB type that may be a key: String, Number or Binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// String
    S,
    /// Number
    N,
    /// Binary
    B,
}
