use crate::schema::KeyType;

/// A type that can be the partition key of an index, for a field marked `index`.
///
/// Implemented for texts and integers, and for an `Option` of either: a session whose value is `None` is not in the
/// index. A newtype implements it by naming the DynamoDB type as which serde stores it.
///
/// # Examples
///
/// ```
/// use dynamo_session::index::IndexKey;
/// use dynamo_session::schema::KeyType;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct UserId(String);
///
/// impl IndexKey for UserId {
///     const KEY_TYPE: KeyType = KeyType::S;
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of an index",
    label = "does not implement `IndexKey`",
    note = "an index holds text, numbers or bytes: use one of these, or a newtype of your own with `impl dynamo_session::index::IndexKey`, whose `KEY_TYPE` is `KeyType::S`, `N` or `B`"
)]
pub trait IndexKey {
    /// The DynamoDB type as which serde stores the value.
    const KEY_TYPE: KeyType;
}

impl<T: IndexKey> IndexKey for Option<T> {
    const KEY_TYPE: KeyType = T::KEY_TYPE;
}

macro_rules! index_keys {
    ($key_type:ident: $($type:ty),*) => {
        $(#[diagnostic::do_not_recommend]
        impl IndexKey for $type {
            const KEY_TYPE: KeyType = KeyType::$key_type;
        })*
    };
}

index_keys!(S: String, Box<str>, char);
index_keys!(N: i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);
#[cfg(feature = "uuid")]
index_keys!(S: uuid::Uuid);
