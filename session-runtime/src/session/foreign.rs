//! A session that another store keeps, as its type.

use std::sync::Arc;

use super::decode::{Decoded, decode_strictly, or_ended};
use super::fields::{encode, record};
use super::state::State;
use crate::context::Context;
use crate::derived::DynamoSession;
use crate::error::{Error, ErrorKind};
use crate::expiry::Lifetime;
use crate::id::SessionKey;
use crate::interop::{ForeignRow, ForeignStore, readings};
use crate::item::{Attributes as _, Item, Value};
use crate::protocol::{Origin, Row, remove_reserved};

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

/// The session in a row, which nothing has changed yet.
pub(super) fn state_of<S: DynamoSession>(
    context: &Arc<Context>,
    origin: Origin<S::Key>,
    row: Item,
) -> Result<Option<State<S>>, Error> {
    let Some((decoded, row)) = read::<S>(context, &origin, row)? else { return Ok(None) };
    let Some(key) = origin.keys.first().cloned() else {
        return Err(Error::internal("a session of another store has no id"));
    };
    Ok(Some(State::foreign(context.clone(), key, Arc::new(origin), row, decoded)))
}

fn read_row<S: DynamoSession>(
    context: &Context,
    origin: &Origin<S::Key>,
    row: Item,
) -> Result<Option<Row>, Error> {
    Ok(read::<S>(context, origin, row)?.map(|(_, row)| row))
}

fn read<S: DynamoSession>(
    context: &Context,
    origin: &Origin<S::Key>,
    as_read: Item,
) -> Result<Option<(Decoded<S>, Row)>, Error> {
    let Some(key) = origin.keys.first() else { return Ok(None) };
    let foreign = &*origin.foreign;
    let now = context.now();
    let decoded = match foreign.read(S::SCHEMA, &as_read, now) {
        Ok(None) => return Ok(None),
        Ok(Some(ForeignRow { mut item, expires })) => {
            let unlimited = Lifetime { expires: now, created: None, remembered: false };
            let expires = expires.unwrap_or_else(|| context.timeouts.next_expiry(now, unlimited));
            remove_reserved(&mut item);
            item.insert(S::SCHEMA.time_to_live(), Value::number(expires));
            decode_row::<S>(context, foreign, key, item.clone()).map(|decoded| (decoded, item))
        }
        Err(error) => Err(error),
    };
    let (decoded, rest) = match decoded {
        Ok((decoded, item)) => (Ok(decoded), item),
        Err(error) => (Err(error), Item::default()),
    };
    let Some(mut decoded) = or_ended(context, key, decoded)? else { return Ok(None) };
    let Decoded { data, unreadable, secrets, .. } = &mut decoded;
    let mut fields = encode::<S>(&record(data)?, unreadable, context, |_| true)?;
    secrets.adopt(&mut fields)?;
    let row = Row::new(context, as_read, fields, rest, decoded.record.lifetime);
    Ok(Some((decoded, row)))
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
