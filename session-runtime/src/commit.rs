use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::change::{Change, Expression, Path, Target, apply, diff, plan, value_at};
use crate::dynamo::WriteFailure;
use crate::id::random_bytes;
use crate::item::{Fields, Found, Item, MAX_ITEM_BYTES, Value, encoded_size, integer};
use crate::pending::{Pending, Update};
use crate::record::{COMMITS, Record, SEQUENCE, Token, stored_fields};
use crate::schema::{Role, Schema};
use crate::session::{Standing, State, gone};
use crate::{Committed, DynamoSession, Error, ErrorKind, SessionKey};

const MAX_REQUESTS: usize = 16;

impl<S: DynamoSession> State<S> {
    pub(crate) async fn commit(&mut self) -> Result<Committed, Error> {
        match self.commit_changes().await? {
            Some(committed) => Ok(committed),
            None => self.touch_if_due().await,
        }
    }

    /// Writes what has changed: `None` if nothing has.
    pub(crate) async fn commit_changes(&mut self) -> Result<Option<Committed>, Error> {
        self.settle().await?;
        self.require_standing()?;
        if self.snapshot.is_none() {
            return Ok(None);
        }
        self.require_snapshot()?;
        self.require_header()?;
        let after = self.encode()?;
        let Some(Ok(before)) = &self.snapshot else { return Ok(None) };
        let changes = diff(S::SCHEMA.attributes(), before, &after);
        if changes.is_empty() {
            return Ok(None);
        }
        self.require_size(&after)?;
        match &self.standing {
            Standing::Stored(record) => {
                let update = Update::new(record, changes, after, self.expiry_due());
                self.pending = Some(Pending::Update(update));
                self.send_update().await?;
                Ok(Some(Committed::Updated))
            }
            _ => {
                self.pending = Some(self.creation(after));
                self.send_creation().await?;
                Ok(Some(Committed::Created))
            }
        }
    }

    pub(crate) async fn touch(&mut self) -> Result<Committed, Error> {
        self.settle().await?;
        self.require_standing()?;
        self.touch_if_due().await
    }

    pub(crate) async fn destroy(&mut self) -> Result<(), Error> {
        if !matches!(self.standing, Standing::New) || self.pending.is_some() {
            self.store.table().delete(&self.key.attribute_value()).await?;
        }
        // Second, because a renewal still on its way fails once the old item is gone.
        if let (Standing::Stored(_), Some(renewed)) = (&self.standing, &self.renewal) {
            self.store.table().delete(&renewed.attribute_value()).await?;
        }
        self.pending = None;
        self.renewal = None;
        self.snapshot = None;
        self.standing = Standing::Destroyed;
        tracing::debug!(session = self.key.fingerprint(), "session destroyed");
        Ok(())
    }

    /// Finds out what became of a write that got no answer.
    pub(crate) async fn settle(&mut self) -> Result<(), Error> {
        match &mut self.pending {
            None => Ok(()),
            Some(Pending::Create { .. }) => self.send_creation().await,
            Some(Pending::Update(update)) => {
                update.ambiguous = true;
                let sent = update.after.clone();
                self.require_snapshot()?;
                let now = self.encode()?;
                let later = diff(S::SCHEMA.attributes(), &sent, &now);
                self.send_update().await?;
                self.make_again(&later, &now);
                Ok(())
            }
        }
    }

    /// Makes changes again that came after a commit which has only now taken over the table's values.
    fn make_again(&mut self, changes: &[Change], session: &Fields) {
        for (index, attribute) in S::SCHEMA.attributes().iter().enumerate() {
            let changes: Vec<_> =
                changes.iter().filter(|change| change.attribute() == index).collect();
            if changes.is_empty() || matches!(attribute.role(), Role::Value | Role::Whole) {
                continue;
            }
            let Some(Ok(stored)) = &self.snapshot else { return };
            let (stored, default) = (stored[index].clone(), &self.store.defaults()[index]);
            let value = apply(stored, default, session[index].as_ref(), changes);
            self.read_back(index, value);
        }
    }

