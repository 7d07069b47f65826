//! The stored form of a session: fields to DynamoDB values and back, and their sizes.

mod attributes;
mod build;
mod cursor;
mod decode;
mod decode_error;
mod deserializer;
mod dynamodb_json;
mod encode;
mod encode_error;
mod equal;
mod json;
mod key_deserializer;
mod number;
mod plain_length;
mod plaintext;
mod reading;
mod recording;
mod secret;
mod set;
mod size;
mod stored;
mod tag;
mod type_name;
mod unreadable;
mod value;

pub(crate) use attributes::{Attributes, Found, Integers, Item, Mismatch};
pub(crate) use cursor::Malformed;
pub use decode::Decoder;
pub(crate) use decode::decode_value;
pub use decode_error::DecodeError;
pub use deserializer::ValueDeserializer;
pub(crate) use dynamodb_json::{UnknownType, write_item, write_object, write_text, write_value};
pub use encode::Encoder;
pub(crate) use encode::{Fields, encode_key, field_of, value_of};
pub use encode_error::EncodeError;
pub(crate) use plaintext::plaintext;
pub(crate) use reading::{Reading, Wanted, consumed_units};
pub(crate) use recording::Recording;
pub use recording::ValueSerializer;
#[cfg(feature = "interop")]
pub(crate) use secret::is_same_secret;
pub(crate) use secret::{StoredSecret, cipher_of, conceal, conceal_anew};
pub(crate) use size::{MAX_ITEM_BYTES, attribute_size, encoded_size, item_size};
pub(crate) use unreadable::Unreadable;
pub use value::Value;
