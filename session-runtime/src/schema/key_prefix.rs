use crate::id::{MAX_KEY_BYTES, SessionKey};

/// What a [`SessionId`](crate::SessionId) adds to a prefix.
pub(super) const HASH_BYTES: usize = 43;

/// Evaluated by the compiler, for which a panic is an error at the struct.
pub(super) const fn require_visible(text: &str, refusal: &str) {
    let bytes = text.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        // In UTF-8, U+0080 to U+009F begin with C2, and no other character has such a second byte after it.
        let is_c1 = index > 0 && bytes[index - 1] == 0xC2 && bytes[index] < 0xA0;
        assert!(!bytes[index].is_ascii_control() && !is_c1, "{}", refusal);
        index += 1;
    }
}

/// What the table's keys of one session type begin with. Whatever makes such a key, or reads one, does it here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyPrefix(&'static str);

impl KeyPrefix {
    pub(super) const NONE: Self = Self("");

    /// Evaluated by the compiler, for which a panic is an error at the struct.
    pub(super) const fn new(prefix: &'static str) -> Self {
        assert!(
            prefix.len() <= MAX_KEY_BYTES - HASH_BYTES,
            "`key_prefix` is too long: a key has 2048 bytes, and 43 of them are the id's, so write at most 2005"
        );
        require_visible(
            prefix,
            "`key_prefix` has a control character, which no tool shows: write it without",
        );
        Self(prefix)
    }

    pub(crate) const fn text(self) -> &'static str {
        self.0
    }

    /// The key under which the table keeps the session with this id.
    pub(crate) fn table_key(self, id: &impl SessionKey) -> String {
        let mut key = id.attribute_value();
        key.insert_str(0, self.0);
        key
    }

    /// Whether a session of this type may be under a key of the table.
    pub(crate) fn is_in(self, table_key: &str) -> bool {
        table_key.starts_with(self.0)
    }

    /// A few characters that name the session under a key of the table without giving it away.
    pub(crate) fn fingerprint<K: SessionKey>(self, table_key: &str) -> String {
        K::stored_fingerprint(table_key.strip_prefix(self.0).unwrap_or(table_key))
    }
}
