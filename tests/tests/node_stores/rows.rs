//! A stored row, less what differs from one login to the next.

use std::collections::HashMap;
use std::time::SystemTime;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value, json};

use crate::systems::System;

const DAY: f64 = 86_400.0;
/// Between the login and the look at its row, on a busy machine.
const LATE: f64 = 60.0;

/// The rows that are expected, as [`shape`] makes them, for the login of `tests/node-stores/visitor.js`.
const EXPECTED: &str = include_str!("../../node-stores/rows.json");

pub(crate) fn expected(system: &System) -> Value {
    serde_json::from_str::<Value>(EXPECTED).unwrap()[system.name].take()
}

/// The row as JSON of DynamoDB's types, where `SID` stands for the id, JSON text is a value under `JSON`, and times are
/// named: `NOW`, `TOMORROW` and a `DAY`, in `S`econds, `MS` or as `ISO` text.
pub(crate) fn shape(system: &System, row: HashMap<String, AttributeValue>) -> Value {
    let key = row[system.hash_key].as_s().unwrap();
    let sid = key.strip_prefix(system.key_prefix).unwrap().to_owned();
    attributes(row, &sid)
}

fn attributes(row: HashMap<String, AttributeValue>, sid: &str) -> Value {
    row.into_iter().map(|(name, value)| (name, attribute(value, sid))).collect::<Map<_, _>>().into()
}

fn attribute(value: AttributeValue, sid: &str) -> Value {
    match value {
        AttributeValue::S(text) => match serde_json::from_str::<Map<_, _>>(&text) {
            Ok(json) => json!({"JSON": plain(json.into())}),
            Err(_) => json!({"S": plain(text.replace(sid, "SID").into())}),
        },
        AttributeValue::N(number) => {
            json!({"N": time(number.parse().unwrap()).map_or(number, str::to_owned)})
        }
        AttributeValue::Bool(value) => json!({"BOOL": value}),
        AttributeValue::Null(value) => json!({"NULL": value}),
        AttributeValue::M(map) => json!({"M": attributes(map, sid)}),
        AttributeValue::L(list) => {
            json!({"L": list.into_iter().map(|it| attribute(it, sid)).collect::<Vec<_>>()})
        }
        other => panic!("no store writes {other:?}"),
    }
}

fn plain(value: Value) -> Value {
    match value {
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, plain(value))).collect(),
        Value::Array(list) => list.into_iter().map(plain).collect(),
        Value::Number(number) => match time(number.as_f64().unwrap()) {
            Some(name) => name.into(),
            None => number.into(),
        },
        Value::String(text) if is_iso(&text) => "ISO".into(),
        other => other,
    }
}

fn time(number: f64) -> Option<&'static str> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
    let times = [
        (now, 1.0, "NOW S"),
        (now, 1000.0, "NOW MS"),
        (now + DAY, 1.0, "TOMORROW S"),
        (now + DAY, 1000.0, "TOMORROW MS"),
        (DAY, 1000.0, "DAY MS"),
    ];
    let found = times.into_iter().find(|(time, unit, _)| (number / unit - time).abs() < LATE);
    found.map(|(_, _, name)| name)
}

fn is_iso(text: &str) -> bool {
    text.len() == 24 && text.ends_with('Z') && text.as_bytes()[10] == b'T'
}
