use super::{Target, diff, plan};
use crate::item::{Encoder, Fields, Found, Value};
use crate::{Attribute, DynamoSession, Error};

/// The part of a commit between encoding and sending, by itself: what a benchmark measures.
#[derive(Debug)]
pub struct Planning {
    attributes: &'static [Attribute],
    defaults: Vec<Value>,
    before: Fields,
    after: Fields,
    found: Vec<Found>,
}

impl Planning {
    /// Encodes a new session, and one before and after its changes.
    pub fn new<S: DynamoSession>(default: &S, before: &S, after: &S) -> Result<Self, Error> {
        let attributes = S::SCHEMA.attributes();
        let encode = |session: &S| {
            let mut encoder = Encoder::new(attributes);
            session.__encode(&mut encoder).map(|()| encoder)
        };
        let defaults = encode(default)?.into_values();
        let before = encode(before)?.into_fields(&defaults);
        let after = encode(after)?.into_fields(&defaults);
        let found = vec![Found::Named; attributes.len()];
        Ok(Self { attributes, defaults, before, after, found })
    }

    /// Finds the changes and writes the expression; its length in bytes.
    pub fn plan(&self) -> usize {
        let changes = diff(self.attributes, &self.before, &self.after);
        let target = Target {
            attributes: self.attributes,
            defaults: &self.defaults,
            stored: &self.before,
            found: &self.found,
            after: &self.after,
            guard_changes: false,
        };
        let expression = plan(&changes, &target);
        expression.update_text().len() + expression.condition_text().len()
    }
}
