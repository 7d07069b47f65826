//! The life of a session's changes: what is written, when, and how it is settled that it was.

mod clauses;
mod create;
mod pending;
mod planning;
mod read_back;
mod size;
mod update;

pub(crate) use clauses::require_alive;
pub(crate) use pending::{Pending, Update};
pub use planning::{Planned, Planning};
pub(crate) use update::out_of_range;

use clauses::set_header;

use crate::change::{Expression, diff};
use crate::dynamo::WriteFailure;
use crate::record::Record;
use crate::session::{Standing, State, gone};
use crate::{Committed, DynamoSession, Error, ErrorKind, SessionKey};

impl<S: DynamoSession> State<S> {
    pub(crate) async fn commit(&mut self) -> Result<Committed, Error> {
        match self.commit_changes().await? {
            Some(committed) => Ok(committed),
            None => self.touch_if_due().await,
        }
    }

    /// Writes what has changed: `None` if nothing has.
    pub(crate) async fn commit_changes(&mut self) -> Result<Option<Committed>, Error> {
        if self.renewal.is_some() {
            // The old id may be dead already, and must not be used again in any case.
            self.renew().await?;
            return Ok(Some(Committed::Updated));
        }
        let settled = self.settle().await?;
        if self.snapshot.is_none() {
            return Ok(settled);
        }
        self.require_snapshot()?;
        self.require_header()?;
        let after = self.encode()?;
        let Some(Ok(before)) = &self.snapshot else { return Ok(settled) };
        if diff(S::SCHEMA.attributes(), before, &after).is_empty() {
            return Ok(settled);
        }
        self.require_standing()?;
        self.require_size(&after)?;
        match &self.standing {
            Standing::Stored(record) => {
                let update = Update::new(record, after, self.expiry_due());
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
        if self.renewal.is_some() {
            // A renewal begins the idle timeout anew.
            self.renew().await?;
            return Ok(Committed::Updated);
        }
        self.settle().await?;
        self.require_standing()?;
        self.touch_if_due().await
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
        let key = self.key.attribute_value();
        self.attempts.count_request(false);
        let expires = match self.store.table().update_idempotently(&key, expression).await {
            Ok(()) => next,
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
        self.moved_to(expires);
        self.trace("session touched");
        Ok(Committed::Touched)
    }

    /// The expiry to write now, if it has moved far enough from the one that is stored.
    pub(crate) fn expiry_due(&self) -> Option<i64> {
        let Standing::Stored(record) = &self.standing else { return None };
        let timeouts = self.store.timeouts();
        let next = timeouts.next_expiry(self.store.now(), self.created());
        timeouts.touch_is_due(next, record.expires).then_some(next)
    }

    /// Takes note of the expiry that the table holds now.
    fn moved_to(&mut self, expires: i64) {
        if let Standing::Stored(record) = &mut self.standing {
            record.expires = expires;
        }
        self.expires = expires;
        self.data.__set_expires(expires);
    }

    pub(crate) async fn destroy(&mut self) -> Result<(), Error> {
        if !matches!(self.standing, Standing::New) || self.pending.is_some() {
            self.attempts.count_request(false);
            self.store.table().delete(&self.key.attribute_value()).await?;
        }
        // Second, because a renewal still on its way fails once the old item is gone.
        if let Some(renewal) = &self.renewal {
            self.attempts.count_request(false);
            self.store.table().delete(&renewal.key.attribute_value()).await?;
        }
        self.pending = None;
        self.renewal = None;
        self.snapshot = None;
        self.standing = Standing::Destroyed;
        self.trace("session destroyed");
        Ok(())
    }

    /// Finds out what became of a write that got no answer: what it did, if there was one.
    pub(crate) async fn settle(&mut self) -> Result<Option<Committed>, Error> {
        match &mut self.pending {
            None => Ok(None),
            Some(Pending::Create(creation)) => {
                creation.ambiguous = true;
                self.send_creation().await?;
                Ok(Some(Committed::Created))
            }
            Some(Pending::Update(update)) => {
                update.ambiguous = true;
                let sent = update.after.clone();
                self.require_snapshot()?;
                let now = self.encode()?;
                let later = diff(S::SCHEMA.attributes(), &sent, &now);
                self.send_update().await?;
                self.make_again(&later, &now);
                Ok(Some(Committed::Updated))
            }
        }
    }

    /// Tells that a write is done, and what it took.
    fn trace(&self, event: &'static str) {
        let (requests, rebases) = (self.attempts.requests(), self.attempts.rebases());
        tracing::debug!(session = self.key.fingerprint(), requests, rebases, "{event}");
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
}

fn outcome_unknown() -> Error {
    Error::new(
        ErrorKind::OutcomeUnknown,
        "an earlier commit got no answer, and too many others came after it to tell whether it was \
         applied; load the session again and look",
    )
}
