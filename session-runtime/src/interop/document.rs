//! The session in one attribute of a row, in which some keys change and all others stay exactly as they are.

use std::collections::HashMap;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::{javascript, json};

#[derive(Debug)]
pub(super) enum Document {
    /// JSON text.
    Text(Entries),
    Map(HashMap<String, AttributeValue>),
}

/// The entries of a JSON object, each as its text, in their order.
#[derive(Debug, Default)]
pub(super) struct Entries(Vec<(String, Box<RawValue>)>);

impl Document {
    pub(super) fn new(is_text: bool) -> Self {
        match is_text {
            true => Self::Text(Entries::default()),
            false => Self::Map(HashMap::new()),
        }
    }

    pub(super) fn read(value: &AttributeValue) -> Result<Self, String> {
        match value {
            AttributeValue::S(text) => serde_json::from_str(text)
                .map(Self::Text)
                .map_err(|why| format!("it is not JSON: {why}")),
            AttributeValue::M(entries) => Ok(Self::Map(entries.clone())),
            _ => Err("it is neither a Map nor text".to_owned()),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<AttributeValue> {
        match self {
            Self::Text(entries) => {
                let (_, text) = entries.0.iter().rev().find(|(known, _)| known == key)?;
                json::value(text.get())
            }
            Self::Map(entries) => entries.get(key).cloned(),
        }
    }

    pub(super) fn set(&mut self, key: String, value: Option<AttributeValue>) -> Result<(), String> {
        match (self, value) {
            (Self::Map(entries), Some(value)) => drop(entries.insert(key, value)),
            (Self::Map(entries), None) => drop(entries.remove(&key)),
            (Self::Text(Entries(entries)), None) => entries.retain(|(known, _)| *known != key),
            (Self::Text(Entries(entries)), Some(value)) => {
                let text =
                    to_raw_value(&javascript::json(value)?).map_err(|why| why.to_string())?;
                // The last of several is the one that counts.
                match entries.iter_mut().rev().find(|(known, _)| *known == key) {
                    Some((_, old)) => *old = text,
                    None => entries.push((key, text)),
                }
            }
        }
        Ok(())
    }

    pub(super) fn into_value(self) -> Result<AttributeValue, String> {
        match self {
            Self::Text(entries) => serde_json::to_string(&entries)
                .map(AttributeValue::S)
                .map_err(|why| why.to_string()),
            Self::Map(entries) => Ok(AttributeValue::M(entries)),
        }
    }
}

impl Serialize for Entries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, text)| (key, text)))
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = object.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Object)
    }
}
