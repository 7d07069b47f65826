use super::key_prefix::{HASH_BYTES, require_visible};

/// DynamoDB's limit on a sort key's value.
pub(super) const MAX_SORT_KEY_BYTES: usize = 1024;

/// The sort key of a table that has one, as many have that other programs made. A session's own key decides its value.
///
/// # Examples
///
/// ```
/// use dynamo_session::{DynamoSession, Expires, SessionId};
///
/// #[derive(DynamoSession)]
/// #[session(sort_key = "sk", sort_key_value = "SESSION")]
/// struct Login {
///     #[session(hash_key, rename = "pk")]
///     id: SessionId,
///     #[session(ttl)]
///     expires_at: Expires,
/// }
///
/// let sort_key = Login::SCHEMA.sort_key().unwrap();
/// assert_eq!(sort_key.name(), "sk");
/// assert_eq!(sort_key.fixed_value(), Some("SESSION"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    name: &'static str,
    fixed: Option<&'static str>,
}

impl SortKey {
    /// Evaluated by the compiler, for which a panic is an error at the struct.
    pub(super) const fn same(name: &'static str, key_prefix: &'static str) -> Self {
        assert!(
            key_prefix.len() <= MAX_SORT_KEY_BYTES - HASH_BYTES,
            "`key_prefix` is too long: a sort key has 1024 bytes, and 43 of them are the id's, so write at most 981, or a \
             `sort_key_value`"
        );
        Self { name, fixed: None }
    }

    /// Evaluated by the compiler, as [`same`](Self::same) is.
    pub(super) const fn fixed(name: &'static str, value: &'static str) -> Self {
        assert!(!value.is_empty(), "`sort_key_value` is empty, which DynamoDB takes for no key");
        assert!(
            value.len() <= MAX_SORT_KEY_BYTES,
            "`sort_key_value` is too long: write at most 1024 bytes"
        );
        require_visible(
            value,
            "`sort_key_value` has a control character, which no tool shows: write it without",
        );
        Self { name, fixed: Some(value) }
    }

    /// The attribute's name; its type is always String (S).
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The value that all sessions of the type have, if the struct says one; else each has that of its partition key.
    pub const fn fixed_value(&self) -> Option<&'static str> {
        self.fixed
    }

    /// The value of the item that has this value of the partition key.
    pub(super) fn value(self, hash: &str) -> &str {
        self.fixed.unwrap_or(hash)
    }
}
