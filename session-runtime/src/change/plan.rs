use std::collections::{BTreeMap, BTreeSet, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Change, Expression, Path, apply, value_at};
use crate::item::{Fields, Found, Value, integer, set};
use crate::schema::{Attribute, CounterRange};

/// More clauses than any expression has room for.
const MANY: usize = 1024;

/// What changes are planned against: the item as it was last seen, and the session that commits.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) attributes: &'static [Attribute],
    pub(crate) defaults: &'a [Value],
    /// The fields that the changes were found against.
    pub(crate) before: &'a Fields,
    /// What the table was found to hold, if that is known to be something else.
    pub(crate) stored: Option<&'a Fields>,
    pub(crate) found: &'a [Found],
    pub(crate) after: &'a Fields,
    /// Require that every value which is changed still is what it was.
    pub(crate) guard_changes: bool,
}

impl<'a> Target<'a> {
    fn named(&self, attribute: usize) -> Option<&'a Value> {
        match self.found[attribute] {
            Found::Named => self.any_name(attribute),
            Found::Absent | Found::Aliased(_) => None,
        }
    }

    fn any_name(&self, attribute: usize) -> Option<&'a Value> {
        match self.found[attribute] {
            Found::Absent => None,
            Found::Named | Found::Aliased(_) => {
                self.stored.unwrap_or(self.before)[attribute].as_ref()
            }
        }
    }

    /// Whether the attribute is where the changes were found, so that every map on a path is there.
    fn is_as_before(&self, attribute: usize) -> bool {
        self.stored.is_none() && self.found[attribute] == Found::Named
    }

    fn missing_parent<'p>(&self, path: &Path<'p>) -> Option<Path<'p>> {
        match path.keys.is_empty() || self.is_as_before(path.attribute) {
            true => None,
            false => path.missing_parent(self.named(path.attribute)),
        }
    }
}

/// What a commit requires of commits by others since the item was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Others {
    /// They may have come between; what matters to the changes has conditions of its own.
    Welcome,
    /// There was none.
    Excluded,
}

/// The expression that makes these changes to the stored item, after the clauses that every commit has; `None` if
/// no expression has room for them.
///
/// Where the changes would pass DynamoDB's limits, attributes are replaced as a whole, each under a guard: those
/// with the most changes first, until the rest fits. Where not even the guards fit, one condition stands for them,
/// that nobody committed since.
pub(crate) fn plan<'a>(
    changes: &[Change<'a>],
    target: &Target<'a>,
    header: impl Fn(&mut Expression<'a>, Others),
) -> Option<Expression<'a>> {
    let mut clauses: BTreeMap<usize, usize> = BTreeMap::new();
    for change in changes {
        *clauses.entry(change.attribute()).or_default() += change.clauses();
    }
    let mut replaced: BTreeSet<usize> = (0..target.attributes.len())
        .filter(|attribute| {
            matches!(target.found[*attribute], Found::Aliased(_))
                || clauses.get(attribute).is_some_and(|clauses| *clauses > MANY)
        })
        .collect();
    let mut largest: Vec<usize> = clauses
        .iter()
        .filter(|(attribute, clauses)| **clauses > 1 && !replaced.contains(attribute))
        .map(|(attribute, _)| *attribute)
        .collect();
    largest.sort_by_key(|attribute| std::cmp::Reverse(clauses[attribute]));
    let mut more = largest.chunks(1.max(largest.len() / 16));
    let mut others = Others::Welcome;
    loop {
        let mut expression = Expression::with_capacity(changes.len().min(MANY / 2));
        header(&mut expression, others);
        let expression = plan_with(changes, target, &replaced, others, expression);
        if expression.fits() {
            return Some(expression);
        }
        match (more.next(), others) {
            (Some(more), _) => replaced.extend(more),
            (None, Others::Welcome) => others = Others::Excluded,
            (None, Others::Excluded) => return None,
        }
    }
}

fn plan_with<'a>(
    changes: &[Change<'a>],
    target: &Target<'a>,
    replaced: &BTreeSet<usize>,
    others: Others,
    expression: Expression<'a>,
) -> Expression<'a> {
    let mut planner = Planner {
        target,
        changes,
        others,
        expression,
        replaced: BTreeSet::new(),
        created: BTreeSet::new(),
        entered: (0, Vec::new()),
        parent: String::new(),
        text: String::new(),
        parents: HashSet::new(),
    };
    for attribute in replaced {
        planner.replace(*attribute);
    }
    for change in changes {
        planner.change(change);
    }
    planner.expression
}

