use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use aws_sdk_dynamodb::types::AttributeValue;

/// DynamoDB's limits on one expression
/// ([quotas](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html)).
const MAX_TEXT_BYTES: usize = 4096;
/// ` AND `, the longest of what stands between clauses.
const SEPARATOR_BYTES: usize = 5;
pub(super) const MAX_OPERATORS: usize = 300;

/// An update expression and its condition, every name and value a placeholder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expression {
    sets: Vec<String>,
    removes: Vec<String>,
    adds: Vec<String>,
    deletes: Vec<String>,
    conditions: Vec<String>,
    /// Each name's placeholder.
    names: HashMap<String, String>,
    /// Each placeholder's value.
    values: Vec<(String, AttributeValue)>,
    type_values: Vec<(&'static str, String)>,
}

impl Expression {
    pub(crate) fn name(&mut self, name: &str) -> String {
        if let Some(placeholder) = self.names.get(name) {
            return placeholder.clone();
        }
        let placeholder = format!("#{}", self.names.len());
        self.names.insert(name.to_owned(), placeholder.clone());
        placeholder
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
        let placeholder = format!(":{}", self.values.len());
        self.values.push((placeholder.clone(), value));
        placeholder
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

    pub(crate) fn type_value(&mut self, attribute_type: &'static str) -> String {
        let known = self.type_values.iter().find(|(known, _)| *known == attribute_type);
        if let Some((_, placeholder)) = known {
            return placeholder.clone();
        }
        let placeholder = self.value(AttributeValue::S(attribute_type.to_owned()));
        self.type_values.push((attribute_type, placeholder.clone()));
        placeholder
    }

    /// Whether DynamoDB takes the expression, with room for the clauses that every commit adds.
    pub(crate) fn fits(&self, reserved_bytes: usize, reserved_operators: usize) -> bool {
        let fits = |parts: &[&Vec<String>]| {
            let clauses = || parts.iter().copied().flatten();
            let bytes: usize = clauses().map(|clause| clause.len() + SEPARATOR_BYTES).sum();
            let operators: usize = clauses().map(|clause| operators(clause)).sum();
            bytes + reserved_bytes <= MAX_TEXT_BYTES
                && operators + reserved_operators <= MAX_OPERATORS
        };
        fits(&[&self.sets, &self.removes, &self.adds, &self.deletes]) && fits(&[&self.conditions])
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

    /// The names and the values that the placeholders stand for.
    pub(crate) fn into_placeholders(
        self,
    ) -> (HashMap<String, String>, HashMap<String, AttributeValue>) {
        let names = self.names.into_iter().map(|(name, placeholder)| (placeholder, name)).collect();
        (names, self.values.into_iter().collect())
    }
}

/// A count that is never below DynamoDB's own: comparisons, functions, arithmetic, dereferences, AND.
fn operators(clause: &str) -> usize {
    1 + clause.matches(['(', '=', '<', '>', '+', '.']).count()
        + clause.matches(" OR ").count()
        + clause.matches("NOT ").count()
}
