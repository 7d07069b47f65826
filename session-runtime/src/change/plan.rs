use std::collections::BTreeSet;

use super::expression::MAX_OPERATORS;
use super::{Change, Expression, Path, apply, value_at};
use crate::item::{Fields, Found, Value, integer, set};
use crate::schema::{Attribute, CounterRange};

/// Room for what every commit adds to an expression: key, expiry, sequence, token, pruned tokens.
const RESERVED_BYTES: usize = 1200;
const RESERVED_OPERATORS: usize = 100;

/// What changes are planned against: the item as it was last seen, and the session that commits.
pub(crate) struct Target<'a> {
    pub(crate) attributes: &'static [Attribute],
    pub(crate) defaults: &'a [Value],
    pub(crate) stored: &'a Fields,
    pub(crate) found: &'a [Found],
    pub(crate) after: &'a Fields,
    /// Require that every value which is changed still is what it was.
    pub(crate) guard_changes: bool,
}

impl Target<'_> {
    fn named(&self, attribute: usize) -> Option<&Value> {
        match self.found[attribute] {
            Found::Named => self.stored[attribute].as_ref(),
            Found::Absent | Found::Aliased(_) => None,
        }
    }

    fn any_name(&self, attribute: usize) -> Option<&Value> {
        match self.found[attribute] {
            Found::Absent => None,
            Found::Named | Found::Aliased(_) => self.stored[attribute].as_ref(),
        }
    }
}

/// The expression that makes these changes to the stored item.
///
/// One that would pass DynamoDB's limits replaces the attribute with the most changes as a whole, under
/// a guard, until the rest fits.
pub(crate) fn plan(changes: &[Change], target: &Target<'_>) -> Expression {
    let mut counts = vec![0; target.attributes.len()];
    for change in changes {
        counts[change.attribute()] += 1;
    }
    let mut replaced: BTreeSet<usize> = (0..target.attributes.len())
        .filter(|attribute| {
            matches!(target.found[*attribute], Found::Aliased(_))
                || counts[*attribute] > MAX_OPERATORS
        })
        .collect();
    loop {
        let expression = plan_with(changes, target, &replaced);
        if expression.fits(RESERVED_BYTES, RESERVED_OPERATORS) {
            return expression;
        }
        let largest = (0..target.attributes.len())
            .filter(|attribute| !replaced.contains(attribute))
            .max_by_key(|attribute| counts[*attribute])
            .filter(|attribute| counts[*attribute] > 1);
        match largest {
            Some(attribute) => replaced.insert(attribute),
            None => return expression,
        };
    }
}

fn plan_with(changes: &[Change], target: &Target<'_>, replaced: &BTreeSet<usize>) -> Expression {
    let mut planner = Planner {
        target,
        expression: Expression::default(),
        replaced: replaced.clone(),
        created: BTreeSet::new(),
    };
    for attribute in replaced {
        planner.replace(*attribute, changes);
    }
    for change in changes {
        planner.change(change, changes);
    }
    planner.expression
}

struct Planner<'a> {
    target: &'a Target<'a>,
    expression: Expression,
    /// Attributes that are written as one value.
    replaced: BTreeSet<usize>,
    /// Maps that are created whole, with everything that changes inside them.
    created: BTreeSet<Path>,
}

