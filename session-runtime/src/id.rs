use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::error::Error;

const TEXT_LENGTH: usize = 43;
const FINGERPRINT_LENGTH: usize = 8;
/// DynamoDB's limit on a partition key's value, of a table or an index.
pub(crate) const MAX_KEY_BYTES: usize = 2048;

/// The secret that identifies a session: 256 bits from the operating system.
///
/// Whoever holds the text of an id holds the session, so it belongs in the cookie and nowhere else. The
/// table keeps only the SHA-256 of the text, and everything that prints (`Debug`, `Display`, errors,
/// traces) shows a fingerprint: the first 8 characters of that hash, as they stand in the table's key after its prefix.
///
/// # Examples
///
/// ```
/// use dynamo_session::SessionId;
///
/// let id = SessionId::generate();
/// assert_eq!(id.expose_secret().len(), 43);
/// assert_eq!(id.expose_secret().parse::<SessionId>()?, id);
/// assert_eq!(id.to_string(), id.fingerprint());
/// # Ok::<(), dynamo_session::Error>(())
/// ```
#[derive(Clone)]
pub struct SessionId([u8; 32]);

impl SessionId {
    /// A new id from the operating system's source of randomness.
    ///
    /// # Panics
    ///
    /// If the operating system has no source of randomness. There is no safe way to continue without one.
    pub fn generate() -> Self {
        Self(random_bytes())
    }

    /// The text of the id, 43 characters of base64url: for the cookie, and nowhere else.
    pub fn expose_secret(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The first 8 characters of the hash under which the table keeps the session; safe to log.
    pub fn fingerprint(&self) -> String {
        SessionKey::fingerprint(self)
    }
}

impl FromStr for SessionId {
    type Err = Error;

    /// Reads an id from untrusted text.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidId`](crate::ErrorKind::InvalidId) unless the text is exactly 43 characters of the base64url alphabet in
    /// their one canonical form. The text is not repeated in the error.
    fn from_str(text: &str) -> Result<Self, Error> {
        if text.len() != TEXT_LENGTH {
            return Err(Error::invalid_id(format_args!(
                "{} bytes long, not {TEXT_LENGTH}",
                text.len()
            )));
        }
        let mut bytes = [0; 32];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(32) => Ok(Self(bytes)),
            _ => Err(Error::invalid_id("not canonical base64url")),
        }
    }
}

impl PartialEq for SessionId {
    fn eq(&self, other: &Self) -> bool {
        // Every byte is looked at, so that the time taken tells nothing about where two ids differ.
        self.0.iter().zip(&other.0).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }
}

impl Eq for SessionId {}

impl Hash for SessionId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fingerprint())
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

/// A type that can be the `hash_key` of a session.
///
/// [`SessionId`] is the one to use. `String`, and `uuid::Uuid` with the feature `uuid`, are for tables
/// that another program created: they are stored as they are, so whoever reads the table can take over its sessions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the hash key of a session",
    label = "not a session key",
    note = "use `SessionId`; `String` and, with the feature `uuid`, `uuid::Uuid` are for tables that another program created"
)]
pub trait SessionKey: Clone + PartialEq + Send + Sync + 'static {
    /// Whether keys of this type begin with the struct's name in the table, where the struct has no
    /// [`key_prefix`](derive@crate::DynamoSession#key_prefix). `false` for `String` and `Uuid`, with which other programs
    /// read and write the same keys.
    const PREFIXED_BY_DEFAULT: bool = true;

    /// A new, unguessable key.
    fn generate() -> Self;

    /// Reads a key from untrusted text, such as a cookie's value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidId`](crate::ErrorKind::InvalidId) if the text cannot be a key of this type.
    fn parse(text: &str) -> Result<Self, Error>;

    /// The secret text of the key, as [`parse`](Self::parse) reads it.
    fn expose_secret(&self) -> String;

    /// The value of the table's hash key attribute, a String (S), but for the session type's
    /// [prefix](derive@crate::DynamoSession#key_prefix).
    fn attribute_value(&self) -> String;

    /// A few characters that name the session in logs without giving it away.
    fn fingerprint(&self) -> String {
        first_characters(sha256_base64url(&self.expose_secret()))
    }

    /// What a key for encryption may be derived from: bits that the table does not tell.
    #[doc(hidden)]
    fn __key_material(&self) -> Option<&[u8; 32]> {
        None
    }

    /// The [`fingerprint`](Self::fingerprint) of the session that the table keeps under this
    /// [`attribute_value`](Self::attribute_value).
    ///
    /// The provided method is right for a type that is stored as it is.
    fn stored_fingerprint(attribute_value: &str) -> String {
        first_characters(sha256_base64url(attribute_value))
    }
}

#[diagnostic::do_not_recommend]
impl SessionKey for SessionId {
    fn generate() -> Self {
        Self::generate()
    }

    fn parse(text: &str) -> Result<Self, Error> {
        text.parse()
    }

    fn expose_secret(&self) -> String {
        self.expose_secret()
    }

    fn attribute_value(&self) -> String {
        sha256_base64url(&self.expose_secret())
    }

    fn __key_material(&self) -> Option<&[u8; 32]> {
        Some(&self.0)
    }

    fn stored_fingerprint(attribute_value: &str) -> String {
        first_characters(attribute_value.to_owned())
    }
}

#[diagnostic::do_not_recommend]
impl SessionKey for String {
    const PREFIXED_BY_DEFAULT: bool = false;

    fn generate() -> Self {
        SessionId::generate().expose_secret()
    }

    fn parse(text: &str) -> Result<Self, Error> {
        require_key_length(text, MAX_KEY_BYTES)?;
        if text.chars().any(char::is_control) {
            return Err(Error::invalid_id("one with control characters"));
        }
        Ok(text.to_owned())
    }

    fn expose_secret(&self) -> String {
        self.clone()
    }

    fn attribute_value(&self) -> String {
        self.clone()
    }
}

#[cfg(feature = "uuid")]
#[diagnostic::do_not_recommend]
impl SessionKey for uuid::Uuid {
    const PREFIXED_BY_DEFAULT: bool = false;

    fn generate() -> Self {
        Self::new_v4()
    }

    fn parse(text: &str) -> Result<Self, Error> {
        Self::try_parse(text).map_err(|source| Error::invalid_id("not a UUID").with_source(source))
    }

    fn expose_secret(&self) -> String {
        self.to_string()
    }

    fn attribute_value(&self) -> String {
        self.to_string()
    }
}

/// Refuses a key that no table can hold whose keys may be so long.
pub(crate) fn require_key_length(key: &str, longest: usize) -> Result<(), Error> {
    if key.is_empty() || key.len() > longest {
        return Err(Error::invalid_id(format_args!(
            "{} bytes long, not 1 to {longest}",
            key.len()
        )));
    }
    Ok(())
}

pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Err(error) = getrandom::fill(&mut bytes) {
        panic!("the operating system has no source of randomness: {error}");
    }
    bytes
}

/// A random part of a whole, from 0 to 1: for pauses that spread out.
pub(crate) fn random_share() -> f64 {
    f64::from(u32::from_le_bytes(random_bytes())) / f64::from(u32::MAX)
}

pub(crate) fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<8>())
}

/// The token by which DynamoDB knows a transaction that it has seen before.
///
/// The SDK would take it from a generator in the process, and machines that are restored from one snapshot share that one's.
pub(crate) fn idempotency_token() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<16>())
}

fn first_characters(hash: String) -> String {
    hash.chars().take(FINGERPRINT_LENGTH).collect()
}

fn sha256_base64url(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}
