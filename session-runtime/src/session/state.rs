use std::sync::Arc;

use super::decode::{Decoded, decode};
use super::fields::{Held, changes_between, encode_changed, encode_stored, record, require_header};
#[cfg(feature = "interop")]
use super::foreign_row::new_shared_key;
#[cfg(feature = "_web")]
use super::lending::{ShownFields, decode_fields};
use super::secrets::Secrets;
use super::snapshot::Snapshot;
use crate::attempts::Attempts;
use crate::change::{Changes, apply, counter_out_of_range};
use crate::context::Context;
use crate::derived::{Authenticated, DynamoSession, Header};
#[cfg(feature = "_web")]
use crate::dynamo::{Body, Loaded};
use crate::error::{Error, ErrorKind};
use crate::id::SessionKey;
use crate::item::{Decoder, Fields, Recording, Unreadable, Value};
use crate::operation::Operation;
use crate::protocol::{Call, Committed, Failure, Handle, Renewed, UnfoundIds, Written};
#[cfg(feature = "interop")]
use crate::protocol::{Origin, Row, SharedKey, SharedRow};
use crate::schema::Role;

/// A session as its type, and as the protocol knows it.
pub(crate) struct State<S: DynamoSession> {
    pub(super) data: S,
    pub(super) handle: Handle<S::Key>,
    /// The fields before the first mutable access since they were last in step with the table.
    snapshot: Option<Result<Snapshot, Error>>,
    /// The response that the fields were decoded from, until they may be something else.
    #[cfg(feature = "_web")]
    source: Option<Arc<Body>>,
    /// Whether the fields were given out for changing since then.
    is_touched: bool,
    /// What the item holds for the lenient fields that do not decode.
    unreadable: Unreadable,
    secrets: Secrets,
    held: Held,
    /// After a conflict, the session as the winner left it; boxed, since few sessions have one.
    pub(super) latest: Option<Box<S>>,
    /// What the last call has needed.
    pub(super) attempts: Attempts,
    /// The session was to be ended, and is not known to be.
    pub(super) is_ending: bool,
    /// The handle had another session before, which was ended.
    #[cfg_attr(not(feature = "_web"), expect(dead_code, reason = "web layers alone ask"))]
    pub(super) was_restarted: bool,
    /// The changes were given up, and are not to be written for the application.
    pub(super) is_discarded: bool,
}

impl<S: DynamoSession> State<S> {
    pub(super) fn new(context: Arc<Context>, unfound: Option<UnfoundIds<S::Key>>) -> Self {
        #[cfg(feature = "interop")]
        let (mut handle, key) = match context.shared.clone().map(new_shared_key::<S>) {
            Some(Ok(shared)) => {
                let key = shared.id.clone();
                (Handle::new(context, key.clone()).in_row_of(Arc::new(shared)), key)
            }
            // The store was not built where the type's key cannot hold a shared id.
            Some(Err(_)) | None => {
                let key = S::Key::generate();
                (Handle::new(context, key.clone()), key)
            }
        };
        #[cfg(not(feature = "interop"))]
        let key = S::Key::generate();
        #[cfg(not(feature = "interop"))]
        let mut handle = Handle::new(context, key.clone());
        if let Some(unfound) = unfound {
            handle = handle.in_place_of(unfound);
        }
        let lifetime = handle.lifetime();
        let created = lifetime.created.unwrap_or_else(|| handle.context().now());
        let data = S::__new(Header { key, created, expires: lifetime.expires });
        let secrets = Secrets::new(S::SCHEMA, handle.key());
        Self::with(data, handle, Unreadable::default(), secrets)
    }

    pub(super) fn stored(context: Arc<Context>, key: S::Key, found: Decoded<S>) -> Self {
        let Decoded { data, record, unreadable, secrets } = found;
        Self::with(data, Handle::stored(context, key, record), unreadable, secrets)
    }

