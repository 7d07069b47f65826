//! What a session type is to the rest of the crate, and what its fields have to be: implemented by the derive
//! and for whatever serde can store.
//!
//! The bounds of the traits are where a field of the wrong type is found, so their messages are worded for
//! users. `do_not_recommend` keeps the compiler from adding lists of implementations to them.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::expiry::{AuthenticatedAt, EpochSeconds};
use crate::id::{SessionId, SessionKey};
use crate::item::{Decoder, Encoder};
use crate::schema::{CounterRange, Role, Schema, Secrecy};

/// A struct that can be kept as a session in DynamoDB.
///
/// Implemented by `#[derive(DynamoSession)]`, which documents the vocabulary. The hidden methods are
/// what the derive generates; they are not stable and not meant to be written by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a session",
    label = "not a session",
    note = "add `#[derive(DynamoSession)]` to the struct"
)]
pub trait DynamoSession: Sized + Send + 'static {
    /// The type of the field marked `hash_key`.
    type Key: SessionKey;

    /// The session as data: table, attributes, roles, indexes, timeouts.
    const SCHEMA: &'static Schema;

    /// Here, and not in what the derive writes, so that a wrong type of the key is one error.
    #[doc(hidden)]
    const __IS_PREFIXED: bool = <Self::Key as SessionKey>::PREFIXED_BY_DEFAULT;

    #[doc(hidden)]
    fn __new(header: Header<Self::Key>) -> Self;

    #[doc(hidden)]
    fn __key(&self) -> &Self::Key;

    #[doc(hidden)]
    fn __set_key(&mut self, key: Self::Key);

    #[doc(hidden)]
    fn __expires(&self) -> i64;

    #[doc(hidden)]
    fn __set_expires(&mut self, expires: i64);

    #[doc(hidden)]
    fn __created(&self) -> Option<i64>;

    #[doc(hidden)]
    fn __set_created(&mut self, _: i64) {}

    #[doc(hidden)]
    fn __authenticated(&self) -> Option<i64> {
        None
    }

    #[doc(hidden)]
    fn __encode(&self, encoder: &mut Encoder) -> Result<(), Error>;

    #[doc(hidden)]
    fn __decode_field(&mut self, index: usize, decoder: &mut Decoder<'_>) -> Result<(), Error>;
}

/// A session that knows when its visitor last authenticated: implemented by the derive where a field is marked
/// `authenticated`.
///
/// # Examples
///
/// ```
/// use dynamo_session::{Authenticated, AuthenticatedAt, DynamoSession, Expires, SessionId};
///
/// #[derive(DynamoSession)]
/// struct ShopSession {
///     #[session(hash_key)]
///     id: SessionId,
///     #[session(ttl)]
///     expires_at: Expires,
///     #[session(authenticated)]
///     authenticated_at: Option<AuthenticatedAt>,
/// }
///
/// fn is_logged_in(session: &impl Authenticated) -> bool {
///     session.authenticated_at().is_some()
/// }
/// # let _ = |session: &ShopSession| is_logged_in(session);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say when its visitor authenticated",
    label = "has no field marked `authenticated`",
    note = "add a field `#[session(authenticated)] authenticated_at: Option<AuthenticatedAt>` to `{Self}`"
)]
pub trait Authenticated: DynamoSession {
    /// When the visitor last authenticated; `None` if that was never, or before the type had the field.
    fn authenticated_at(&self) -> Option<AuthenticatedAt> {
        self.__authenticated().map(AuthenticatedAt::from_epoch_seconds)
    }

    #[doc(hidden)]
    fn __authenticate(&mut self, at: i64);
}

/// What belongs to the handle and not to the application: key, creation and expiry (epoch seconds).
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Header<K> {
    pub key: K,
    pub created: i64,
    pub expires: i64,
}

/// A type that serde can store and read back.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a session",
    label = "serde cannot store this type",
    note = "derive `serde::Serialize` and `serde::Deserialize` for it and for every type inside it, or mark the field with `#[session(with = path)]` or `#[session(skip)]`",
    note = "serde stores `Arc` if its feature `rc` is on"
)]
pub trait Field: Sized {
    /// Hands the value to the encoder, as the attribute at this position in the schema.
    fn encode(&self, encoder: &mut Encoder, index: usize) -> Result<(), Error>;

    /// Takes the attribute at this position from the decoder; one that cannot be read has the default, if its field is lenient.
    fn decode(
        decoder: &mut Decoder<'_>,
        index: usize,
        default: impl FnOnce() -> Self,
    ) -> Result<Self, Error>;
}

// The traits of serde are not supertraits: the compiler would speak of them, and not of `Field`.
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Field for T {
    fn encode(&self, encoder: &mut Encoder, index: usize) -> Result<(), Error> {
        encoder.value(index, self)
    }

    fn decode(
        decoder: &mut Decoder<'_>,
        index: usize,
        default: impl FnOnce() -> Self,
    ) -> Result<Self, Error> {
        decoder.value(index, default)
    }
}

