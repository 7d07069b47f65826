//! A value as bytes that can be encrypted: DynamoDB's own JSON, such as `{"S":"text"}`, with the keys of maps in order.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};
use zeroize::{Zeroize, Zeroizing};

use super::cursor::Cursor;
use super::size::encoded_size;
use super::stored::Stored;
use super::value::Value;
use crate::secret::Plaintext;

/// Wipes the value, too. `None` if it is of a type that this version does not know.
pub(crate) fn plaintext(value: Value) -> Option<Plaintext> {
    // With room for the types' names: what has to grow is copied.
    let mut bytes = Wiping(Vec::with_capacity(encoded_size("", &value) * 5 / 4 + 32));
    let written =
        Json::of(&value).is_some_and(|json| serde_json::to_writer(&mut bytes, &json).is_ok());
    wipe(value);
    written.then(|| Plaintext::from(std::mem::take(&mut bytes.0)))
}

/// `None` if it is no value.
pub(crate) fn value_of(plaintext: &[u8]) -> Option<AttributeValue> {
    let mut text = Cursor::new(plaintext).ok()?;
    Stored::Text(&mut text).into_attribute_value().ok()
}

#[derive(Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Json<'a> {
    S(Cow<'a, str>),
    N(Cow<'a, str>),
    B(Base64<'a>),
    Bool(bool),
    Null(bool),
    L(Vec<Json<'a>>),
    M(BTreeMap<Cow<'a, str>, Json<'a>>),
    Ss(Vec<Cow<'a, str>>),
    Ns(Vec<Cow<'a, str>>),
    Bs(Vec<Base64<'a>>),
}

impl<'a> Json<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        let entry = |(key, value): (&'a Cow<'static, str>, &'a Value)| {
            Some((Cow::Borrowed(&**key), Self::of(value)?))
        };
        Some(match value {
            Value::Atom(atom) => Self::of_attribute_value(atom)?,
            Value::Map(entries) => Self::M(entries.iter().map(entry).collect::<Option<_>>()?),
            Value::Struct(entries) => {
                let entries = entries.iter().map(|(key, value)| entry((key, value)));
                Self::M(entries.collect::<Option<_>>()?)
            }
        })
    }

    fn of_attribute_value(value: &'a AttributeValue) -> Option<Self> {
        fn texts(members: &[String]) -> Vec<Cow<'_, str>> {
            members.iter().map(|member| Cow::Borrowed(&**member)).collect()
        }
        fn bytes(blob: &Blob) -> Base64<'_> {
            Base64(Cow::Borrowed(blob.as_ref()))
        }
        Some(match value {
            AttributeValue::S(text) => Self::S(Cow::Borrowed(text)),
            AttributeValue::N(text) => Self::N(Cow::Borrowed(text)),
            AttributeValue::B(blob) => Self::B(bytes(blob)),
            AttributeValue::Bool(is) => Self::Bool(*is),
            AttributeValue::Null(is) => Self::Null(*is),
            AttributeValue::L(elements) => {
                Self::L(elements.iter().map(Self::of_attribute_value).collect::<Option<_>>()?)
            }
            AttributeValue::M(entries) => {
                let entry = |(key, value): (&'a String, &'a AttributeValue)| {
                    Some((Cow::Borrowed(&**key), Self::of_attribute_value(value)?))
                };
                Self::M(entries.iter().map(entry).collect::<Option<_>>()?)
            }
            AttributeValue::Ss(members) => Self::Ss(texts(members)),
            AttributeValue::Ns(members) => Self::Ns(texts(members)),
            AttributeValue::Bs(members) => Self::Bs(members.iter().map(bytes).collect()),
            _ => return None,
        })
    }
}

struct Base64<'a>(Cow<'a, [u8]>);

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(STANDARD.encode(&self.0)))
    }
}

/// Bytes that leave no copy behind when they grow.
struct Wiping(Vec<u8>);

impl io::Write for Wiping {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.capacity() - self.0.len() < bytes.len() {
            let mut larger = Vec::with_capacity((self.0.len() + bytes.len()) * 2);
            larger.extend_from_slice(&self.0);
            std::mem::replace(&mut self.0, larger).as_mut_slice().zeroize();
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Wiping {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

/// Overwrites the texts and bytes of a value that is not needed any more; the keys of maps, where they are data.
fn wipe(value: Value) {
    match value {
        Value::Atom(atom) => wipe_attribute_value(atom),
        Value::Map(entries) => entries.into_iter().for_each(wipe_entry),
        Value::Struct(entries) => entries.into_iter().for_each(wipe_entry),
    }
}

fn wipe_entry((key, value): (Cow<'static, str>, Value)) {
    if let Cow::Owned(mut key) = key {
        key.as_mut_str().zeroize();
    }
    wipe(value);
}

fn wipe_attribute_value(value: AttributeValue) {
    match value {
        AttributeValue::S(mut text) | AttributeValue::N(mut text) => text.as_mut_str().zeroize(),
        AttributeValue::B(blob) => blob.into_inner().as_mut_slice().zeroize(),
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => {
            texts.into_iter().for_each(|mut text| text.as_mut_str().zeroize());
        }
        AttributeValue::Bs(blobs) => {
            blobs.into_iter().for_each(|blob| blob.into_inner().as_mut_slice().zeroize());
        }
        AttributeValue::L(elements) => elements.into_iter().for_each(wipe_attribute_value),
        AttributeValue::M(entries) => entries.into_iter().for_each(|(mut key, value)| {
            key.as_mut_str().zeroize();
            wipe_attribute_value(value);
        }),
        _ => {}
    }
}
