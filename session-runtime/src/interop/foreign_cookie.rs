//! The other framework's cookie, as a shared store gives it out.

use std::time::Duration;

#[cfg(feature = "_web")]
use super::cookie_attributes::CookieAttributes;
use super::cookies;
use super::foreign_store::ForeignStore;
use super::system::CookieFormat;
use crate::expiry::seconds;

/// The options of the other service's cookie, for [`shared_with`](crate::SessionStoreBuilder::shared_with): by them, new
/// sessions of a shared store get a cookie, and a row, as the other service makes them. Give those that it has.
impl ForeignStore {
    /// `maxAge` of the cookie: for how long the browser keeps it, and a session lives after a visit.
    ///
    /// Without it, the browser keeps the cookie until it is closed, and new sessions live for the type's idle timeout. A session
    /// that the other service has begun keeps the lifetime that its row says, if it says one.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use dynamo_session::interop::ForeignStore;
    ///
    /// let legacy = ForeignStore::connect_dynamodb("sessions")
    ///     .secrets(["keyboard cat"])
    ///     .max_age(Duration::from_secs(24 * 60 * 60)); // cookie: { maxAge: 86400000 }
    /// ```
    #[must_use]
    pub fn max_age(self, max_age: Duration) -> Self {
        Self { max_age: Some(seconds(max_age)), ..self }
    }

    /// `path` of the cookie: `/` by default.
    #[must_use]
    pub fn cookie_path(mut self, path: impl Into<String>) -> Self {
        self.cookie.path = path.into();
        self
    }

    /// `domain` of the cookie. Without it, the browser sends it to this host alone.
    #[must_use]
    pub fn cookie_domain(mut self, domain: impl Into<String>) -> Self {
        self.cookie.domain = Some(domain.into());
        self
    }

    /// Whether the cookie is sent by https alone: yes by default, which is safer than the frameworks' own default. With
    /// `false`, anyone on the network path can take over any session: for development only.
    #[must_use]
    pub fn cookie_secure(mut self, secure: bool) -> Self {
        self.cookie.secure = secure;
        self
    }

    /// `sameSite` of the cookie, as the frameworks spell it: `lax`, the default, `strict` or `none`.
    #[must_use]
    pub fn cookie_same_site(mut self, same_site: &'static str) -> Self {
        self.cookie.same_site = same_site;
        self
    }

    /// For how many seconds a new session lives after a visit, where that is set.
    pub(crate) fn new_max_age(&self) -> Option<i64> {
        self.max_age
    }

    #[cfg(feature = "_web")]
    pub(crate) fn cookie_attributes(&self) -> &CookieAttributes {
        &self.cookie
    }

    /// The names and values of the cookies that carry an id, signed by the first of the [secrets](Self::secrets): for programs
    /// without a [`SessionLayer`](crate::SessionLayer) whose store is [shared](crate::SessionStoreBuilder::shared_with).
    ///
    /// # Examples
    ///
    /// ```
    /// use dynamo_session::interop::ForeignStore;
    ///
    /// let legacy = ForeignStore::koa("sessions").secrets(["keyboard cat"]);
    /// let cookies = legacy.cookies("429e6f04-ca7b-4b4b-9c29-83b72cb04620");
    /// assert_eq!(cookies[1], ("koa.sess.sig".to_owned(), "jDba5zCt51eOEs0-5-T-jKpdgsk".to_owned()));
    /// ```
    pub fn cookies(&self, sid: &str) -> Vec<(String, String)> {
        let name = &self.cookie_name;
        let value = match self.system.cookie {
            CookieFormat::Express => cookies::express_of(sid, self.secrets.first()),
            CookieFormat::ReactRouter => cookies::react_router_of(sid, self.secrets.first()),
            CookieFormat::Koa => sid.to_owned(),
        };
        let mut pairs = vec![(name.clone(), value)];
        if let (CookieFormat::Koa, Some(secret)) = (self.system.cookie, self.secrets.first()) {
            pairs.push((self.signature_name(), cookies::koa_signature(name, sid, secret)));
        }
        pairs
    }
}