    #[cfg(feature = "interop")]
    pub(super) fn foreign(
        context: Arc<Context>,
        key: S::Key,
        origin: Arc<Origin<S::Key>>,
        row: Row,
        found: Decoded<S>,
    ) -> Self {
        let Decoded { data, unreadable, secrets, record: _ } = found;
        Self::with(data, Handle::foreign(context, key, origin, row), unreadable, secrets)
    }

    #[cfg(feature = "interop")]
    pub(super) fn shared(
        context: Arc<Context>,
        key: Arc<SharedKey<S::Key>>,
        row: SharedRow,
        found: Decoded<S>,
    ) -> Self {
        let Decoded { data, unreadable, secrets, record: _ } = found;
        Self::with(data, Handle::shared(context, key, row), unreadable, secrets)
    }

    #[cfg(feature = "_web")]
    pub(super) fn read_from(self, loaded: &Loaded) -> Self {
        let source = match loaded {
            Loaded::Body(body) => Some(body.clone()),
            Loaded::Item(_) => None,
        };
        Self { source, ..self }
    }

    fn with(data: S, handle: Handle<S::Key>, unreadable: Unreadable, secrets: Secrets) -> Self {
        let held = Held::of(&data);
        Self {
            data,
            handle,
            snapshot: None,
            #[cfg(feature = "_web")]
            source: None,
            is_touched: false,
            unreadable,
            secrets,
            held,
            latest: None,
            attempts: Attempts::default(),
            is_ending: false,
            was_restarted: false,
            is_discarded: false,
        }
    }

    fn context(&self) -> &Context {
        self.handle.context()
    }

    pub(super) fn in_context(&self, error: Error, operation: Operation) -> Error {
        let key = self.handle.key().fingerprint();
        error.with_context(operation, &self.context().table.name, Some(key))
    }

    fn record(&self) -> Result<Arc<Recording>, Error> {
        record(&self.data).map(Arc::new)
    }

    /// Fields that were recorded while they were in step with the table.
    fn encode_stored(
        &mut self,
        recording: &Recording,
        is_asked_for: impl Fn(usize) -> bool,
    ) -> Result<Fields, Error> {
        let Self { unreadable, secrets, handle, .. } = self;
        encode_stored::<S>(recording, unreadable, secrets, handle.context(), is_asked_for)
    }

    /// Recorded fields, to be compared with others.
    fn encode_changed(
        &mut self,
        recording: &Recording,
        other: &Fields,
        is_asked_for: impl Fn(usize) -> bool,
    ) -> Result<Fields, Error> {
        let Self { unreadable, secrets, handle, .. } = self;
        let context = handle.context();
        encode_changed::<S>(recording, unreadable, secrets, context, other, is_asked_for)
    }

    /// The fields, while they are in step with the table.
    fn encode_in_step(&mut self) -> Result<Fields, Error> {
        let recording = self.record()?;
        self.encode_stored(&recording, |_| true)
    }

    /// The fields as they are, to be compared with others.
    fn encode_now(&mut self, other: &Fields) -> Result<Fields, Error> {
        let recording = self.record()?;
        self.encode_changed(&recording, other, |_| true)
    }

    fn fields_of(&mut self, snapshot: &Snapshot) -> Result<Fields, Error> {
        match snapshot {
            Snapshot::Recorded(recording) => self.encode_stored(recording, |_| true),
            Snapshot::Encoded(fields) => Ok(Fields::clone(fields)),
        }
    }

    /// The fields as they were and as they are: where not all are asked for, those that a commit has to look at.
    fn versions(&mut self, before: &Snapshot, all: bool) -> Result<(Arc<Fields>, Fields), Error> {
        let before = match before {
            Snapshot::Encoded(fields) => return Ok((fields.clone(), self.encode_now(fields)?)),
            Snapshot::Recorded(before) => before,
        };
        let after = self.record()?;
        let mut is_asked_for = vec![all; S::SCHEMA.attributes().len()];
        if !all {
            let moved = self.handle.aliased().chain(self.secrets.outdated());
            before.differences(&after).chain(moved).for_each(|index| is_asked_for[index] = true);
        }
        for (index, is_asked_for) in is_asked_for.iter_mut().enumerate() {
            *is_asked_for |= self.unreadable.has(index);
        }
        let before = self.encode_stored(before, |index| is_asked_for[index])?;
        let after = self.encode_changed(&after, &before, |index| is_asked_for[index])?;
        Ok((Arc::new(before), after))
    }

