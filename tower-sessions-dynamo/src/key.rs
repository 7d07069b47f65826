use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dynamo_session::{Error, SessionKey};
use sha2::{Digest, Sha256};

const FINGERPRINT_LENGTH: usize = 8;

/// The id of tower-sessions as the key of an item: 128 random bits, of which the table holds only the SHA-256.
///
/// # Examples
///
/// ```
/// use dynamo_session::SessionKey;
/// use tower_sessions_dynamo::RecordId;
///
/// let id = RecordId::generate();
/// assert_eq!(id.expose_secret().len(), 22); // as tower-sessions writes it into the cookie
/// assert_eq!(RecordId::parse(&id.expose_secret())?, id);
/// # Ok::<(), dynamo_session::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordId(pub(crate) i128);

impl SessionKey for RecordId {
    /// A new id from the operating system's source of randomness.
    ///
    /// # Panics
    ///
    /// If the operating system has no source of randomness.
    fn generate() -> Self {
        let mut bytes = [0; 16];
        if let Err(error) = getrandom::fill(&mut bytes) {
            panic!("the operating system has no source of randomness: {error}");
        }
        Self(i128::from_le_bytes(bytes))
    }

    fn parse(text: &str) -> Result<Self, Error> {
        let mut bytes = [0; 16];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(16) => Ok(Self(i128::from_le_bytes(bytes))),
            _ => Err(Error::invalid_id("not 16 bytes of base64url")),
        }
    }

    fn expose_secret(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.to_le_bytes())
    }

    fn attribute_value(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.expose_secret()))
    }

    fn stored_fingerprint(attribute_value: &str) -> String {
        attribute_value.chars().take(FINGERPRINT_LENGTH).collect()
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordId({})", self.fingerprint())
    }
}
