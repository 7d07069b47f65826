//! Reads infrastructure with real parsers, and compares what it describes.

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
    /// The partition key, and the sort key if there is one.
    pub(crate) key: Vec<String>,
    pub(crate) attributes: Vec<(String, String)>,
    /// Each with the attributes of its key: the partition key, and the sort key if it has one.
    pub(crate) indexes: Vec<(String, Vec<String>)>,
}

impl Described {
    /// In the form of `CreateTable`, which CloudFormation shares.
    pub(crate) fn by_request(table: &Value) -> Self {
        let attributes = blocks(&table["AttributeDefinitions"]);
        Self {
            key: key(&table["KeySchema"], "AttributeName", "KeyType"),
            attributes: pairs(attributes, "AttributeName", "AttributeType"),
            indexes: blocks(&table["GlobalSecondaryIndexes"])
                .into_iter()
                .map(|index| {
                    assert_eq!(index["Projection"]["ProjectionType"], "KEYS_ONLY");
                    let key = key(&index["KeySchema"], "AttributeName", "KeyType");
                    (text(&index["IndexName"]), key)
                })
                .collect(),
        }
        .sorted()
    }

    /// In the form of Terraform's `aws_dynamodb_table`.
    pub(crate) fn by_configuration(table: &Value) -> Self {
        Self {
            key: ["hash_key", "range_key"]
                .iter()
                .filter_map(|name| table.get(name).map(text))
                .collect(),
            attributes: pairs(blocks(&table["attribute"]), "name", "type"),
            indexes: blocks(&table["global_secondary_index"])
                .into_iter()
                .map(|index| {
                    assert_eq!(index["projection_type"], "KEYS_ONLY");
                    let key = key(&index["key_schema"], "attribute_name", "key_type");
                    (text(&index["name"]), key)
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

/// The attributes of a key in their order, which is the partition key first.
fn key(schema: &Value, name: &str, role: &str) -> Vec<String> {
    let parts = blocks(schema);
    let roles: Vec<_> = parts.iter().map(|part| text(&part[role])).collect();
    assert_eq!(roles, ["HASH", "RANGE"][..roles.len().max(1)], "{schema}");
    parts.iter().map(|part| text(&part[name])).collect()
}

fn pairs(values: Vec<&Value>, one: &str, other: &str) -> Vec<(String, String)> {
    values.into_iter().map(|value| (text(&value[one]), text(&value[other]))).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
