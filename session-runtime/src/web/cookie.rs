use std::borrow::Cow;

use cookie::{Cookie, SameSite};
use http::header::{CACHE_CONTROL, COOKIE, HeaderMap, HeaderValue, SET_COOKIE, VARY};

use crate::error::{Error, ErrorKind};
use crate::id::SessionKey;

const DEFAULT_NAME: &str = "session";
/// What browsers accept for name and value together (RFC 6265bis, section 5.6).
const MAX_BYTES: usize = 4096;

/// The cookie that carries the id: how it is named, read and written.
#[derive(Clone, Debug)]
pub(super) struct SessionCookie {
    name: Cow<'static, str>,
    secure: bool,
}

/// What a request presented under the cookie's name.
#[derive(Debug)]
pub(super) enum Presented<K> {
    Nothing,
    /// One well-formed id. Nobody has vouched for it yet.
    Id(K),
    /// Something, but not one well-formed id.
    Rejected,
}

impl<K: SessionKey> Presented<K> {
    pub(super) fn is(&self, key: &K) -> bool {
        matches!(self, Self::Id(presented) if presented == key)
    }
}

impl Default for SessionCookie {
    fn default() -> Self {
        Self { name: DEFAULT_NAME.into(), secure: true }
    }
}

impl SessionCookie {
    pub(super) fn named(self, name: String) -> Self {
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        assert!(
            !name.is_empty() && name.len() <= 64 && name.bytes().all(is_token),
            "{name:?} cannot be the name of a cookie: use 1 to 64 letters, digits, `-` or `_`"
        );
        assert!(
            !name.starts_with("__"),
            "{name:?} cannot be the name of a session cookie: its prefix is added by the layer"
        );
        Self { name: name.into(), ..self }
    }

    pub(super) fn insecure(self) -> Self {
        Self { secure: false, ..self }
    }

    /// With the prefix that makes browsers refuse the cookie from anyone but this host, over https.
    pub(super) fn full_name(&self) -> Cow<'_, str> {
        if self.secure { format!("__Host-{}", self.name).into() } else { (&*self.name).into() }
    }

    /// Reads untrusted headers. Nothing in them is an error: at worst, there is no id in them.
    pub(super) fn presented<K: SessionKey>(&self, headers: &HeaderMap) -> Presented<K> {
        let name = self.full_name();
        let mut presented = Presented::Nothing;
        for header in headers.get_all(COOKIE) {
            // Other cookies may hold any bytes; they must not cost the visitor the session.
            let header = String::from_utf8_lossy(header.as_bytes());
            let pairs = header.split(';').filter_map(|pair| pair.split_once('='));
            for (_, value) in pairs.filter(|(key, _)| key.trim() == name) {
                presented = match (K::parse(value.trim()), presented) {
                    (Err(error), before) => {
                        rejected(None, &error.to_string());
                        match before {
                            Presented::Nothing => Presented::Rejected,
                            before => before,
                        }
                    }
                    (Ok(key), Presented::Id(before)) if key != before => {
                        // Whose is it? A cookie planted beside the visitor's own must not win.
                        rejected(None, "several different ids were presented");
                        return Presented::Rejected;
                    }
                    (Ok(key), _) => Presented::Id(key),
                };
            }
        }
        presented
    }

    /// Tells the browser to keep this id, in place of the one that it has.
    pub(super) fn set<K: SessionKey>(&self, key: &K, headers: &mut HeaderMap) -> Result<(), Error> {
        let cookie = self.build(key.expose_secret()).build();
        self.send(&cookie, headers)
    }

    /// Tells the browser to forget the id.
    pub(super) fn remove(&self, headers: &mut HeaderMap) -> Result<(), Error> {
        let mut cookie = self.build(String::new()).build();
        cookie.make_removal();
        self.send(&cookie, headers)
    }

    /// Refuses a key whose text no cookie can carry.
    pub(super) fn require_carries<K: SessionKey>(&self, key: &K) -> Result<(), Error> {
        let secret = key.expose_secret();
        let is_octet = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
        if secret.is_empty() || !secret.bytes().all(is_octet) {
            return Err(unfit("is empty, or contains characters that cookies do not allow"));
        }
        if self.full_name().len() + secret.len() > MAX_BYTES {
            return Err(unfit("is longer than browsers accept"));
        }
        Ok(())
    }

    fn build(&self, value: String) -> cookie::CookieBuilder<'_> {
        Cookie::build((self.full_name(), value))
            .path("/")
            .secure(self.secure)
            .http_only(true)
            .same_site(SameSite::Lax)
    }

    fn send(&self, cookie: &Cookie<'_>, headers: &mut HeaderMap) -> Result<(), Error> {
        let mut value = HeaderValue::from_str(&cookie.to_string())
            .map_err(|source| unfit("does not fit a header").with_source(source))?;
        value.set_sensitive(true);
        headers.append(SET_COOKIE, value);
        keep_from_caches(headers);
        Ok(())
    }
}

/// A response that sets the cookie is for one visitor alone, unless the application says otherwise.
fn keep_from_caches(headers: &mut HeaderMap) {
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let varies = |value: &HeaderValue| {
        let value = String::from_utf8_lossy(value.as_bytes());
        value
            .split(',')
            .any(|name| matches!(name.trim(), "*") || name.trim().eq_ignore_ascii_case("cookie"))
    };
    if !headers.get_all(VARY).iter().any(varies) {
        headers.append(VARY, HeaderValue::from_static("cookie"));
    }
}

/// Makes guessing visible: an event, which metrics layers count, for each id that opens nothing.
pub(super) fn rejected(fingerprint: Option<String>, reason: &str) {
    tracing::debug!(
        monotonic_counter.dynamo_session_rejected_ids = 1_u64,
        session = fingerprint,
        reason,
        "session id rejected"
    );
}

fn unfit(reason: &str) -> Error {
    Error::new(
        ErrorKind::Configuration,
        format!(
            "the text of the session's key {reason}, so no cookie can carry it; use `SessionId`"
        ),
    )
}
