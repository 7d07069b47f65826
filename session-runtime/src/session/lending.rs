use std::sync::Arc;

use crate::derived::{DynamoSession, Header};
use crate::error::Error;
use crate::id::SessionKey;
use crate::item::{Decoder, Fields, Item};
use crate::schema::Attribute;

/// The fields of a session at one moment, to read from beside its handle.
pub(crate) struct Shown<K> {
    pub(super) fields: Result<Arc<Fields>, Error>,
    pub(super) header: Header<K>,
    pub(super) exists: bool,
}

impl<K: SessionKey> Shown<K> {
    /// Whether the visitor has a session, be it stored or about to be.
    pub(crate) fn exists(&self) -> bool {
        self.exists
    }

    pub(crate) fn read<S: DynamoSession<Key = K>>(&self) -> Result<S, Error> {
        let fields = match &self.fields {
            Ok(fields) => Fields::clone(fields),
            Err(error) => return Err(error.without_source()),
        };
        let Header { key, created, expires } = &self.header;
        decode_fields(fields, Header { key: key.clone(), created: *created, expires: *expires })
    }
}

/// A session with these fields, as a load would give it.
pub(super) fn decode_fields<S: DynamoSession>(
    fields: Fields,
    header: Header<S::Key>,
) -> Result<S, Error> {
    let mut item = item_of(S::SCHEMA.attributes(), fields);
    S::__decode(header, &mut Decoder::new(S::SCHEMA.attributes(), &mut item))
}

/// Encoded fields as attributes.
fn item_of(attributes: &'static [Attribute], fields: Fields) -> Item {
    let named = attributes.iter().zip(fields);
    named.filter_map(|(attribute, value)| Some((attribute.name().to_owned(), value?))).collect()
}
