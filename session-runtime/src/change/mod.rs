//! Two versions of a session become a list of changes, and the changes one expression.

mod apply;
mod diff;
mod expression;
mod limits;
mod placeholder;
mod plan;

use aws_sdk_dynamodb::types::AttributeValue;

pub(crate) use apply::apply;
pub(crate) use diff::diff;
pub(crate) use expression::Expression;
pub(crate) use plan::{Others, Target, plan};

use crate::item::Value;

/// What a commit does to one place in the item.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change<'a> {
    Set {
        path: Path<'a>,
        value: &'a Value,
    },
    Remove {
        path: Path<'a>,
    },
    Add {
        path: Path<'a>,
        delta: i128,
    },
    /// Members of a native set; either side may be absent.
    Members {
        attribute: usize,
        added: Option<AttributeValue>,
        removed: Option<AttributeValue>,
    },
    Append {
        attribute: usize,
        elements: &'a [AttributeValue],
    },
}

impl Change<'_> {
    /// The position in the schema of the attribute that is changed.
    pub(crate) fn attribute(&self) -> usize {
        match self {
            Self::Set { path, .. } | Self::Remove { path } | Self::Add { path, .. } => {
                path.attribute
            }
            Self::Members { attribute, .. } | Self::Append { attribute, .. } => *attribute,
        }
    }
}

/// A place in the item: an attribute of the schema, and map keys inside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path<'a> {
    pub(crate) attribute: usize,
    pub(crate) keys: Vec<&'a str>,
}

impl<'a> Path<'a> {
    pub(crate) fn top(attribute: usize) -> Self {
        Self { attribute, keys: Vec::new() }
    }

    fn child(&self, key: &'a str) -> Self {
        let mut keys = Vec::with_capacity(self.keys.len() + 1);
        keys.extend_from_slice(&self.keys);
        keys.push(key);
        Self { attribute: self.attribute, keys }
    }

    /// The shortest prefix that a nested path goes through and that is not a map in this value.
    fn missing_parent(&self, attribute: Option<&Value>) -> Option<Self> {
        let mut value = attribute;
        for (depth, key) in self.keys.iter().enumerate() {
            let Some(Value::Map(entries)) = value else {
                return Some(Self { attribute: self.attribute, keys: self.keys[..depth].to_vec() });
            };
            value = entries.get(*key);
        }
        None
    }
}

/// The value at these keys, if every key on the way is there.
pub(crate) fn value_at<'v>(attribute: Option<&'v Value>, keys: &[&str]) -> Option<&'v Value> {
    keys.iter().try_fold(attribute?, |value, key| match value {
        Value::Map(entries) => entries.get(*key),
        Value::Atom(_) => None,
    })
}
