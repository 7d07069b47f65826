use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;

use super::attributes::Found;
use super::cursor::Cursor;
use super::decode_error::DecodeError;
use super::deserializer::ValueDeserializer;
use super::secret::{Revealed, StoredSecret, not_decryptable, reveal};
use super::stored::Stored;
use super::type_name::type_name;
use crate::error::{Error, ErrorKind};
use crate::schema::{Attribute, Role};
use crate::secret::SecretCipher;

/// Hands the attributes of an item to the fields of a session, one after the other.
#[derive(Debug)]
pub struct Decoder<'t> {
    attributes: &'static [Attribute],
    /// The attribute that is next, if it is not in the text.
    value: Option<&'t AttributeValue>,
    text: Cursor<'t>,
    is_strict: bool,
    /// What the last attribute held, if its field is lenient and could not be read from it.
    unreadable: Option<AttributeValue>,
    cipher: Option<&'t SecretCipher>,
    /// What the last attribute held, if it is a secret, and whether a commit would give it that form.
    secret: Option<(AttributeValue, bool)>,
}

impl<'t> Decoder<'t> {
    /// One that reads the value that is next in the text of a response.
    pub(super) fn of_text(attributes: &'static [Attribute], text: Cursor<'t>) -> Self {
        let (unreadable, cipher, secret) = (None, None, None);
        Self { attributes, value: None, text, is_strict: false, unreadable, cipher, secret }
    }

    /// One that reads this value.
    pub(crate) fn of_value(attributes: &'static [Attribute], value: &'t AttributeValue) -> Self {
        Self { value: Some(value), ..Self::of_text(attributes, Cursor::default()) }
    }

    /// It fails on what does not decode in lenient fields, too.
    pub(crate) fn strict(self) -> Self {
        Self { is_strict: true, ..self }
    }

    /// It decrypts, too.
    pub(crate) fn decrypting(self, cipher: Option<&'t SecretCipher>) -> Self {
        Self { cipher, ..self }
    }

    pub(super) fn text(&mut self) -> &mut Cursor<'t> {
        &mut self.text
    }

    pub(super) fn into_text(self) -> Cursor<'t> {
        self.text
    }

    /// What the attribute held that was decoded last, if its field is lenient and could not be read from it.
    pub(crate) fn take_unreadable(&mut self) -> Option<AttributeValue> {
        self.unreadable.take()
    }

    /// What the attribute at this position held that was decoded last and stood under this name, if it is a secret.
    pub(crate) fn take_secret(&mut self, index: usize, found: Found) -> Option<StoredSecret> {
        let (stored, is_in_form) = self.secret.take()?;
        let is_outdated = !is_in_form || found != Found::Named;
        Some(StoredSecret { index, value: stored.into(), is_outdated })
    }

    /// Decodes an attribute with serde; one that cannot be read has the default, if its field is lenient.
    pub fn value<T: DeserializeOwned>(
        &mut self,
        index: usize,
        default: impl FnOnce() -> T,
    ) -> Result<T, Error> {
        self.with(index, default, |deserializer| T::deserialize(deserializer))
    }

    /// Decodes Binary.
    pub fn bytes<T>(
        &mut self,
        index: usize,
        default: impl FnOnce() -> T,
        from_bytes: impl FnOnce(Option<Vec<u8>>) -> Option<T>,
    ) -> Result<T, Error> {
        self.decode(index, default, |stored| {
            let bytes = match stored.into_attribute_value()? {
                AttributeValue::B(blob) => Some(blob.into_inner()),
                AttributeValue::Null(_) => None,
                _ => return Err(DecodeError::new("expected Binary")),
            };
            from_bytes(bytes).ok_or_else(|| DecodeError::new("the number of bytes does not fit"))
        })
    }

    /// Decodes an attribute with a function of serde's `deserialize` form.
    pub fn with<T, F>(
        &mut self,
        index: usize,
        default: impl FnOnce() -> T,
        deserialize: F,
    ) -> Result<T, Error>
    where
        F: FnOnce(ValueDeserializer<'_, '_>) -> Result<T, DecodeError>,
    {
        let role = self.attributes[index].role();
        self.decode(index, default, |stored| read(role, stored, deserialize))
    }

    fn decode<T>(
        &mut self,
        index: usize,
        default: impl FnOnce() -> T,
        read: impl FnOnce(Stored<'_, '_>) -> Result<T, DecodeError>,
    ) -> Result<T, Error> {
        if self.attributes[index].is_secret() {
            return self.decode_secret(index, default, read);
        }
        let mark = self.text.mark();
        match read(self.next()) {
            Ok(value) => Ok(value),
            Err(source) => {
                self.text.seek(mark);
                self.fail(index, std::any::type_name::<T>(), source)?;
                Ok(default())
            }
        }
    }

    /// Decodes a secret. What serde says of its value is not told, since it may repeat a part of it.
    fn decode_secret<T>(
        &mut self,
        index: usize,
        default: impl FnOnce() -> T,
        read: impl FnOnce(Stored<'_, '_>) -> Result<T, DecodeError>,
    ) -> Result<T, Error> {
        let attribute = &self.attributes[index];
        let field = std::any::type_name::<T>();
        let stored = self.next().into_attribute_value().map_err(|malformed| {
            undecodable(attribute.name(), "a value", field, malformed.into())
        })?;
        let revealed = reveal(self.cipher, attribute, &stored);
        let is_in_form = match &revealed {
            Ok(Revealed::Decrypted(_)) => attribute.is_encrypted(),
            Ok(Revealed::Plain) => !attribute.is_encrypted(),
            Ok(Revealed::DecryptedAlias(_)) => false,
            Err(_) => true,
        };
        let decoded = match revealed {
            Err(reason) => Err(not_decryptable(attribute.name(), reason)),
            Ok(Revealed::Plain) => read(Stored::Value(&stored))
                .map_err(|_| unreadable_secret(attribute, &stored, field)),
            Ok(Revealed::Decrypted(plaintext) | Revealed::DecryptedAlias(plaintext)) => {
                let decoded = Cursor::new(&plaintext).map(|mut text| read(Stored::Text(&mut text)));
                match decoded {
                    Ok(Ok(value)) => Ok(value),
                    _ => Err(unreadable_secret(attribute, &stored, field)),
                }
            }
        };
        self.secret = Some((stored, is_in_form));
        match decoded {
            Err(error) if attribute.is_lenient() && !self.is_strict => {
                let attribute = attribute.name();
                tracing::warn!(attribute, %error, "the field is lenient, so it has its default");
                Ok(default())
            }
            decoded => decoded,
        }
    }

    fn next(&mut self) -> Stored<'_, 't> {
        match self.value {
            Some(value) => Stored::Value(value),
            None => Stored::Text(&mut self.text),
        }
    }

    /// Whether a field that cannot be read from what is next is to have its default.
    #[cold]
    fn fail(
        &mut self,
        index: usize,
        field: &'static str,
        source: DecodeError,
    ) -> Result<(), Error> {
        let attribute = &self.attributes[index];
        let stored = match self.next().into_attribute_value() {
            Ok(stored) => stored,
            Err(malformed) => {
                return Err(undecodable(attribute.name(), "a value", field, malformed.into()));
            }
        };
        let found = type_name(&stored);
        if !attribute.is_lenient() || self.is_strict {
            return Err(undecodable(attribute.name(), found, field, source));
        }
        tracing::warn!(
            attribute = attribute.name(),
            error = %source,
            "the table holds {found} that cannot be read as `{field}`; the field is lenient, so it has its default"
        );
        self.unreadable = Some(stored);
        Ok(())
    }
}

