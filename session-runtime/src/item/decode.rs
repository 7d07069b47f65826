use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;
use serde_dynamo::Deserializer as ValueDeserializer;

use super::attributes::{Found, Item};
use super::type_name::type_name;
use super::unreadable::Unreadable;
use crate::error::{Error, ErrorKind};
use crate::schema::{Attribute, Role};

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Hands the attributes of an item to the fields of a session.
#[derive(Debug)]
pub struct Decoder<'a> {
    attributes: &'static [Attribute],
    item: &'a mut Item,
    found: Vec<Found>,
    is_strict: bool,
    unreadable: Unreadable,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(attributes: &'static [Attribute], item: &'a mut Item) -> Self {
        let found = vec![Found::Absent; attributes.len()];
        Self { attributes, item, found, is_strict: false, unreadable: Unreadable::default() }
    }

    /// One that fails on what does not decode in lenient fields, too.
    pub(crate) fn strict(attributes: &'static [Attribute], item: &'a mut Item) -> Self {
        Self { is_strict: true, ..Self::new(attributes, item) }
    }

    /// Under which name each attribute stood, in the order of the schema, and what did not decode.
    pub(crate) fn into_parts(self) -> (Vec<Found>, Unreadable) {
        (self.found, self.unreadable)
    }

    /// Decodes an attribute with serde; an absent one has the default.
    pub fn value<T: DeserializeOwned>(
        &mut self,
        index: usize,
        default: impl FnOnce() -> T,
    ) -> Result<T, Error> {
        self.with(index, default, |deserializer| T::deserialize(deserializer))
    }

    /// Decodes Binary.
    pub fn bytes<T>(
        &mut self,
        index: usize,
        default: impl FnOnce() -> T,
        from_bytes: impl FnOnce(Option<Vec<u8>>) -> Option<T>,
    ) -> Result<T, Error> {
        self.decode(index, default, |value| {
            let bytes = match value {
                AttributeValue::B(blob) => Some(blob.into_inner()),
                AttributeValue::Null(_) => None,
                _ => return Err("expected Binary".into()),
            };
            from_bytes(bytes).ok_or_else(|| "the number of bytes does not fit".into())
        })
    }

    /// Decodes an attribute with a function of serde's `deserialize` form.
    pub fn with<T, F>(
        &mut self,
        index: usize,
        default: impl FnOnce() -> T,
        deserialize: F,
    ) -> Result<T, Error>
    where
        F: FnOnce(ValueDeserializer) -> Result<T, serde_dynamo::Error>,
    {
        let role = self.attributes[index].role();
        self.decode(index, default, |value| read(role, value, deserialize))
    }

    fn decode<T>(
        &mut self,
        index: usize,
        default: impl FnOnce() -> T,
        read: impl FnOnce(AttributeValue) -> Result<T, Source>,
    ) -> Result<T, Error> {
        let Some(value) = self.take(index) else { return Ok(default()) };
        let attribute = &self.attributes[index];
        let stored = type_name(&value);
        let kept = (attribute.is_lenient() && !self.is_strict).then(|| value.clone());
        let source = match read(value) {
            Ok(value) => return Ok(value),
            Err(source) => source,
        };
        let Some(kept) = kept else {
            return Err(undecodable::<T>(attribute.name(), stored, source));
        };
        let (attribute, field) = (attribute.name(), std::any::type_name::<T>());
        tracing::warn!(
            attribute,
            error = %source,
            "the table holds {stored} that cannot be read as `{field}`; the field is lenient, so it has its default"
        );
        self.unreadable.note(index, kept);
        Ok(default())
    }

    fn take(&mut self, index: usize) -> Option<AttributeValue> {
        let attribute = &self.attributes[index];
        if let Some(value) = self.item.remove(attribute.name()) {
            self.found[index] = Found::Named;
            return Some(value);
        }
        attribute.aliases().iter().find_map(|alias| {
            let value = self.item.remove(alias)?;
            self.found[index] = Found::Aliased(alias);
            Some(value)
        })
    }
}

/// A single stored value, in the form that its attribute has where the schema knows it.
///
/// `None` if it is NULL.
pub(crate) fn decode_value<T: DeserializeOwned>(
    name: &str,
    attribute: Option<&Attribute>,
    value: &AttributeValue,
) -> Result<Option<T>, Error> {
    let stored = type_name(value);
    let value = match value.clone() {
        AttributeValue::Null(_) => return Ok(None),
        AttributeValue::B(bytes) if attribute.is_some_and(Attribute::is_binary) => {
            list_of_bytes(&bytes)
        }
        value => value,
    };
    let role = attribute.map_or(Role::Value, Attribute::role);
    read(role, value, |deserializer| T::deserialize(deserializer))
        .map(Some)
        .map_err(|source| undecodable::<T>(name, stored, source))
}

fn read<T, F>(role: Role, value: AttributeValue, deserialize: F) -> Result<T, Source>
where
    F: FnOnce(ValueDeserializer) -> Result<T, serde_dynamo::Error>,
{
    if has_unknown_type(&value) {
        return Err("a type that this version of the AWS SDK does not know".into());
    }
    let value = match role {
        Role::Set => list_of_members(value),
        _ => value,
    };
    deserialize(ValueDeserializer::from_attribute_value(value.into())).map_err(Into::into)
}

fn undecodable<T>(attribute: &str, stored: &str, source: Source) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!(
            "the table holds {stored} that cannot be read as `{}`: {source}; \
             nothing was changed. Keep the old type readable, mark the field `lenient`, or destroy the session",
            std::any::type_name::<T>()
        ),
    )
    .with_attribute(attribute)
    .with_source(source)
}

/// serde_dynamo panics on a variant that its version of the SDK does not name.
fn has_unknown_type(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::L(elements) => elements.iter().any(has_unknown_type),
        AttributeValue::M(entries) => entries.values().any(has_unknown_type),
        AttributeValue::B(_)
        | AttributeValue::Bool(_)
        | AttributeValue::Bs(_)
        | AttributeValue::N(_)
        | AttributeValue::Ns(_)
        | AttributeValue::Null(_)
        | AttributeValue::S(_)
        | AttributeValue::Ss(_) => false,
        _ => true,
    }
}

/// Bytes are read as serde writes them where nothing says that they are bytes.
fn list_of_bytes(bytes: &Blob) -> AttributeValue {
    let number = |byte: &u8| AttributeValue::N(byte.to_string());
    AttributeValue::L(bytes.as_ref().iter().map(number).collect())
}

/// Members are read as list elements are, so that whatever was encoded as a member decodes.
fn list_of_members(value: AttributeValue) -> AttributeValue {
    fn list<T>(members: Vec<T>, element: fn(T) -> AttributeValue) -> AttributeValue {
        AttributeValue::L(members.into_iter().map(element).collect())
    }
    match value {
        AttributeValue::Ss(members) => list(members, AttributeValue::S),
        AttributeValue::Ns(members) => list(members, AttributeValue::N),
        AttributeValue::Bs(members) => list::<Blob>(members, AttributeValue::B),
        AttributeValue::Null(_) => AttributeValue::L(Vec::new()),
        other => other,
    }
}
