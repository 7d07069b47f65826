use super::remember;
use super::tokens::{Bookkeeping, COMMITS, SEQUENCE};
use super::tombstone::{RENEWED_AT, RENEWED_TO};
use crate::change::Changes;
use crate::error::{Error, ErrorKind};
use crate::expiry::{Lifetime, Timeouts};
use crate::expression::{Comparison, Expression};
use crate::item::{
    Attributes, Fields, Found, Integers, Item, Mismatch, Reading, Value, Wanted, attribute_size,
    encoded_size, item_size,
};
use crate::schema::{Attribute, Schema};

/// What the table was last seen to hold for a session, beside the values of its fields.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) lifetime: Lifetime,
    /// The type keeps a creation time, and the item has none yet: it counts from when that was seen first.
    pub(super) lacks_created: bool,
    pub(super) bookkeeping: Bookkeeping,
    /// Under which name each attribute of the schema stands.
    pub(super) found: Vec<Found>,
    pub(super) guards: Guards,
    /// The size of what the session type does not name.
    pub(super) other_bytes: usize,
    /// No less than the size of the item.
    pub(super) bytes: usize,
}

/// The values that the attributes marked `guard` had when they were loaded, by their place in the schema.
#[derive(Clone, Debug, Default)]
pub(super) struct Guards(Vec<(usize, Option<Value>)>);

/// The stored fields exactly as the item holds them.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) fields: Fields,
    pub(crate) found: Vec<Found>,
}

impl Seen {
    pub(crate) fn read(schema: &Schema, item: &Item) -> Self {
        let find = |attribute: &Attribute| match item.find(attribute) {
            Some((value, found)) => (Some(Value::from(value.clone())), found),
            None => (None, Found::Absent),
        };
        let (fields, found) = schema.attributes().iter().map(find).unzip();
        Self { fields, found }
    }
}

/// The part of a record that is read before the fields are decoded.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) lifetime: Lifetime,
    lacks_created: bool,
    bookkeeping: Bookkeeping,
    guards: Guards,
}

impl Header {
    /// Whether the session has ended, by its expiry or by its creation.
    pub(crate) fn is_over(&self, timeouts: Timeouts, now: i64) -> bool {
        let is_undated = self.lacks_created && timeouts.ends_without_creation();
        is_undated || self.lifetime.is_over(timeouts, now)
    }

    pub(crate) fn read(schema: &Schema, item: &Item, now: i64) -> Result<Self, Error> {
        Self::new(schema, item, item.integers(COMMITS), now)
    }

    /// Of an item whose fields have been decoded.
    pub(crate) fn of_reading(
        schema: &Schema,
        reading: &mut Reading,
        now: i64,
    ) -> Result<Self, Error> {
        let commits = std::mem::replace(&mut reading.integers, Ok(None));
        Self::new(schema, reading, commits, now)
    }

    fn new(
        schema: &Schema,
        item: &impl Attributes,
        commits: Result<Option<Integers>, Mismatch>,
        now: i64,
    ) -> Result<Self, Error> {
        let mut lifetime = read_lifetime(schema, item)?;
        let lacks_created = schema.created().is_some() && lifetime.created.is_none();
        if lacks_created {
            lifetime.created = Some(now);
        }
        let bookkeeping = Bookkeeping::read(item.integer(SEQUENCE), commits)?;
        Ok(Self { lifetime, lacks_created, bookkeeping, guards: Guards::read(schema, item) })
    }

    /// The whole record, with what was found of the fields, and the size of what is none.
    pub(crate) fn with_fields(self, found: Vec<Found>, other_bytes: usize, bytes: usize) -> Record {
        let Self { lifetime, lacks_created, bookkeeping, guards } = self;
        Record { lifetime, lacks_created, bookkeeping, found, guards, other_bytes, bytes }
    }
}