/// A type with a value for a new session to start with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no default for a new session to start with",
    label = "does not implement `Default`",
    note = "make the field an `Option`, write the value, `#[session(default = ...)]`, or implement `Default` if the type is yours",
    note = "a field that need not be stored is `#[session(skip, default = ...)]`"
)]
pub trait Initial: Sized {
    /// The value in a new session.
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
    label = "needs `hash_key`, `ttl`, `created` or `authenticated`",
    note = "write `#[session(hash_key)]` for the `SessionId`, `#[session(ttl)]` for `Expires`, `#[session(created)]` for `CreatedAt`, `#[session(authenticated)]` for `Option<AuthenticatedAt>`, each once"
)]
pub trait Unmarked: Sized {
    /// The value in a new session.
    fn initial() -> Self;

    /// Hands the value to the encoder, as the attribute at this position in the schema.
    fn encode(&self, encoder: &mut Encoder, index: usize) -> Result<(), Error>;

    /// Takes the attribute at this position from the decoder; one that cannot be read has the default, if its field is lenient.
    fn decode(
        decoder: &mut Decoder<'_>,
        index: usize,
        default: impl FnOnce() -> Self,
    ) -> Result<Self, Error>;
}

#[diagnostic::do_not_recommend]
impl<T: Field + Default> Unmarked for T {
    fn initial() -> Self {
        Self::default()
    }

    fn encode(&self, encoder: &mut Encoder, index: usize) -> Result<(), Error> {
        Field::encode(self, encoder, index)
    }

    fn decode(
        decoder: &mut Decoder<'_>,
        index: usize,
        default: impl FnOnce() -> Self,
    ) -> Result<Self, Error> {
        Field::decode(decoder, index, default)
    }
}

/// Bytes, stored as Binary.
pub trait Bytes: Sized {
    /// The value in a new session.
    fn initial() -> Self;

    /// Hands the value to the encoder, as the attribute at this position in the schema.
    fn encode(&self, encoder: &mut Encoder, index: usize) -> Result<(), Error> {
        encoder.bytes(index, self.bytes())
    }

    /// Takes the attribute at this position from the decoder; one that cannot be read has the default, if its field is lenient.
    fn decode(
        decoder: &mut Decoder<'_>,
        index: usize,
        default: impl FnOnce() -> Self,
    ) -> Result<Self, Error> {
        decoder.bytes(index, default, Self::from_bytes)
    }

    /// `None` is stored as NULL, or not at all.
    fn bytes(&self) -> Option<&[u8]>;
    /// `None` where the number of bytes does not fit.
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
    /// What the type can hold.
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

/// When a visitor authenticated, if ever; stored as a Number.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold when the visitor authenticated",
    label = "not an `Option` of a time",
    note = "write `Option<AuthenticatedAt>`, or an `Option` of another type that can be `created`"
)]
pub trait Authentication: Sized {
    /// Never.
    fn initial() -> Self;

    /// That many seconds after the Unix epoch.
    fn at(seconds: i64) -> Self;

    /// Seconds since the Unix epoch.
    fn epoch_seconds(&self) -> Option<i64>;

    /// Hands the value to the encoder, as the attribute at this position in the schema.
    fn encode(&self, encoder: &mut Encoder, index: usize) -> Result<(), Error> {
        encoder.value(index, &self.epoch_seconds())
    }

    /// Takes the attribute at this position from the decoder.
    fn decode(decoder: &mut Decoder<'_>, index: usize) -> Result<Self, Error> {
        let seconds: Option<i64> = decoder.value(index, || None)?;
        Ok(seconds.map_or_else(Self::initial, Self::at))
    }
}

#[diagnostic::do_not_recommend]
impl<T: EpochSeconds> Authentication for Option<T> {
    fn initial() -> Self {
        None
    }

    fn at(seconds: i64) -> Self {
        Some(T::from_epoch_seconds(seconds))
    }

    fn epoch_seconds(&self) -> Option<i64> {
        self.as_ref().map(EpochSeconds::epoch_seconds)
    }
}

/// Whether a session is remembered.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say whether a session is remembered",
    label = "not a `bool`",
    note = "a field marked `remember` is a `bool`"
)]
pub trait Remember {
    /// How a commit writes the field.
    const ROLE: Role = Role::Value;
}

#[diagnostic::do_not_recommend]
impl Remember for bool {}

/// A key of which the table holds no more than a hash, so that keys for encryption can be derived from it.
#[diagnostic::on_unimplemented(
    message = "a session whose hash key is `{Self}` cannot have a secret",
    label = "not a `SessionId`",
    note = "a secret is encrypted under a key that is derived from the session's id: the table holds only the hash of a `SessionId`, but other keys as they are"
)]
pub trait KeepsSecrets {
    /// Fields are stored encrypted.
    const ENCRYPTED: Secrecy = Secrecy::Encrypted;
    /// Fields that are stored encrypted are read.
    const READABLE: Secrecy = Secrecy::Readable;
}

#[diagnostic::do_not_recommend]
impl KeepsSecrets for SessionId {}

/// A set of texts, numbers or bytes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored as a native set",
    label = "not a set",
    note = "use a `BTreeSet` or `HashSet` whose members serialize as text, a number or bytes"
)]
pub trait Set {
    /// How a commit writes the field.
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
    /// How a commit writes the field.
    const ROLE: Role = Role::Append;
}

#[diagnostic::do_not_recommend]
impl<T> List for Vec<T> {}

#[diagnostic::do_not_recommend]
impl<T> List for std::collections::VecDeque<T> {}

#[diagnostic::do_not_recommend]
impl<T> List for std::collections::LinkedList<T> {}
