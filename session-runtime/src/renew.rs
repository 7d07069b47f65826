use crate::backoff::Backoff;
use crate::change::{Expression, apply, diff};
use crate::commit::{out_of_range, require_alive};
use crate::dynamo::RenameFailure;
use crate::item::{Fields, Item, MAX_ITEM_BYTES, item_size};
use crate::record::{Record, SEQUENCE, Token, stored_fields};
use crate::session::{Standing, State, gone};
use crate::{DynamoSession, Error, ErrorKind, SessionKey};

const MAX_ATTEMPTS: usize = 16;

/// A change of id that was asked for and is not known to be done.
pub(crate) struct Renewal<K> {
    /// Chosen once: finding an item under it tells that an earlier attempt succeeded.
    pub(crate) key: K,
    /// The fields that each attempt carried, by the token that it leaves in the item.
    attempts: Vec<(Token, Fields)>,
}

impl<K: SessionKey> Renewal<K> {
    fn new() -> Self {
        Self { key: K::generate(), attempts: Vec::new() }
    }
}

impl<S: DynamoSession> State<S> {
    pub(crate) async fn renew(&mut self) -> Result<(), Error> {
        // Begun first: whoever commits after a failure can tell that the old id was to end.
        let new_key = self.renewal.get_or_insert_with(Renewal::new).key.clone();
        self.settle().await?;
        self.require_standing()?;
        if self.snapshot.is_some() {
            self.require_snapshot()?;
            self.require_header()?;
        }
        if matches!(self.standing, Standing::New) {
            self.adopt_key(new_key);
            return Ok(());
        }
        let old = self.key.attribute_value();
        let mut backoff = Backoff::of_contended_writes();
        for attempt in 0..MAX_ATTEMPTS {
            let Some(item) = self.store.table().get(&old, true).await? else {
                return self.adopt_renewed(new_key).await;
            };
            let now = self.store.now();
            let record = Record::take(S::SCHEMA, &mut item.clone())?;
            if record.expires <= now || self.store.timeouts().has_ended(now, record.created) {
                self.standing = Standing::Gone;
                return Err(gone());
            }
            if let Standing::Stored(loaded) = &self.standing
                && let Some(attribute) = loaded.broken_guard(S::SCHEMA, &item)
            {
                return Err(self.conflict(attribute, item));
            }
            let token = Token::new(record.sequence(), 0);
            let renewed = self.renewed_item(item, &record, &token, now)?;
            let sent = self.encode()?;
            if let Some(renewal) = &mut self.renewal {
                renewal.attempts.push((token, sent));
            }
            let mut unchanged = Expression::default();
            require_alive(&mut unchanged, S::SCHEMA, now);
            let sequence = unchanged.name(SEQUENCE);
            match record.sequence {
                Some(known) => {
                    let known = unchanged.number(known);
                    unchanged.condition(&[&sequence, "=", &known]);
                }
                None => unchanged.require_absence(&sequence),
            }
            self.attempts.count_request(attempt > 0);
            match self.store.table().rename(renewed.clone(), &old, unchanged).await {
                Ok(()) => return self.adopt_item(new_key, renewed),
                Err(RenameFailure::NewExists) => return self.adopt_renewed(new_key).await,
                Err(RenameFailure::OldChanged) => backoff.pause().await,
                Err(RenameFailure::Other(error)) => return Err(error),
            }
        }
        Err(Error::new(
            ErrorKind::Throttled,
            format!(
                "the session changed during each of {MAX_ATTEMPTS} attempts, so its id stays the same; \
                 call `renew` again"
            ),
        ))
    }