/// What to look for in the text of an item beside the fields.
pub(crate) fn wanted(schema: &'static Schema) -> Wanted {
    Wanted { schema, attributes: &[SEQUENCE, RENEWED_AT, RENEWED_TO], integers: COMMITS }
}

/// The size of what is neither a field nor key, expiry or creation.
pub(crate) fn other_bytes(schema: &Schema, found: &[Found], item: &Item) -> usize {
    let is_header = |name| schema.header().any(|known| known == name);
    let is_field = |name| {
        let mut fields = schema.attributes().iter().zip(found);
        fields.any(|(attribute, found)| match found {
            Found::Absent => false,
            Found::Named => attribute.name() == name,
            Found::Aliased(alias) => *alias == name,
        })
    };
    let others = item.iter().filter(|(name, _)| !is_header(*name) && !is_field(*name));
    others.map(|(name, value)| attribute_size(name, value)).sum()
}

impl Record {
    /// Whether the session has ended, by its expiry or by its creation.
    pub(super) fn is_over(&self, timeouts: Timeouts, now: i64) -> bool {
        let is_undated = self.lacks_created && timeouts.ends_without_creation();
        is_undated || self.lifetime.is_over(timeouts, now)
    }

    pub(super) fn read(schema: &Schema, item: &Item, now: i64) -> Result<Self, Error> {
        let find = |attribute| item.find(attribute).map_or(Found::Absent, |(_, found)| found);
        let found: Vec<Found> = schema.attributes().iter().map(find).collect();
        let other_bytes = other_bytes(schema, &found, item);
        Ok(Header::read(schema, item, now)?.with_fields(found, other_bytes, item_size(item)))
    }

    /// The record of an item that is put whole.
    pub(super) fn of_put(
        schema: &Schema,
        fields: &Fields,
        lifetime: Lifetime,
        bookkeeping: Bookkeeping,
    ) -> Self {
        Self {
            lifetime,
            lacks_created: false,
            bookkeeping,
            found: fields.iter().map(presence).collect(),
            guards: Guards::of(schema, fields),
            other_bytes: NEW_BOOKKEEPING_BYTES,
            bytes: NEW_BOOKKEEPING_BYTES
                + header_bytes(schema)
                + sizes(schema, fields).map(|(size, _)| size).sum::<usize>(),
        }
    }

    /// Writes key, expiry, creation and bookkeeping into an item that is to be put.
    pub(super) fn insert_into(&self, item: &mut Item, schema: &Schema, key: &str) {
        item.insert_key(schema.primary_key(), key);
        item.insert(schema.time_to_live(), Value::number(self.lifetime.expires));
        if let (Some(name), Some(created)) = (schema.created(), self.lifetime.created) {
            item.insert(name, Value::number(created));
        }
        self.bookkeeping.insert_into(item);
    }

    /// Writes the expiry, if it moves, and the creation, if the item lacks it.
    ///
    /// A request that arrives late must not move the expiry back: it moves ahead, or from exactly what it was.
    pub(super) fn set_lifetime(
        &self,
        expression: &mut Expression<'_>,
        schema: &'static Schema,
        expires: Option<i64>,
    ) {
        if let Some(expires) = expires {
            let ttl = expression.attribute(schema.time_to_live());
            match expires >= self.lifetime.expires {
                true => expression.raise(&ttl, expires),
                // The second that it was read as: others may have stored a fraction, or more than fits.
                false => {
                    let known = self.lifetime.expires;
                    expression.set(&ttl, Value::number(expires));
                    expression.require_number(&ttl, Comparison::AtLeast, known);
                    if let Some(next) = known.checked_add(1) {
                        expression.require_number(&ttl, Comparison::Below, next);
                    }
                }
            }
        }
        if let (Some(name), Some(created), true) =
            (schema.created(), self.lifetime.created, self.lacks_created)
        {
            let place = expression.attribute(name);
            expression.set_if_absent(&place, Value::number(created));
        }
    }

