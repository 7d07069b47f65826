//! Secrets in an item: what is stored for them, and what that is when it is decrypted.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::attributes::{Attributes as _, Found, Item};
use super::plaintext::{plaintext, value_of};
use super::value::Value;
use crate::error::{Error, ErrorKind};
use crate::id::SessionKey;
use crate::schema::{Attribute, Schema};
use crate::secret::{NotDecryptable, Plaintext, SecretCipher};

/// What an item holds for a secret.
#[derive(Clone, Debug)]
pub(crate) struct StoredSecret {
    /// The place in the schema.
    pub(crate) index: usize,
    pub(crate) value: Value,
    /// A commit would store it otherwise: it is not encrypted, though it should be, or under an older name.
    pub(crate) is_outdated: bool,
}

/// What encrypts the secrets of a session, if its type has some.
pub(crate) fn cipher_of<K: SessionKey>(schema: &Schema, key: &K) -> Option<SecretCipher> {
    if schema.has_secrets() { SecretCipher::new(key, schema.table_key(key)) } else { None }
}

/// What is to be stored.
pub(crate) fn conceal(
    cipher: &SecretCipher,
    attribute: &Attribute,
    plaintext: &Plaintext,
) -> Result<Value, Error> {
    if attribute.is_encrypted() {
        let stored = cipher.encrypt(attribute.name(), plaintext)?;
        return Ok(Value::Atom(AttributeValue::B(Blob::new(stored))));
    }
    let value = value_of(plaintext).map(Value::from);
    value
        .map(Value::into_whole)
        .ok_or_else(|| Error::internal("a secret is not what it was made of"))
}

/// What a stored value is.
#[derive(Debug)]
pub(super) enum Revealed {
    Decrypted(Plaintext),
    /// It was encrypted when the attribute had an older name.
    DecryptedAlias(Plaintext),
    /// It is not encrypted: it was stored before the field was a secret.
    Plain,
}

pub(super) fn reveal(
    cipher: Option<&SecretCipher>,
    attribute: &Attribute,
    stored: &AttributeValue,
) -> Result<Revealed, NotDecryptable> {
    let AttributeValue::B(bytes) = stored else { return Ok(Revealed::Plain) };
    let decrypt = |name: &str| {
        let cipher = cipher.ok_or(NotDecryptable::Altered)?;
        cipher.decrypt(name, bytes.as_ref())
    };
    let reason = match decrypt(attribute.name()) {
        Ok(value) => return Ok(Revealed::Decrypted(value)),
        Err(reason) => reason,
    };
    if let Some(value) = attribute.aliases().iter().find_map(|alias| decrypt(alias).ok()) {
        return Ok(Revealed::DecryptedAlias(value));
    }
    match attribute.is_encrypted() {
        true => Err(reason),
        // It is stored as it is, and may be bytes.
        false => Ok(Revealed::Plain),
    }
}

/// Whether a secret that was encrypted twice is the same.
#[cfg(feature = "interop")]
pub(crate) fn is_same_secret(
    cipher: &SecretCipher,
    attribute: &Attribute,
    one: &Value,
    other: &Value,
) -> bool {
    let plaintext =
        |value: &Value| match reveal(Some(cipher), attribute, &value.to_attribute_value()) {
            Ok(Revealed::Decrypted(plaintext)) => Some(plaintext),
            _ => None,
        };
    attribute.is_secret()
        && plaintext(one).is_some_and(|one| plaintext(other).is_some_and(|other| one == other))
}

/// Encrypts the secrets of an item anew, for another key of the table. Each then stands under its own name.
pub(crate) fn conceal_anew(
    schema: &Schema,
    item: &mut Item,
    old: &SecretCipher,
    new: &SecretCipher,
) -> Result<(), Error> {
    for (_, attribute) in schema.secrets() {
        let Some((stored, found)) = item.find(attribute) else { continue };
        let name = match found {
            Found::Aliased(alias) => alias,
            Found::Named | Found::Absent => attribute.name(),
        };
        let plaintext = match reveal(Some(old), attribute, stored) {
            Ok(Revealed::Decrypted(plaintext) | Revealed::DecryptedAlias(plaintext)) => plaintext,
            Ok(Revealed::Plain) => match plaintext(Value::from(stored.clone())) {
                Some(plaintext) => plaintext,
                None => continue,
            },
            // It counts as its default under the new key, too.
            Err(_) if attribute.is_lenient() => continue,
            Err(reason) => return Err(not_decryptable(attribute.name(), reason)),
        };
        let value = conceal(new, attribute, &plaintext)?;
        item.remove(name);
        item.insert(attribute.name(), value);
    }
    Ok(())
}

pub(super) fn not_decryptable(attribute: &str, reason: NotDecryptable) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!(
            "what the table holds cannot be decrypted: {reason}; nothing was changed. Mark the field `lenient` to go on \
             with its default, or destroy the session"
        ),
    )
    .with_attribute(attribute)
    .with_source(reason)
}
