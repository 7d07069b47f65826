use super::cookies;
use super::foreign_store::ForeignStore;
use super::system::CookieFormat;

/// How many different ids of one request are looked up: each costs a read.
const MAX_SIDS: usize = 4;

/// The session ids that a request's cookies vouch for.
#[derive(Clone, Debug, Default)]
pub(crate) struct PresentedSids {
    /// Each once. They are secret.
    pub(crate) sids: Vec<String>,
    /// How many values were not signed, or not by one of the secrets, or are no ids.
    pub(crate) rejected: u64,
}

impl ForeignStore {
    /// The session id that a request's `Cookie` header vouches for, verified in constant time by each of the
    /// [`secrets`](Self::secrets): for programs without a [`SessionLayer`](crate::SessionLayer), to pass to
    /// [`SessionStore::adopt`](crate::SessionStore::adopt).
    ///
    /// `None` if the header has no cookie of the [name](Self::cookie_name), a forged one, or several of different sessions.
    /// Without secrets, unless the store is [`unsigned`](Self::unsigned), it has none.
    ///
    /// # Examples
    ///
    /// ```
    /// use dynamo_session::interop::ForeignStore;
    ///
    /// let legacy = ForeignStore::koa("sessions").secrets(["keyboard cat"]);
    /// let sid = "429e6f04-ca7b-4b4b-9c29-83b72cb04620";
    /// let signed = format!("koa.sess={sid}; koa.sess.sig=jDba5zCt51eOEs0-5-T-jKpdgsk");
    /// assert_eq!(legacy.session_id(&signed).as_deref(), Some(sid));
    /// assert_eq!(legacy.session_id(&format!("koa.sess={sid}")), None);
    /// ```
    pub fn session_id(&self, cookie_header: &str) -> Option<String> {
        self.require_signed().ok()?;
        let mut sids = self.presented([cookie_header.as_bytes()].into_iter()).sids;
        if sids.len() == 1 { sids.pop() } else { None }
    }

    /// The ids that the values of a request's cookie headers vouch for. Nothing in them is an error.
    pub(crate) fn presented<'a>(&self, headers: impl Iterator<Item = &'a [u8]>) -> PresentedSids {
        let pairs: Vec<(&str, &str)> = headers.flat_map(pairs).collect();
        let values = |name: &str| -> Vec<&str> {
            pairs.iter().filter(|(key, _)| *key == name).map(|(_, value)| *value).collect()
        };
        let mut presented = PresentedSids::default();
        for value in values(&self.cookie_name) {
            let sid = match self.system.cookie {
                CookieFormat::Express => cookies::express(value, &self.secrets),
                CookieFormat::ReactRouter => cookies::react_router(value, &self.secrets),
                CookieFormat::Koa => {
                    let mut signatures: Vec<Option<&str>> =
                        values(&self.signature_name()).into_iter().map(Some).collect();
                    if self.secrets.is_empty() {
                        signatures.push(None);
                    }
                    let verify = |signature: &Option<&str>| {
                        cookies::koa(&self.cookie_name, value, *signature, &self.secrets)
                    };
                    signatures.iter().find_map(verify)
                }
            };
            match sid.filter(|sid| self.is_possible(sid)) {
                Some(sid) if presented.sids.contains(&sid) => {}
                Some(sid) if presented.sids.len() < MAX_SIDS => presented.sids.push(sid),
                _ => presented.rejected += 1,
            }
        }
        presented
    }

    #[cfg(feature = "_web")]
    /// Whether the browser holds exactly these cookies.
    pub(crate) fn holds<'a>(
        headers: impl Iterator<Item = &'a [u8]>,
        cookies: &[(String, String)],
    ) -> bool {
        let held: Vec<(&str, &str)> = headers.flat_map(pairs).collect();
        let is_held = |(name, value): &(String, String)| held.contains(&(name, value));
        cookies.iter().all(is_held)
    }

    #[cfg(feature = "_web")]
    /// Whether there is a cookie of the name, whatever its value.
    pub(crate) fn is_presented<'a>(&self, mut headers: impl Iterator<Item = &'a [u8]>) -> bool {
        headers.any(|header| pairs(header).any(|(name, _)| name == self.cookie_name))
    }

    #[cfg(feature = "_web")]
    /// The names of the cookies that a browser is to forget once the session is adopted.
    pub(crate) fn cookie_names(&self) -> Vec<String> {
        let mut names = vec![self.cookie_name.clone()];
        if let CookieFormat::Koa = self.system.cookie {
            names.push(self.signature_name());
        }
        names
    }

    pub(super) fn signature_name(&self) -> String {
        format!("{}.sig", self.cookie_name)
    }
}

/// The cookies of a header that are text. Some servers quote values.
fn pairs(header: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    header.split(|byte| *byte == b';').filter_map(|pair| {
        let (name, value) = std::str::from_utf8(pair).ok()?.split_once('=')?;
        let (name, value) = (name.trim_matches([' ', '\t']), value.trim_matches([' ', '\t']));
        let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        Some((name, unquoted.unwrap_or(value)))
    })
}