    /// Takes back what was changed since the session was last in step with the table.
    #[cfg(feature = "_web")]
    pub(super) fn discard(&mut self) {
        if let (Some(Ok(before)), true) = (self.snapshot.take(), self.is_touched) {
            let header = Header {
                key: self.handle.key().clone(),
                created: self.held.created.unwrap_or_default(),
                expires: self.held.expires,
            };
            let before = self.fields_of(&before);
            match before.and_then(|before| decode_fields::<S>(before, header)) {
                Ok(data) => {
                    self.held.authenticated = data.__authenticated();
                    self.data = data;
                }
                Err(error) => tracing::warn!(%error, "discarded changes can still be seen"),
            }
        }
        (self.snapshot, self.is_touched, self.is_discarded) = (None, false, true);
    }

    #[cfg(feature = "_web")]
    pub(super) fn give_up_changes(&mut self) {
        self.is_touched = false;
    }

    /// Remembers the fields as they are, before they may be changed.
    pub(super) fn remember(&mut self) {
        #[cfg(feature = "_web")]
        drop(self.source.take());
        if self.snapshot.is_none() {
            self.snapshot = Some(self.record().map(Snapshot::Recorded));
        }
        (self.is_touched, self.is_discarded) = (true, false);
    }

    #[cfg(feature = "_web")]
    pub(super) fn may_have_changes(&self) -> bool {
        self.is_touched && self.snapshot.is_some()
    }

    /// The fields as they are. What is recorded serves as those before the next change, too.
    #[cfg(feature = "_web")]
    pub(super) fn shown(&mut self) -> Result<ShownFields, Error> {
        if let Some(source) = &self.source {
            return Ok(ShownFields::Read(source.clone()));
        }
        if self.is_touched {
            return self.record().map(ShownFields::Recorded);
        }
        if self.snapshot.is_none() {
            self.snapshot = Some(self.record().map(Snapshot::Recorded));
        }
        let recording = match self.snapshot()? {
            Some(Snapshot::Recorded(recording)) => recording,
            Some(Snapshot::Encoded(_)) | None => self.record()?,
        };
        Ok(ShownFields::Recorded(recording))
    }

    /// Whether there is something that a commit would write.
    pub(super) fn has_changes(&mut self) -> bool {
        let (Some(Ok(before)), true) = (&self.snapshot, self.is_touched) else { return false };
        let before = before.clone();
        self.versions(&before, false).is_ok_and(|(before, after)| *before != after)
    }

    pub(super) async fn commit(&mut self, call: &mut Call) -> Result<Committed, Error> {
        match self.commit_changes(call).await? {
            Some(committed) => Ok(committed),
            None => self.touch_stored(call).await,
        }
    }

    /// Writes what has changed, and the expiry that the call asks for.
    ///
    /// An expiry alone is a commit, too, and no touch: it may move back, which a late copy must not do once more.
    pub(super) async fn commit_until(&mut self, call: &mut Call) -> Result<Committed, Error> {
        let committed = self.commit_changes(call).await?;
        self.handle.require_not_over()?;
        #[cfg(feature = "interop")]
        let committed = match self.handle.is_foreign() && self.handle.lacks_expiry_of(call) {
            true => Some(self.adopt_unchanged(call).await?),
            false => committed,
        };
        if !self.handle.lacks_expiry_of(call) {
            return Ok(committed.unwrap_or(Committed::Unchanged));
        }
        let fields = self.encode_in_step()?;
        let before = Arc::new(fields.clone());
        let result = self.handle.commit(&before, Changes::none(fields), call).await;
        Ok(self.conclude(result)?.0)
    }

