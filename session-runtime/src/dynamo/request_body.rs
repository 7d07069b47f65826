//! The requests that sessions make again and again, as DynamoDB reads them: written straight from the values at hand, of
//! which the AWS SDK would want copies
//! ([API reference](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html)).

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::expression::Expression;
use crate::item::{DynamoDbJson, Item};
use crate::schema::PrimaryKey;

pub(super) const ALL_OLD: &str = "ALL_OLD";
pub(super) const UPDATED_NEW: &str = "UPDATED_NEW";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetItem<'a> {
    pub(super) table_name: &'a str,
    pub(super) key: Key<'a>,
    pub(super) consistent_read: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) return_consumed_capacity: Option<Capacity>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutItem<'a> {
    pub(super) table_name: &'a str,
    pub(super) item: DynamoDbJson<'a, Item>,
    pub(super) condition_expression: &'a str,
    pub(super) expression_attribute_names: NamesOf<'a>,
    pub(super) return_values_on_condition_check_failure: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) return_consumed_capacity: Option<Capacity>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateItem<'a> {
    pub(super) table_name: &'a str,
    pub(super) key: Key<'a>,
    pub(super) update_expression: &'a str,
    pub(super) condition_expression: &'a str,
    pub(super) expression_attribute_names: Names<'a>,
    pub(super) expression_attribute_values: Values<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) return_values: Option<&'static str>,
    pub(super) return_values_on_condition_check_failure: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) return_consumed_capacity: Option<Capacity>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteItem<'a> {
    pub(super) table_name: &'a str,
    pub(super) key: Key<'a>,
    pub(super) condition_expression: &'a str,
    pub(super) expression_attribute_names: NamesOf<'a>,
    pub(super) return_values_on_condition_check_failure: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) return_consumed_capacity: Option<Capacity>,
}

/// A request as bytes.
pub(super) fn written(request: &impl Serialize) -> Result<Vec<u8>, Error> {
    // Of most requests all, without being copied on the way.
    let mut body = Vec::with_capacity(1024);
    match serde_json::to_writer(&mut body, request) {
        Ok(()) => Ok(body),
        Err(source) => {
            Err(Error::internal("a request to DynamoDB cannot be written").with_source(source))
        }
    }
}

/// The key of a session's item, by the value of the partition key.
pub(super) struct Key<'a>(pub(super) PrimaryKey, pub(super) &'a str);

impl Serialize for Key<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(primary_key, hash) = self;
        serializer.collect_map(primary_key.parts(hash).map(|(name, value)| (name, Text { value })))
    }
}

#[derive(Serialize)]
struct Text<'a> {
    #[serde(rename = "S")]
    value: &'a str,
}

/// Names that stand for themselves in no expression, each with its placeholder.
pub(super) struct NamesOf<'a>(pub(super) &'a [(&'static str, &'a str)]);

impl Serialize for NamesOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// The names that an expression has placeholders for.
pub(super) struct Names<'a>(pub(super) &'a Expression<'a>);

impl Serialize for Names<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.names())
    }
}

/// The values that an expression has placeholders for.
pub(super) struct Values<'a>(pub(super) &'a Expression<'a>);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = self.0.values();
        serializer
            .collect_map(values.map(|(placeholder, value)| (placeholder, DynamoDbJson(value))))
    }
}

/// What DynamoDB is to tell of the capacity that a request takes.
pub(super) struct Capacity(pub(super) ReturnConsumedCapacity);

impl Serialize for Capacity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}
