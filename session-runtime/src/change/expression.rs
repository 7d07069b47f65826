use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::limits::{condition_fits, update_fits};
use super::placeholder::Placeholder;
use crate::item::Value;

/// An update expression and its condition, every name and value a placeholder.
///
/// Clauses are written as DynamoDB reads them, without spaces where it needs none: an expression has room for
/// the more changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expression<'a> {
    sets: String,
    removes: String,
    adds: String,
    deletes: String,
    condition: String,
    names: Vec<&'a str>,
    numbers: HashMap<&'a str, usize>,
    values: Vec<Operand<'a>>,
    types: Vec<(&'static str, Placeholder)>,
}

/// What a value's placeholder stands for.
#[derive(Clone, Debug)]
pub(crate) enum Operand<'a> {
    Field(&'a Value),
    Raw(&'a AttributeValue),
    Owned(AttributeValue),
}

impl Operand<'_> {
    fn into_attribute_value(self) -> AttributeValue {
        match self {
            Self::Field(value) => value.to_attribute_value(),
            Self::Raw(value) => value.clone(),
            Self::Owned(value) => value,
        }
    }
}

impl<'a> From<&'a Value> for Operand<'a> {
    fn from(value: &'a Value) -> Self {
        Self::Field(value)
    }
}

impl<'a> From<&'a AttributeValue> for Operand<'a> {
    fn from(value: &'a AttributeValue) -> Self {
        Self::Raw(value)
    }
}

impl From<AttributeValue> for Operand<'_> {
    fn from(value: AttributeValue) -> Self {
        Self::Owned(value)
    }
}

impl<'a> Expression<'a> {
    pub(crate) fn with_capacity(changes: usize) -> Self {
        Self {
            sets: String::with_capacity(16 * changes),
            condition: String::with_capacity(16 * changes + 200),
            names: Vec::with_capacity(changes + 8),
            numbers: HashMap::with_capacity(changes + 8),
            values: Vec::with_capacity(changes + 8),
            ..Self::default()
        }
    }

    pub(crate) fn name(&mut self, name: &'a str) -> Placeholder {
        let next = self.names.len();
        let number = *self.numbers.entry(name).or_insert(next);
        if number == next {
            self.names.push(name);
        }
        Placeholder::name(number)
    }

    pub(crate) fn value(&mut self, value: impl Into<Operand<'a>>) -> Placeholder {
        self.values.push(value.into());
        Placeholder::value(self.values.len() - 1)
    }

    pub(crate) fn number(&mut self, number: impl ToString) -> Placeholder {
        self.value(AttributeValue::N(number.to_string()))
    }

    pub(crate) fn set(&mut self, clause: &[&str]) {
        join(&mut self.sets, ",", clause);
    }

    pub(crate) fn remove(&mut self, path: &[&str]) {
        join(&mut self.removes, ",", path);
    }

    pub(crate) fn add(&mut self, clause: &[&str]) {
        join(&mut self.adds, ",", clause);
    }

    pub(crate) fn delete(&mut self, clause: &[&str]) {
        join(&mut self.deletes, ",", clause);
    }

    pub(crate) fn condition(&mut self, clause: &[&str]) {
        join(&mut self.condition, " AND ", clause);
    }

    pub(crate) fn require_type(&mut self, path: &str, attribute_type: &'static str) {
        let attribute_type = self.type_value(attribute_type);
        self.condition(&["attribute_type(", path, ",", &attribute_type, ")"]);
    }

    pub(crate) fn require_type_or_absence(&mut self, path: &str, attribute_type: &'static str) {
        let attribute_type = self.type_value(attribute_type);
        self.condition(&[
            "(attribute_not_exists(",
            path,
            ") OR attribute_type(",
            path,
            ",",
            &attribute_type,
            "))",
        ]);
    }

    pub(crate) fn require_not_a_map(&mut self, path: &str) {
        let map = self.type_value("M");
        self.condition(&["NOT attribute_type(", path, ",", &map, ")"]);
    }

    pub(crate) fn require_value(&mut self, path: &str, value: Option<impl Into<Operand<'a>>>) {
        match value {
            Some(value) => {
                let value = self.value(value);
                self.condition(&[path, "=", &value]);
            }
            None => self.require_absence(path),
        }
    }

    pub(crate) fn require_absence(&mut self, path: &str) {
        self.condition(&["attribute_not_exists(", path, ")"]);
    }

    pub(crate) fn type_value(&mut self, attribute_type: &'static str) -> Placeholder {
        let known = self.types.iter().find(|(known, _)| *known == attribute_type);
        if let Some((_, placeholder)) = known {
            return *placeholder;
        }
        let placeholder = self.value(AttributeValue::S(attribute_type.to_owned()));
        self.types.push((attribute_type, placeholder));
        placeholder
    }

    /// Whether DynamoDB takes the expression.
    pub(crate) fn fits(&self) -> bool {
        update_fits(&self.update_text()) && condition_fits(&self.condition)
    }

    pub(crate) fn update_text(&self) -> String {
        let parts = [
            ("SET ", &self.sets),
            ("REMOVE ", &self.removes),
            ("ADD ", &self.adds),
            ("DELETE ", &self.deletes),
        ];
        let length = parts.iter().map(|(keyword, clauses)| keyword.len() + clauses.len() + 1).sum();
        let mut text = String::with_capacity(length);
        for (keyword, clauses) in parts {
            if !clauses.is_empty() {
                join(&mut text, " ", &[keyword, clauses]);
            }
        }
        text
    }

    pub(crate) fn condition_text(&self) -> &str {
        &self.condition
    }

    /// The names and the values that the placeholders stand for.
    pub(crate) fn into_placeholders(
        self,
    ) -> (HashMap<String, String>, HashMap<String, AttributeValue>) {
        let names = self.names.into_iter().enumerate();
        let names =
            names.map(|(number, name)| (Placeholder::name(number).to_string(), name.to_owned()));
        let values = self.values.into_iter().enumerate();
        let values = values.map(|(number, value)| {
            (Placeholder::value(number).to_string(), value.into_attribute_value())
        });
        (names.collect(), values.collect())
    }
}

fn join(text: &mut String, separator: &str, clause: &[&str]) {
    if !text.is_empty() {
        text.push_str(separator);
    }
    for part in clause {
        text.push_str(part);
    }
}
