use std::ops::Deref;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use super::attributes::Item;
use super::value::Value;

/// What DynamoDB's own JSON makes of a value, such as `{"S":"text"}`, with the keys of maps in order; or of an item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DynamoDbJson<'a, T>(pub(crate) &'a T);

impl Serialize for DynamoDbJson<'_, Value> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Atom(atom) => DynamoDbJson(atom).serialize(serializer),
            Value::Map(entries) => tagged(serializer, "M", &Entries(|| entries.iter())),
            Value::Struct(entries) => {
                let entries = || entries.iter().map(|(key, value)| (key, value));
                tagged(serializer, "M", &Entries(entries))
            }
        }
    }
}

impl Serialize for DynamoDbJson<'_, AttributeValue> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            AttributeValue::S(text) => tagged(serializer, "S", text),
            AttributeValue::N(text) => tagged(serializer, "N", text),
            AttributeValue::B(bytes) => tagged(serializer, "B", &Base64(bytes)),
            AttributeValue::Bool(is) => tagged(serializer, "BOOL", is),
            AttributeValue::Null(is) => tagged(serializer, "NULL", is),
            AttributeValue::L(elements) => tagged(serializer, "L", &Elements(elements)),
            AttributeValue::M(entries) => {
                let mut entries: Vec<_> = entries.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                tagged(serializer, "M", &Entries(|| entries.iter().copied()))
            }
            AttributeValue::Ss(members) => tagged(serializer, "SS", members),
            AttributeValue::Ns(members) => tagged(serializer, "NS", members),
            AttributeValue::Bs(members) => tagged(serializer, "BS", &Members(members)),
            _ => Err(S::Error::custom("a value is of a type that this version does not know")),
        }
    }
}

impl Serialize for DynamoDbJson<'_, Item> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, DynamoDbJson(value))))
    }
}

fn tagged<S, T>(serializer: S, tag: &'static str, value: &T) -> Result<S::Ok, S::Error>
where
    S: Serializer,
    T: Serialize + ?Sized,
{
    serializer.serialize_newtype_variant("AttributeValue", 0, tag, value)
}

struct Entries<F>(F);

impl<'a, K, V, I, F> Serialize for Entries<F>
where
    K: Deref<Target = str> + 'a,
    V: 'a,
    I: Iterator<Item = (&'a K, &'a V)>,
    F: Fn() -> I,
    for<'v> DynamoDbJson<'v, V>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map((self.0)().map(|(key, value)| (&**key, DynamoDbJson(value))))
    }
}

struct Elements<'a>(&'a [AttributeValue]);

impl Serialize for Elements<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(DynamoDbJson))
    }
}

struct Members<'a>(&'a [Blob]);

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Base64))
    }
}

/// Bytes, which may be a secret's: no copy of them is left.
struct Base64<'a>(&'a Blob);

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = Zeroizing::new(aws_smithy_types::base64::encode(self.0.as_ref()));
        serializer.serialize_str(&text)
    }
}
