use super::changes::{Change, Changes, Kind};
use super::path::{missing_parent, value_at};
use crate::item::{Fields, Value};
use crate::schema::Attribute;

/// The first counter that these changes would take out of its type's range, where the table holds these fields.
pub(crate) fn counter_out_of_range(
    attributes: &'static [Attribute],
    changes: &Changes,
    stored: &Fields,
    defaults: &[Value],
) -> Option<&'static str> {
    changes.iter().find_map(|Change { path, kind }| {
        let Kind::Add(delta) = kind else { return None };
        let attribute = &attributes[path.attribute];
        let stored = stored[path.attribute].as_ref().or(Some(&defaults[path.attribute]));
        // A map that is missing is made as the session has it.
        if missing_parent(stored, &path.keys).is_some() {
            return None;
        }
        let start = match value_at(stored, &path.keys) {
            Some(value) => value.integer()?,
            None => 0,
        };
        let range = attribute.range();
        let sum = start.checked_add(*delta);
        (!sum.is_some_and(|sum| (range.min..=range.max).contains(&sum))).then_some(attribute.name())
    })
}
