//! What a store needs to know of another one that it shares sessions with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::cookie_attributes::CookieAttributes;
use super::foreign_store::ForeignStore;
use super::stamp::STAMP;
use super::system::{CookieFormat, Data};
use crate::error::{Error, ErrorKind};
use crate::id::random_bytes;
use crate::schema::Schema;

const SHARED: &str = "dynamo-session: the id of a shared session";

impl ForeignStore {
    /// A new session id, as the other service makes them.
    pub(crate) fn new_sid(&self) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        match self.system.cookie {
            CookieFormat::Express => URL_SAFE_NO_PAD.encode(random_bytes::<24>()),
            CookieFormat::ReactRouter => hex(&random_bytes::<8>()),
            CookieFormat::Koa => {
                let mut bytes = random_bytes::<16>();
                (bytes[6], bytes[8]) = (bytes[6] & 0x0F | 0x40, bytes[8] & 0x3F | 0x80);
                let groups = [&bytes[..4], &bytes[4..6], &bytes[6..8], &bytes[8..10], &bytes[10..]];
                groups.map(hex).join("-")
            }
        }
    }

    /// The id that a shared session has in the struct's key field. It is in no cookie, and opens nothing.
    pub(crate) fn shared_id(&self, sid: &str) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.described(SHARED, sid)))
    }

    pub(crate) fn package(&self) -> &'static str {
        self.system.name
    }

    /// Refuses a session type, or options, with which a store cannot be shared.
    pub(crate) fn require_shareable(&self, schema: &Schema) -> Result<(), Error> {
        self.require_signed()?;
        let refused = |detail: String| Err(Error::new(ErrorKind::Configuration, detail));
        if let Data::TextInOrTopLevel(_) = self.system.data {
            return refused(
                "two packages are named `dynamodb-session-store`, and a shared store writes rows as one of them: add \
                 `.from_npm()` or `.from_github()` to the `ForeignStore`"
                    .to_owned(),
            );
        }
        let same_site = self.cookie.same_site;
        if !["lax", "strict", "none"].contains(&same_site) {
            return refused(format!(
                "`sameSite` of the cookie is `lax`, `strict` or `none`, and not {same_site:?}"
            ));
        }
        if same_site == "none" && !self.cookie.secure {
            return refused(
                "browsers refuse `sameSite: none` for a cookie that is not sent by https alone: leave out \
                 `.cookie_secure(false)`, or choose another `.cookie_same_site(..)`"
                    .to_owned(),
            );
        }
        if let Some(why) = self.unfit_cookie() {
            return refused(format!("the cookie of {} is one that {why}", self.system.name));
        }
        if let Some((_, secret)) = schema.secrets().next() {
            return refused(format!(
                "`{}` is marked `secret`, and the other service could not read it: a shared session has no secrets until \
                 the other service is gone; leave the attribute out until then",
                secret.name()
            ));
        }
        if let Some((_, remember)) = schema.remember() {
            return refused(format!(
                "`{}` is marked `remember`: the lifetime of a shared session is that of its row, as the other service has \
                 it, so leave the attribute out until that is gone",
                remember.name()
            ));
        }
        let is_taken = |name: &str| {
            let is_own = self.is_key(name) || self.is_expiry(name);
            let is_own = is_own && self.data_attribute().is_none();
            let is_of_framework =
                self.system.framework_keys.contains(&name) || self.system.cookie.drops(name);
            is_own || name == STAMP || is_of_framework
        };
        let named = schema.attributes().iter().flat_map(|attribute| {
            [attribute.name()].into_iter().chain(attribute.aliases().iter().copied())
        });
        match named.into_iter().find(|name| is_taken(name)) {
            Some(name) => refused(format!(
                "the session type has a field `{name}`, which in rows of {} is not the application's: rename it, or leave it \
                 out",
                self.system.name
            )),
            None => Ok(()),
        }
    }

    /// Why no browser would keep the cookie.
    fn unfit_cookie(&self) -> Option<&'static str> {
        let CookieAttributes { path, domain, secure, .. } = &self.cookie;
        let is_text = |text: &str, without: &[u8]| {
            text.bytes().all(|byte| byte.is_ascii_graphic() && !without.contains(&byte))
        };
        let is_named = !self.cookie_name.is_empty() && is_text(&self.cookie_name, b"\"(),;<=>\\{}");
        let is_host = self.cookie_name.starts_with("__Host-");
        let needs_secure = is_host || self.cookie_name.starts_with("__Secure-");
        match domain {
            _ if !is_named => Some("no header can name; correct `.cookie_name(..)`"),
            _ if !path.starts_with('/') || !is_text(path, b";") => {
                Some("has no path; `.cookie_path(..)` begins with `/`")
            }
            Some(domain) if domain.is_empty() || !is_text(domain, b";") => {
                Some("has no domain; correct `.cookie_domain(..)`, or leave it out")
            }
            _ if needs_secure && !secure => {
                Some("browsers refuse because of its prefix; leave out `.cookie_secure(false)`")
            }
            _ if is_host && (path != "/" || domain.is_some()) => Some(
                "browsers refuse because of its prefix; leave out `.cookie_path(..)` and `.cookie_domain(..)`",
            ),
            _ => None,
        }
    }
}
