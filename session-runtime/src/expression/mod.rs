//! Update expressions and conditions: their text, what its placeholders stand for, and whether DynamoDB takes it.

mod clauses;
mod placeholder;

use std::collections::HashMap;

use clauses::Part::{Operator, Path as At, Text};
use clauses::{Clauses, fits};
pub(crate) use clauses::{DocumentPath, Part};
use placeholder::Placeholder;

use crate::item::Value;

/// From how many names on they are looked up, and not searched.
const MANY_NAMES: usize = 12;

/// An update expression and its condition, every name and value a placeholder.
///
/// Clauses are written without spaces where DynamoDB needs none: an expression has room for more changes that way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expression<'a> {
    sets: Clauses,
    removes: Clauses,
    adds: Clauses,
    deletes: Clauses,
    condition: Clauses,
    names: Vec<&'a str>,
    /// The place of each name, once there are so many that a search would take longer.
    numbers: HashMap<&'a str, usize>,
    values: Vec<Operand<'a>>,
    types: Vec<(&'static str, Placeholder)>,
}

/// What a value's placeholder stands for.
#[derive(Clone, Debug)]
pub(crate) enum Operand<'a> {
    Borrowed(&'a Value),
    Owned(Value),
}

impl<'a> From<&'a Value> for Operand<'a> {
    fn from(value: &'a Value) -> Self {
        Self::Borrowed(value)
    }
}

impl From<Value> for Operand<'_> {
    fn from(value: Value) -> Self {
        Self::Owned(value)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    AtMost,
    AtLeast,
    Above,
    Below,
}

impl Comparison {
    fn text(self) -> &'static str {
        match self {
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
            Self::Above => ">",
            Self::Below => "<",
        }
    }

    fn opposite(self) -> &'static str {
        match self {
            Self::AtMost => ">",
            Self::AtLeast => "<",
            Self::Above => "<=",
            Self::Below => ">=",
        }
    }
}

impl<'a> Expression<'a> {
    pub(crate) fn with_capacity(changes: usize) -> Self {
        Self {
            sets: Clauses::with_capacity(16 * changes),
            condition: Clauses::with_capacity(16 * changes + 200),
            names: Vec::with_capacity(changes + 8),
            values: Vec::with_capacity(changes + 8),
            ..Self::default()
        }
    }

    /// An attribute of the item.
    pub(crate) fn attribute(&mut self, name: &'a str) -> DocumentPath {
        DocumentPath::top(self.name(name))
    }

    /// An entry of a map.
    pub(crate) fn entry(&mut self, map: &DocumentPath, key: &'a str) -> DocumentPath {
        map.child(self.name(key))
    }

    pub(crate) fn name(&mut self, name: &'a str) -> Placeholder {
        let next = self.names.len();
        let number = match next {
            ..MANY_NAMES => self.names.iter().position(|known| *known == name).unwrap_or(next),
            _ => {
                if self.numbers.is_empty() {
                    self.numbers.extend(self.names.iter().copied().zip(0..));
                }
                *self.numbers.entry(name).or_insert(next)
            }
        };
        if number == next {
            self.names.push(name);
        }
        Placeholder::name(number)
    }

    fn value(&mut self, value: impl Into<Operand<'a>>) -> Placeholder {
        self.values.push(value.into());
        Placeholder::value(self.values.len() - 1)
    }

    pub(crate) fn number(&mut self, number: impl ToString) -> Placeholder {
        self.value(Value::number(number))
    }

    pub(crate) fn type_name(&mut self, name: &'static str) -> Placeholder {
        if let Some((_, placeholder)) = self.types.iter().find(|(known, _)| *known == name) {
            return *placeholder;
        }
        let placeholder = self.value(Value::text(name));
        self.types.push((name, placeholder));
        placeholder
    }

    pub(crate) fn set(&mut self, place: &DocumentPath, value: impl Into<Operand<'a>>) {
        let value = self.value(value);
        self.sets.push(Text(","), &[At(place), Text("="), Text(&value)]);
    }