impl Planner<'_> {
    fn change(&mut self, change: &Change, changes: &[Change]) {
        if self.replaced.contains(&change.attribute()) {
            return;
        }
        match change {
            Change::Set { path, value } => self.set(path, value),
            Change::Remove { path } => self.remove(path),
            Change::Add { path, delta } => self.add(path, *delta),
            Change::Append { attribute, elements } => {
                let value = aws_sdk_dynamodb::types::AttributeValue::L(elements.clone());
                self.append(*attribute, value, changes);
            }
            Change::Members { attribute, added, removed } => {
                let empty_by_default = self.target.defaults[*attribute].is_empty_option_or_set();
                let stored = match self.target.named(*attribute) {
                    None => true,
                    Some(Value::Atom(stored)) => set::is_set(stored),
                    Some(Value::Map(_)) => false,
                };
                match (added, removed) {
                    _ if !empty_by_default || !stored => self.replace_now(*attribute, changes),
                    (Some(members), None) => self.members(*attribute, members, Expression::add),
                    (None, Some(members)) => self.members(*attribute, members, Expression::delete),
                    _ => self.replace_now(*attribute, changes),
                }
            }
        }
    }

    fn path(&mut self, path: &Path) -> String {
        self.expression.path(self.target.attributes[path.attribute].name(), &path.keys)
    }

    /// Requires the map that a nested path is in, and what `update` read at the path.
    fn require_surroundings(&mut self, path: &Path) -> String {
        let text = self.path(path);
        if let Some(parent) = path.parent() {
            let parent = self.path(&parent);
            self.expression.require_type(&parent, "M");
        }
        if self.target.guard_changes {
            let stored = value_at(self.target.named(path.attribute), &path.keys);
            self.expression.require_value(&text, stored.map(Value::to_attribute_value));
        }
        text
    }

    /// Creates the first missing map on the way to a path; true if there was one.
    fn create_parent(&mut self, path: &Path) -> bool {
        let Some(parent) = path.missing_parent(self.target.named(path.attribute)) else {
            return false;
        };
        if self.created.insert(parent.clone())
            && let Some(value) = value_at(self.target.after[path.attribute].as_ref(), &parent.keys)
        {
            self.put(&parent, value);
        }
        true
    }

    fn put(&mut self, path: &Path, value: &Value) {
        let text = self.require_surroundings(path);
        if let Value::Map(_) = value {
            self.expression.require_not_a_map(&text);
        }
        let value = self.expression.value(value.to_attribute_value());
        self.expression.set(format!("{text} = {value}"));
    }

    fn set(&mut self, path: &Path, value: &Value) {
        if self.create_parent(path) {
            return;
        }
        let stored = value_at(self.target.named(path.attribute), &path.keys);
        match (stored, value) {
            // Someone made a map where this session made one too: both keep their entries.
            (Some(Value::Map(_)), Value::Map(entries)) => {
                for (key, value) in entries {
                    self.set(&path.child(key.clone()), value);
                }
            }
            _ => self.put(path, value),
        }
    }

    fn remove(&mut self, path: &Path) {
        if path.missing_parent(self.target.named(path.attribute)).is_none() {
            let text = self.require_surroundings(path);
            self.expression.remove(text);
        }
    }

    fn add(&mut self, path: &Path, delta: i128) {
        if self.create_parent(path) {
            return;
        }
        let text = self.require_surroundings(path);
        let default = match (&self.target.defaults[path.attribute], path.keys.is_empty()) {
            (Value::Atom(value), true) => integer(value).unwrap_or(0),
            _ => 0,
        };
        self.require_range(&text, default, delta, self.target.attributes[path.attribute].range());
        let default = self.expression.number(default);
        let delta = self.expression.number(delta);
        self.expression.set(format!("{text} = if_not_exists({text}, {default}) + {delta}"));
    }

    fn require_range(&mut self, text: &str, default: i128, delta: i128, range: CounterRange) {
        let (bounded, comparison, limit) = match delta {
            ..0 => (range.min > i128::from(i64::MIN), ">=", range.min - delta),
            0.. => (range.max < i128::from(i64::MAX), "<=", range.max - delta),
        };
        if !bounded {
            return;
        }
        let limit = self.expression.number(limit);
        let in_range = format!("{text} {comparison} {limit}");
        let from_default = default + delta;
        let condition = match from_default < range.min || from_default > range.max {
            true => in_range,
            false => format!("(attribute_not_exists({text}) OR {in_range})"),
        };
        self.expression.condition(condition);
    }

    fn append(
        &mut self,
        attribute: usize,
        elements: aws_sdk_dynamodb::types::AttributeValue,
        changes: &[Change],
    ) {
        use aws_sdk_dynamodb::types::AttributeValue;
        let stored = self.target.named(attribute);
        if !matches!(stored, None | Some(Value::Atom(AttributeValue::L(_)))) {
            return self.replace_now(attribute, changes);
        }
        let text = self.require_surroundings(&Path::top(attribute));
        self.expression.require_type_or_absence(&text, "L");
        let default = self.target.defaults[attribute].to_attribute_value();
        let default = self.expression.value(default);
        let elements = self.expression.value(elements);
        self.expression
            .set(format!("{text} = list_append(if_not_exists({text}, {default}), {elements})"));
    }

    fn members(
        &mut self,
        attribute: usize,
        members: &aws_sdk_dynamodb::types::AttributeValue,
        write: fn(&mut Expression, String),
    ) {
        use aws_sdk_dynamodb::types::AttributeValue;
        let text = self.require_surroundings(&Path::top(attribute));
        let set_type = match members {
            AttributeValue::Ns(_) => "NS",
            AttributeValue::Bs(_) => "BS",
            _ => "SS",
        };
        self.expression.require_type_or_absence(&text, set_type);
        let members = self.expression.value(members.clone());
        write(&mut self.expression, format!("{text} {members}"));
    }

    fn replace_now(&mut self, attribute: usize, changes: &[Change]) {
        if self.replaced.insert(attribute) {
            self.replace(attribute, changes);
        }
    }

    /// Writes an attribute as one value, on condition that it still is what the changes were made to.
    fn replace(&mut self, attribute: usize, changes: &[Change]) {
        let target = self.target;
        let schema = &target.attributes[attribute];
        let stored = target.any_name(attribute);
        let value = apply(
            stored.cloned(),
            &target.defaults[attribute],
            target.after[attribute].as_ref(),
            changes.iter().filter(|change| change.attribute() == attribute),
        );
        let name = self.expression.name(schema.name());
        let guard = stored.map(Value::to_attribute_value);
        match target.found[attribute] {
            Found::Aliased(alias) => {
                let alias = self.expression.name(alias);
                self.expression.require_value(&alias, guard);
                self.expression.require_value(&name, None);
                self.expression.remove(alias);
            }
            Found::Named | Found::Absent => self.expression.require_value(&name, guard),
        }
        match value {
            Some(value) => {
                let value = self.expression.value(value.into_attribute_value());
                self.expression.set(format!("{name} = {value}"));
            }
            None if target.found[attribute] == Found::Named => self.expression.remove(name),
            None => {}
        }
    }
}
