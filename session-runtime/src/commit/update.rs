use std::collections::BTreeSet;

use super::clauses::{count_commit, require_alive, require_guards, set_header};
use super::{Pending, Update, outcome_unknown};
use crate::backoff::Backoff;
use crate::change::{Change, Others, Target, diff, plan, value_at};
use crate::dynamo::WriteFailure;
use crate::item::{Fields, Item, Value, integer};
use crate::record::{Record, stored_fields};
use crate::schema::{Attribute, Role, Schema};
use crate::session::{Standing, State, gone};
use crate::{DynamoSession, Error, ErrorKind, SessionKey};
use aws_sdk_dynamodb::types::ReturnValue;

const MAX_REQUESTS: usize = 16;

impl<S: DynamoSession> State<S> {
    /// Sends the pending update until it is applied, or it is clear that it will not be.
    pub(crate) async fn send_update(&mut self) -> Result<(), Error> {
        let key = self.key.attribute_value();
        let mut backoff = Backoff::of_contended_writes();
        for request in 0..MAX_REQUESTS {
            let Some(Pending::Update(update)) = &self.pending else { return Ok(()) };
            let now = self.store.now();
            if self.store.timeouts().has_ended(now, self.created()) && !update.ambiguous {
                return Err(self.found_gone());
            }
            let sent = match self.request(update, &key, now) {
                Ok(sent) => sent,
                Err(error) => return Err(self.unsent(error)),
            };
            self.attempts.count_request(request > 0);
            match sent.await {
                Ok(written) => {
                    self.finish(&written);
                    return Ok(());
                }
                Err(WriteFailure::Other { error, may_be_applied }) => {
                    if let Some(Pending::Update(update)) = &mut self.pending {
                        update.ambiguous |= may_be_applied;
                        if !update.ambiguous {
                            self.pending = None;
                        }
                    }
                    return Err(error);
                }
                Err(WriteFailure::Condition { item, sent_before }) => {
                    if let Some(Pending::Update(update)) = &mut self.pending {
                        update.ambiguous |= sent_before;
                    }
                    let Some(item) = item else { return Err(self.found_gone()) };
                    if self.rebase(item, now)? {
                        return Ok(());
                    }
                }
            }
            if request > 0 {
                backoff.pause().await;
            }
        }
        let unanswered = matches!(&self.pending, Some(Pending::Update(update)) if update.ambiguous);
        let outcome = match unanswered {
            true => {
                "one of them got no answer, so it may yet be applied; commit again on the same handle"
            }
            false => "so nothing was written; commit again",
        };
        if !unanswered {
            self.pending = None;
        }
        Err(Error::new(
            ErrorKind::Throttled,
            format!(
                "{MAX_REQUESTS} requests in a row met changes of others, {outcome}, and look for what \
                 changes this session so often"
            ),
        ))
    }

    /// Moves the pending update onto an item that did not meet its condition; true if the item shows that
    /// the update was applied already.
    fn rebase(&mut self, item: Item, now: i64) -> Result<bool, Error> {
        let Some(Pending::Update(update)) = &mut self.pending else { return Ok(true) };
        if update.token.is_in(&item) {
            let mut record = Record::take(S::SCHEMA, &mut item.clone())?;
            (_, record.found) = stored_fields(S::SCHEMA.attributes(), &item);
            // The handle's data is as old as its guards: what others wrote since must still break them.
            if let Standing::Stored(known) = &mut self.standing {
                record.guards = std::mem::take(&mut known.guards);
            }
            update.stored = None;
            update.expires = Some(record.expires);
            self.standing = Standing::Stored(record);
            self.finish(&item);
            return Ok(true);
        }
        let theirs = Record::take(S::SCHEMA, &mut item.clone())?;
        if theirs.expires <= now {
            return Err(self.found_gone());
        }
        let window_closed = theirs.sequence() > update.token.last;
        if window_closed && update.ambiguous && theirs.may_have_pruned(&update.token) {
            self.pending = None;
            self.standing = Standing::Unknown;
            return Err(outcome_unknown());
        }
        let Standing::Stored(record) = &mut self.standing else { return Ok(true) };
        let (stored, found) = stored_fields(S::SCHEMA.attributes(), &item);
        let broken = match record.broken_guard(S::SCHEMA, &item) {
            None => {
                let Some(Ok(before)) = &self.snapshot else { return Ok(true) };
                let changes = diff(S::SCHEMA.attributes(), before, &update.after);
                out_of_range(S::SCHEMA, &changes, &stored, self.store.defaults())
            }
            broken => broken,
        };
        let broken = match broken {
            None if update.guard_changes => Some(""),
            broken => broken,
        };
        if let Some(attribute) = broken {
            // An attempt that may still arrive keeps its token; only a settled one is forgotten.
            if !update.ambiguous {
                self.pending = None;
            }
            return Err(self.conflict(attribute, item));
        }
        if window_closed {
            update.widen_window(theirs.sequence());
        }
        update.stored = Some((stored, found));
        let guards = std::mem::take(&mut record.guards);
        *record = Record { guards, found: std::mem::take(&mut record.found), ..theirs };
        let expires = self.expiry_due();
        if let Some(Pending::Update(update)) = &mut self.pending {
            update.expires = expires;
        }
        Ok(false)
    }

