//! The session id in a cookie's value, if its signature is right.
//!
//! Signatures are decoded strictly, so that each has one text, and compared in constant time.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value as Json;
use sha1::Sha1;
use sha2::Sha256;

/// What `encodeURIComponent` escapes, beside what is not ASCII.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

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

/// As cookie-signature and express-session write it.
pub(super) fn express_of(sid: &str, secret: Option<&Vec<u8>>) -> String {
    match secret {
        Some(secret) => encoded(&format!("s:{sid}.{}", signature(sid, secret))),
        None => encoded(sid),
    }
}

/// As React Router writes it.
pub(super) fn react_router_of(sid: &str, secret: Option<&Vec<u8>>) -> String {
    let payload = STANDARD.encode(Json::from(sid).to_string());
    match secret {
        Some(secret) => encoded(&format!("{payload}.{}", signature(&payload, secret))),
        None => encoded(&payload),
    }
}

/// As keygrip signs a pair.
pub(super) fn koa_signature(name: &str, value: &str, secret: &[u8]) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(secret).ok();
    let signed = mac.map(|mac| mac.chain_update(format!("{name}={value}")).finalize());
    signed.map(|signed| URL_SAFE_NO_PAD.encode(signed.into_bytes())).unwrap_or_default()
}

fn signature(text: &str, secret: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret).ok();
    let signed = mac.map(|mac| mac.chain_update(text).finalize());
    signed.map(|signed| STANDARD_NO_PAD.encode(signed.into_bytes())).unwrap_or_default()
}

/// As `encodeURIComponent` does.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

fn is_signed(text: &str, signature: &str, secrets: &[Vec<u8>]) -> bool {
    let Ok(signature) = STANDARD_NO_PAD.decode(signature) else { return false };
    let is_by = |secret: &Vec<u8>| {
        let mac = Hmac::<Sha256>::new_from_slice(secret).ok();
        mac.is_some_and(|mac| mac.chain_update(text).verify_slice(&signature).is_ok())
    };
    secrets.iter().any(is_by)
}
