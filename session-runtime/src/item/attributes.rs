use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::number::{integer, whole_seconds};
use super::type_name::type_name;
use super::value::Value;
use crate::schema::{Attribute, PrimaryKey};

/// An item as the table holds it: attributes by their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Item(HashMap<String, AttributeValue>);

/// Under which name an attribute stood in the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Absent,
    Named,
    Aliased(&'static str),
}

/// A stored value is not of the type that was asked for: the type that it has, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch(pub(crate) &'static str);

/// The entries of a Map of whole Numbers, in any order.
pub(crate) type Integers = Vec<(String, i64)>;

/// Attributes by their names.
pub(crate) trait Attributes {
    fn get(&self, name: &str) -> Option<&AttributeValue>;

    fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A String; `None` if there is none of this name.
    fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            AttributeValue::S(text) => Some(text),
            _ => None,
        }
    }

    /// A Number of epoch seconds, rounded down.
    fn seconds(&self, name: &str) -> Result<Option<i64>, Mismatch> {
        self.number(name, whole_seconds)
    }

    /// A whole Number.
    fn integer(&self, name: &str) -> Result<Option<i64>, Mismatch> {
        self.number(name, whole)
    }

    fn number(
        &self,
        name: &str,
        read: fn(&AttributeValue) -> Option<i64>,
    ) -> Result<Option<i64>, Mismatch> {
        let Some(value) = self.get(name) else { return Ok(None) };
        read(value).map(Some).ok_or(Mismatch(type_name(value)))
    }

    /// A field's value under its name or, failing that, under the first of its aliases that is there.
    fn find(&self, attribute: &Attribute) -> Option<(&AttributeValue, Found)> {
        if let Some(value) = self.get(attribute.name()) {
            return Some((value, Found::Named));
        }
        let aliased = |alias: &&'static str| Some((self.get(alias)?, Found::Aliased(alias)));
        attribute.aliases().iter().find_map(aliased)
    }
}

impl Attributes for Item {
    fn get(&self, name: &str) -> Option<&AttributeValue> {
        self.0.get(name)
    }
}

impl Item {
    pub(crate) fn insert(&mut self, name: impl Into<String>, value: Value) {
        self.0.insert(name.into(), value.into_attribute_value());
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<AttributeValue> {
        self.0.remove(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &AttributeValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The attribute as it stands; `None` if there is none of this name.
    pub(crate) fn value(&self, name: &str) -> Option<Value> {
        self.get(name).cloned().map(Value::from)
    }

    /// The value of the partition key, if this may be a session by its key.
    pub(crate) fn session_key(&self, key: PrimaryKey) -> Option<&str> {
        let hash = self.text(key.hash_key())?;
        let sort = key.sort_key().and_then(|sort_key| self.text(sort_key.name()));
        key.is_sessions(hash, sort).then_some(hash)
    }

    /// The key of the session that has this value of the partition key.
    pub(crate) fn insert_key(&mut self, key: PrimaryKey, hash: &str) {
        for (name, value) in key.parts(hash) {
            self.insert(name, Value::text(value));
        }
    }

    /// The entries of a Map of whole Numbers.
    pub(crate) fn integers(&self, name: &str) -> Result<Option<Integers>, Mismatch> {
        self.get(name).map(integers).transpose()
    }

    /// Whether a Map has this key.
    pub(crate) fn has_entry(&self, name: &str, key: &str) -> bool {
        matches!(self.get(name), Some(AttributeValue::M(entries)) if entries.contains_key(key))
    }

    pub(crate) fn into_attributes(self) -> HashMap<String, AttributeValue> {
        self.0
    }
}

/// The entries of a Map of whole Numbers.
pub(super) fn integers(value: &AttributeValue) -> Result<Integers, Mismatch> {
    let AttributeValue::M(entries) = value else { return Err(Mismatch(type_name(value))) };
    let number = |(key, value): (&String, _)| {
        let number = whole(value).ok_or(Mismatch(type_name(value)))?;
        Ok((key.clone(), number))
    };
    entries.iter().map(number).collect()
}

fn whole(value: &AttributeValue) -> Option<i64> {
    integer(value)?.try_into().ok()
}

impl From<HashMap<String, AttributeValue>> for Item {
    fn from(attributes: HashMap<String, AttributeValue>) -> Self {
        Self(attributes)
    }
}

impl FromIterator<(String, Value)> for Item {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(attributes: I) -> Self {
        let attributes = attributes.into_iter();
        Self(attributes.map(|(name, value)| (name, value.into_attribute_value())).collect())
    }
}
