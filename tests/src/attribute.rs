//! Items and attribute values, as briefly as DynamoDB's own JSON.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// A stored item.
pub type Item = HashMap<String, AttributeValue>;

/// A String.
pub fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A Number.
pub fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A Map.
pub fn m<const N: usize>(entries: [(&str, AttributeValue); N]) -> AttributeValue {
    AttributeValue::M(entries.map(|(key, value)| (key.to_owned(), value)).into())
}