    /// Writes what has changed: `None` if nothing has.
    pub(super) async fn commit_changes(
        &mut self,
        call: &mut Call,
    ) -> Result<Option<Committed>, Error> {
        if self.handle.is_renewing() {
            // The old id may be dead already, and must not be used again in any case.
            self.renew(call).await?;
            return Ok(Some(Committed::Updated));
        }
        let settled = self.settle(call).await?;
        if !self.is_touched {
            return Ok(settled);
        }
        let Some(snapshot) = self.snapshot()? else { return Ok(settled) };
        self.require_header()?;
        let is_new = self.handle.is_new();
        let (before, after) = self.versions(&snapshot, is_new)?;
        let mut changes = changes_between::<S>(&before, after, self.secrets.cipher())?;
        if changes.is_empty() {
            self.is_touched = false;
            return Ok(settled);
        }
        self.secrets.restate(&mut changes)?;
        if is_new {
            self.handle.require_size(&changes.after)?;
        } else if !self.handle.has_room_for(&changes) {
            let mut fields = self.fields_of(&snapshot)?;
            for (index, _) in changes.by_attribute() {
                fields[index].clone_from(&changes.after[index]);
            }
            self.handle.require_size(&fields)?;
        }
        let result = self.handle.commit(&before, changes, call).await;
        let (committed, _) = self.conclude(result)?;
        // In step with the table again: the next mutable access remembers the fields as they are then.
        (self.snapshot, self.is_touched) = (None, false);
        Ok(Some(committed))
    }

    pub(super) async fn touch(&mut self, call: &mut Call) -> Result<Committed, Error> {
        if self.handle.is_renewing() {
            // A renewal begins the idle timeout anew.
            self.renew(call).await?;
            return Ok(Committed::Updated);
        }
        self.settle(call).await?;
        self.handle.require_not_over()?;
        self.touch_stored(call).await
    }

    #[cfg(feature = "_web")]
    /// Touches a session that has nothing else to send.
    pub(super) async fn touch_settled(&mut self, call: &mut Call) -> Result<Committed, Error> {
        self.handle.require_not_over()?;
        if self.handle.is_renewing() || self.handle.is_unsettled() {
            return Ok(Committed::Unchanged);
        }
        self.touch_stored(call).await
    }

    async fn touch_stored(&mut self, call: &mut Call) -> Result<Committed, Error> {
        if self.handle.require_not_over().is_err() {
            return Ok(Committed::Unchanged);
        }
        let result = self.handle.touch(call).await;
        let committed = result.map_err(|failure| self.fail(failure))?;
        self.hold_lifetime();
        Ok(committed)
    }

    /// Takes another store's session over as it is, and finds out what became of an earlier attempt.
    #[cfg(feature = "interop")]
    pub(super) async fn adopt_unchanged(&mut self, call: &mut Call) -> Result<Committed, Error> {
        if let Some(committed) = self.settle(call).await? {
            return Ok(committed);
        }
        self.handle.require_not_over()?;
        let result = self.handle.adopt_unchanged(call).await;
        let committed = result.map_err(|failure| self.fail(failure))?;
        self.hold_lifetime();
        Ok(committed)
    }

    pub(super) async fn renew(&mut self, call: &mut Call) -> Result<(), Error> {
        self.handle.require_not_over()?;
        // Begun first: whoever commits after a failure can tell that the old id was to end.
        self.handle.begin_renewal();
        #[cfg(feature = "interop")]
        if self.handle.shared_key().is_some() {
            return self.renew_shared(call).await;
        }
        self.settle(call).await?;
        self.handle.require_not_over()?;
        let changes = match self.snapshot()? {
            None => Changes::none(self.encode_in_step()?),
            Some(before) => {
                self.require_header()?;
                let (before, after) = self.versions(&before, true)?;
                changes_between::<S>(&before, after, self.secrets.cipher())?
            }
        };
        let result = self.handle.renew(&changes, call).await;
        let renewed = result.map_err(|failure| self.fail(failure))?;
        self.data.__set_key(self.handle.key().clone());
        let Some(renewed) = renewed else {
            self.secrets = Secrets::new(S::SCHEMA, self.handle.key());
            return Ok(());
        };
        let is_behind = self.take_over(renewed, changes.after)?;
        if is_behind {
            Box::pin(self.commit_changes(call)).await?;
        }
        Ok(())
    }

