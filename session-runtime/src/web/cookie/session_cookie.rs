use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cookie::{Cookie, CookieBuilder, CookieJar, Key};

use super::same_site::SameSite;
use crate::error::{Error, ErrorKind};
use crate::id::SessionKey;
#[cfg(feature = "interop")]
use crate::interop::ForeignStore;
use crate::protocol::Mark;

/// What browsers accept for name and value together (RFC 6265bis, section 5.6).
const MAX_BYTES: usize = 4096;

/// The cookie that carries the session's id: its name, its attributes, and whether it is signed.
///
/// By default `__Host-Http-session`, with `Secure; HttpOnly; SameSite=Lax; Path=/`, kept until the browser is closed.
/// The prefix makes browsers refuse a cookie of this name from anyone but this host, over https and by a response:
/// Chrome and Edge 140 and Firefox 143 know it in full, others as `__Host-`.
///
/// # Examples
///
/// ```
/// use dynamo_session::{SameSite, SessionCookie};
///
/// let cookie = SessionCookie::builder().name("admin").same_site(SameSite::Strict).build()?;
/// assert_eq!(cookie.full_name(), "__Host-Http-admin");
/// # Ok::<(), dynamo_session::Error>(())
/// ```
#[derive(Clone)]
#[doc(alias = "cookie")]
pub struct SessionCookie {
    pub(super) full_name: Arc<str>,
    /// That of the cookie beside it, which says what the visitor's next read has to show.
    pub(super) commit_name: Arc<str>,
    pub(super) secure: bool,
    pub(super) same_site: SameSite,
    pub(super) path: String,
    pub(super) domain: Option<String>,
    pub(super) partitioned: bool,
    pub(super) persistent: bool,
    /// The first signs, all verify. Without any, the value is the id as it is.
    pub(super) signing_keys: Vec<Key>,
    /// Others, so that what is signed as the one cookie is not taken for the other.
    pub(super) commit_keys: Vec<Key>,
}

impl SessionCookie {
    /// The name as browsers see it, with its prefix.
    pub fn full_name(&self) -> &str {
        &self.full_name
    }

    /// The cookie of another framework.
    #[cfg(feature = "interop")]
    pub(in crate::web) fn of_foreign(foreign: &ForeignStore) -> Self {
        let attributes = foreign.cookie_attributes();
        let mut names = foreign.cookie_names().into_iter();
        let full_name = names.next().unwrap_or_default();
        // The name that no other layer may use beside it.
        let second = names.next().unwrap_or_else(|| format!("{full_name}.sig"));
        Self {
            full_name: full_name.into(),
            commit_name: second.into(),
            secure: attributes.secure,
            same_site: match attributes.same_site {
                "strict" => SameSite::Strict,
                "none" => SameSite::None,
                _ => SameSite::Lax,
            },
            path: attributes.path.clone(),
            domain: attributes.domain.clone(),
            partitioned: false,
            persistent: false,
            signing_keys: Vec::new(),
            commit_keys: Vec::new(),
        }
    }

    /// The headers that make the browser keep these cookies.
    #[cfg(feature = "interop")]
    pub(in crate::web) fn giving(
        &self,
        cookies: Vec<(String, String)>,
        max_age: Option<Duration>,
    ) -> Vec<String> {
        let cookies = cookies.into_iter();
        cookies.map(|(name, value)| self.lasting(&name, value, max_age)).collect()
    }

    /// The headers that make the browser forget these cookies.
    #[cfg(feature = "interop")]
    pub(in crate::web) fn removing(&self, names: Vec<String>) -> Vec<String> {
        let removal =
            |name: String| self.with_attributes(&name, String::new()).removal().build().to_string();
        names.into_iter().map(removal).collect()
    }

    pub(super) fn commit_name(&self) -> &str {
        &self.commit_name
    }

    /// The names that no other layer may use.
    pub(in crate::web) fn names(&self) -> [&Arc<str>; 2] {
        [&self.full_name, &self.commit_name]
    }

    /// Whether browsers send it by https only, and to `localhost`.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether the browser keeps it when it is closed, for each session and not only for remembered ones.
    pub(in crate::web) fn is_persistent(&self) -> bool {
        self.persistent
    }

