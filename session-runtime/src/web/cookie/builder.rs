use std::borrow::Cow;
use std::fmt;

use cookie::Key;

use super::same_site::SameSite;
use super::session_cookie::SessionCookie;
use crate::error::{Error, ErrorKind};

const MAX_NAME_BYTES: usize = 64;
/// What is added to the name of the cookie that says what the next read has to show.
const COMMIT: &str = "-commit";
/// Browsers ignore attributes that are longer (RFC 6265bis, section 5.6).
const MAX_ATTRIBUTE_BYTES: usize = 1024;
/// A key as long as the output of the hash, which is what HMAC asks for (RFC 2104, section 3).
const MIN_SIGNING_KEY_BYTES: usize = 32;

/// Settings of a [`SessionCookie`]. What would make it unsafe, or what no browser would keep, is refused by
/// [`build`](Self::build).
///
/// # Examples
///
/// A second session type needs a name of its own. The keys come from the application's secrets; here, one is being replaced:
///
/// ```
/// use dynamo_session::{SameSite, SessionCookie};
///
/// # fn cookie(new_key: [u8; 32], old_key: [u8; 32]) -> Result<SessionCookie, dynamo_session::Error> {
/// let cookie = SessionCookie::builder()
///     .name("admin")
///     .same_site(SameSite::Strict)
///     .persistent(true)
///     .signing_keys([new_key, old_key])
///     .build()?;
/// # Ok(cookie)
/// # }
/// # cookie([7; 32], [8; 32])?;
/// # Ok::<(), dynamo_session::Error>(())
/// ```
///
/// For all subdomains, and for a page that others show in a frame:
///
/// ```
/// # use dynamo_session::{SameSite, SessionCookie};
/// let everywhere = SessionCookie::builder().domain("shop.example").build()?;
/// let framed = SessionCookie::builder().same_site(SameSite::None).partitioned(true).build()?;
/// # Ok::<(), dynamo_session::Error>(())
/// ```
#[derive(Clone)]
pub struct SessionCookieBuilder {
    name: Cow<'static, str>,
    secure: bool,
    same_site: SameSite,
    path: Option<String>,
    domain: Option<String>,
    partitioned: bool,
    persistent: bool,
    signing_keys: Option<Vec<Vec<u8>>>,
}

impl Default for SessionCookieBuilder {
    fn default() -> Self {
        Self {
            name: "session".into(),
            secure: true,
            same_site: SameSite::default(),
            path: None,
            domain: None,
            partitioned: false,
            persistent: false,
            signing_keys: None,
        }
    }
}

impl SessionCookie {
    /// Settings for a cookie, each with a safe default.
    pub fn builder() -> SessionCookieBuilder {
        SessionCookieBuilder::default()
    }
}

impl Default for SessionCookie {
    fn default() -> Self {
        SessionCookieBuilder::default().unchecked()
    }
}

