use std::collections::HashSet;

use super::apply::{apply, standing_in};
use super::changes::{Change, Changes, Kind};
use super::path::{Key, Path, missing_parent, value_at};
use crate::expression::{Comparison, DocumentPath, Expression};
use crate::item::{Fields, Found, Value};
use crate::schema::{Attribute, CounterRange};

/// What changes are planned against: the item as it was last seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base<'a> {
    pub(crate) fields: &'a Fields,
    pub(crate) found: &'a [Found],
}

impl<'a> Base<'a> {
    /// The stored value of an attribute, under whichever of its names.
    fn stored(self, attribute: usize) -> Option<&'a Value> {
        match self.found[attribute] {
            Found::Absent => None,
            Found::Named | Found::Aliased(_) => self.fields[attribute].as_ref(),
        }
    }

    fn named(self, attribute: usize) -> Option<&'a Value> {
        match self.found[attribute] {
            Found::Named => self.fields[attribute].as_ref(),
            Found::Absent | Found::Aliased(_) => None,
        }
    }
}

/// Changes, and what they are made to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) attributes: &'static [Attribute],
    pub(crate) defaults: &'a [Value],
    pub(crate) base: Base<'a>,
    pub(crate) changes: &'a Changes,
    /// Require that every value which is changed still is what it was.
    pub(crate) guard_changes: bool,
}

/// Writes each change to its place. Nothing is required of places beside it; what is left out, because the item is as it
/// should be already, is required to stay so.
pub(crate) fn plan<'a>(plan: &Plan<'a>, expression: &mut Expression<'a>) {
    let mut planner =
        Planner { plan: *plan, expression, made: None, entered: None, maps: HashSet::new() };
    for (attribute, changes) in plan.changes.by_attribute() {
        planner.attribute(attribute, changes);
    }
    planner.move_aliased(true);
}

/// Writes each changed attribute as one value, made in memory: for as many changes as no expression has room for.
///
/// Without `guards`, nothing is required of the attributes: then something else has to say that they are as they were.
pub(crate) fn plan_whole<'a>(plan: &Plan<'a>, expression: &mut Expression<'a>, guards: bool) {
    let mut planner =
        Planner { plan: *plan, expression, made: None, entered: None, maps: HashSet::new() };
    for (attribute, _) in plan.changes.by_attribute() {
        planner.whole(attribute, guards);
    }
    planner.move_aliased(guards);
}

