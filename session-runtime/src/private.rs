//! What generated code calls. Not stable: do not call it by hand.

pub use core::convert::From;
pub use core::marker::Send;
pub use core::option::Option::{self, None, Some};
pub use core::primitive::{i64, usize};
pub use core::result::Result::Ok;
pub use core::unreachable;

pub use crate::derived::{
    Authenticated, Authentication, Bytes, Counter, DynamoSession, Field, Header, Initial,
    KeepsSecrets, List, Remember, Set, Unmarked,
};
pub use crate::error::Error;
pub use crate::expiry::{EpochSeconds, Timeouts};
pub use crate::id::{SessionId, SessionKey};
pub use crate::index::{IndexKey, SessionField, SessionIndex};
pub use crate::item::{
    DecodeError, Decoder, EncodeError, Encoder, Value, ValueDeserializer, ValueSerializer,
};
pub use crate::schema::{Attribute, CounterRange, KeyType, Role, Schema};

/// What the hidden methods of a session return.
pub type Result<T> = core::result::Result<T, Error>;
