use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use super::build::build;
use super::encode_error::EncodeError;
use super::recording::{Recording, ValueSerializer};
use super::type_name::type_name;
use super::value::Value;
use crate::error::{Error, ErrorKind};
use crate::id::MAX_KEY_BYTES;
use crate::schema::{Attribute, Index, KeyType, Role};

/// The encoded attributes of a session, in the order of its schema; `None` is absence from the item.
pub(crate) type Fields = Vec<Option<Value>>;

/// Takes down the fields of a session, in the order of its schema.
#[derive(Debug)]
pub struct Encoder {
    attributes: &'static [Attribute],
    recording: Recording,
}

impl Encoder {
    pub(crate) fn new(attributes: &'static [Attribute]) -> Self {
        let holds_secrets = attributes.iter().any(Attribute::is_secret);
        Self { attributes, recording: Recording::new(holds_secrets) }
    }

    /// Takes down the next attribute with serde.
    pub fn value<T: Serialize>(&mut self, index: usize, value: &T) -> Result<(), Error> {
        self.with(index, |serializer| value.serialize(serializer))
    }

    /// Takes down the next attribute as Binary.
    pub fn bytes(&mut self, index: usize, bytes: Option<&[u8]>) -> Result<(), Error> {
        self.with(index, |serializer| serializer.bytes(bytes))
    }