    /// Takes over from an item whether the session is remembered; false if that was known.
    pub(super) fn take_over_remembered(
        &mut self,
        schema: &Schema,
        item: &Item,
        theirs: Lifetime,
    ) -> bool {
        let Some((index, attribute)) = schema.remember() else { return false };
        let found = item.find(attribute).map_or(Found::Absent, |(_, found)| found);
        if (self.lifetime.remembered, self.found[index]) == (theirs.remembered, found) {
            return false;
        }
        (self.lifetime.remembered, self.found[index]) = (theirs.remembered, found);
        self.lifetime.expires = theirs.expires;
        true
    }

    /// Whether the item certainly has room for changes.
    pub(super) fn has_room_for(&self, schema: &Schema, changes: &Changes, limit: usize) -> bool {
        self.bytes + changed_bytes(schema, changes) <= limit
    }

    /// Takes note of what a commit may have added to the item.
    pub(super) fn grow(&mut self, schema: &Schema, changes: &Changes) {
        self.bytes += changed_bytes(schema, changes);
    }

    /// Refuses fields that no item has room for.
    pub(crate) fn require_size(
        &self,
        schema: &Schema,
        fields: &Fields,
        limit: usize,
    ) -> Result<(), Error> {
        require_size(schema, fields, self.other_bytes, limit)
    }
}

impl Guards {
    fn read(schema: &Schema, item: &impl Attributes) -> Self {
        Self::collect(schema, |attribute, _| {
            item.find(attribute).map(|(value, _)| Value::from(value.clone()))
        })
    }

    pub(super) fn of(schema: &Schema, fields: &Fields) -> Self {
        Self::collect(schema, |_, index| fields[index].clone())
    }

    fn collect(schema: &Schema, value: impl Fn(&Attribute, usize) -> Option<Value>) -> Self {
        let guarded = schema.attributes().iter().enumerate();
        let guarded = guarded.filter(|(_, attribute)| attribute.is_guarded());
        Self(guarded.map(|(index, attribute)| (index, value(attribute, index))).collect())
    }

    /// Each guarded attribute must be what it was when it was loaded.
    pub(super) fn require<'a>(
        &'a self,
        expression: &mut Expression<'a>,
        schema: &'static Schema,
        found: &[Found],
    ) {
        for (index, loaded) in &self.0 {
            let name = match found[*index] {
                Found::Aliased(alias) => alias,
                Found::Named | Found::Absent => schema.attributes()[*index].name(),
            };
            let place = expression.attribute(name);
            expression.require_value(&place, loaded.as_ref());
        }
    }

    /// The first guarded attribute that is not what it was when it was loaded.
    pub(super) fn broken(&self, schema: &'static Schema, seen: &Seen) -> Option<&'static str> {
        self.0.iter().find_map(|(index, loaded)| {
            let same = match (loaded, &seen.fields[*index]) {
                (Some(loaded), Some(stored)) => loaded.is_same(stored),
                (None, None) => true,
                _ => false,
            };
            (!same).then(|| schema.attributes()[*index].name())
        })
    }

    /// Takes note of what a commit has made of guarded attributes, under whose guards it was.
    pub(super) fn map(&mut self, change: impl Fn(usize, Option<Value>) -> Option<Value>) {
        for (index, value) in &mut self.0 {
            *value = change(*index, value.take());
        }
    }
}

/// The session must be there, and must not have expired.
pub(super) fn require_alive(expression: &mut Expression<'_>, schema: &'static Schema, now: i64) {
    let key = expression.attribute(schema.hash_key());
    expression.require_presence(&key);
    let ttl = expression.attribute(schema.time_to_live());
    expression.require_number(&ttl, Comparison::Above, now);
}

/// Where a field stands after this session has written it.
pub(super) fn presence(value: &Option<Value>) -> Found {
    match value {
        Some(_) => Found::Named,
        None => Found::Absent,
    }
}

