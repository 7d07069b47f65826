//! Whether a session is remembered, and so has the longer one of two idle timeouts.
//!
//! An expiry is right only for the one or the other. So a write that moves it without saying which requires that the
//! session still is what it was taken for: a request with an older view neither ends a session early that has been
//! remembered since, nor prolongs one that no longer is.

use crate::change::Changes;
use crate::expression::Expression;
use crate::item::{Attributes, Fields, Found, Value};
use crate::schema::Schema;

/// Whether an item is that of a remembered session.
pub(super) fn is_in(schema: &Schema, item: &impl Attributes) -> bool {
    let stored = schema.remember().and_then(|(_, attribute)| item.find(attribute));
    stored.is_some_and(|(value, _)| Value::from(value.clone()).is_true())
}

/// Whether a session with these fields is remembered.
pub(super) fn is_among(schema: &Schema, fields: &Fields) -> bool {
    let field = schema.remember().and_then(|(index, _)| fields[index].as_ref());
    field.is_some_and(Value::is_true)
}

/// Whether changes make the session a remembered one or another; `None` if they leave it as it is.
pub(super) fn chosen_by(schema: &Schema, changes: &Changes) -> Option<bool> {
    let (index, _) = schema.remember()?;
    let is_changed = changes.by_attribute().any(|(changed, _)| changed == index);
    is_changed.then(|| is_among(schema, &changes.after))
}

/// The session must be as it was seen: remembered, or not.
pub(super) fn require(
    expression: &mut Expression<'_>,
    schema: &'static Schema,
    remembered: bool,
    found: &[Found],
) {
    let Some((index, attribute)) = schema.remember() else { return };
    let mut absent = |name| {
        let place = expression.attribute(name);
        expression.require_absence(&place);
    };
    let name = match found[index] {
        Found::Absent => {
            absent(attribute.name());
            attribute.aliases().iter().for_each(|alias| absent(alias));
            return;
        }
        Found::Aliased(alias) => {
            absent(attribute.name());
            alias
        }
        Found::Named => attribute.name(),
    };
    let place = expression.attribute(name);
    match remembered {
        true => expression.require_value(&place, Some(Value::boolean(true))),
        false => {
            expression.require_presence(&place);
            expression.require_other_value(&place, Value::boolean(true));
        }
    }
}
