//! Reads infrastructure with real parsers, and compares what it describes.

#![allow(dead_code, clippy::unwrap_used)]

use serde_json::Value;

pub(crate) fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// A Terraform configuration as Terraform's own JSON would have it: what refers to something else is `${..}`.
pub(crate) fn hcl(text: &str) -> Value {
    hcl::from_str(text).unwrap()
}

/// The blocks of one name: `hcl` makes a list of them only if there are several.
pub(crate) fn blocks(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(blocks) => blocks.iter().collect(),
        block => vec![block],
    }
}

/// What DynamoDB has to know of a table before it is made.
#[derive(Debug, PartialEq)]
pub(crate) struct Described {
    pub(crate) key: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) indexes: Vec<(String, String)>,
}

impl Described {
    /// In the form of `CreateTable`, which CloudFormation shares.
    pub(crate) fn by_request(table: &Value) -> Self {
        let attributes = blocks(&table["AttributeDefinitions"]);
        Self {
            key: only_hash_key(&table["KeySchema"]),
            attributes: pairs(attributes, "AttributeName", "AttributeType"),
            indexes: blocks(&table["GlobalSecondaryIndexes"])
                .into_iter()
                .map(|index| {
                    assert_eq!(index["Projection"]["ProjectionType"], "KEYS_ONLY");
                    (text(&index["IndexName"]), only_hash_key(&index["KeySchema"]))
                })
                .collect(),
        }
        .sorted()
    }

    /// In the form of Terraform's `aws_dynamodb_table`.
    pub(crate) fn by_configuration(table: &Value) -> Self {
        Self {
            key: text(&table["hash_key"]),
            attributes: pairs(blocks(&table["attribute"]), "name", "type"),
            indexes: blocks(&table["global_secondary_index"])
                .into_iter()
                .map(|index| {
                    assert_eq!(index["projection_type"], "KEYS_ONLY");
                    assert_eq!(index["key_schema"]["key_type"], "HASH");
                    (text(&index["name"]), text(&index["key_schema"]["attribute_name"]))
                })
                .collect(),
        }
        .sorted()
    }

    pub(crate) fn sorted(mut self) -> Self {
        self.attributes.sort();
        self.indexes.sort();
        self
    }
}

fn only_hash_key(schema: &Value) -> String {
    let [element] = &schema.as_array().unwrap()[..] else { panic!("one key: {schema}") };
    assert_eq!(element["KeyType"], "HASH");
    text(&element["AttributeName"])
}

fn pairs(values: Vec<&Value>, one: &str, other: &str) -> Vec<(String, String)> {
    values.into_iter().map(|value| (text(&value[one]), text(&value[other]))).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