    /// The header that makes the browser keep this id in place of the one that it has: until it is closed, or for as
    /// long as is said.
    pub(in crate::web) fn setting<K: SessionKey>(
        &self,
        key: &K,
        max_age: Option<Duration>,
    ) -> String {
        let value = sign(&self.signing_keys, key.expose_secret());
        self.lasting(&self.full_name, value, max_age)
    }

    /// The header that makes the browser forget the id.
    pub(in crate::web) fn removal(&self) -> String {
        self.with_attributes(&self.full_name, String::new()).removal().build().to_string()
    }

    /// The header that makes the browser say at its next requests what a read of this session has to show.
    pub(in crate::web) fn setting_mark<K: SessionKey>(
        &self,
        key: &K,
        mark: &Mark,
        max_age: Option<Duration>,
    ) -> String {
        let text = format!("{}.{}", key.fingerprint(), mark.to_text());
        self.lasting(&self.commit_name, sign(&self.commit_keys, text), max_age)
    }

    /// The header that makes the browser say nothing of that any more, so that the session is read strongly.
    pub(in crate::web) fn removal_of_mark(&self) -> String {
        self.with_attributes(&self.commit_name, String::new()).removal().build().to_string()
    }

    fn lasting(&self, name: &str, value: String, max_age: Option<Duration>) -> String {
        let mut cookie = self.with_attributes(name, value);
        if let Some(max_age) = max_age {
            let seconds = i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX);
            cookie = cookie.max_age(cookie::time::Duration::seconds(seconds));
        }
        cookie.build().to_string()
    }

    /// Refuses a key whose text no cookie can carry.
    pub(in crate::web) fn require_carries<K: SessionKey>(&self, key: &K) -> Result<(), Error> {
        let secret = key.expose_secret();
        let is_octet = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
        if secret.is_empty() || !secret.bytes().all(is_octet) {
            return Err(unfit("is empty, or contains characters that cookies do not allow"));
        }
        if self.full_name.len() + sign(&self.signing_keys, secret).len() > MAX_BYTES {
            return Err(unfit("is longer than browsers accept"));
        }
        Ok(())
    }

    fn with_attributes<'a>(&'a self, name: &'a str, value: String) -> CookieBuilder<'a> {
        let mut cookie = Cookie::build((name, value))
            .path(&self.path)
            .secure(self.secure)
            .http_only(true)
            .same_site(self.same_site.into());
        if let Some(domain) = &self.domain {
            cookie = cookie.domain(domain);
        }
        if self.partitioned {
            cookie = cookie.partitioned(true);
        }
        cookie
    }

    /// The id without its signature, and whether the first key has signed it.
    pub(super) fn verify(&self, value: &str) -> Option<(String, bool)> {
        verify(&self.signing_keys, value)
    }

    /// The fingerprint of the id that a mark is of, and the mark.
    pub(super) fn verify_mark(&self, value: &str) -> Option<(String, Mark)> {
        let (text, _) = verify(&self.commit_keys, value)?;
        let (fingerprint, mark) = text.split_once('.')?;
        Some((fingerprint.to_owned(), Mark::parse(mark)?))
    }
}

fn sign(keys: &[Key], value: String) -> String {
    let Some(key) = keys.first() else { return value };
    let mut jar = CookieJar::new();
    jar.signed_mut(key).add(Cookie::new("", value));
    jar.get("").map(|cookie| cookie.value().to_owned()).unwrap_or_default()
}

/// The value without its signature, and whether the first key has signed it.
fn verify(keys: &[Key], value: &str) -> Option<(String, bool)> {
    if keys.is_empty() {
        return Some((value.to_owned(), true));
    }
    let jar = CookieJar::new();
    keys.iter().enumerate().find_map(|(index, key)| {
        let cookie = jar.signed(key).verify(Cookie::new("", value.to_owned()))?;
        Some((cookie.value().to_owned(), index == 0))
    })
}

impl fmt::Debug for SessionCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionCookie")
            .field("name", &self.full_name)
            .field("secure", &self.secure)
            .field("same_site", &self.same_site)
            .field("path", &self.path)
            .field("domain", &self.domain)
            .field("partitioned", &self.partitioned)
            .field("persistent", &self.persistent)
            .field("signing_keys", &self.signing_keys.len())
            .finish()
    }
}

fn unfit(reason: &str) -> Error {
    Error::new(
        ErrorKind::Configuration,
        format!(
            "the text of the session's key {reason}, so no cookie can carry it; use `SessionId`"
        ),
    )
}
