//! The stored form of a session: fields to DynamoDB values and back, and their sizes.

mod attributes;
mod decode;
mod encode;
mod encode_error;
mod entries;
mod equal;
mod json;
mod key_serializer;
mod number;
mod serializer;
mod set;
mod size;
mod type_name;
mod unreadable;
mod value;

pub(crate) use attributes::{Found, Item, Mismatch};
pub use decode::Decoder;
pub(crate) use decode::decode_value;
pub use encode::Encoder;
pub(crate) use encode::{Fields, encode_key};
pub use encode_error::EncodeError;
pub use serializer::ValueSerializer;
pub(crate) use size::{MAX_ITEM_BYTES, attribute_size, encoded_size, item_size};
pub(crate) use unreadable::Unreadable;
pub use value::Value;