    /// The stored item with this session's changes applied, under the new key.
    fn renewed_item(
        &mut self,
        mut item: Item,
        record: &Record,
        token: &Token,
        now: i64,
    ) -> Result<Item, Error> {
        let attributes = S::SCHEMA.attributes();
        if let Some(Ok(before)) = &self.snapshot {
            let after = self.encode()?;
            let changes = diff(attributes, before, &after);
            let (stored, _) = stored_fields(attributes, &item);
            if let Some(attribute) =
                out_of_range(S::SCHEMA, &changes, &stored, self.store.defaults())
            {
                return Err(self.conflict(attribute, item));
            }
            for (index, (attribute, stored)) in attributes.iter().zip(stored).enumerate() {
                let changes: Vec<_> =
                    changes.iter().filter(|change| change.attribute() == index).collect();
                let default = &self.store.defaults()[index];
                let value = apply(stored, default, after[index].as_ref(), changes);
                for name in attribute.aliases().iter().chain([&attribute.name()]) {
                    item.remove(*name);
                }
                if let Some(value) = value {
                    item.insert(attribute.name().to_owned(), value.into_attribute_value());
                }
            }
        }
        let created = record.created.or(self.created());
        let record = Record {
            expires: self.store.timeouts().next_expiry(now, created),
            created,
            sequence: Some(record.sequence().saturating_add(1)),
            commits: Some(vec![token.clone()]),
            ..record.clone()
        };
        let key = self.renewal.as_ref().map_or(&self.key, |renewal| &renewal.key);
        self.insert_header(&mut item, key, &record);
        if item_size(&item) > MAX_ITEM_BYTES {
            self.require_size(&self.encode()?)?;
        }
        Ok(item)
    }

    /// The old item is gone: because an earlier attempt moved it, or because someone destroyed it.
    async fn adopt_renewed(&mut self, new_key: S::Key) -> Result<(), Error> {
        match self.store.table().get(&new_key.attribute_value(), true).await? {
            Some(item) => {
                self.adopt_item(new_key, item)?;
                Box::pin(self.commit_changes()).await.map(drop)
            }
            None => {
                self.renewal = None;
                self.standing = Standing::Gone;
                Err(gone())
            }
        }
    }

    /// Takes over the item under the new key, and makes changes again that its attempt did not carry.
    fn adopt_item(&mut self, new_key: S::Key, mut item: Item) -> Result<(), Error> {
        let attributes = S::SCHEMA.attributes();
        let now = self.encode()?;
        let attempts = self.renewal.iter().flat_map(|renewal| &renewal.attempts);
        let sent =
            attempts.rev().find(|(token, _)| token.is_in(&item)).map(|(_, sent)| sent.clone());
        let later = sent.as_ref().map_or_else(Vec::new, |sent| diff(attributes, sent, &now));
        let mut record = Record::take(S::SCHEMA, &mut item)?;
        let (stored, found) = stored_fields(attributes, &item);
        for (index, value) in stored.iter().enumerate() {
            self.read_back(index, value.clone());
        }
        let fields = self.encode()?;
        for (index, value) in stored.into_iter().enumerate() {
            let changes = later.iter().filter(|change| change.attribute() == index);
            if changes.clone().next().is_some() {
                let default = &self.store.defaults()[index];
                let value = apply(value, default, now[index].as_ref(), changes);
                self.read_back(index, value);
            }
        }
        self.expires = record.expires;
        self.data.__set_expires(record.expires);
        record.found = found;
        for attribute in attributes {
            item.remove(attribute.name());
        }
        record.other_bytes += item_size(&item);
        self.snapshot = Some(Ok(fields));
        self.standing = Standing::Stored(record);
        self.adopt_key(new_key);
        Ok(())
    }

    fn adopt_key(&mut self, key: S::Key) {
        tracing::debug!(
            session = key.fingerprint(),
            previous = self.key.fingerprint(),
            requests = self.attempts.requests(),
            rebases = self.attempts.rebases(),
            "session renewed"
        );
        self.data.__set_key(key.clone());
        self.renewed_from = Some(std::mem::replace(&mut self.key, key));
        self.renewal = None;
    }
}
