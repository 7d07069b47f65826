use std::sync::Arc;

use super::decode::fields_in;
use super::secrets::Secrets;
use crate::derived::{DynamoSession, Header};
use crate::dynamo::Body;
use crate::error::Error;
use crate::id::SessionKey;
use crate::item::{Decoder, Fields, Recording, value_of};

/// A session's fields at one moment, which few ever ask for: as they came, where nothing has changed them.
pub(super) enum ShownFields {
    Read(Arc<Body>),
    Recorded(Arc<Recording>),
}

/// The fields of a session at one moment, to read from beside its handle.
pub(crate) struct Shown<K> {
    pub(super) fields: Result<ShownFields, Error>,
    pub(super) header: Header<K>,
    pub(super) exists: bool,
}

impl<K: SessionKey> Shown<K> {
    /// Whether the visitor has a session, be it stored or about to be.
    pub(crate) fn exists(&self) -> bool {
        self.exists
    }

    pub(crate) fn read<S: DynamoSession<Key = K>>(&self) -> Result<S, Error> {
        let Header { key, created, expires } = &self.header;
        let header = Header { key: key.clone(), created: *created, expires: *expires };
        let recording = match &self.fields {
            Ok(ShownFields::Read(body)) => return fields_in(body, header),
            Ok(ShownFields::Recorded(recording)) => recording,
            Err(error) => return Err(error.without_source()),
        };
        let secrets = Secrets::new(S::SCHEMA, key);
        let attributes = S::SCHEMA.attributes().iter().enumerate();
        let fields = attributes.map(|(index, attribute)| {
            let value = value_of(attribute, index, recording)?;
            Ok(Some(secrets.in_form(index, value)))
        });
        let fields = fields.collect::<Result<Fields, Error>>()?;
        decode_fields(fields, header)
    }
}

/// A session with these fields, as a load would give it.
pub(super) fn decode_fields<S: DynamoSession>(
    fields: Fields,
    header: Header<S::Key>,
) -> Result<S, Error> {
    let secrets = Secrets::new(S::SCHEMA, &header.key);
    let mut data = S::__new(header);
    for (index, value) in fields.into_iter().enumerate() {
        if let Some(value) = value {
            let value = value.into_attribute_value();
            let decoder = Decoder::of_value(S::SCHEMA.attributes(), &value);
            let mut decoder = decoder.decrypting(secrets.cipher());
            data.__decode_field(index, &mut decoder)?;
        }
    }
    Ok(data)
}
