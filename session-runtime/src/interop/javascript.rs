//! Values as a service of Node.js reads them.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Number, Value as Json};

/// The largest whole number of those that each have a float of their own.
const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

const PROTOTYPE: &str = "__proto__";

/// A value in the types that JavaScript has: sets are arrays, and each number is one that JavaScript keeps, as it is in JSON
/// or as a client of DynamoDB gives it.
pub(super) fn value(value: AttributeValue, is_json: bool) -> Result<AttributeValue, String> {
    let inside = |value| self::value(value, is_json);
    let texts =
        |texts: Vec<String>| AttributeValue::L(texts.into_iter().map(AttributeValue::S).collect());
    Ok(match value {
        AttributeValue::N(number) => AttributeValue::N(kept(number, is_json)?),
        AttributeValue::Ss(members) => texts(members),
        AttributeValue::Ns(members) => {
            let members = members.into_iter().map(|member| inside(AttributeValue::N(member)));
            AttributeValue::L(members.collect::<Result<_, _>>()?)
        }
        AttributeValue::Bs(members) => {
            AttributeValue::L(members.into_iter().map(AttributeValue::B).collect())
        }
        AttributeValue::L(elements) => {
            AttributeValue::L(elements.into_iter().map(inside).collect::<Result<_, _>>()?)
        }
        // Clients assign each key to an object: this one would become what that inherits from.
        AttributeValue::M(entries) if !is_json && entries.contains_key(PROTOTYPE) => {
            return Err(format!("`{PROTOTYPE}` is no key that an object of JavaScript gets"));
        }
        AttributeValue::M(entries) => {
            let entries = entries.into_iter().map(|(key, entry)| Ok((key, inside(entry)?)));
            AttributeValue::M(entries.collect::<Result<_, String>>()?)
        }
        other => other,
    })
}

/// A number that JavaScript writes as it was.
fn kept(number: String, is_json: bool) -> Result<String, String> {
    let is_exact = match number.parse::<i128>() {
        Ok(0) => true,
        // Of what is larger, JSON is read as a float here.
        Ok(whole) if u64::try_from(whole).is_err() && i64::try_from(whole).is_err() => false,
        // As JavaScript does, this writes the shortest digits that read as the same number.
        Ok(whole) => (whole as f64).to_string() == number,
        Err(_) => true,
    };
    // Clients make a BigInt of more, or fail, and no framework can write a session that has one.
    let is_safe = || number.parse().is_ok_and(|number: f64| number.abs() <= MAX_SAFE);
    match is_exact && (is_json || is_safe()) {
        true => Ok(number),
        false => Err(format!(
            "{number} is beyond the numbers that a service of Node.js reads and writes as they are; keep it as text"
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
