use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value as Json;

/// Half of a character is no text here: JavaScript leaves it where it cuts text.
const REPLACEMENT: &str = "\u{FFFD}";

/// The entries of a JSON object, as DynamoDB's values.
pub(super) fn object(text: &str) -> Result<HashMap<String, AttributeValue>, String> {
    match parsed(text) {
        Ok(Json::Object(entries)) => {
            Ok(entries.into_iter().map(|(key, entry)| (key, converted(entry))).collect())
        }
        Ok(other) => Err(format!("it is JSON of {}, not of an object", kind(&other))),
        Err(error) => Err(format!("it is not JSON: {error}")),
    }
}

/// A JSON text as DynamoDB's value, if it is one.
pub(super) fn value(text: &str) -> Option<AttributeValue> {
    parsed(text).ok().map(converted)
}

fn parsed(text: &str) -> serde_json::Result<Json> {
    serde_json::from_str(text).or_else(|error| match of_whole_characters(text) {
        Some(whole) => serde_json::from_str(&whole).map_err(|_| error),
        None => Err(error),
    })
}

/// The same JSON with U+FFFD for each half of a character that lacks the other, as clients of DynamoDB store it.
fn of_whole_characters(text: &str) -> Option<String> {
    let unit = |at: usize| {
        let digits = text.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut whole = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = text.get(at..)?.find('\\') {
        let escape = at + found;
        whole.push_str(text.get(at..escape)?);
        let (length, is_half) = match (unit(escape), unit(escape + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (12, false),
            (Some(0xD800..=0xDFFF), _) => (6, true),
            (Some(_), _) => (6, false),
            (None, _) => (2, false),
        };
        at = escape + length;
        whole.push_str(if is_half { REPLACEMENT } else { text.get(escape..at)? });
    }
    whole.push_str(text.get(at..)?);
    Some(whole)
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