impl Change<'_> {
    /// About how many clauses it takes: 1 for what replacing the whole attribute would not make shorter.
    fn clauses(&self) -> usize {
        match self {
            Self::Set { path, .. } | Self::Remove { path } if path.keys.is_empty() => 1,
            _ => 2,
        }
    }
}

struct Planner<'p, 'a> {
    target: &'p Target<'a>,
    changes: &'p [Change<'a>],
    others: Others,
    expression: Expression<'a>,
    /// Attributes that are written as one value.
    replaced: BTreeSet<usize>,
    /// Maps that are created whole, with everything that changes inside them.
    created: BTreeSet<Path<'a>>,
    /// The map that the last nested path is in, and its text.
    entered: (usize, Vec<&'a str>),
    parent: String,
    /// Maps that are required to be there.
    parents: HashSet<String>,
    /// The text of the path that is written about.
    text: String,
}

impl<'a> Planner<'_, 'a> {
    fn change(&mut self, change: &Change<'a>) {
        if self.replaced.contains(&change.attribute()) {
            return;
        }
        match change {
            Change::Set { path, value } => self.set(path, value),
            Change::Remove { path } => self.remove(path),
            Change::Add { path, delta } => self.add(path, *delta),
            Change::Append { attribute, elements } => self.append(*attribute, elements),
            Change::Members { attribute, added, removed } => {
                let empty_by_default = self.target.defaults[*attribute].is_empty_option_or_set();
                let stored = match self.target.named(*attribute) {
                    None => true,
                    Some(Value::Atom(stored)) => set::is_set(stored),
                    Some(Value::Map(_)) => false,
                };
                match (added, removed) {
                    _ if !empty_by_default || !stored => self.replace(*attribute),
                    (Some(members), None) => self.members(*attribute, members, Expression::add),
                    (None, Some(members)) => self.members(*attribute, members, Expression::delete),
                    _ => self.replace(*attribute),
                }
            }
        }
    }

    /// Writes about a path, and requires the map that it is in, and what `update` read there.
    fn at(&mut self, path: &Path<'a>, write: impl FnOnce(&mut Self, &str)) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        match path.keys.split_last() {
            None => {
                let name = self.target.attributes[path.attribute].name();
                text.push_str(&self.expression.name(name));
            }
            Some((last, parents)) => {
                self.enter(path.attribute, parents);
                text.push_str(&self.parent);
                text.push('.');
                text.push_str(&self.expression.name(last));
            }
        }
        if self.target.guard_changes && self.others == Others::Welcome {
            let stored = value_at(self.target.named(path.attribute), &path.keys);
            self.expression.require_value(&text, stored);
        }
        write(self, &text);
        self.text = text;
    }

    /// Requires a map that changes are in.
    fn enter(&mut self, attribute: usize, keys: &[&'a str]) {
        if self.entered.0 == attribute && self.entered.1 == keys && !self.parent.is_empty() {
            return;
        }
        self.entered.0 = attribute;
        self.entered.1.clear();
        self.entered.1.extend_from_slice(keys);
        self.parent.clear();
        self.parent.push_str(&self.expression.name(self.target.attributes[attribute].name()));
        for key in keys {
            self.parent.push('.');
            self.parent.push_str(&self.expression.name(key));
        }
        if self.parents.insert(self.parent.clone()) {
            self.expression.require_type(&self.parent, "M");
        }
    }

    /// Creates the first missing map on the way to a path; true if there was one.
    fn create_parent(&mut self, path: &Path<'a>) -> bool {
        let Some(parent) = self.target.missing_parent(path) else { return false };
        if self.created.insert(parent.clone())
            && let Some(value) = value_at(self.target.after[path.attribute].as_ref(), &parent.keys)
        {
            self.put(&parent, value);
        }
        true
    }

    fn put(&mut self, path: &Path<'a>, value: &'a Value) {
        self.at(path, |planner, text| {
            if let Value::Map(_) = value {
                planner.expression.require_not_a_map(text);
            }
            let value = planner.expression.value(value);
            planner.expression.set(&[text, "=", &value]);
        });
    }

    fn set(&mut self, path: &Path<'a>, value: &'a Value) {
        if self.create_parent(path) {
            return;
        }
        if let Value::Map(entries) = value
            && let Some(Value::Map(_)) = value_at(self.target.named(path.attribute), &path.keys)
        {
            // Someone made a map where this session made one too: both keep their entries.
            for (key, value) in entries {
                self.set(&path.child(key), value);
            }
            return;
        }
        self.put(path, value);
    }

    fn remove(&mut self, path: &Path<'a>) {
        if self.target.missing_parent(path).is_none() {
            self.at(path, |planner, text| planner.expression.remove(&[text]));
        }
    }

    fn add(&mut self, path: &Path<'a>, delta: i128) {
        if self.create_parent(path) {
            return;
        }
        let default = match (&self.target.defaults[path.attribute], path.keys.is_empty()) {
            (Value::Atom(value), true) => integer(value).unwrap_or(0),
            _ => 0,
        };
        let range = self.target.attributes[path.attribute].range();
        self.at(path, |planner, text| {
            planner.require_range(text, default, delta, range);
            let expression = &mut planner.expression;
            let delta = expression.number(delta);
            // `ADD` begins at zero, and is for attributes at the top level only.
            if default == 0 && path.keys.is_empty() {
                return expression.add(&[text, " ", &delta]);
            }
            let default = expression.number(default);
            expression.set(&[text, "=if_not_exists(", text, ",", &default, ")+", &delta]);
        });
    }

    fn require_range(&mut self, text: &str, default: i128, delta: i128, range: CounterRange) {
        let (bounded, within, beyond, limit) = match delta {
            ..0 => (range.min > i128::from(i64::MIN), ">=", "<", range.min - delta),
            0.. => (range.max < i128::from(i64::MAX), "<=", ">", range.max - delta),
        };
        if !bounded {
            return;
        }
        let limit = self.expression.number(limit);
        let from_default = default + delta;
        match from_default < range.min || from_default > range.max {
            true => self.expression.condition(&[text, within, &limit]),
            // What is absent is not beyond anything.
            false => self.expression.condition(&["NOT ", text, beyond, &limit]),
        }
    }

    fn append(&mut self, attribute: usize, elements: &[AttributeValue]) {
        let stored = self.target.named(attribute);
        if !matches!(stored, None | Some(Value::Atom(AttributeValue::L(_)))) {
            return self.replace(attribute);
        }
        let default = &self.target.defaults[attribute];
        self.at(&Path::top(attribute), |planner, text| {
            let expression = &mut planner.expression;
            expression.require_type_or_absence(text, "L");
            let default = expression.value(default);
            let elements = expression.value(AttributeValue::L(elements.to_vec()));
            expression.set(&[
                text,
                "=list_append(if_not_exists(",
                text,
                ",",
                &default,
                "),",
                &elements,
                ")",
            ]);
        });
    }

    fn members(
        &mut self,
        attribute: usize,
        members: &AttributeValue,
        write: fn(&mut Expression<'a>, &[&str]),
    ) {
        let set_type = match members {
            AttributeValue::Ns(_) => "NS",
            AttributeValue::Bs(_) => "BS",
            _ => "SS",
        };
        self.at(&Path::top(attribute), |planner, text| {
            planner.expression.require_type_or_absence(text, set_type);
            let members = planner.expression.value(members.clone());
            write(&mut planner.expression, &[text, " ", &members]);
        });
    }

    /// Writes an attribute as one value, on condition that it still is what the changes were made to.
    fn replace(&mut self, attribute: usize) {
        if !self.replaced.insert(attribute) {
            return;
        }
        let target = self.target;
        let schema = &target.attributes[attribute];
        let guard = target.any_name(attribute);
        let name = self.expression.name(schema.name());
        let mut place = name;
        if let Found::Aliased(alias) = target.found[attribute] {
            if self.others == Others::Welcome {
                self.expression.require_absence(&name);
            }
            place = self.expression.name(alias);
            self.expression.remove(&[&place]);
        }
        // A map in the item may hold entries that the session type does not name: the guard finds out.
        if self.others == Others::Welcome || matches!(guard, Some(Value::Map(_))) {
            self.expression.require_value(&place, guard);
        }
        let after = target.after[attribute].as_ref();
        let value = match target.stored {
            None => after.map(|value| self.expression.value(value)),
            Some(_) => {
                let changes = self.changes.iter().filter(|change| change.attribute() == attribute);
                let default = &target.defaults[attribute];
                let value = apply(guard.cloned(), default, after, changes);
                value.map(|value| self.expression.value(value.into_attribute_value()))
            }
        };
        match value {
            Some(value) => self.expression.set(&[&name, "=", &value]),
            None if target.found[attribute] == Found::Named => self.expression.remove(&[&name]),
            None => {}
        }
    }
}
