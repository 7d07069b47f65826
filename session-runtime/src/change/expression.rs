use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use aws_sdk_dynamodb::types::AttributeValue;

/// DynamoDB's limits on one expression
/// ([quotas](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html)).
const MAX_TEXT_BYTES: usize = 4096;
pub(super) const MAX_OPERATORS: usize = 300;

/// An update expression and its condition, every name and value a placeholder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expression {
    sets: Vec<String>,
    removes: Vec<String>,
    adds: Vec<String>,
    deletes: Vec<String>,
    conditions: Vec<String>,
    placeholders: HashMap<String, usize>,
    values: Vec<AttributeValue>,
    type_values: Vec<(&'static str, usize)>,
}

impl Expression {
    pub(crate) fn name(&mut self, name: &str) -> String {
        let next = self.placeholders.len();
        let number = match self.placeholders.get(name) {
            Some(number) => *number,
            None => *self.placeholders.entry(name.to_owned()).or_insert(next),
        };
        format!("#{number}")
    }

    pub(crate) fn path(&mut self, name: &str, keys: &[Cow<'static, str>]) -> String {
        let mut path = self.name(name);
        for key in keys {
            let key = self.name(key);
            path.push('.');
            path.push_str(&key);
        }
        path
    }

    pub(crate) fn value(&mut self, value: AttributeValue) -> String {
        self.values.push(value);
        format!(":{}", self.values.len() - 1)
    }

    pub(crate) fn number(&mut self, number: impl ToString) -> String {
        self.value(AttributeValue::N(number.to_string()))
    }

    pub(crate) fn set(&mut self, clause: String) {
        self.sets.push(clause);
    }

    pub(crate) fn remove(&mut self, path: String) {
        self.removes.push(path);
    }

    pub(crate) fn add(&mut self, clause: String) {
        self.adds.push(clause);
    }

    pub(crate) fn delete(&mut self, clause: String) {
        self.deletes.push(clause);
    }

    pub(crate) fn condition(&mut self, condition: String) {
        if !self.conditions.contains(&condition) {
            self.conditions.push(condition);
        }
    }

    pub(crate) fn require_type(&mut self, path: &str, attribute_type: &'static str) {
        let attribute_type = self.type_value(attribute_type);
        self.condition(format!("attribute_type({path}, {attribute_type})"));
    }

    pub(crate) fn require_type_or_absence(&mut self, path: &str, attribute_type: &'static str) {
        let attribute_type = self.type_value(attribute_type);
        self.condition(format!(
            "(attribute_not_exists({path}) OR attribute_type({path}, {attribute_type}))"
        ));
    }

    pub(crate) fn require_not_a_map(&mut self, path: &str) {
        let map = self.type_value("M");
        self.condition(format!("NOT attribute_type({path}, {map})"));
    }

    pub(crate) fn require_value(&mut self, path: &str, value: Option<AttributeValue>) {
        let condition = match value {
            Some(value) => {
                let value = self.value(value);
                format!("{path} = {value}")
            }
            None => format!("attribute_not_exists({path})"),
        };
        self.condition(condition);
    }

    fn type_value(&mut self, attribute_type: &'static str) -> String {
        if let Some((_, number)) =
            self.type_values.iter().find(|(known, _)| *known == attribute_type)
        {
            return format!(":{number}");
        }
        self.type_values.push((attribute_type, self.values.len()));
        self.value(AttributeValue::S(attribute_type.to_owned()))
    }

    /// Whether DynamoDB takes the expression, with room for the clauses that every commit adds.
    pub(crate) fn fits(&self, reserved_bytes: usize, reserved_operators: usize) -> bool {
        let operators = |clauses: &[&Vec<String>]| -> usize {
            clauses.iter().flat_map(|part| part.iter()).map(|clause| operators(clause)).sum()
        };
        let updates = operators(&[&self.sets, &self.removes, &self.adds, &self.deletes]);
        let conditions = operators(&[&self.conditions]);
        self.update_text().len() + reserved_bytes <= MAX_TEXT_BYTES
            && self.condition_text().len() + reserved_bytes <= MAX_TEXT_BYTES
            && updates + reserved_operators <= MAX_OPERATORS
            && conditions + reserved_operators <= MAX_OPERATORS
    }

    pub(crate) fn update_text(&self) -> String {
        let mut text = String::new();
        let parts = [
            ("SET", &self.sets),
            ("REMOVE", &self.removes),
            ("ADD", &self.adds),
            ("DELETE", &self.deletes),
        ];
        for (keyword, clauses) in parts {
            if !clauses.is_empty() {
                let separator = if text.is_empty() { "" } else { " " };
                // Writing to a String cannot fail.
                let _ = write!(text, "{separator}{keyword} {}", clauses.join(", "));
            }
        }
        text
    }

    pub(crate) fn condition_text(&self) -> String {
        self.conditions.join(" AND ")
    }

    pub(crate) fn names(&self) -> HashMap<String, String> {
        self.placeholders
            .iter()
            .map(|(name, number)| (format!("#{number}"), name.clone()))
            .collect()
    }

    pub(crate) fn values(&self) -> HashMap<String, AttributeValue> {
        self.values
            .iter()
            .enumerate()
            .map(|(number, value)| (format!(":{number}"), value.clone()))
            .collect()
    }
}

/// A count that is never below DynamoDB's own: comparisons, functions, arithmetic, dereferences, AND.
fn operators(clause: &str) -> usize {
    1 + clause.matches(['(', '=', '<', '>', '+', '.']).count()
        + clause.matches(" OR ").count()
        + clause.matches("NOT ").count()
}
