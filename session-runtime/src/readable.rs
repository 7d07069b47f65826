//! Whether what is encoded can be decoded again: serde does not promise it, and a session that is stored and cannot be
//! read is lost to its visitor.

use std::error::Error as _;

use crate::derived::{DynamoSession, Header};
use crate::error::{Error, ErrorKind};
use crate::id::SessionKey;
use crate::item::{Decoder, Encoder, Value, value_of};
use crate::secret::SecretCipher;

/// The encoded fields of a new session, each of which can be read back if it is ever stored.
pub(crate) fn encoded_defaults<S: DynamoSession>(now: i64) -> Result<Vec<Value>, Error> {
    let session = S::__new(Header { key: S::Key::generate(), created: now, expires: now });
    let mut encoder = Encoder::new(S::SCHEMA.attributes());
    session.__encode(&mut encoder)?;
    let recording = encoder.into_recording();
    let attributes = S::SCHEMA.attributes().iter().enumerate();
    let values = attributes.map(|(index, attribute)| value_of(attribute, index, &recording));
    let values = values.collect::<Result<Vec<_>, _>>()?;
    // The default of a secret is never stored.
    let stored = values.iter().enumerate().filter(|(index, value)| {
        !value.is_empty_option_or_set() && !S::SCHEMA.attributes()[*index].is_secret()
    });
    require_readable_in(session, stored, None)?;
    Ok(values)
}

/// Refuses fields, given with their places in the schema, of which one could not be read back.
pub(crate) fn require_readable<'v, S: DynamoSession>(
    fields: impl Iterator<Item = (usize, &'v Value)>,
    cipher: Option<&SecretCipher>,
) -> Result<(), Error> {
    let session = S::__new(Header { key: S::Key::generate(), created: 0, expires: 0 });
    require_readable_in(session, fields, cipher)
}

fn require_readable_in<'v, S: DynamoSession>(
    mut session: S,
    fields: impl Iterator<Item = (usize, &'v Value)>,
    cipher: Option<&SecretCipher>,
) -> Result<(), Error> {
    let attributes = S::SCHEMA.attributes();
    for (index, value) in fields {
        let name = attributes[index].name();
        let value = value.to_attribute_value();
        let mut decoder = Decoder::of_value(attributes, &value).strict().decrypting(cipher);
        if let Err(error) = session.__decode_field(index, &mut decoder) {
            let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            let detail = format!(
                "it could be stored but not read back: {cause}; nothing was written. Inside an enum with a tag or under \
                 `flatten`, serde reads the keys of maps as text only; a field with `skip_serializing_if` needs `default`; \
                 a codec has to take an owned `String`, not a `&str`"
            );
            return Err(Error::new(ErrorKind::Encode, detail)
                .with_attribute(name)
                .with_source(error));
        }
    }
    Ok(())
}