    pub(crate) fn require_standing(&self) -> Result<(), Error> {
        match self.standing {
            Standing::Destroyed | Standing::Gone => Err(gone()),
            Standing::Unknown => Err(outcome_unknown()),
            Standing::New | Standing::Stored(_) => Ok(()),
        }
    }

    /// Without the fields as they were, it cannot be told what has changed.
    pub(crate) fn require_snapshot(&mut self) -> Result<(), Error> {
        match &mut self.snapshot {
            Some(Err(error)) => {
                let again = error.without_source();
                Err(std::mem::replace(error, again))
            }
            _ => Ok(()),
        }
    }

    /// Key, expiry and creation are the handle's to set.
    pub(crate) fn require_header(&self) -> Result<(), Error> {
        let schema = S::SCHEMA;
        let (attribute, advice) = if *self.data.__key() != self.key {
            (schema.hash_key(), "to give the session a new id, call `renew`")
        } else if self.data.__expires() != self.expires {
            (schema.time_to_live(), "to extend the session, call `touch`")
        } else if self.data.__created().is_some_and(|created| created != self.created) {
            (schema.created().unwrap_or_default(), "it is set once, when the session begins")
        } else {
            return Ok(());
        };
        Err(Error::new(
            ErrorKind::Configuration,
            format!(
                "it was assigned to, or the whole struct was replaced; nothing was written. Assign to \
                 the other fields only; {advice}"
            ),
        )
        .with_attribute(attribute))
    }

    pub(crate) fn require_size(&self, after: &Fields) -> Result<(), Error> {
        let attributes = S::SCHEMA.attributes();
        let mut sizes: Vec<(usize, &str)> = attributes
            .iter()
            .zip(after)
            .filter_map(|(attribute, value)| {
                Some((encoded_size(attribute.name(), value.as_ref()?), attribute.name()))
            })
            .collect();
        let other = match &self.standing {
            Standing::Stored(record) => record.other_bytes,
            _ => 0,
        };
        let size =
            sizes.iter().map(|(size, _)| size).sum::<usize>() + other + header_size(S::SCHEMA);
        if size <= MAX_ITEM_BYTES {
            return Ok(());
        }
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        let largest: Vec<String> =
            sizes.iter().take(3).map(|(size, name)| format!("`{name}` {size} bytes")).collect();
        let error = Error::new(
            ErrorKind::TooLarge,
            format!(
                "the session would take {size} bytes, over DynamoDB's {MAX_ITEM_BYTES} for one item; \
                 nothing was sent. Largest: {}. Keep large values elsewhere and their names in the session",
                largest.join(", ")
            ),
        );
        Err(match sizes.first() {
            Some((_, name)) => error.with_attribute(*name),
            None => error,
        })
    }

    /// The expiry to write now, if it has moved far enough.
    pub(crate) fn expiry_due(&self) -> Option<i64> {
        let timeouts = self.store.timeouts();
        let next = timeouts.next_expiry(self.store.now(), self.created());
        timeouts.touch_is_due(next, self.expires).then_some(next)
    }