struct Planner<'e, 'a> {
    plan: Plan<'a>,
    expression: &'e mut Expression<'a>,
    /// The map that was made last, with everything that changes inside it.
    made: Option<(usize, &'a [Key])>,
    /// The map that the last nested path is in.
    entered: Option<(usize, &'a [Key], DocumentPath)>,
    /// Maps that are required to be there.
    maps: HashSet<(usize, &'a [Key])>,
}

impl<'a> Planner<'_, 'a> {
    fn attribute(&mut self, attribute: usize, changes: &'a [Change]) {
        let is_whole = match self.plan.base.found[attribute] {
            Found::Aliased(_) => true,
            // A default stands in for the attribute, or the session's own map will.
            Found::Absent => changes.iter().any(|change| !change.path.keys.is_empty()),
            Found::Named => changes.iter().any(|change| self.meets_a_map(change)),
        };
        let is_whole = is_whole || restated(changes).is_some();
        if is_whole {
            return self.whole(attribute, true);
        }
        self.require_name(attribute);
        for Change { path, kind } in changes {
            match kind {
                Kind::Set => self.set(path),
                Kind::Remove => self.remove(path),
                // Written whole, or not at all.
                Kind::Restate { .. } => {}
                Kind::Add(delta) => self.add(path, *delta),
                Kind::Append { from } => self.append(path, *from),
                Kind::Members { added, removed } => {
                    self.members(attribute, added.as_ref(), removed.as_ref());
                }
            }
        }
    }

    /// Requires that no other version of the program has stored the attribute under another of its names since.
    fn require_name(&mut self, attribute: usize) {
        let schema = &self.plan.attributes[attribute];
        match self.plan.base.found[attribute] {
            Found::Named if !schema.aliases().is_empty() => {
                let place = self.expression.attribute(schema.name());
                self.expression.require_presence(&place);
            }
            Found::Absent => {
                for alias in schema.aliases() {
                    let place = self.expression.attribute(alias);
                    self.expression.require_absence(&place);
                }
            }
            Found::Named | Found::Aliased(_) => {}
        }
    }

    /// Moves what stands under an older name to its own, also where nothing else changes. A secret has to be encrypted
    /// anew for that.
    fn move_aliased(&mut self, guards: bool) {
        for (attribute, found) in self.plan.base.found.iter().enumerate() {
            if matches!(found, Found::Aliased(_))
                && self.plan.changes.of(attribute).is_empty()
                && !self.plan.attributes[attribute].is_secret()
            {
                self.whole(attribute, guards);
            }
        }
    }

    /// Whether someone made a map where this session made one too: both keep their entries.
    fn meets_a_map(&self, change: &Change) -> bool {
        let stored = value_at(self.plan.base.named(change.path.attribute), &change.path.keys);
        change.kind == Kind::Set
            && stored.is_some_and(Value::is_map)
            && self.plan.changes.value(&change.path).is_some_and(Value::is_map)
    }

    fn default(&self, attribute: usize) -> &'a Value {
        &self.plan.defaults[attribute]
    }

    /// The place at the end of a path, whose maps are required to be there.
    fn place(&mut self, attribute: usize, keys: &'a [Key]) -> DocumentPath {
        let place = match keys.split_last() {
            None => self.expression.attribute(self.plan.attributes[attribute].name()),
            Some((last, parents)) => {
                let map = self.enter(attribute, parents);
                self.expression.entry(&map, last)
            }
        };
        if self.plan.guard_changes {
            let stored = value_at(self.plan.base.named(attribute), keys);
            self.expression.require_value(&place, stored);
        }
        place
    }

    fn enter(&mut self, attribute: usize, keys: &'a [Key]) -> DocumentPath {
        if let Some((entered, to, place)) = &self.entered
            && (*entered, *to) == (attribute, keys)
        {
            return place.clone();
        }
        let place = self.path(attribute, keys);
        if self.maps.insert((attribute, keys)) {
            self.expression.require_type(&place, "M");
        }
        self.entered = Some((attribute, keys, place.clone()));
        place
    }

    fn path(&mut self, attribute: usize, keys: &'a [Key]) -> DocumentPath {
        let mut place = self.expression.attribute(self.plan.attributes[attribute].name());
        for key in keys {
            place = self.expression.entry(&place, key);
        }
        place
    }

    /// Whether a path leads through a map that is missing, which is then made as the session has it.
    fn make_missing(&mut self, path: &'a Path) -> bool {
        if self.is_made(path) {
            return true;
        }
        let stored = self.plan.base.named(path.attribute);
        let Some(depth) = missing_parent(stored, &path.keys) else { return false };
        let keys = &path.keys[..depth];
        self.made = Some((path.attribute, keys));
        self.put(path.attribute, keys);
        true
    }

    fn is_made(&self, path: &Path) -> bool {
        let made = |(attribute, keys)| attribute == path.attribute && path.keys.starts_with(keys);
        self.made.is_some_and(made)
    }

    fn put(&mut self, attribute: usize, keys: &'a [Key]) {
        let after = self.plan.changes.after[attribute].as_ref();
        let Some(value) = value_at(after, keys) else { return };
        let place = self.place(attribute, keys);
        if value.is_map() {
            self.expression.require_not_a_map(&place);
        }
        self.expression.set(&place, value);
    }

    fn set(&mut self, path: &'a Path) {
        if !self.make_missing(path) {
            self.put(path.attribute, &path.keys);
        }
    }

    fn remove(&mut self, path: &'a Path) {
        if self.is_made(path) {
            return;
        }
        if missing_parent(self.plan.base.named(path.attribute), &path.keys).is_some() {
            // There is nothing to remove, as long as nobody makes it again.
            let place = self.path(path.attribute, &path.keys);
            return self.expression.require_absence(&place);
        }
        let place = self.place(path.attribute, &path.keys);
        self.expression.remove(&place);
    }

    fn add(&mut self, path: &'a Path, delta: i128) {
        if self.make_missing(path) {
            return;
        }
        let is_top = path.keys.is_empty();
        let start = if is_top { self.default(path.attribute).integer() } else { None }.unwrap_or(0);
        let range = self.plan.attributes[path.attribute].range();
        let place = self.place(path.attribute, &path.keys);
        self.require_range(&place, start, delta, range);
        match start == 0 && is_top {
            true => self.expression.add(&place, Value::number(delta)),
            false => self.expression.increase_from(&place, start, delta),
        }
    }

    fn require_range(
        &mut self,
        place: &DocumentPath,
        start: i128,
        delta: i128,
        range: CounterRange,
    ) {
        let (is, limit) = match delta {
            ..0 => (Comparison::AtLeast, range.min - delta),
            0.. => (Comparison::AtMost, range.max - delta),
        };
        let from_start = start + delta;
        match from_start < range.min || from_start > range.max {
            true => self.expression.require_number(place, is, limit),
            false => self.expression.require_number_or_absence(place, is, limit),
        }
    }

    fn append(&mut self, path: &'a Path, from: usize) {
        let stored = self.plan.base.named(path.attribute);
        let elements = self.plan.changes.value(path).and_then(|after| after.elements_from(from));
        let (Some(elements), None | Some(Some(_))) = (elements, stored.map(Value::list_length))
        else {
            return self.whole(path.attribute, true);
        };
        let default = self.default(path.attribute);
        let place = self.place(path.attribute, &[]);
        self.expression.require_type_or_absence(&place, "L");
        self.expression.append(&place, default, elements);
    }

    fn members(&mut self, attribute: usize, added: Option<&'a Value>, removed: Option<&'a Value>) {
        let stored = self.plan.base.named(attribute);
        let mergeable = self.default(attribute).is_empty_option_or_set()
            && stored.is_none_or(|stored| stored.set_type().is_some());
        let (members, write): (_, fn(&mut Expression<'a>, &DocumentPath, &'a Value)) =
            match (added, removed) {
                (Some(added), None) if mergeable => (added, Expression::add),
                (None, Some(removed)) if mergeable => (removed, Expression::delete),
                // One expression may not both add to a set and delete from it.
                _ => return self.whole(attribute, true),
            };
        let Some(set_type) = members.set_type() else { return self.whole(attribute, true) };
        let place = self.place(attribute, &[]);
        self.expression.require_type_or_absence(&place, set_type.name());
        write(self.expression, &place, members);
    }

    /// Writes an attribute as one value, on condition that it still is what the changes were made to.
    fn whole(&mut self, attribute: usize, guards: bool) {
        let Plan { base, changes, .. } = self.plan;
        let stored = base.stored(attribute);
        if restated(changes.of(attribute)).is_some_and(|restated| stored != Some(restated)) {
            return;
        }
        let name = self.plan.attributes[attribute].name();
        if let Found::Aliased(alias) = base.found[attribute] {
            let older = self.expression.attribute(alias);
            if guards {
                let place = self.expression.attribute(name);
                self.expression.require_absence(&place);
                self.expression.require_value(&older, stored);
            }
            self.expression.remove(&older);
        } else if guards {
            let place = self.expression.attribute(name);
            self.expression.require_value(&place, stored);
            if stored.is_none() {
                self.require_name(attribute);
            }
        }
        let default = self.default(attribute);
        let value = apply(stored.cloned(), default, changes, attribute);
        let is_named = base.found[attribute] == Found::Named;
        match value {
            // The default stands in for it, and still does.
            Some(value) if stored.is_none() && standing_in(default).as_ref() == Some(&value) => {}
            // DynamoDB refuses a name that stands for nothing, so each is given where it is used.
            Some(value) => {
                let place = self.expression.attribute(name);
                self.expression.set(&place, value);
            }
            None if is_named => {
                let place = self.expression.attribute(name);
                self.expression.remove(&place);
            }
            None => {}
        }
    }
}

/// What an attribute was that is to be stored in another form.
fn restated(changes: &[Change]) -> Option<&Value> {
    match changes {
        [Change { kind: Kind::Restate { stored }, .. }] => Some(stored),
        _ => None,
    }
}
