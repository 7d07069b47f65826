use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::clauses::{count_commit, require_alive, set_header};
use crate::change::{Change, Expression, Target, diff, plan};
use crate::item::{Encoder, Fields, Found, Value};
use crate::record::{Record, Token};
use crate::schema::Schema;
use crate::{DynamoSession, Error};

/// The part of a commit between encoding and sending, by itself: what a benchmark measures.
#[derive(Debug)]
pub struct Planning {
    schema: &'static Schema,
    defaults: Vec<Value>,
    before: Fields,
    after: Fields,
    record: Record,
    token: Token,
}

/// What a commit hands to the SDK.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The update expression.
    pub update: String,
    /// The condition.
    pub condition: String,
    /// What the placeholders of names stand for.
    pub names: HashMap<String, String>,
    /// What the placeholders of values stand for.
    pub values: HashMap<String, AttributeValue>,
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
        let record = Record {
            expires: 1_800_000_000,
            created: Some(1_800_000_000),
            sequence: Some(40),
            commits: Some((38..=40).map(|sequence| Token::new(sequence, 0)).collect()),
            found: vec![Found::Named; attributes.len()],
            guards: Vec::new(),
            other_bytes: 0,
        };
        let token = Token::new(40, 8);
        Ok(Self { schema: S::SCHEMA, defaults, before, after, record, token })
    }

    /// Finds the changes, and writes the expressions; their length in bytes, `None` if the changes are too many.
    pub fn express(&self) -> Option<usize> {
        let changes = self.changes();
        let expression = self.expression(&changes)?;
        Some(expression.update_text().len() + expression.condition_text().len())
    }

    /// Does the same, and collects what the placeholders stand for.
    pub fn plan(&self) -> Option<Planned> {
        let changes = self.changes();
        let expression = self.expression(&changes)?;
        let (update, condition) =
            (expression.update_text(), expression.condition_text().to_owned());
        let (names, values) = expression.into_placeholders();
        Some(Planned { update, condition, names, values })
    }

    fn changes(&self) -> Vec<Change<'_>> {
        diff(self.schema.attributes(), &self.before, &self.after)
    }

    fn expression<'a>(&'a self, changes: &[Change<'a>]) -> Option<Expression<'a>> {
        let target = Target {
            attributes: self.schema.attributes(),
            defaults: &self.defaults,
            before: &self.before,
            stored: None,
            found: &self.record.found,
            after: &self.after,
            guard_changes: false,
        };
        plan(changes, &target, |expression, others| {
            require_alive(expression, self.schema, 1_800_000_000);
            set_header(expression, self.schema, None, &self.record, 1_800_000_000);
            count_commit(expression, &self.record, &self.token, others);
        })
    }
}