    fn creation(&self, after: Fields) -> Pending {
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
        Pending::Create { item, token, after, record }
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

    async fn send_creation(&mut self) -> Result<(), Error> {
        let Some(Pending::Create { item, token, .. }) = &self.pending else { return Ok(()) };
        let (item, token) = (item.clone(), token.clone());
        match self.store.table().put_if_absent(item).await {
            Ok(()) => {}
            Err(WriteFailure::Condition { item: Some(item), .. }) if token.is_in(&item) => {}
            Err(WriteFailure::Condition { .. }) => {
                self.pending = None;
                return Err(Error::new(
                    ErrorKind::Conflict,
                    "another item has this key already, so nothing was written; create a new session",
                ));
            }
            Err(WriteFailure::Other { error, may_be_applied }) => {
                if !may_be_applied {
                    self.pending = None;
                }
                if error.kind() != ErrorKind::Rejected {
                    return Err(error);
                }
                let key = self.key.attribute_value();
                return Err(self.store.table().explain_refused_put(&key, error).await);
            }
        }
        if let Some(Pending::Create { after, mut record, .. }) = self.pending.take() {
            record.guards = guards_of(S::SCHEMA, &after);
            self.snapshot = Some(Ok(after));
            self.standing = Standing::Stored(record);
            tracing::debug!(session = self.key.fingerprint(), "session created");
        }
        Ok(())
    }

    async fn touch_if_due(&mut self) -> Result<Committed, Error> {
        let Standing::Stored(record) = &self.standing else { return Ok(Committed::Unchanged) };
        let now = self.store.now();
        if self.store.timeouts().has_ended(now, self.created()) {
            self.standing = Standing::Gone;
            return Err(gone());
        }
        let Some(next) = self.expiry_due() else { return Ok(Committed::Unchanged) };
        let mut expression = Expression::default();
        require_alive(&mut expression, S::SCHEMA, now);
        set_header(&mut expression, S::SCHEMA, Some(next), record, self.created);
        // A copy that arrives late must not move the expiry back.
        let ttl = expression.name(S::SCHEMA.time_to_live());
        let (moves, bound) = (if next > self.expires { '<' } else { '>' }, expression.number(next));
        expression.condition(format!("{ttl} {moves} {bound}"));
        let expires =
            match self.store.table().update(&self.key.attribute_value(), &expression).await {
                Ok(_) => next,
                Err(WriteFailure::Condition { item: Some(mut item), .. }) => {
                    let theirs = Record::take(S::SCHEMA, &mut item)?;
                    if theirs.expires <= now {
                        return Err(self.found_gone());
                    }
                    theirs.expires
                }
                Err(WriteFailure::Condition { item: None, .. }) => return Err(self.found_gone()),
                Err(WriteFailure::Other { error, .. }) => return Err(error),
            };
        self.expires = expires;
        self.data.__set_expires(expires);
        Ok(Committed::Touched)
    }

    /// Sends the pending update until it is applied, or it is clear that it will not be.
    pub(crate) async fn send_update(&mut self) -> Result<(), Error> {
        let key = self.key.attribute_value();
        for request in 0..MAX_REQUESTS {
            let Some(Pending::Update(update)) = &self.pending else { return Ok(()) };
            let now = self.store.now();
            if self.store.timeouts().has_ended(now, self.created()) && !update.ambiguous {
                return Err(self.found_gone());
            }
            let Some(expression) = self.expression(update, now) else {
                return Err(self.found_gone());
            };
            match self.store.table().update(&key, &expression).await {
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
                Err(WriteFailure::Condition { item: None, .. }) => return Err(self.found_gone()),
                Err(WriteFailure::Condition { item: Some(item), sent_before }) => {
                    if let Some(Pending::Update(update)) = &mut self.pending {
                        update.ambiguous |= sent_before;
                    }
                    if self.rebase(item, now)? {
                        return Ok(());
                    }
                }
            }
            if request > 0 {
                back_off(request).await;
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

    fn found_gone(&mut self) -> Error {
        self.pending = None;
        self.standing = Standing::Gone;
        gone()
    }

    /// Moves the pending update onto an item that did not meet its condition; true if the item shows that
    /// the update was applied already.
    fn rebase(&mut self, item: Item, now: i64) -> Result<bool, Error> {
        let Some(Pending::Update(update)) = &mut self.pending else { return Ok(true) };
        if update.token.is_in(&item) {
            let mut record = Record::take(S::SCHEMA, &mut item.clone())?;
            (_, record.found) = stored_fields(S::SCHEMA.attributes(), &item);
            update.stored = None;
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
            None => out_of_range(S::SCHEMA, &update.changes, &stored, self.store.defaults()),
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
        Ok(false)
    }

    /// The error for a guard that does not hold, with the item that broke it kept for the caller.
    pub(crate) fn conflict(&mut self, attribute: &str, item: Item) -> Error {
        let latest = self.store.decode(self.key.clone(), item.clone());
        self.latest = latest.ok().flatten().map(|state| state.data);
        self.winner = Some(item);
        let error = Error::new(
            ErrorKind::Conflict,
            "someone else changed it, or left too little of it, since the session was loaded; nothing \
             was written. `latest` is the stored session",
        );
        match attribute {
            "" => error,
            attribute => error.with_attribute(attribute),
        }
    }

    fn expression(&self, update: &Update, now: i64) -> Option<Expression> {
        let (Standing::Stored(record), Some(Ok(before))) = (&self.standing, &self.snapshot) else {
            return None;
        };
        let schema = S::SCHEMA;
        let (stored, found) = match &update.stored {
            Some((stored, found)) => (stored, found),
            None => (before, &record.found),
        };
        let target = Target {
            attributes: schema.attributes(),
            defaults: self.store.defaults(),
            stored,
            found,
            after: &update.after,
            guard_changes: update.guard_changes,
        };
        let mut expression = plan(&update.changes, &target);
        require_alive(&mut expression, schema, now);
        set_header(&mut expression, schema, update.expires, record, self.created);
        for (index, loaded) in &record.guards {
            let attribute = &schema.attributes()[*index];
            let name = match found[*index] {
                Found::Aliased(alias) => expression.name(alias),
                Found::Named | Found::Absent => expression.name(attribute.name()),
            };
            expression.require_value(&name, loaded.clone());
        }
        count_commit(&mut expression, record, &update.token);
        Some(expression)
    }

    /// Takes over what the table holds where the update wrote.
    fn finish(&mut self, written: &Item) {
        let Some(Pending::Update(update)) = self.pending.take() else { return };
        let Standing::Stored(record) = &mut self.standing else { return };
        let Update { token, changes, mut after, expires, stored, .. } = update;
        let attributes = S::SCHEMA.attributes();
        let mut merged: Vec<usize> = Vec::new();
        let mut written_value = None;
        for change in &changes {
            let index = change.attribute();
            let written = written.get(attributes[index].name());
            if matches!(change, Change::Set { .. } | Change::Remove { .. }) {
                continue;
            }
            if merged.last() != Some(&index) {
                merged.push(index);
                written_value = written.cloned().map(Value::from);
            }
            match change {
                Change::Add { path, .. } => {
                    if let Some(value) = value_at(written_value.as_ref(), &path.keys) {
                        put_at(&mut after[index], path, value.clone());
                    }
                }
                Change::Members { .. } => after[index] = written.map(sorted_set),
                _ => after[index] = written.cloned().map(Value::Atom).or(after[index].take()),
            }
        }
        if let Some((_, found)) = stored {
            record.found = found;
        }
        for (index, found) in record.found.iter_mut().enumerate() {
            let changed = changes.iter().any(|change| change.attribute() == index);
            if changed || matches!(found, Found::Aliased(_)) {
                *found = presence(&after[index]);
            }
        }
        for (index, guard) in &mut record.guards {
            if changes.iter().any(|change| change.attribute() == *index) {
                *guard = after[*index].as_ref().map(Value::to_attribute_value);
            }
        }
        let sequence = record.sequence();
        record.sequence = match written.get(SEQUENCE).and_then(integer) {
            Some(sequence) => i64::try_from(sequence).ok(),
            None => Some(sequence + 1),
        };
        let commits = record.commits.get_or_insert_default();
        commits.retain(|known| known.last >= sequence && known.text != token.text);
        commits.push(token);
        if let Some(expires) = expires {
            self.expires = expires;
            self.data.__set_expires(expires);
        }
        if S::SCHEMA.created().is_some() {
            record.created = Some(self.created);
        }
        for index in merged {
            self.read_back(index, after[index].clone());
        }
        self.snapshot = Some(Ok(after));
    }

    /// Gives a field the value that the table holds.
    pub(crate) fn read_back(&mut self, index: usize, value: Option<Value>) {
        let attribute = &S::SCHEMA.attributes()[index];
        let value = value.unwrap_or_else(|| self.store.defaults()[index].clone());
        let mut item = Item::from([(attribute.name().to_owned(), value.into_attribute_value())]);
        let mut decoder = crate::item::Decoder::new(S::SCHEMA.attributes(), &mut item);
        if let Err(error) = self.data.__decode_field(index, &mut decoder) {
            tracing::warn!(%error, "the commit was applied, but a merged value cannot be read");
        }
    }
}

fn outcome_unknown() -> Error {
    Error::new(
        ErrorKind::OutcomeUnknown,
        "an earlier commit got no answer, and too many others came after it to tell whether it was \
         applied; load the session again and look",
    )
}

/// The session must be there and not have expired.
pub(crate) fn require_alive(expression: &mut Expression, schema: &Schema, now: i64) {
    let key = expression.name(schema.hash_key());
    expression.condition(format!("attribute_exists({key})"));
    let ttl = expression.name(schema.time_to_live());
    let now = expression.number(now);
    expression.condition(format!("{ttl} > {now}"));
}

fn set_header(
    expression: &mut Expression,
    schema: &Schema,
    expires: Option<i64>,
    record: &Record,
    created: i64,
) {
    if let Some(expires) = expires {
        let ttl = expression.name(schema.time_to_live());
        let expires = expression.number(expires);
        expression.set(format!("{ttl} = {expires}"));
    }
    if let (Some(name), None) = (schema.created(), record.created) {
        let name = expression.name(name);
        let created = expression.number(created);
        expression.set(format!("{name} = if_not_exists({name}, {created})"));
    }
}

/// Counts the commit and leaves its token, so that the same request cannot be applied again.
///
/// A token may be pruned once the item's sequence has passed the last one at which its request applies.
fn count_commit(expression: &mut Expression, record: &Record, token: &Token) {
    let sequence = expression.name(SEQUENCE);
    let last = expression.number(token.last);
    let one = expression.number(1);
    match record.sequence {
        Some(_) => {
            expression.set(format!("{sequence} = {sequence} + {one}"));
            expression.condition(format!("{sequence} <= {last}"));
        }
        None => {
            let zero = expression.number(0);
            expression.set(format!("{sequence} = if_not_exists({sequence}, {zero}) + {one}"));
            expression
                .condition(format!("(attribute_not_exists({sequence}) OR {sequence} <= {last})"));
        }
    }
    let commits = expression.name(COMMITS);
    match &record.commits {
        Some(known) => {
            let mine = expression.name(&token.text);
            expression.set(format!("{commits}.{mine} = {last}"));
            expression.condition(format!("attribute_not_exists({commits}.{mine})"));
            expression.require_type(&commits, "M");
            for old in known.iter().filter(|known| known.last < record.sequence()) {
                let old = expression.name(&old.text);
                expression.remove(format!("{commits}.{old}"));
            }
        }
        None => {
            let first = AttributeValue::M(
                [(token.text.clone(), AttributeValue::N(token.last.to_string()))].into(),
            );
            let first = expression.value(first);
            expression.set(format!("{commits} = {first}"));
            expression.condition(format!("attribute_not_exists({commits})"));
        }
    }
}

/// The first counter that these changes would take out of its type's range.
pub(crate) fn out_of_range(
    schema: &Schema,
    changes: &[Change],
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

fn put_at(attribute: &mut Option<Value>, path: &Path, value: Value) {
    let place = path.keys.iter().try_fold(attribute.as_mut(), |place, key| match place {
        Some(Value::Map(entries)) => Some(entries.get_mut(key)),
        _ => None,
    });
    if let Some(Some(place)) = place {
        *place = value;
    }
}

fn sorted_set(value: &AttributeValue) -> Value {
    Value::Atom(match value.clone() {
        AttributeValue::Ss(mut members) => {
            members.sort_unstable();
            AttributeValue::Ss(members)
        }
        AttributeValue::Ns(mut members) => {
            members.sort_unstable();
            AttributeValue::Ns(members)
        }
        AttributeValue::Bs(mut members) => {
            members.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
            AttributeValue::Bs(members)
        }
        other => other,
    })
}

/// Where a field stands after this session has written it.
fn presence(value: &Option<Value>) -> Found {
    match value {
        Some(_) => Found::Named,
        None => Found::Absent,
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

/// Key hash, expiry, creation and bookkeeping, generously.
fn header_size(schema: &Schema) -> usize {
    let names = schema.hash_key().len()
        + schema.time_to_live().len()
        + schema.created().map_or(0, str::len)
        + SEQUENCE.len()
        + COMMITS.len();
    names + 128
}

/// Waits a random time that doubles with each request, so that competing commits spread out.
pub(crate) async fn back_off(request: usize) {
    let longest = 5u64 << request.min(6);
    let share = u64::from(u32::from_le_bytes(random_bytes()));
    let milliseconds = longest * share / u64::from(u32::MAX);
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}