    /// The pending update as one request, ready to be sent.
    fn request(
        &self,
        update: &Update,
        key: &str,
        now: i64,
    ) -> Result<impl Future<Output = Result<Item, WriteFailure>> + Send + use<S>, Error> {
        let (Standing::Stored(record), Some(Ok(before))) = (&self.standing, &self.snapshot) else {
            return Err(gone());
        };
        let schema = S::SCHEMA;
        let (stored, found) = match &update.stored {
            Some((stored, found)) => (Some(stored), found),
            None => (None, &record.found),
        };
        let target = Target {
            attributes: schema.attributes(),
            defaults: self.store.defaults(),
            before,
            stored,
            found,
            after: &update.after,
            guard_changes: update.guard_changes,
        };
        let changes = diff(schema.attributes(), before, &update.after);
        let expression = plan(&changes, &target, |expression, others| {
            require_alive(expression, schema, now);
            set_header(expression, schema, update.expires, record, self.created);
            if others == Others::Welcome {
                require_guards(expression, schema, found, &record.guards);
            }
            count_commit(expression, record, &update.token, others);
        });
        match expression {
            Some(expression) => Ok(self.store.table().update(key, expression, read_back(&changes))),
            None => Err(too_many_changes(&changes)),
        }
    }

    /// Gives up a request that cannot be written, but not one before it that may still be applied.
    fn unsent(&mut self, error: Error) -> Error {
        if matches!(&self.pending, Some(Pending::Update(update)) if !update.ambiguous) {
            self.pending = None;
        }
        error
    }

    /// The error for a guard that does not hold, with the item that broke it kept for the caller.
    pub(crate) fn conflict(&mut self, attribute: &str, item: Item) -> Error {
        let latest = self.store.decode(self.key.clone(), item.clone());
        self.latest = latest.ok().flatten().map(|state| state.data);
        self.winner = Some(item);
        let mut attributes = S::SCHEMA.attributes().iter();
        let what = match attributes.find(|known| known.name() == attribute).map(Attribute::role) {
            Some(Role::Counter) => {
                "what is stored now is too little, or too much, for this difference"
            }
            _ => "someone else changed it since the session was loaded",
        };
        let detail = format!("{what}; nothing was written. `latest` is the stored session");
        let error = Error::new(ErrorKind::Conflict, detail);
        match attribute {
            "" => error,
            attribute => error.with_attribute(attribute),
        }
    }

    pub(super) fn found_gone(&mut self) -> Error {
        let pending = self.pending.take();
        self.standing = Standing::Gone;
        match pending {
            Some(Pending::Update(update)) if update.ambiguous => Error::new(
                ErrorKind::Gone,
                "the session was destroyed, renewed by another request, or has expired; an attempt that \
                 got no answer may have been applied before. Begin a new session",
            ),
            _ => gone(),
        }
    }
}

fn too_many_changes(changes: &[Change<'_>]) -> Error {
    let fields: BTreeSet<usize> = changes.iter().map(Change::attribute).collect();
    Error::new(
        ErrorKind::TooLarge,
        format!(
            "{} fields have changed, and DynamoDB's 4 KB for one update have no room for so many; nothing was \
             sent. Commit more often, or put fields that change together into one struct or map",
            fields.len()
        ),
    )
}

/// What merges with the table's value has to be read back; what was set is known.
fn read_back(changes: &[Change<'_>]) -> ReturnValue {
    let is_set = |change| matches!(change, &Change::Set { .. } | &Change::Remove { .. });
    match changes.iter().all(is_set) {
        true => ReturnValue::None,
        false => ReturnValue::UpdatedNew,
    }
}

/// The first counter that these changes would take out of its type's range.
pub(crate) fn out_of_range(
    schema: &Schema,
    changes: &[Change<'_>],
    stored: &Fields,
    defaults: &[Value],
) -> Option<&'static str> {
    changes.iter().find_map(|change| {
        let Change::Add { path, delta } = change else { return None };
        let attribute = &schema.attributes()[path.attribute];
        let start = match (value_at(stored[path.attribute].as_ref(), &path.keys), path.keys.len()) {
            (Some(Value::Atom(value)), _) => integer(value)?,
            (None, 0) => match &defaults[path.attribute] {
                Value::Atom(value) => integer(value)?,
                Value::Map(_) => return None,
            },
            _ => 0,
        };
        let range = attribute.range();
        let sum = start + delta;
        (sum < range.min || sum > range.max).then_some(attribute.name())
    })
}
