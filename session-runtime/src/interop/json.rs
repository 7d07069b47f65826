use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value as Json;

/// The entries of a JSON object, as DynamoDB's values.
pub(super) fn object(text: &str) -> Result<HashMap<String, AttributeValue>, String> {
    match serde_json::from_str(text) {
        Ok(Json::Object(entries)) => {
            Ok(entries.into_iter().map(|(key, entry)| (key, converted(entry))).collect())
        }
        Ok(other) => Err(format!("it is JSON of {}, not of an object", kind(&other))),
        Err(error) => Err(format!("it is not JSON: {error}")),
    }
}

/// A JSON text as DynamoDB's value, if it is one.
pub(super) fn value(text: &str) -> Option<AttributeValue> {
    serde_json::from_str(text).ok().map(converted)
}

fn converted(json: Json) -> AttributeValue {
    match json {
        Json::Null => AttributeValue::Null(true),
        Json::Bool(is) => AttributeValue::Bool(is),
        Json::Number(number) => AttributeValue::N(number.to_string()),
        Json::String(text) => AttributeValue::S(text),
        Json::Array(elements) => AttributeValue::L(elements.into_iter().map(converted).collect()),
        Json::Object(entries) => AttributeValue::M(
            entries.into_iter().map(|(key, entry)| (key, converted(entry))).collect(),
        ),
    }
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}
