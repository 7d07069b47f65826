use crate::context::{Context, OnUndecodable};
use crate::derived::{DynamoSession, Header};
use crate::error::Error;
use crate::id::SessionKey;
use crate::item::{Decoder, Item, Unreadable};
use crate::protocol::{Header as ItemHeader, Record};

/// A session as it was read.
pub(super) struct Decoded<S> {
    pub(super) data: S,
    /// What its item says beside.
    pub(super) record: Record,
    pub(super) unreadable: Unreadable,
}

/// The session in an item, unless it has expired.
pub(super) fn decode<S: DynamoSession>(
    context: &Context,
    key: &S::Key,
    item: Item,
) -> Result<Option<Decoded<S>>, Error> {
    match (decode_strictly(context, key, item), context.on_undecodable) {
        (Err(error), OnUndecodable::End) if error.is_decode() => {
            let session = key.fingerprint();
            tracing::warn!(session, table = context.table.name, %error, "session does not decode");
            Ok(None)
        }
        (decoded, _) => decoded,
    }
}

fn decode_strictly<S: DynamoSession>(
    context: &Context,
    key: &S::Key,
    mut item: Item,
) -> Result<Option<Decoded<S>>, Error> {
    let now = context.now();
    let header = ItemHeader::read(S::SCHEMA, &item, now)?;
    let lifetime = header.lifetime;
    if header.is_over(context.timeouts, now) {
        tracing::debug!(session = key.fingerprint(), "session has expired");
        return Ok(None);
    }
    let created = lifetime.created.unwrap_or(now);
    let of_handle = Header { key: key.clone(), created, expires: lifetime.expires };
    let mut decoder = Decoder::new(S::SCHEMA.attributes(), &mut item);
    let data = S::__decode(of_handle, &mut decoder)?;
    let (found, unreadable) = decoder.into_parts();
    let record = header.with_fields(S::SCHEMA, found, &item);
    Ok(Some(Decoded { data, record, unreadable }))
}