    /// Takes down the next attribute with a function of serde's `serialize` form.
    pub fn with<F>(&mut self, index: usize, serialize: F) -> Result<(), Error>
    where
        F: FnOnce(ValueSerializer<'_>) -> Result<(), EncodeError>,
    {
        serialize(self.recording.field())
            .map_err(|source| not_storable(&self.attributes[index], source))
    }

    pub(crate) fn into_recording(self) -> Recording {
        self.recording
    }
}

/// A recorded field as its value, `None` and empty sets included.
pub(crate) fn value_of(
    attribute: &Attribute,
    index: usize,
    recording: &Recording,
) -> Result<Value, Error> {
    let role = attribute.role();
    let value = build(recording.recorded(index), role == Role::Merge);
    let value = value.and_then(|value| match role {
        Role::Value | Role::Merge | Role::Counter => Ok(value),
        Role::Whole | Role::Append => Ok(value.into_whole()),
        Role::Set => native_set(value),
    });
    let value = match attribute.index_name() {
        Some(index) => value.and_then(|value| index_key(value, index)),
        None => value,
    };
    value.map_err(|source| not_storable(attribute, source))
}

/// What belongs in the item, given the value that a new session starts with: absence where it reads back as the same value,
/// NULL where it would not. A secret is absent where it is its default.
pub(crate) fn field_of(attribute: &Attribute, value: Value, default: &Value) -> Option<Value> {
    if attribute.is_secret() {
        return (value != *default).then_some(value);
    }
    if !value.is_empty_option_or_set() {
        return Some(value);
    }
    (!default.is_empty_option_or_set()).then(Value::null)
}

fn not_storable(attribute: &Attribute, source: EncodeError) -> Error {
    if attribute.is_secret() {
        // What serde says may repeat a part of the value.
        let detail = "cannot be stored; nothing was written. Why is not told, since it is a secret: try it without `secret`";
        return Error::new(ErrorKind::Encode, detail).with_attribute(attribute.name());
    }
    Error::new(ErrorKind::Encode, format!("cannot be stored: {source}; nothing was written"))
        .with_attribute(attribute.name())
        .with_source(source)
}

/// A key of an index is not empty, and not too long.
fn index_key(value: Value, index: &str) -> Result<Value, EncodeError> {
    match key_length(&value) {
        Some(0) => Err(serde::ser::Error::custom(format_args!(
            "it is empty, and a key of the index `{index}` cannot be; make the field an `Option`, with `None` \
             for a session that is not in the index"
        ))),
        Some(bytes) if bytes > MAX_KEY_BYTES => Err(serde::ser::Error::custom(format_args!(
            "it is {bytes} bytes long, and the index `{index}` takes keys of up to {MAX_KEY_BYTES}"
        ))),
        _ => Ok(value),
    }
}

fn key_length(value: &Value) -> Option<usize> {
    match value {
        Value::Atom(AttributeValue::S(text)) => Some(text.len()),
        Value::Atom(AttributeValue::B(bytes)) => Some(bytes.as_ref().len()),
        _ => None,
    }
}

/// A value to look up in an index, in the form that the indexed field has in the table.
pub(crate) fn encode_key<T: Serialize + ?Sized>(
    attribute: &Attribute,
    index: Index,
    value: &T,
) -> Result<Value, Error> {
    let refused = |reason: String| {
        let detail = format!(
            "the index `{}` holds no session with this value: {reason}; nothing was sent",
            index.name()
        );
        Error::new(ErrorKind::Encode, detail).with_attribute(attribute.name())
    };
    let mut recording = Recording::default();
    let value = value.serialize(recording.field());
    let value = value.and_then(|()| build(recording.recorded(0), false));
    let value = value.map_err(|source| refused(source.to_string()).with_source(source))?;
    let value = if attribute.is_binary() { joined_bytes(value) } else { value };
    match key_length(&value) {
        Some(0) => return Err(refused("it is empty".to_owned())),
        Some(bytes) if bytes > MAX_KEY_BYTES => {
            return Err(refused(format!(
                "it is {bytes} bytes long, and the limit is {MAX_KEY_BYTES}"
            )));
        }
        _ => {}
    }
    match (index.key_type(), value) {
        (KeyType::S, value @ Value::Atom(AttributeValue::S(_)))
        | (KeyType::N, value @ Value::Atom(AttributeValue::N(_)))
        | (KeyType::B, value @ Value::Atom(AttributeValue::B(_))) => Ok(value),
        (_, Value::Atom(AttributeValue::Null(_))) => {
            Err(refused("sessions whose value is `None` are not in the index".to_owned()))
        }
        (key_type, value) => Err(refused(format!(
            "serde writes it as {}, and the key is of type {key_type:?}",
            type_name(&value.into_attribute_value())
        ))),
    }
}

/// Bytes, which serde takes for a list of numbers.
fn joined_bytes(value: Value) -> Value {
    let Value::Atom(AttributeValue::L(elements)) = &value else { return value };
    let byte = |element: &AttributeValue| element.as_n().ok()?.parse().ok();
    match elements.iter().map(byte).collect::<Option<Vec<u8>>>() {
        Some(bytes) => Value::Atom(AttributeValue::B(Blob::new(bytes))),
        None => value,
    }
}

/// The members of a list as a native set, sorted so that equal sets are equal values.
fn native_set(value: Value) -> Result<Value, EncodeError> {
    let members = match value {
        Value::Atom(AttributeValue::L(members)) => members,
        Value::Atom(AttributeValue::Null(true)) => return Ok(Value::null()),
        _ => return Err(serde::ser::Error::custom("a set does not serialize as a sequence")),
    };
    let (mut strings, mut numbers, mut binaries) = (Vec::new(), Vec::new(), Vec::new());
    let count = members.len();
    for member in members {
        match member {
            AttributeValue::S(text) => strings.push(text),
            AttributeValue::N(text) => numbers.push(text),
            AttributeValue::B(blob) => binaries.push(blob.into_inner()),
            _ => {
                return Err(serde::ser::Error::custom(
                    "a set member is neither text, number nor bytes, the types that DynamoDB's sets hold",
                ));
            }
        }
    }
    strings.sort_unstable();
    strings.dedup();
    numbers.sort_unstable();
    numbers.dedup();
    binaries.sort_unstable();
    binaries.dedup();
    let set = match (strings.len(), numbers.len(), binaries.len()) {
        (distinct, 0, 0) if distinct == count => AttributeValue::Ss(strings),
        (0, distinct, 0) if distinct == count => AttributeValue::Ns(numbers),
        (0, 0, distinct) if distinct == count => {
            AttributeValue::Bs(binaries.into_iter().map(Blob::new).collect())
        }
        (distinct, 0, 0) | (0, distinct, 0) | (0, 0, distinct) if distinct < count => {
            return Err(serde::ser::Error::custom("two set members are written as the same value"));
        }
        _ => return Err(serde::ser::Error::custom("a set mixes texts, numbers and bytes")),
    };
    Ok(Value::Atom(set))
}
