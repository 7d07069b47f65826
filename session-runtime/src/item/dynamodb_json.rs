//! Values as DynamoDB's own JSON, such as `{"S":"text"}`, with the keys of maps in order.

use std::ops::Deref;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::base64;
use zeroize::Zeroizing;

use super::attributes::Item;
use super::plain_length::plain_length;
use super::value::Value;

/// A value is of a type that this version does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnknownType;

/// Where JSON is written to.
pub(crate) trait JsonText {
    /// What is written is a secret's, and no copy of it is left behind.
    const IS_SECRET: bool;

    fn push(&mut self, bytes: &[u8]);
}

impl JsonText for Vec<u8> {
    const IS_SECRET: bool = false;

    fn push(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Writes a text between quotation marks.
pub(crate) fn write_text(json: &mut impl JsonText, text: &str) {
    json.push(b"\"");
    let mut rest = text.as_bytes();
    loop {
        let (plain, special) = rest.split_at(plain_length(rest));
        json.push(plain);
        let Some((special, after)) = special.split_first() else { break };
        match special {
            b'"' => json.push(b"\\\""),
            b'\\' => json.push(b"\\\\"),
            control => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                let digit = |shift: u8| DIGITS[usize::from(control >> shift & 0xf)];
                json.push(&[b'\\', b'u', b'0', b'0', digit(4), digit(0)]);
            }
        }
        rest = after;
    }
    json.push(b"\"");
}

/// Writes an object of these members.
pub(crate) fn write_object<J: JsonText, K: Deref<Target = str>, V, E>(
    json: &mut J,
    members: impl IntoIterator<Item = (K, V)>,
    mut write: impl FnMut(&mut J, V) -> Result<(), E>,
) -> Result<(), E> {
    json.push(b"{");
    for (index, (key, value)) in members.into_iter().enumerate() {
        if index > 0 {
            json.push(b",");
        }
        write_text(json, &key);
        json.push(b":");
        write(json, value)?;
    }
    json.push(b"}");
    Ok(())
}

fn write_array<J: JsonText, V>(
    json: &mut J,
    elements: &[V],
    mut write: impl FnMut(&mut J, &V) -> Result<(), UnknownType>,
) -> Result<(), UnknownType> {
    json.push(b"[");
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            json.push(b",");
        }
        write(json, element)?;
    }
    json.push(b"]");
    Ok(())
}

pub(crate) fn write_item(json: &mut impl JsonText, item: &Item) -> Result<(), UnknownType> {
    write_object(json, item.iter(), |json, value| write_attribute_value(json, value))
}

pub(crate) fn write_value(json: &mut impl JsonText, value: &Value) -> Result<(), UnknownType> {
    match value {
        Value::Atom(atom) => return write_attribute_value(json, atom),
        Value::Map(entries) => {
            json.push(b"{\"M\":");
            let entries = entries.iter().map(|(key, value)| (&**key, value));
            write_object(json, entries, |json, value| write_value(json, value))?;
        }
        Value::Struct(entries) => {
            json.push(b"{\"M\":");
            let entries = entries.iter().map(|(key, value)| (&**key, value));
            write_object(json, entries, |json, value| write_value(json, value))?;
        }
    }
    json.push(b"}");
    Ok(())
}

fn write_attribute_value(
    json: &mut impl JsonText,
    value: &AttributeValue,
) -> Result<(), UnknownType> {
    fn text<J: JsonText>(json: &mut J, text: &str) -> Result<(), UnknownType> {
        write_text(json, text);
        Ok(())
    }
    match value {
        AttributeValue::S(of) => {
            json.push(b"{\"S\":");
            write_text(json, of);
        }
        AttributeValue::N(of) => {
            json.push(b"{\"N\":");
            write_text(json, of);
        }
        AttributeValue::B(of) => {
            json.push(b"{\"B\":");
            write_bytes(json, of.as_ref());
        }
        AttributeValue::Bool(true) => json.push(b"{\"BOOL\":true"),
        AttributeValue::Bool(false) => json.push(b"{\"BOOL\":false"),
        AttributeValue::Null(true) => json.push(b"{\"NULL\":true"),
        AttributeValue::Null(false) => json.push(b"{\"NULL\":false"),
        AttributeValue::L(of) => {
            json.push(b"{\"L\":");
            write_array(json, of, |json, element| write_attribute_value(json, element))?;
        }
        AttributeValue::M(of) => {
            json.push(b"{\"M\":");
            let mut entries: Vec<_> = of.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            let entries = entries.into_iter().map(|(key, value)| (key.as_str(), value));
            write_object(json, entries, |json, value| write_attribute_value(json, value))?;
        }
        AttributeValue::Ss(of) => {
            json.push(b"{\"SS\":");
            write_array(json, of, |json, member| text(json, member))?;
        }
        AttributeValue::Ns(of) => {
            json.push(b"{\"NS\":");
            write_array(json, of, |json, member| text(json, member))?;
        }
        AttributeValue::Bs(of) => {
            json.push(b"{\"BS\":");
            write_array(json, of, |json, member| {
                write_bytes(json, member.as_ref());
                Ok(())
            })?;
        }
        _ => return Err(UnknownType),
    }
    json.push(b"}");
    Ok(())
}

fn write_bytes<J: JsonText>(json: &mut J, bytes: &[u8]) {
    let text = base64::encode(bytes);
    json.push(b"\"");
    match J::IS_SECRET {
        true => json.push(Zeroizing::new(text).as_bytes()),
        false => json.push(text.as_bytes()),
    }
    json.push(b"\"");
}
