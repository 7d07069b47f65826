//! What generated code calls. Not stable: do not call it by hand.

pub use core;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::item::{Decoder, EncodeError, Encoder, Value, ValueSerializer};
pub use crate::schema::{CounterRange, Header};
pub use serde_dynamo::Deserializer as ValueDeserializer;
pub use serde_dynamo::Error as DecodeError;

/// A type that serde can store and read back.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a session",
    label = "serde cannot store this type",
    note = "derive `serde::Serialize` and `serde::Deserialize` for it, or mark the field with `#[session(with = path)]` or `#[session(skip)]`"
)]
pub trait Field: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Field for T {}

/// Bytes, stored as Binary.
pub trait Bytes: Sized {
    fn bytes(&self) -> Option<&[u8]>;
    fn from_bytes(bytes: Option<Vec<u8>>) -> Option<Self>;
}

impl Bytes for Vec<u8> {
    fn bytes(&self) -> Option<&[u8]> {
        Some(self)
    }

    fn from_bytes(bytes: Option<Vec<u8>>) -> Option<Self> {
        bytes
    }
}

impl<const N: usize> Bytes for [u8; N] {
    fn bytes(&self) -> Option<&[u8]> {
        Some(self)
    }

    fn from_bytes(bytes: Option<Vec<u8>>) -> Option<Self> {
        bytes?.try_into().ok()
    }
}

impl<T: Bytes> Bytes for Option<T> {
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
        $(impl Counter for $integer {
            const RANGE: CounterRange =
                CounterRange { min: <$integer>::MIN as i128, max: <$integer>::MAX as i128 };
        })*
    };
}

counters!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

impl<K, V: Counter> Counter for std::collections::BTreeMap<K, V> {
    const RANGE: CounterRange = V::RANGE;
}

impl<K, V: Counter, H> Counter for std::collections::HashMap<K, V, H> {
    const RANGE: CounterRange = V::RANGE;
}

/// A set of texts, numbers or bytes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored as a native set",
    label = "not a set",
    note = "use a `BTreeSet` or `HashSet` whose members serialize as text, a number or bytes"
)]
pub trait Set {}

impl<T> Set for std::collections::BTreeSet<T> {}

impl<T, H> Set for std::collections::HashSet<T, H> {}
