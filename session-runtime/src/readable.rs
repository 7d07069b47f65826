//! Whether what is encoded can be decoded again: serde does not promise it, and a session that is stored and cannot be
//! read is lost to its visitor.

use std::error::Error as _;

use crate::derived::{DynamoSession, Header};
use crate::error::{Error, ErrorKind};
use crate::id::SessionKey;
use crate::item::{Decoder, Encoder, Item, Value};

/// The encoded fields of a new session, each of which can be read back if it is ever stored.
pub(crate) fn encoded_defaults<S: DynamoSession>(now: i64) -> Result<Vec<Value>, Error> {
    let session = S::__new(Header { key: S::Key::generate(), created: now, expires: now });
    let mut encoder = Encoder::new(S::SCHEMA.attributes());
    session.__encode(&mut encoder)?;
    let values = encoder.into_values();
    require_readable_in(session, values.iter().map(stored))?;
    Ok(values)
}

/// What is read back where the default is the value: an absent attribute is not read at all.
fn stored(default: &Value) -> Option<&Value> {
    (!default.is_empty_option_or_set()).then_some(default)
}

fn require_readable_in<'v, S: DynamoSession>(
    mut session: S,
    fields: impl Iterator<Item = Option<&'v Value>>,
) -> Result<(), Error> {
    let attributes = S::SCHEMA.attributes();
    let stored = attributes.iter().zip(fields);
    let mut item: Item = stored
        .filter_map(|(attribute, value)| Some((attribute.name().to_owned(), value?.clone())))
        .collect();
    let mut decoder = Decoder::new(attributes, &mut item);
    for (index, attribute) in attributes.iter().enumerate() {
        if let Err(error) = session.__decode_field(index, &mut decoder) {
            let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            let detail = format!(
                "it could be stored and not be read back: {cause}; nothing was written. Inside an enum with a tag or under \
                 `flatten`, serde reads the keys of maps as text only; a field with `skip_serializing_if` needs `default`; \
                 a codec has to take an owned `String`, not a `&str`"
            );
            return Err(Error::new(ErrorKind::Encode, detail)
                .with_attribute(attribute.name())
                .with_source(error));
        }
    }
    Ok(())
}
