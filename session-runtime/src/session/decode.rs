use super::secrets::Secrets;
use crate::context::{Context, OnUndecodable};
use crate::derived::{DynamoSession, Header};
use crate::dynamo::{Body, Loaded, unreadable_answer};
use crate::error::Error;
use crate::id::SessionKey;
use crate::item::{Attributes as _, Decoder, Found, Item, Reading, Unreadable, item_size};
use crate::protocol::{Header as ItemHeader, Record, Tombstone, other_bytes, wanted};

/// A session as it was read.
pub(super) struct Decoded<S> {
    pub(super) data: S,
    /// What its item says beside.
    pub(super) record: Record,
    pub(super) unreadable: Unreadable,
    pub(super) secrets: Secrets,
}

/// What the table has under a key.
pub(crate) enum Sight<T> {
    Nothing,
    Renewed(Tombstone),
    Expired,
    Session(T),
}

pub(super) fn look<S: DynamoSession>(
    context: &Context,
    key: &S::Key,
    loaded: &Loaded,
) -> Result<Sight<Decoded<S>>, Error> {
    let item = match loaded {
        Loaded::Body(body) => return look_at_body(context, key, body),
        Loaded::Item(None) => return Ok(Sight::Nothing),
        Loaded::Item(Some(item)) => item,
    };
    if let Some(tombstone) = Tombstone::read(item) {
        return Ok(Sight::Renewed(tombstone));
    }
    Ok(decode(context, key, item)?.map_or(Sight::Expired, Sight::Session))
}

/// The fields that a response was decoded to, decoded once more.
#[cfg(feature = "_web")]
pub(super) fn fields_in<S: DynamoSession>(body: &Body, header: Header<S::Key>) -> Result<S, Error> {
    let secrets = Secrets::new(S::SCHEMA, &header.key);
    let mut data = S::__new(header);
    let Some(mut reading) = decode_body(&mut data, &secrets, body)? else {
        return Err(Error::internal("a response that a session was decoded from has no item"));
    };
    match reading.take_error() {
        Some(error) => Err(error),
        None => Ok(data),
    }
}

/// Decodes the fields in a response, and reads what its item has beside them; `None` if there is no item.
fn decode_body<S: DynamoSession>(
    data: &mut S,
    secrets: &Secrets,
    body: &Body,
) -> Result<Option<Reading>, Error> {
    let mut decode = |index, decoder: &mut Decoder<'_>| data.__decode_field(index, decoder);
    let (wanted, cipher) = (wanted(S::SCHEMA), secrets.cipher());
    Reading::of_response(body.bytes(), wanted, cipher, &mut decode).map_err(unreadable_answer)
}

fn look_at_body<S: DynamoSession>(
    context: &Context,
    key: &S::Key,
    body: &Body,
) -> Result<Sight<Decoded<S>>, Error> {
    let now = context.now();
    let of_handle = Header { key: key.clone(), created: now, expires: now };
    let mut data = S::__new(of_handle);
    let secrets = Secrets::new(S::SCHEMA, key);
    let Some(mut reading) = decode_body(&mut data, &secrets, body)? else {
        return Ok(Sight::Nothing);
    };
    if let Some(tombstone) = Tombstone::read(&reading) {
        return Ok(Sight::Renewed(tombstone));
    }
    let decoded = alive(context, key, ItemHeader::of_reading(S::SCHEMA, &mut reading, now), now);
    let decoded = decoded.and_then(|header| match (header, reading.take_error()) {
        (Some(_), Some(error)) => Err(error),
        (header, _) => Ok(header),
    });
    let Some(header) = or_ended(context, key, decoded)? else { return Ok(Sight::Expired) };
    data.__set_expires(header.lifetime.expires);
    if let Some(created) = header.lifetime.created {
        data.__set_created(created);
    }
    let Reading { found, unreadable, secrets: stored, other_bytes, bytes, .. } = reading;
    let record = header.with_fields(found, other_bytes, bytes);
    let secrets = secrets.stored(stored);
    Ok(Sight::Session(Decoded { data, record, unreadable, secrets }))
}

/// The session in an item, unless it has expired.
pub(super) fn decode<S: DynamoSession>(
    context: &Context,
    key: &S::Key,
    item: &Item,
) -> Result<Option<Decoded<S>>, Error> {
    or_ended(context, key, decode_strictly(context, key, item))
}

pub(super) fn decode_strictly<S: DynamoSession>(
    context: &Context,
    key: &S::Key,
    item: &Item,
) -> Result<Option<Decoded<S>>, Error> {
    let now = context.now();
    let header = alive(context, key, ItemHeader::read(S::SCHEMA, item, now), now)?;
    let Some(header) = header else { return Ok(None) };
    let lifetime = header.lifetime;
    let created = lifetime.created.unwrap_or(now);
    let of_handle = Header { key: key.clone(), created, expires: lifetime.expires };
    let mut data = S::__new(of_handle);
    let attributes = S::SCHEMA.attributes();
    let mut unreadable = Unreadable::default();
    let secrets = Secrets::new(S::SCHEMA, key);
    let mut stored_secrets = Vec::new();
    let mut found = vec![Found::Absent; attributes.len()];
    for (index, attribute) in attributes.iter().enumerate() {
        let Some((value, name)) = item.find(attribute) else { continue };
        let mut decoder = Decoder::of_value(attributes, value).decrypting(secrets.cipher());
        data.__decode_field(index, &mut decoder)?;
        if let Some(stored) = decoder.take_unreadable() {
            unreadable.note(index, stored);
        }
        stored_secrets.extend(decoder.take_secret(index, name));
        found[index] = name;
    }
    let other_bytes = other_bytes(S::SCHEMA, &found, item);
    let record = header.with_fields(found, other_bytes, item_size(item));
    Ok(Some(Decoded { data, record, unreadable, secrets: secrets.stored(stored_secrets) }))
}

/// What was read of an item before its fields, unless its session has expired.
fn alive<K: SessionKey>(
    context: &Context,
    key: &K,
    header: Result<ItemHeader, Error>,
    now: i64,
) -> Result<Option<ItemHeader>, Error> {
    let header = header?;
    if header.is_over(context.timeouts, now) {
        tracing::debug!(session = key.fingerprint(), "session has expired");
        return Ok(None);
    }
    Ok(Some(header))
}

/// What was read, or nothing where what cannot be decoded counts as a session that has ended.
pub(super) fn or_ended<T, K: SessionKey>(
    context: &Context,
    key: &K,
    read: Result<Option<T>, Error>,
) -> Result<Option<T>, Error> {
    match (read, context.on_undecodable) {
        (Err(error), OnUndecodable::End) if error.is_decode() => {
            let session = key.fingerprint();
            tracing::warn!(session, table = context.table.name, %error, "session does not decode");
            Ok(None)
        }
        (read, _) => read,
    }
}
