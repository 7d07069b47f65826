//! Values as a service of Node.js reads them.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Number, Value as Json};

/// A value in the types that JavaScript has: sets are arrays, and each number is one that JavaScript keeps.
pub(super) fn value(value: AttributeValue) -> Result<AttributeValue, String> {
    let texts =
        |texts: Vec<String>| AttributeValue::L(texts.into_iter().map(AttributeValue::S).collect());
    Ok(match value {
        AttributeValue::N(number) => AttributeValue::N(exact(number)?),
        AttributeValue::Ss(members) => texts(members),
        AttributeValue::Ns(members) => {
            let members = members.into_iter().map(|member| exact(member).map(AttributeValue::N));
            AttributeValue::L(members.collect::<Result<_, _>>()?)
        }
        AttributeValue::Bs(members) => {
            AttributeValue::L(members.into_iter().map(AttributeValue::B).collect())
        }
        AttributeValue::L(elements) => {
            AttributeValue::L(elements.into_iter().map(self::value).collect::<Result<_, _>>()?)
        }
        AttributeValue::M(entries) => {
            let entries = entries.into_iter().map(|(key, entry)| Ok((key, self::value(entry)?)));
            AttributeValue::M(entries.collect::<Result<_, String>>()?)
        }
        other => other,
    })
}

/// A number that JavaScript writes as it was.
fn exact(number: String) -> Result<String, String> {
    let Ok(whole) = number.parse::<i128>() else { return Ok(number) };
    // As JavaScript does, this writes the shortest digits that read as the same number.
    match (whole as f64).to_string() == number {
        true => Ok(number),
        false => Err(format!(
            "{number} is beyond the whole numbers that JavaScript can hold; keep it as text"
        )),
    }
}

pub(super) fn json(value: AttributeValue) -> Result<Json, String> {
    Ok(match value {
        AttributeValue::Null(_) => Json::Null,
        AttributeValue::Bool(is) => Json::Bool(is),
        AttributeValue::S(text) => Json::String(text),
        AttributeValue::N(text) => {
            let number: Option<Number> = serde_json::from_str(&text).ok();
            Json::Number(number.ok_or_else(|| format!("{text} is no number of JSON"))?)
        }
        AttributeValue::L(elements) => {
            Json::Array(elements.into_iter().map(json).collect::<Result<_, _>>()?)
        }
        AttributeValue::M(entries) => {
            let entries = entries.into_iter().map(|(key, entry)| Ok((key, json(entry)?)));
            Json::Object(entries.collect::<Result<Map<_, _>, String>>()?)
        }
        _ => {
            let why = "it has bytes, which the JSON of the other store has no form for; keep them as text";
            return Err(why.to_owned());
        }
    })
}