    pub(crate) fn set_if_absent(&mut self, place: &DocumentPath, value: impl Into<Operand<'a>>) {
        let value = self.value(value);
        let clause = [At(place), Text("="), Operator("if_not_exists("), At(place)];
        let rest = [Text(","), Text(&value), Text(")")];
        self.sets.push(Text(","), &[&clause[..], &rest].concat());
    }

    /// Sets a Number, unless it is beyond that already.
    pub(crate) fn raise(&mut self, place: &DocumentPath, number: impl ToString) {
        let number = self.number(number);
        self.sets.push(Text(","), &[At(place), Text("="), Text(&number)]);
        self.require(&[At(place), Operator("<="), Text(&number)]);
    }

    /// Adds to a Number that is there.
    pub(crate) fn increase(&mut self, place: &DocumentPath, by: i64) {
        let by = self.value(Value::number(by));
        let clause = [At(place), Text("="), At(place), Operator("+"), Text(&by)];
        self.sets.push(Text(","), &clause);
    }

    /// Adds to a Number, or to another one where it is absent.
    pub(crate) fn increase_from(&mut self, place: &DocumentPath, start: i128, by: i128) {
        let (start, by) = (self.value(Value::number(start)), self.value(Value::number(by)));
        let clause = [At(place), Text("="), Operator("if_not_exists("), At(place), Text(",")];
        let rest = [Text(&start), Text(")"), Operator("+"), Text(&by)];
        self.sets.push(Text(","), &[&clause[..], &rest].concat());
    }

    /// Appends to a List, or to another one where it is absent.
    pub(crate) fn append(
        &mut self,
        place: &DocumentPath,
        start: impl Into<Operand<'a>>,
        elements: impl Into<Operand<'a>>,
    ) {
        let (start, elements) = (self.value(start), self.value(elements));
        let clause = [At(place), Text("="), Operator("list_append("), Operator("if_not_exists(")];
        let rest = [At(place), Text(","), Text(&start), Text("),"), Text(&elements), Text(")")];
        self.sets.push(Text(","), &[&clause[..], &rest].concat());
    }

    pub(crate) fn remove(&mut self, place: &DocumentPath) {
        self.removes.push(Text(","), &[At(place)]);
    }

    /// `ADD`: to a Number that begins at zero, or to a set. For attributes at the top level only.
    pub(crate) fn add(&mut self, place: &DocumentPath, value: impl Into<Operand<'a>>) {
        let value = self.value(value);
        self.adds.push(Text(","), &[At(place), Text(" "), Text(&value)]);
    }

    /// `DELETE`: members of a set. For attributes at the top level only.
    pub(crate) fn delete(&mut self, place: &DocumentPath, value: impl Into<Operand<'a>>) {
        let value = self.value(value);
        self.deletes.push(Text(","), &[At(place), Text(" "), Text(&value)]);
    }

