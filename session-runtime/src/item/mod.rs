//! The stored form of a session: fields to DynamoDB values and back, and what they weigh.

mod decode;
mod encode;
mod number;
mod serializer;
mod size;
mod value;

pub use decode::Decoder;
pub(crate) use decode::{Found, type_name};
pub use encode::Encoder;
pub(crate) use encode::Fields;
pub(crate) use number::{integer, whole_seconds};
pub use serializer::{EncodeError, ValueSerializer};
pub(crate) use size::{attribute_size, item_size};
pub use value::Value;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

pub(crate) type Item = HashMap<String, AttributeValue>;