/// When the session in an item began, and when it ends.
pub(crate) fn read_lifetime(schema: &Schema, item: &impl Attributes) -> Result<Lifetime, Error> {
    let seconds = |name: &str| item.seconds(name).map_err(|found| not_an_instant(name, found));
    let expires = seconds(schema.time_to_live())?.ok_or_else(|| {
        Error::new(
            ErrorKind::Decode,
            "the item has no expiry, so it cannot be a session of this type; nothing was changed. Give it a \
             Number of epoch seconds, or destroy it",
        )
        .with_attribute(schema.time_to_live())
    })?;
    let created = schema.created().map(seconds).transpose()?.flatten();
    Ok(Lifetime { expires, created, remembered: remember::is_in(schema, item) })
}

fn not_an_instant(attribute: &str, Mismatch(found): Mismatch) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!(
            "the table holds {found} that is not a Number of epoch seconds; nothing was changed. DynamoDB's \
             TTL ignores such an item; correct the value, or destroy the session"
        ),
    )
    .with_attribute(attribute)
}

/// What a new session's `_seq` and `_commits` take, generously.
const NEW_BOOKKEEPING_BYTES: usize = 64;
/// What key, expiry and creation take beside their names and the key's prefix, generously.
const HEADER_BYTES: usize = 80;

pub(super) fn require_new_size(
    schema: &Schema,
    fields: &Fields,
    limit: usize,
) -> Result<(), Error> {
    require_size(schema, fields, NEW_BOOKKEEPING_BYTES, limit)
}

fn require_size(
    schema: &Schema,
    fields: &Fields,
    others: usize,
    limit: usize,
) -> Result<(), Error> {
    let mut sizes: Vec<(usize, &str)> = sizes(schema, fields).collect();
    let header = header_bytes(schema);
    let size = sizes.iter().map(|(size, _)| size).sum::<usize>() + others + header;
    if size <= limit {
        return Ok(());
    }
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let largest: Vec<String> =
        sizes.iter().take(3).map(|(size, name)| format!("`{name}` {size} bytes")).collect();
    let error = too_large(size, limit).with_note(format_args!(
        "nothing was sent. Largest: {}. Keep large values elsewhere and their names in the session",
        largest.join(", ")
    ));
    Err(match sizes.first() {
        Some((_, name)) => error.with_attribute(*name),
        None => error,
    })
}

fn header_bytes(schema: &Schema) -> usize {
    let key = schema.key_prefix().len() + HEADER_BYTES;
    let sort_key = schema.sort_key().map(|it| it.fixed_value().map_or(key, str::len));
    let names = schema.header().map(str::len).sum::<usize>();
    names + key + sort_key.unwrap_or_default()
}

/// The size of each field that is stored, with its name.
fn sizes<'f>(
    schema: &'f Schema,
    fields: &'f Fields,
) -> impl Iterator<Item = (usize, &'static str)> + 'f {
    let named = schema.attributes().iter().zip(fields);
    named.filter_map(|(attribute, value)| {
        Some((encoded_size(attribute.name(), value.as_ref()?), attribute.name()))
    })
}

/// No less than what changes add to an item.
fn changed_bytes(schema: &Schema, changes: &Changes) -> usize {
    let changed = changes.by_attribute().filter_map(|(index, _)| {
        let value = changes.after[index].as_ref()?;
        Some(encoded_size(schema.attributes()[index].name(), value))
    });
    NEW_BOOKKEEPING_BYTES + changed.sum::<usize>()
}

/// The error for an item that the table, or the store, does not take.
pub(super) fn too_large(size: usize, limit: usize) -> Error {
    let whose = match limit {
        crate::item::MAX_ITEM_BYTES => "DynamoDB's",
        _ => "the store's",
    };
    Error::new(
        ErrorKind::TooLarge,
        format!("the session would take {size} bytes, over {whose} {limit} for one item"),
    )
}