    pub(crate) fn require(&mut self, clause: &[Part<'_>]) {
        self.condition.push(Operator(" AND "), clause);
    }

    pub(crate) fn require_presence(&mut self, place: &DocumentPath) {
        self.require(&[Operator("attribute_exists("), At(place), Text(")")]);
    }

    pub(crate) fn require_absence(&mut self, place: &DocumentPath) {
        self.require(&[Operator("attribute_not_exists("), At(place), Text(")")]);
    }

    /// A text that begins so.
    pub(crate) fn require_prefix(&mut self, place: &DocumentPath, prefix: &str) {
        let prefix = self.value(Value::text(prefix));
        self.require(&[Operator("begins_with("), At(place), Text(","), Text(&prefix), Text(")")]);
    }

    pub(crate) fn require_type(&mut self, place: &DocumentPath, name: &'static str) {
        let name = self.type_name(name);
        let clause = [Operator("attribute_type("), At(place), Text(","), Text(&name), Text(")")];
        self.require(&clause);
    }

    pub(crate) fn require_type_or_absence(&mut self, place: &DocumentPath, name: &'static str) {
        let name = self.type_name(name);
        let absent = [Text("("), Operator("attribute_not_exists("), At(place), Text(")")];
        let or = [Operator(" OR "), Operator("attribute_type("), At(place), Text(",")];
        let end = [Text(&name), Text("))")];
        self.require(&[&absent[..], &or, &end].concat());
    }

    pub(crate) fn require_not_a_map(&mut self, place: &DocumentPath) {
        let map = self.type_name("M");
        let is_map = [Operator("attribute_type("), At(place), Text(","), Text(&map), Text(")")];
        self.require(&[&[Operator("NOT ")][..], &is_map].concat());
    }

    /// The value that is there, or that none is.
    pub(crate) fn require_value(
        &mut self,
        place: &DocumentPath,
        value: Option<impl Into<Operand<'a>>>,
    ) {
        match value {
            Some(value) => {
                let value = self.value(value);
                self.require(&[At(place), Operator("="), Text(&value)]);
            }
            None => self.require_absence(place),
        }
    }

    /// The same value in two places.
    pub(crate) fn require_equal(&mut self, one: &DocumentPath, other: &DocumentPath) {
        self.require(&[At(one), Operator("="), At(other)]);
    }

    /// Another value than this.
    pub(crate) fn require_other_value(
        &mut self,
        place: &DocumentPath,
        value: impl Into<Operand<'a>>,
    ) {
        let value = self.value(value);
        self.require(&[Operator("NOT "), At(place), Operator("="), Text(&value)]);
    }

    pub(crate) fn require_number(
        &mut self,
        place: &DocumentPath,
        is: Comparison,
        number: impl ToString,
    ) {
        let number = self.value(Value::number(number));
        self.require(&[At(place), Operator(is.text()), Text(&number)]);
    }

    /// As [`require_number`](Self::require_number), or that there is none.
    pub(crate) fn require_number_or_absence(
        &mut self,
        place: &DocumentPath,
        is: Comparison,
        number: impl ToString,
    ) {
        let number = self.value(Value::number(number));
        // A comparison with what is absent is false, whichever it is.
        let clause = [Operator("NOT "), At(place), Operator(is.opposite()), Text(&number)];
        self.require(&clause);
    }

    /// Whether DynamoDB takes the expression.
    pub(crate) fn fits(&self) -> bool {
        let updates = self.updates().map(|(_, clauses)| clauses.operators);
        fits(self.update_length(), updates.iter().sum())
            && fits(self.condition.text.len(), self.condition.operators)
    }

    fn updates(&self) -> [(&'static str, &Clauses); 4] {
        [
            ("SET ", &self.sets),
            ("REMOVE ", &self.removes),
            ("ADD ", &self.adds),
            ("DELETE ", &self.deletes),
        ]
    }

    fn update_length(&self) -> usize {
        let written = self.updates().into_iter().filter(|(_, clauses)| !clauses.text.is_empty());
        written.map(|(keyword, clauses)| keyword.len() + clauses.text.len() + 1).sum()
    }

    pub(crate) fn update_text(&self) -> String {
        let mut text = String::with_capacity(self.update_length());
        for (keyword, clauses) in self.updates() {
            if !clauses.text.is_empty() {
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(keyword);
                text.push_str(&clauses.text);
            }
        }
        text
    }

    pub(crate) fn condition_text(&self) -> &str {
        &self.condition.text
    }

    /// The names, each with its placeholder.
    pub(crate) fn names(&self) -> impl Iterator<Item = (Placeholder, &'a str)> {
        let names = self.names.iter().enumerate();
        names.map(|(number, name)| (Placeholder::name(number), *name))
    }

    /// The values, each with its placeholder.
    pub(crate) fn values(&self) -> impl Iterator<Item = (Placeholder, &Value)> {
        let values = self.values.iter().enumerate();
        values.map(|(number, value)| {
            let value = match value {
                Operand::Borrowed(value) => value,
                Operand::Owned(value) => value,
            };
            (Placeholder::value(number), value)
        })
    }

    /// What the placeholders stand for: names, and values.
    pub(crate) fn into_placeholders(
        self,
    ) -> (impl Iterator<Item = (String, String)>, impl Iterator<Item = (String, Operand<'a>)>) {
        let names = self.names.into_iter().enumerate();
        let names =
            names.map(|(number, name)| (Placeholder::name(number).to_string(), name.into()));
        let values = self.values.into_iter().enumerate();
        let values = values.map(|(number, value)| (Placeholder::value(number).to_string(), value));
        (names, values)
    }
}