    /// Gives a session that stays in another store's row another id there.
    #[cfg(feature = "interop")]
    async fn renew_shared(&mut self, call: &mut Call) -> Result<(), Error> {
        self.settle(call).await?;
        self.handle.require_not_over()?;
        if !self.handle.is_renewing() {
            // What was settled has moved it.
            if self.is_touched {
                Box::pin(self.commit_changes(call)).await?;
            }
            return Ok(());
        }
        if self.handle.is_new() {
            self.handle.take_next(call);
            self.data.__set_key(self.handle.key().clone());
            return Ok(());
        }
        let changes = match self.snapshot()? {
            None => Changes::none(self.encode_in_step()?),
            Some(before) => {
                self.require_header()?;
                let (before, after) = self.versions(&before, true)?;
                changes_between::<S>(&before, after, self.secrets.cipher())?
            }
        };
        let result = self.handle.move_shared(changes, call).await;
        self.conclude(result)?;
        (self.snapshot, self.is_touched) = (None, false);
        Ok(())
    }

    /// Renews the session, and has the renewal carry that the visitor has authenticated now.
    pub(super) async fn authenticate(&mut self, call: &mut Call) -> Result<(), Error>
    where
        S: Authenticated,
    {
        self.handle.require_not_over()?;
        self.require_header()?;
        self.remember();
        let now = self.context().now();
        self.data.__authenticate(now);
        self.held.authenticated = self.data.__authenticated();
        self.renew(call).await
    }

    pub(super) async fn destroy(&mut self, call: &mut Call) -> Result<(), Error> {
        self.is_ending = true;
        self.handle.destroy(call).await?;
        (self.is_ending, self.snapshot) = (false, None);
        Ok(())
    }

    /// Ends the session, and begins a new one in its place.
    pub(super) async fn restart(&mut self, call: &mut Call) -> Result<(), Error> {
        self.destroy(call).await?;
        let new = Self::new(self.handle.context().clone(), None);
        *self = Self { was_restarted: true, ..new };
        Ok(())
    }

    /// Finds out what became of a write that got no answer: what it did, if there was one.
    async fn settle(&mut self, call: &mut Call) -> Result<Option<Committed>, Error> {
        if !self.handle.is_unsettled() {
            return Ok(None);
        }
        // Where changes were discarded, the fields are what they were before.
        let before = match self.snapshot()? {
            Some(before) => self.fields_of(&before)?,
            None => self.encode_in_step()?,
        };
        let mut stored = self.handle.sent(before);
        let later = Changes::between(S::SCHEMA.attributes(), &stored, self.encode_now(&stored)?);
        let result = self.handle.settle(call).await;
        let (committed, Written { merged, .. }) = self.conclude(result)?;
        // As the session encodes them: what a type does not hold is no change of it.
        let mut encoded = self.encode_now(&stored)?;
        for index in merged {
            stored[index] = encoded[index].take();
        }
        self.is_touched = !later.is_empty();
        self.snapshot = Some(Ok(Snapshot::Encoded(Arc::new(stored))));
        self.make_again(&later)?;
        Ok(Some(committed))
    }

    fn conclude(
        &mut self,
        result: Result<(Committed, Written), Failure>,
    ) -> Result<(Committed, Written), Error> {
        let (committed, written) = result.map_err(|failure| self.fail(failure))?;
        self.unreadable.settle(&written.fields);
        self.secrets.settle(&written.fields, &written.changed);
        for index in &written.merged {
            self.read_back(*index, written.fields[*index].clone());
        }
        self.hold_lifetime();
        Ok((committed, written))
    }

    /// Keeps the item that won, as a session, for the caller.
    fn fail(&mut self, Failure { error, winner }: Failure) -> Error {
        if let Some(winner) = winner {
            let key = self.handle.key().clone();
            let latest = decode(self.handle.context(), &key, &winner);
            self.latest = latest.ok().flatten().map(|latest| Box::new(latest.data));
        }
        error
    }

