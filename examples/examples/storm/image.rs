//! A stored session, read from the raw item, so that the check does not rest on what it checks.

use serde_json::{Map, Value};

use crate::blob::DATA;
use crate::visit::Visit;

pub(crate) struct Image {
    pub(crate) key: String,
    /// The number of the session's ledger.
    pub(crate) number: usize,
    pub(crate) expires: i64,
    pub(crate) visit: Visit,
}

impl Image {
    /// Reads an item in DynamoDB's JSON; `run` is what the run's labels begin with.
    pub(crate) fn read(item: Value, run: &str) -> Option<Self> {
        let Value::Object(item) = item else { return None };
        let item: Map<_, _> = item
            .into_iter()
            .map(|(name, value)| Some((name, plain(value)?)))
            .collect::<Option<_>>()?;
        let key = item.get("id")?.as_str()?.to_owned();
        let expires = item.get("expires_at")?.as_i64()?;
        let number = item.get("label")?.as_str()?.strip_prefix(run)?.parse().ok()?;
        let visit = match item.get(DATA) {
            Some(data) => serde_json::from_str(data.as_str()?).ok()?,
            None => serde_json::from_value(Value::Object(item)).ok()?,
        };
        Some(Self { key, number, expires, visit })
    }
}

/// `{"S": "text"}` as `"text"`, and so on.
fn plain(value: Value) -> Option<Value> {
    let Value::Object(value) = value else { return None };
    let (kind, value) = value.into_iter().next()?;
    Some(match (&*kind, value) {
        ("N", Value::String(number)) => serde_json::from_str(&number).ok()?,
        ("NULL", _) => Value::Null,
        ("L", Value::Array(elements)) => elements.into_iter().map(plain).collect::<Option<_>>()?,
        ("M", Value::Object(entries)) => Value::Object(
            entries
                .into_iter()
                .map(|(name, value)| Some((name, plain(value)?)))
                .collect::<Option<_>>()?,
        ),
        (_, value) => value,
    })
}