/// A single stored value, in the form that its attribute has where the schema knows it.
///
/// `None` if it is NULL.
pub(crate) fn decode_value<T: DeserializeOwned>(
    name: &str,
    attribute: Option<&Attribute>,
    value: &AttributeValue,
) -> Result<Option<T>, Error> {
    if attribute.is_some_and(Attribute::is_secret) {
        let detail = "it is a secret, which only the session's own id decrypts, and a list does not have that";
        return Err(Error::new(ErrorKind::Configuration, detail).with_attribute(name));
    }
    let numbers;
    let stored = match value {
        AttributeValue::Null(_) => return Ok(None),
        AttributeValue::B(bytes) if attribute.is_some_and(Attribute::is_binary) => {
            numbers = list_of_bytes(bytes);
            &numbers
        }
        value => value,
    };
    let role = attribute.map_or(Role::Value, Attribute::role);
    read(role, Stored::Value(stored), |deserializer| T::deserialize(deserializer))
        .map(Some)
        .map_err(|source| undecodable(name, type_name(value), std::any::type_name::<T>(), source))
}

fn read<T, F>(role: Role, mut stored: Stored<'_, '_>, deserialize: F) -> Result<T, DecodeError>
where
    F: FnOnce(ValueDeserializer<'_, '_>) -> Result<T, DecodeError>,
{
    // A set is never empty in a table.
    static NO_MEMBERS: AttributeValue = AttributeValue::L(Vec::new());
    match role == Role::Set && stored.is_null()? {
        true => deserialize(ValueDeserializer(Stored::Value(&NO_MEMBERS))),
        false => deserialize(ValueDeserializer(stored)),
    }
}

fn undecodable(attribute: &str, stored: &str, field: &str, source: DecodeError) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!(
            "the table holds {stored} that cannot be read as `{field}`: {source}; \
             nothing was changed. Keep the old type readable, mark the field `lenient`, or destroy the session"
        ),
    )
    .with_attribute(attribute)
    .with_source(source)
}

fn unreadable_secret(attribute: &Attribute, stored: &AttributeValue, field: &str) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!(
            "the table holds {} that, decrypted where it was encrypted, cannot be read as `{field}`; nothing was changed. \
             Keep the old type readable, mark the field `lenient`, or destroy the session",
            type_name(stored)
        ),
    )
    .with_attribute(attribute.name())
}

/// Bytes are read as serde writes them where nothing says that they are bytes.
fn list_of_bytes(bytes: &Blob) -> AttributeValue {
    let number = |byte: &u8| AttributeValue::N(byte.to_string());
    AttributeValue::L(bytes.as_ref().iter().map(number).collect())
}
