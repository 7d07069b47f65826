//! Encryption under a key that only a session's id gives.
//!
//! What is stored: one byte of version, 12 of nonce, the ciphertext, 16 of tag. AES-256-GCM; the key is HKDF-SHA256 of the
//! id's 32 bytes, without salt. The associated data is the value of the table's key, a zero byte, which no such value has,
//! and the attribute's name.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::Error;
use crate::id::{SessionKey, random_bytes};

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;
const HEADER_BYTES: usize = 1 + NONCE_BYTES;
const TAG_BYTES: usize = 16;
/// What the derived key is for: nothing else may be derived from an id with the same words.
const PURPOSE: &[u8] = b"dynamo-session secret v1";

/// Encrypts and decrypts the secrets of one session.
pub(crate) struct SecretCipher {
    id: Zeroizing<[u8; 32]>,
    table_key: String,
    /// Derived when it is needed first: not every request looks at a secret.
    cipher: OnceLock<Aes256Gcm>,
}

/// What is to be encrypted, or was decrypted. Wiped when it is dropped.
///
/// As a slice: one call, where a `Vec` would be wiped byte by byte.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Plaintext(Vec<u8>);

/// Why a stored value is not a secret of this session and attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotDecryptable {
    TooShort,
    UnknownVersion(u8),
    /// Something is not as it was when the value was encrypted.
    Altered,
}

impl SecretCipher {
    /// `None` for keys that the table holds as they are: whoever reads it would have the key.
    pub(crate) fn new<K: SessionKey>(key: &K, table_key: String) -> Option<Self> {
        let id = Zeroizing::new(*key.__key_material()?);
        Some(Self { id, table_key, cipher: OnceLock::new() })
    }

    fn cipher(&self) -> Result<&Aes256Gcm, Error> {
        if let Some(cipher) = self.cipher.get() {
            return Ok(cipher);
        }
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, &*self.id)
            .expand(PURPOSE, &mut *key)
            .map_err(|_| Error::internal("a key of 32 bytes cannot be derived"))?;
        Ok(self.cipher.get_or_init(|| Aes256Gcm::new((&*key).into())))
    }

    /// The plaintext in the form in which it is stored, under a nonce of its own.
    pub(crate) fn encrypt(&self, attribute: &str, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        let nonce: [u8; NONCE_BYTES] = random_bytes();
        let mut stored = Vec::with_capacity(HEADER_BYTES + plaintext.len() + TAG_BYTES);
        stored.push(VERSION);
        stored.extend_from_slice(&nonce);
        stored.extend_from_slice(plaintext);
        let tag = self.cipher()?.encrypt_inout_detached(
            &Nonce::from(nonce),
            &self.associated_data(attribute),
            (&mut stored[HEADER_BYTES..]).into(),
        );
        let tag = tag.map_err(|_| Error::internal("a secret is too long to be encrypted"))?;
        stored.extend_from_slice(&tag);
        Ok(stored)
    }

    pub(crate) fn decrypt(
        &self,
        attribute: &str,
        stored: &[u8],
    ) -> Result<Plaintext, NotDecryptable> {
        let version = *stored.first().ok_or(NotDecryptable::TooShort)?;
        if version != VERSION {
            return Err(NotDecryptable::UnknownVersion(version));
        }
        let (nonce, ciphertext) =
            stored[1..].split_first_chunk::<NONCE_BYTES>().ok_or(NotDecryptable::TooShort)?;
        let (ciphertext, tag) =
            ciphertext.split_last_chunk::<TAG_BYTES>().ok_or(NotDecryptable::TooShort)?;
        let mut plaintext = Plaintext(ciphertext.to_vec());
        let cipher = self.cipher().map_err(|_| NotDecryptable::Altered)?;
        cipher
            .decrypt_inout_detached(
                nonce.into(),
                &self.associated_data(attribute),
                plaintext.0.as_mut_slice().into(),
                tag.into(),
            )
            .map_err(|_| NotDecryptable::Altered)?;
        Ok(plaintext)
    }

    fn associated_data(&self, attribute: &str) -> Vec<u8> {
        [self.table_key.as_bytes(), b"\0", attribute.as_bytes()].concat()
    }
}

impl From<Vec<u8>> for Plaintext {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Deref for Plaintext {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Plaintext {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

impl fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plaintext")
    }
}

impl fmt::Debug for SecretCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretCipher")
    }
}

impl fmt::Display for NotDecryptable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort => f.write_str("it is shorter than anything that was encrypted"),
            Self::UnknownVersion(version) => {
                write!(f, "this version of dynamo-session does not know the format {version}")
            }
            Self::Altered => {
                f.write_str("it was altered, or it was encrypted for another session or attribute")
            }
        }
    }
}

impl std::error::Error for NotDecryptable {}
