//! The stored form of a session: fields to DynamoDB values and back, and what they weigh.

mod decode;
mod encode;
mod encode_error;
mod entries;
mod equal;
mod json;
mod key_serializer;
mod number;
mod serializer;
pub(crate) mod set;
mod size;
mod value;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

pub use decode::Decoder;
pub(crate) use decode::{Found, decode_value, type_name};
pub use encode::Encoder;
pub(crate) use encode::{Fields, encode_key};
pub use encode_error::EncodeError;
pub(crate) use equal::same_value;
pub(crate) use number::{integer, whole_seconds};
pub use serializer::ValueSerializer;
pub(crate) use size::{MAX_ITEM_BYTES, attribute_size, encoded_size, item_size};
pub use value::Value;

pub(crate) type Item = HashMap<String, AttributeValue>;
