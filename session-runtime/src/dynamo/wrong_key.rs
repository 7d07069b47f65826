use crate::error::{Error, ErrorKind};

/// Who says what the table's key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    SessionType,
    #[cfg_attr(not(feature = "interop"), expect(dead_code, reason = "there are no other stores"))]
    ForeignStore,
}

/// The table's key is not what it should be.
pub(super) fn wrong_key(whose: Whose, hash_key: &str, sort_key: Option<&str>) -> Error {
    let key = match sort_key {
        None => format!("the String (S) attribute `{hash_key}` alone"),
        Some(sort_key) => format!(
            "the String (S) attribute `{hash_key}` with `{sort_key}` as its sort key, of the same type"
        ),
    };
    let advice = match (whose, sort_key) {
        (Whose::SessionType, None) => {
            "as the session type says; name another table, change the field marked `hash_key`, or, if the table \
             has a sort key, write it as `sort_key` on the struct"
        }
        (Whose::SessionType, Some(_)) => {
            "as the session type says; name another table, or change the field marked `hash_key` or the struct's \
             `sort_key`"
        }
        (Whose::ForeignStore, _) => {
            "as the `ForeignStore` says; name another table, or say `.hash_key(..)` and `.sort_key(..)`"
        }
    };
    let detail = format!("the table's key is not {key}, {advice}");
    Error::new(ErrorKind::Configuration, detail).with_attribute(hash_key)
}
