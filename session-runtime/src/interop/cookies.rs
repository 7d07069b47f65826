//! The session id in a cookie's value, if its signature is right.
//!
//! Signatures are decoded strictly, so that each has one text, and compared in constant time.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac};
use percent_encoding::percent_decode_str;
use sha1::Sha1;
use sha2::Sha256;

/// `s:`, the id, a dot, and the signature of the id; without secrets, the id alone.
pub(super) fn express(value: &str, secrets: &[Vec<u8>]) -> Option<String> {
    let value = percent_decode_str(value).decode_utf8().ok()?;
    if secrets.is_empty() {
        return Some(value.into_owned());
    }
    let (sid, signature) = value.strip_prefix("s:")?.rsplit_once('.')?;
    is_signed(sid, signature, secrets).then(|| sid.to_owned())
}

/// The id as it is, and the signature of the pair in a cookie of its own.
pub(super) fn koa(
    name: &str,
    value: &str,
    signature: Option<&str>,
    secrets: &[Vec<u8>],
) -> Option<String> {
    if !secrets.is_empty() {
        let signature = URL_SAFE_NO_PAD.decode(signature?).ok()?;
        let signed = format!("{name}={value}");
        let is_by = |secret: &Vec<u8>| {
            let mac = Hmac::<Sha1>::new_from_slice(secret).ok();
            mac.is_some_and(|mac| mac.chain_update(&signed).verify_slice(&signature).is_ok())
        };
        if !secrets.iter().any(is_by) {
            return None;
        }
    }
    Some(value.to_owned())
}

/// The id as JSON in base64, a dot, and the signature of that; without secrets, no dot and no signature.
pub(super) fn react_router(value: &str, secrets: &[Vec<u8>]) -> Option<String> {
    let value = percent_decode_str(value).decode_utf8().ok()?;
    let payload = if secrets.is_empty() {
        &*value
    } else {
        let (payload, signature) = value.rsplit_once('.')?;
        is_signed(payload, signature, secrets).then_some(payload)?
    };
    serde_json::from_slice(&STANDARD.decode(payload).ok()?).ok()
}

fn is_signed(text: &str, signature: &str, secrets: &[Vec<u8>]) -> bool {
    let Ok(signature) = STANDARD_NO_PAD.decode(signature) else { return false };
    let is_by = |secret: &Vec<u8>| {
        let mac = Hmac::<Sha256>::new_from_slice(secret).ok();
        mac.is_some_and(|mac| mac.chain_update(text).verify_slice(&signature).is_ok())
    };
    secrets.iter().any(is_by)
}