    /// Takes over a renewed session's item; whether the session has changes that it does not carry.
    fn take_over(&mut self, renewed: Renewed<S::Key>, now: Fields) -> Result<bool, Error> {
        let Renewed { stored, sent, .. } = renewed;
        let mut later = match sent {
            Some(sent) => Changes::between(S::SCHEMA.attributes(), &sent, now),
            None => Changes::none(now),
        };
        let secrets = Secrets::renewed(S::SCHEMA, self.handle.key(), &stored);
        secrets.take_over(&self.secrets, &mut later)?;
        self.secrets = secrets;
        for (index, value) in stored.iter().enumerate() {
            self.read_back(index, value.clone());
        }
        self.snapshot = Some(Ok(Snapshot::Recorded(self.record()?)));
        for (index, _) in later.by_attribute() {
            let default = &self.context().defaults[index];
            let value = apply(stored[index].clone(), default, &later, index);
            self.read_back(index, value);
        }
        self.is_touched = !later.is_empty();
        self.held.authenticated = self.data.__authenticated();
        self.hold_lifetime();
        Ok(!later.is_empty())
    }

    /// Makes changes again that came after a commit which has only now taken over the table's values.
    fn make_again(&mut self, later: &Changes) -> Result<(), Error> {
        let Some(stored) = self.snapshot()? else { return Ok(()) };
        let stored = self.fields_of(&stored)?;
        let attributes = S::SCHEMA.attributes();
        let defaults = &self.context().defaults;
        if let Some(attribute) = counter_out_of_range(attributes, later, &stored, defaults) {
            return Err(not_made_again(attribute));
        }
        for (index, _) in later.by_attribute() {
            let attribute = &attributes[index];
            if matches!(attribute.role(), Role::Value | Role::Merge | Role::Whole) {
                continue;
            }
            let default = &self.context().defaults[index];
            let value = apply(stored[index].clone(), default, later, index);
            if !self.read_back(index, value) {
                return Err(not_made_again(attribute.name()));
            }
        }
        Ok(())
    }

    /// Gives a field the value that the table holds; false if it cannot be read, and the field stays as it is.
    fn read_back(&mut self, index: usize, value: Option<Value>) -> bool {
        #[cfg(feature = "_web")]
        drop(self.source.take());
        let default = || self.secrets.in_form(index, self.context().defaults[index].clone());
        let value = value.unwrap_or_else(default).into_attribute_value();
        let mut decoder = Decoder::of_value(S::SCHEMA.attributes(), &value)
            .strict()
            .decrypting(self.secrets.cipher());
        let result = self.data.__decode_field(index, &mut decoder);
        if let Err(error) = &result {
            tracing::warn!(%error, "the commit was applied, but a merged value cannot be read");
        }
        result.is_ok()
    }

    /// Takes over what the handle has learnt: an adopted session may have got its id from another request.
    fn hold_lifetime(&mut self) {
        if self.data.__key() != self.handle.key() {
            self.data.__set_key(self.handle.key().clone());
        }
        self.data.__set_expires(self.handle.lifetime().expires);
        self.held.expires = self.data.__expires();
    }

    /// Without the fields as they were, it cannot be told what has changed.
    fn snapshot(&mut self) -> Result<Option<Snapshot>, Error> {
        match &mut self.snapshot {
            None => Ok(None),
            Some(Ok(snapshot)) => Ok(Some(snapshot.clone())),
            Some(Err(error)) => {
                let again = error.without_source();
                Err(std::mem::replace(error, again))
            }
        }
    }

    /// Key, expiry, creation and authentication are the handle's to set.
    fn require_header(&self) -> Result<(), Error> {
        require_header(&self.data, self.handle.key(), self.held)
    }
}

/// The error for a change that came after a commit without an answer, and does not go with what was found then.
fn not_made_again(attribute: &str) -> Error {
    Error::new(
        ErrorKind::Conflict,
        "an earlier commit that got no answer was applied, and its field has the stored value now; the change made since \
         does not go with that, so it was taken back, and nothing more was written. Make it again, if it still is right",
    )
    .with_attribute(attribute)
}
