use aws_sdk_dynamodb::types::AttributeValue;

use super::pending::Creation;
use super::read_back::presence;
use super::{Pending, outcome_unknown};
use crate::dynamo::WriteFailure;
use crate::item::{Fields, Item, Value};
use crate::record::{COMMITS, Record, SEQUENCE, Token};
use crate::schema::Schema;
use crate::session::{Standing, State};
use crate::{DynamoSession, Error, ErrorKind, SessionKey};

impl<S: DynamoSession> State<S> {
    pub(super) fn creation(&self, after: Fields) -> Pending {
        let schema = S::SCHEMA;
        let token = Token::new(0, 0);
        let mut item = Item::new();
        for (attribute, value) in schema.attributes().iter().zip(&after) {
            if let Some(value) = value {
                item.insert(attribute.name().to_owned(), value.to_attribute_value());
            }
        }
        let record = Record {
            expires: self.expires,
            created: self.created(),
            sequence: Some(1),
            commits: Some(vec![token.clone()]),
            found: after.iter().map(presence).collect(),
            guards: Vec::new(),
            other_bytes: 0,
        };
        self.insert_header(&mut item, &self.key, &record);
        Pending::Create(Creation { item, token, after, record, ambiguous: false })
    }

    /// Writes key, expiry, creation and bookkeeping into an item that is to be put.
    pub(crate) fn insert_header(&self, item: &mut Item, key: &S::Key, record: &Record) {
        let schema = S::SCHEMA;
        let number = |number: i64| AttributeValue::N(number.to_string());
        item.insert(schema.hash_key().to_owned(), AttributeValue::S(key.attribute_value()));
        item.insert(schema.time_to_live().to_owned(), number(record.expires));
        if let (Some(name), Some(created)) = (schema.created(), record.created) {
            item.insert(name.to_owned(), number(created));
        }
        item.insert(SEQUENCE.to_owned(), number(record.sequence()));
        let commits = record.commits.iter().flatten();
        let commits = commits.map(|token| (token.text.clone(), number(token.last))).collect();
        item.insert(COMMITS.to_owned(), AttributeValue::M(commits));
    }

    pub(super) async fn send_creation(&mut self) -> Result<(), Error> {
        let Some(Pending::Create(creation)) = &self.pending else { return Ok(()) };
        let (item, token) = (creation.item.clone(), creation.token.clone());
        self.attempts.count_request(false);
        match self.store.table().put_if_absent(item).await {
            Ok(()) => {}
            Err(WriteFailure::Condition { item: Some(item), .. }) if token.is_in(&item) => {}
            Err(WriteFailure::Condition { sent_before, .. }) => {
                if self.creation_is_ambiguous(sent_before) {
                    self.pending = None;
                    self.standing = Standing::Unknown;
                    return Err(outcome_unknown());
                }
                self.pending = None;
                return Err(Error::new(
                    ErrorKind::Conflict,
                    "another item has this key already, so nothing was written; create a new session",
                ));
            }
            Err(WriteFailure::Other { error, may_be_applied }) => {
                if !self.creation_is_ambiguous(may_be_applied) {
                    self.pending = None;
                }
                if error.kind() != ErrorKind::Rejected {
                    return Err(error);
                }
                let key = self.key.attribute_value();
                return Err(self.store.table().explain_refused_put(&key, error).await);
            }
        }
        if let Some(Pending::Create(creation)) = self.pending.take() {
            let Creation { after, mut record, .. } = creation;
            record.guards = guards_of(S::SCHEMA, &after);
            self.snapshot = Some(Ok(after));
            self.standing = Standing::Stored(record);
            self.trace("session created");
        }
        Ok(())
    }

    /// Whether this request, or one before it, may have been applied.
    fn creation_is_ambiguous(&mut self, this: bool) -> bool {
        match &mut self.pending {
            Some(Pending::Create(creation)) => {
                creation.ambiguous |= this;
                creation.ambiguous
            }
            _ => this,
        }
    }
}

pub(crate) fn guards_of(schema: &Schema, fields: &Fields) -> Vec<(usize, Option<AttributeValue>)> {
    schema
        .attributes()
        .iter()
        .enumerate()
        .filter(|(_, attribute)| attribute.is_guarded())
        .map(|(index, _)| (index, fields[index].as_ref().map(Value::to_attribute_value)))
        .collect()
}
