//! What generated code calls. Not stable: do not call it by hand.
//!
//! The bounds of the traits are where a field of the wrong type is found, so their messages are worded for
//! users. `do_not_recommend` keeps the compiler from adding lists of implementations to them.

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use core::marker::Send;
pub use core::option::Option::{self, None, Some};
pub use core::primitive::{i64, usize};
pub use core::result::Result::Ok;
pub use core::unreachable;

// For the benchmarks alone.
pub use crate::commit::{Planned, Planning};
pub use crate::item::{Decoder, EncodeError, Encoder, Value, ValueSerializer};
pub use crate::schema::{CounterRange, Header};
pub use crate::{
    Attribute, DynamoSession, EpochSeconds, Error, IndexKey, KeyType, Role, Schema, SessionId,
    SessionIndex, SessionKey, Timeouts,
};
pub use serde_dynamo::Deserializer as ValueDeserializer;
pub use serde_dynamo::Error as DecodeError;

/// What the hidden methods of a session return.
pub type Result<T> = core::result::Result<T, Error>;

/// A type that serde can store and read back.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a session",
    label = "serde cannot store this type",
    note = "derive `serde::Serialize` and `serde::Deserialize` for it and for every type inside it, or mark the field with `#[session(with = path)]` or `#[session(skip)]`"
)]
pub trait Field: Sized {
    fn encode(&self, encoder: &mut Encoder, index: usize) -> Result<()>;

    fn decode(
        decoder: &mut Decoder<'_>,
        index: usize,
        default: impl FnOnce() -> Self,
    ) -> Result<Self>;
}

// The traits of serde are not supertraits: the compiler would speak of them, and not of `Field`.
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Field for T {
    fn encode(&self, encoder: &mut Encoder, index: usize) -> Result<()> {
        encoder.value(index, self)
    }

    fn decode(
        decoder: &mut Decoder<'_>,
        index: usize,
        default: impl FnOnce() -> Self,
    ) -> Result<Self> {
        decoder.value(index, default)
    }
}

/// A type with a value for a new session to start with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no default for a new session to start with",
    label = "does not implement `Default`",
    note = "write the value, `#[session(default = ...)]`, or implement `Default` for `{Self}`",
    note = "a field that need not be stored is `#[session(skip, default = ...)]`"
)]
pub trait Initial: Sized {
    fn initial() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> Initial for T {
    fn initial() -> Self {
        T::default()
    }
}

/// A field of a type whose name is that of a type which the store sets.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is set by the store, and nothing marks this field for it",
    label = "needs `hash_key`, `ttl` or `created`",
    note = "write `#[session(hash_key)]` for the `SessionId`, `#[session(ttl)]` for `Expires`, `#[session(created)]` for `CreatedAt`, each once"
)]
pub trait Unmarked: Sized {
    fn initial() -> Self;

    fn encode(&self, encoder: &mut Encoder, index: usize) -> Result<()>;

    fn decode(
        decoder: &mut Decoder<'_>,
        index: usize,
        default: impl FnOnce() -> Self,
    ) -> Result<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Field + Default> Unmarked for T {
    fn initial() -> Self {
        Self::default()
    }

    fn encode(&self, encoder: &mut Encoder, index: usize) -> Result<()> {
        Field::encode(self, encoder, index)
    }

    fn decode(
        decoder: &mut Decoder<'_>,
        index: usize,
        default: impl FnOnce() -> Self,
    ) -> Result<Self> {
        Field::decode(decoder, index, default)
    }
}

/// Bytes, stored as Binary.
pub trait Bytes: Sized {
    fn initial() -> Self;

    fn encode(&self, encoder: &mut Encoder, index: usize) -> Result<()> {
        encoder.bytes(index, self)
    }

    fn decode(
        decoder: &mut Decoder<'_>,
        index: usize,
        default: impl FnOnce() -> Self,
    ) -> Result<Self> {
        decoder.bytes(index, default)
    }

    fn bytes(&self) -> Option<&[u8]>;
    fn from_bytes(bytes: Option<Vec<u8>>) -> Option<Self>;
}

impl Bytes for Vec<u8> {
    fn initial() -> Self {
        Self::new()
    }

    fn bytes(&self) -> Option<&[u8]> {
        Some(self)
    }

    fn from_bytes(bytes: Option<Vec<u8>>) -> Option<Self> {
        bytes
    }
}

impl<const N: usize> Bytes for [u8; N] {
    fn initial() -> Self {
        [0; N]
    }

    fn bytes(&self) -> Option<&[u8]> {
        Some(self)
    }

    fn from_bytes(bytes: Option<Vec<u8>>) -> Option<Self> {
        bytes?.try_into().ok()
    }
}

impl<T: Bytes> Bytes for Option<T> {
    fn initial() -> Self {
        None
    }

    fn bytes(&self) -> Option<&[u8]> {
        self.as_ref()?.bytes()
    }

    fn from_bytes(bytes: Option<Vec<u8>>) -> Option<Self> {
        match bytes {
            None => Some(None),
            some => T::from_bytes(some).map(Some),
        }
    }
}

/// An integer, or a map of integers, whose differences are added up.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a counter",
    label = "not an integer, nor a map of integers",
    note = "a counter is an integer of up to 64 bits, or a `BTreeMap` or `HashMap` of them"
)]
pub trait Counter {
    const RANGE: CounterRange;
}

macro_rules! counters {
    ($($integer:ty),*) => {
        $(#[diagnostic::do_not_recommend]
        impl Counter for $integer {
            const RANGE: CounterRange =
                CounterRange { min: <$integer>::MIN as i128, max: <$integer>::MAX as i128 };
        })*
    };
}

counters!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

#[diagnostic::do_not_recommend]
impl<K, V: Counter> Counter for std::collections::BTreeMap<K, V> {
    const RANGE: CounterRange = V::RANGE;
}

#[diagnostic::do_not_recommend]
impl<K, V: Counter, H> Counter for std::collections::HashMap<K, V, H> {
    const RANGE: CounterRange = V::RANGE;
}

/// A set of texts, numbers or bytes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored as a native set",
    label = "not a set",
    note = "use a `BTreeSet` or `HashSet` whose members serialize as text, a number or bytes"
)]
pub trait Set {
    const ROLE: Role = Role::Set;
}

#[diagnostic::do_not_recommend]
impl<T> Set for std::collections::BTreeSet<T> {}

#[diagnostic::do_not_recommend]
impl<T, H> Set for std::collections::HashSet<T, H> {}

/// A list that can grow.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be appended to",
    label = "not a list",
    note = "use a `Vec`, `VecDeque` or `LinkedList`, or remove `append`"
)]
pub trait List {
    const ROLE: Role = Role::Append;
}

#[diagnostic::do_not_recommend]
impl<T> List for Vec<T> {}

#[diagnostic::do_not_recommend]
impl<T> List for std::collections::VecDeque<T> {}

#[diagnostic::do_not_recommend]
impl<T> List for std::collections::LinkedList<T> {}
