//! A row of another store, read as a session of a type.

use std::sync::Arc;

use super::decode::{Decoded, decode_strictly, or_ended};
use super::fields::{encode, record};
use crate::context::Context;
use crate::derived::DynamoSession;
use crate::error::{Error, ErrorKind};
use crate::expiry::Lifetime;
use crate::id::SessionKey;
use crate::interop::{ForeignRow, ForeignStore, Stamp, readings};
use crate::item::{Attributes as _, Item, Value};
use crate::protocol::{Origin, Row, Seen, SharedKey, SharedRow, remove_reserved};

/// Where the session with this id is, here and there.
pub(crate) fn origin_of<S: DynamoSession>(
    foreign: Arc<ForeignStore>,
    sid: String,
) -> Result<Origin<S::Key>, Error> {
    let key = |text: &String| S::Key::parse(text).map_err(no_key);
    let keys = foreign.derived_ids(&sid).iter().map(key).collect::<Result<_, _>>()?;
    let marker = key(&foreign.marker_id(&sid))?;
    Ok(Origin { foreign, sid, keys, marker, read: read_row::<S> })
}

fn no_key(source: Error) -> Error {
    Error::new(
        ErrorKind::Configuration,
        "an adopted session gets an id of 43 characters, which the type's key cannot hold; use `SessionId`",
    )
    .with_source(source)
}

/// The session with this id in the store that this one is shared with.
pub(crate) fn shared_key<S: DynamoSession>(
    foreign: Arc<ForeignStore>,
    sid: String,
) -> Result<SharedKey<S::Key>, Error> {
    SharedKey::new(foreign, sid, read_shared::<S>)
}

/// A session that is to be begun there.
pub(crate) fn new_shared_key<S: DynamoSession>(
    foreign: Arc<ForeignStore>,
) -> Result<SharedKey<S::Key>, Error> {
    SharedKey::generate(foreign, read_shared::<S>)
}

fn read_shared<S: DynamoSession>(
    context: &Context,
    key: &SharedKey<S::Key>,
    row: Item,
) -> Result<Option<SharedRow>, Error> {
    Ok(read::<S>(context, &key.foreign, &key.id, row, true)?.map(|read| read.shared))
}

fn read_row<S: DynamoSession>(
    context: &Context,
    origin: &Origin<S::Key>,
    row: Item,
) -> Result<Option<Row>, Error> {
    let Some(key) = origin.keys.first() else { return Ok(None) };
    let read = read::<S>(context, &origin.foreign, key, row, false)?;
    Ok(read.map(|read| read.shared.row))
}

/// What a row was read as.
pub(super) struct Read<S> {
    pub(super) decoded: Decoded<S>,
    pub(super) shared: SharedRow,
}

pub(super) fn read<S: DynamoSession>(
    context: &Context,
    foreign: &ForeignStore,
    key: &S::Key,
    as_read: Item,
    is_shared: bool,
) -> Result<Option<Read<S>>, Error> {
    let now = context.now();
    let (decoded, stamp, max_age) = match foreign.read(S::SCHEMA, &as_read, now) {
        Ok(None) => return Ok(None),
        Ok(Some(ForeignRow { mut item, expires, stamp, max_age })) => {
            let unlimited = Lifetime { expires: now, created: None, remembered: false };
            let expires = expires.unwrap_or_else(|| match max_age.filter(|_| is_shared) {
                Some(max_age) => now.saturating_add(max_age),
                None => context.timeouts.next_expiry(now, unlimited),
            });
            remove_reserved(&mut item);
            item.insert(S::SCHEMA.time_to_live(), Value::number(expires));
            if let (Some(name), Some(created), true) =
                (S::SCHEMA.created(), stamp.created, is_shared)
            {
                item.insert(name, Value::number(created));
            }
            let decoded = decode_row::<S>(context, foreign, key, item.clone());
            (decoded.map(|decoded| (decoded, item)), stamp, max_age)
        }
        Err(error) => (Err(error), Stamp::default(), None),
    };
    let (decoded, rest) = match decoded {
        Ok((decoded, item)) => (Ok(decoded), item),
        Err(error) => (Err(error), Item::default()),
    };
    let Some(mut decoded) = or_ended(context, key, decoded)? else { return Ok(None) };
    let Decoded { data, unreadable, secrets, .. } = &mut decoded;
    let mut fields = encode::<S>(&record(data)?, unreadable, context, |_| true)?;
    secrets.adopt(&mut fields)?;
    let stored = Seen::read(S::SCHEMA, &rest);
    let row = Row::new(context, as_read, fields, rest, decoded.record.lifetime);
    Ok(Some(Read { decoded, shared: SharedRow { row, stored, stamp, max_age } }))
}

/// Where empty text was stored as NULL, what does not decode is read as it may have been.
fn decode_row<S: DynamoSession>(
    context: &Context,
    foreign: &ForeignStore,
    key: &S::Key,
    mut item: Item,
) -> Result<Option<Decoded<S>>, Error> {
    loop {
        let error = match decode_strictly::<S>(context, key, &item) {
            Err(error) if error.is_decode() && foreign.stores_empty_text_as_null() => error,
            decoded => return decoded,
        };
        let named =
            |attribute: &&crate::schema::Attribute| Some(attribute.name()) == error.attribute();
        let attribute = S::SCHEMA.attributes().iter().find(named);
        let Some((attribute, value)) =
            attribute.and_then(|attribute| Some((attribute, item.find(attribute)?.0.clone())))
        else {
            return Err(error);
        };
        let reading = readings(&value).find_map(|reading| {
            let mut read = item.clone();
            attribute.aliases().iter().for_each(|alias| drop(read.remove(alias)));
            read.insert(attribute.name(), Value::from(reading));
            let decoded = decode_strictly::<S>(context, key, &read);
            let fails_again =
                decoded.is_err_and(|again| again.attribute() == Some(attribute.name()));
            (!fails_again).then_some(read)
        });
        match reading {
            Some(read) => item = read,
            None => return Err(error),
        }
    }
}
