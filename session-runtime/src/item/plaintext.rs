//! A value as bytes that can be encrypted: DynamoDB's own JSON, such as `{"S":"text"}`, with the keys of maps in order.

use std::borrow::Cow;

use aws_sdk_dynamodb::types::AttributeValue;
use zeroize::Zeroize;

use super::cursor::Cursor;
use super::dynamodb_json::{JsonText, write_value};
use super::size::encoded_size;
use super::stored::Stored;
use super::value::Value;
use crate::secret::Plaintext;

/// Wipes the value, too. `None` if it is of a type that this version does not know.
pub(crate) fn plaintext(value: Value) -> Option<Plaintext> {
    // With room for the types' names: what has to grow is copied.
    let mut bytes = Wiping(Vec::with_capacity(encoded_size("", &value) * 5 / 4 + 32));
    let written = write_value(&mut bytes, &value).is_ok();
    wipe(value);
    written.then(|| Plaintext::from(std::mem::take(&mut bytes.0)))
}

/// `None` if it is no value.
pub(crate) fn value_of(plaintext: &[u8]) -> Option<AttributeValue> {
    let mut text = Cursor::new(plaintext).ok()?;
    Stored::Text(&mut text).into_attribute_value().ok()
}

/// Bytes that leave no copy behind when they grow.
struct Wiping(Vec<u8>);

impl JsonText for Wiping {
    const IS_SECRET: bool = true;

    fn push(&mut self, bytes: &[u8]) {
        if self.0.capacity() - self.0.len() < bytes.len() {
            let mut larger = Vec::with_capacity((self.0.len() + bytes.len()) * 2);
            larger.extend_from_slice(&self.0);
            std::mem::replace(&mut self.0, larger).as_mut_slice().zeroize();
        }
        self.0.extend_from_slice(bytes);
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