impl SessionCookieBuilder {
    /// The name without its prefix, which is added: needed where one application has several session types.
    ///
    /// The default is `session`. OWASP advises against names that tell which framework is in use.
    #[must_use]
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// When the browser sends the cookie with requests that another site causes. The default is
    /// [`Lax`](SameSite::Lax).
    #[doc(alias = "csrf")]
    #[must_use]
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// Sends the cookie only below this path.
    ///
    /// This gives up the `__Host-` part of the prefix, so that a subdomain can plant a cookie of the same name. It keeps
    /// nothing from other paths of the same host: a page there can open a frame of this one and read it.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Sends the cookie to all subdomains of this domain, too.
    ///
    /// This gives up the `__Host-` part of the prefix: whoever controls one subdomain gets every visitor's session, and
    /// can plant one.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Keeps a session of its own for each site that shows this one in a frame (CHIPS: Chrome 114, Firefox 141,
    /// Safari 26.2). Needs [`SameSite::None`].
    #[must_use]
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.partitioned = partitioned;
        self
    }

    /// Has the browser keep the cookie when it is closed, until the session expires.
    ///
    /// It is sent again whenever the session's expiry moves. Without this, only sessions with a
    /// `#[session(remember)]` field that is true are kept.
    #[doc(alias = "remember")]
    #[must_use]
    pub fn persistent(mut self, persistent: bool) -> Self {
        self.persistent = persistent;
        self
    }

    /// Signs the id by HMAC-SHA-256, so that a forged one is refused without a read of the table.
    ///
    /// The first key signs, all of them verify: to rotate, put a new key first, and drop the old one when the longest
    /// timeout has passed. An id that an older key signed is signed again at the visitor's next request. Each key is a
    /// secret of at least 32 random bytes, the same on all servers. Ids that were given out unsigned open nothing.
    ///
    /// An id has 256 random bits and needs no signature to be unguessable: what this saves is the read that each
    /// made-up id costs.
    #[must_use]
    pub fn signing_keys<K: Into<Vec<u8>>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.signing_keys = Some(keys.into_iter().map(Into::into).collect());
        self
    }

    /// With `false`, serves plain http away from localhost, where anyone on the network path can take over any session:
    /// for development only. [`build`](Self::build) logs a warning.
    ///
    /// With `Secure`, browsers drop the cookie if it comes by plain http. Chrome and Firefox make an exception for
    /// `http://localhost`, so development there needs no switch; Safari makes none. Without it, the name has no prefix.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// The cookie.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`]: a name, path or domain that browsers do not take; a signing key of less than 32
    /// bytes; [`SameSite::None`] or `partitioned` without `Secure`; `partitioned` without [`SameSite::None`].
    ///
    /// # Examples
    ///
    /// ```
    /// use dynamo_session::{SameSite, SessionCookie};
    ///
    /// let error = SessionCookie::builder().secure(false).same_site(SameSite::None).build().unwrap_err();
    /// assert!(error.to_string().contains("`SameSite=None` without `Secure`"), "{error}");
    /// ```
    pub fn build(self) -> Result<SessionCookie, Error> {
        self.require_name()?;
        if let Some(path) = &self.path {
            require_path(path)?;
        }
        if let Some(domain) = &self.domain {
            require_domain(domain)?;
        }
        if self.same_site == SameSite::None && !self.secure {
            return Err(refused(
                "browsers refuse `SameSite=None` without `Secure`; leave out `secure(false)`, or choose another \
                 `same_site`",
            ));
        }
        if self.partitioned && self.same_site != SameSite::None {
            return Err(refused(
                "`partitioned` is for frames of other sites, where browsers send nothing without `SameSite=None`; add \
                 `.same_site(SameSite::None)`, or leave out `partitioned`",
            ));
        }
        if self.signing_keys.as_ref().is_some_and(Vec::is_empty) {
            return Err(refused(
                "there is no key among the signing keys, so no id could be signed; leave out `signing_keys`, or give at \
                 least one",
            ));
        }
        if let Some(key) =
            self.signing_keys.iter().flatten().find(|key| key.len() < MIN_SIGNING_KEY_BYTES)
        {
            return Err(refused(format!(
                "a signing key has {} bytes; use at least {MIN_SIGNING_KEY_BYTES} random ones",
                key.len()
            )));
        }
        if !self.secure {
            tracing::warn!(
                cookie = %self.name,
                "session cookies are sent over plain HTTP, so anyone on the network path can take over any session; \
                 never do this in production"
            );
        }
        Ok(self.unchecked())
    }

    fn unchecked(self) -> SessionCookie {
        let is_below_root = self.path.as_deref().is_some_and(|path| path != "/");
        let prefix = match (self.secure, self.domain.is_some() || is_below_root) {
            (false, _) => "",
            (true, true) => "__Http-",
            (true, false) => "__Host-Http-",
        };
        let keys = |purpose: &[u8]| {
            let keys = self.signing_keys.iter().flatten();
            keys.map(|key| Key::derive_from(&[key, purpose].concat())).collect()
        };
        SessionCookie {
            full_name: format!("{prefix}{}", self.name).into(),
            commit_name: format!("{prefix}{}{COMMIT}", self.name).into(),
            secure: self.secure,
            same_site: self.same_site,
            path: self.path.unwrap_or_else(|| "/".to_owned()),
            domain: self.domain,
            partitioned: self.partitioned,
            persistent: self.persistent,
            signing_keys: keys(b""),
            commit_keys: keys(COMMIT.as_bytes()),
        }
    }

    fn require_name(&self) -> Result<(), Error> {
        let name = &*self.name;
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.bytes().all(is_token) {
            return Err(refused(format!(
                "{name:?} cannot be its name: use 1 to {MAX_NAME_BYTES} letters, digits, `-` or `_`"
            )));
        }
        if name.starts_with("__") {
            return Err(refused(format!(
                "{name:?} cannot be its name: leave out the prefix, which is added"
            )));
        }
        Ok(())
    }
}

impl fmt::Debug for SessionCookieBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionCookieBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}

fn require_path(path: &str) -> Result<(), Error> {
    let is_text = |byte: u8| (b' '..0x7f).contains(&byte) && byte != b';';
    if path.starts_with('/') && path.len() <= MAX_ATTRIBUTE_BYTES && path.bytes().all(is_text) {
        return Ok(());
    }
    Err(refused(format!(
        "{path:?} cannot be its path: begin with `/`, and use at most {MAX_ATTRIBUTE_BYTES} bytes, no `;` and no control characters"
    )))
}

fn require_domain(domain: &str) -> Result<(), Error> {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_address = domain.parse::<std::net::IpAddr>().is_ok();
    if !is_address && domain.len() <= 253 && domain.contains('.') && domain.split('.').all(is_label)
    {
        return Ok(());
    }
    Err(refused(format!(
        "{domain:?} cannot be its domain: give a registered name such as `example.com`, without a leading dot, a port \
         or a scheme; for one host alone, leave it out"
    )))
}

fn refused(reason: impl fmt::Display) -> Error {
    Error::new(
        ErrorKind::Configuration,
        format!("the session cookie is not safe or not usable: {reason}"),
    )
}
