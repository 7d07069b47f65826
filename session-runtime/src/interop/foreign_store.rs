use std::fmt;

use super::cookie_attributes::CookieAttributes;
use super::system::{self, Data, System};
use crate::error::{Error, ErrorKind};
use crate::item::{Attributes as _, Item, Value};

/// DynamoDB's limit on a partition key's value.
const MAX_KEY_BYTES: usize = 2048;

/// Another store's sessions: which package writes them, into which table, and how their cookies are signed.
///
/// Each constructor has the defaults of its package; the methods are its options. The table is read and written with the
/// client of the [`SessionStore`](crate::SessionStore) that adopts its sessions, and may be the store's own.
///
/// # Examples
///
/// ```
/// use dynamo_session::interop::ForeignStore;
///
/// let legacy = ForeignStore::connect_dynamodb("sessions").secrets(["keyboard cat"]);
/// assert_eq!(legacy.table(), "sessions");
/// ```
#[derive(Clone)]
pub struct ForeignStore {
    pub(super) system: System,
    pub(super) table: String,
    pub(super) hash_key: String,
    pub(super) sort_key: Option<String>,
    pub(super) prefix: String,
    pub(super) ttl_key: Option<String>,
    pub(super) cookie_name: String,
    /// The first signs, all verify.
    pub(super) secrets: Vec<Vec<u8>>,
    pub(super) is_unsigned: bool,
    pub(super) cookie: CookieAttributes,
    /// For how many seconds a new session of a shared store lives after a visit, and its cookie with it.
    pub(super) max_age: Option<i64>,
}

impl ForeignStore {
    fn new(system: System, table: impl Into<String>) -> Self {
        Self {
            system,
            table: table.into(),
            hash_key: system.hash_key.to_owned(),
            sort_key: system.sort_key.map(str::to_owned),
            prefix: system.prefix.to_owned(),
            ttl_key: system.ttl_key.map(str::to_owned),
            cookie_name: system.cookie_name.to_owned(),
            secrets: Vec::new(),
            is_unsigned: false,
            cookie: CookieAttributes::default(),
            max_age: None,
        }
    }

    /// React Router's `createArcTableSessionStorage` and `@geostrategists/react-router-sessions-dynamodb`: each key of the
    /// session is an attribute of the row.
    ///
    /// `idx` is the name of the hash key attribute, the option of that name. Where the option `ttl` is set, name it with
    /// [`ttl_key`](Self::ttl_key); rows without it never expire.
    ///
    /// # Examples
    ///
    /// ```
    /// use dynamo_session::interop::ForeignStore;
    ///
    /// let legacy =
    ///     ForeignStore::react_router("arc-sessions", "_idx").ttl_key("_ttl").secrets(["s3cret1"]);
    /// ```
    pub fn react_router(table: impl Into<String>, idx: impl Into<String>) -> Self {
        Self::new(system::REACT_ROUTER, table).hash_key(idx)
    }

    /// `koa-session-dynamodb-store`, with `koa-session`. The secrets are the application's `keys`.
    ///
    /// # Examples
    ///
    /// ```
    /// use dynamo_session::interop::ForeignStore;
    ///
    /// let legacy = ForeignStore::koa("sessions").secrets(["keyboard cat"]);
    /// ```
    pub fn koa(table: impl Into<String>) -> Self {
        Self::new(system::KOA, table)
    }

    /// `connect-dynamodb`, with `express-session`.
    ///
    /// # Examples
    ///
    /// ```
    /// use dynamo_session::interop::ForeignStore;
    ///
    /// let legacy = ForeignStore::connect_dynamodb("sessions").secrets(["keyboard cat"]);
    /// ```
    #[doc(alias = "connect-dynamodb")]
    #[doc(alias = "express-session")]
    pub fn connect_dynamodb(table: impl Into<String>) -> Self {
        Self::new(system::CONNECT_DYNAMODB, table)
    }

    /// `connect-dynamodb-session`, with `express-session`.
    ///
    /// # Examples
    ///
    /// ```
    /// use dynamo_session::interop::ForeignStore;
    ///
    /// let legacy = ForeignStore::connect_dynamodb_session("sessions").secrets(["keyboard cat"]);
    /// ```
    pub fn connect_dynamodb_session(table: impl Into<String>) -> Self {
        Self::new(system::CONNECT_DYNAMODB_SESSION, table)
    }

    /// Both packages of the name `dynamodb-session-store`, with `express-session`: the one that writes `Session` as text
    /// beside `Expires`, and the one on npm, which makes each key of the session an attribute of a row that never expires.
    ///
    /// # Examples
    ///
    /// ```
    /// use dynamo_session::interop::ForeignStore;
    ///
    /// let from_npm =
    ///     ForeignStore::dynamodb_session_store("sessions", "sid").secrets(["keyboard cat"]);
    /// ```
    pub fn dynamodb_session_store(table: impl Into<String>, hash_key: impl Into<String>) -> Self {
        Self::new(system::DYNAMODB_SESSION_STORE, table).hash_key(hash_key)
    }

    /// Of the two packages of the name `dynamodb-session-store`, the one on npm: each key of the session is an attribute of a
    /// row that never expires. A [shared](crate::SessionStoreBuilder::shared_with) store has to know which, since it makes rows.
    ///
    /// # Examples
    ///
    /// ```
    /// use dynamo_session::interop::ForeignStore;
    ///
    /// let legacy = ForeignStore::dynamodb_session_store("sessions", "sid")
    ///     .from_npm()
    ///     .secrets(["keyboard cat"]);
    /// ```
    #[must_use]
    pub fn from_npm(mut self) -> Self {
        if let Data::TextInOrTopLevel(_) = self.system.data {
            (self.system.data, self.ttl_key) = (Data::TopLevel, None);
        }
        self
    }

    /// Of the two packages of the name `dynamodb-session-store`, the one on GitHub: the session is text, `Session`, beside
    /// `Expires`. See [`from_npm`](Self::from_npm).
    #[must_use]
    pub fn from_github(mut self) -> Self {
        if let Data::TextInOrTopLevel(name) = self.system.data {
            self.system.data = Data::In(name);
        }
        self
    }

    /// `dynamodb-store`, with `express-session`.
    ///
    /// # Examples
    ///
    /// ```
    /// use dynamo_session::interop::ForeignStore;
    ///
    /// let legacy = ForeignStore::dynamodb_store("sessions").secrets(["keyboard cat"]);
    /// ```
    pub fn dynamodb_store(table: impl Into<String>) -> Self {
        Self::new(system::DYNAMODB_STORE, table)
    }

    /// `@cyclic.sh/session-store`, with `express-session`. The table has a sort key, `sk`, with the hash key's value. It
    /// stores empty text as NULL, which is empty text again where a field is text.
    ///
    /// # Examples
    ///
    /// ```
    /// use dynamo_session::interop::ForeignStore;
    ///
    /// let legacy = ForeignStore::cyclic("sessions").secrets(["keyboard cat"]);
    /// ```
    pub fn cyclic(table: impl Into<String>) -> Self {
        Self::new(system::CYCLIC, table)
    }

    /// `@pwrdrvr/dynamodb-session-store`, with `express-session`.
    ///
    /// # Examples
    ///
    /// ```
    /// use dynamo_session::interop::ForeignStore;
    ///
    /// let legacy = ForeignStore::pwrdrvr("sessions").secrets(["keyboard cat"]);
    /// ```
    pub fn pwrdrvr(table: impl Into<String>) -> Self {
        Self::new(system::PWRDRVR, table)
    }

    /// The secrets by which cookies are verified: all of them do. The first signs in the other service, and is the key of
    /// the ids that adopted sessions get.
    #[must_use]
    pub fn secrets(mut self, secrets: impl IntoIterator<Item = impl Into<Vec<u8>>>) -> Self {
        self.secrets = secrets.into_iter().map(Into::into).collect();
        self
    }

    /// Accepts cookies without a signature, as of React Router without secrets and of koa with `signed: false`.
    ///
    /// Whoever can read the rows, or guess an id, can then take over a session, before its adoption and after.
    #[must_use]
    pub fn unsigned(self) -> Self {
        Self { is_unsigned: true, secrets: Vec::new(), ..self }
    }

    /// The name of the table's hash key attribute.
    #[must_use]
    pub fn hash_key(self, name: impl Into<String>) -> Self {
        Self { hash_key: name.into(), ..self }
    }

    /// The name of the table's sort key attribute, whose value is that of the hash key.
    #[must_use]
    pub fn sort_key(self, name: impl Into<String>) -> Self {
        Self { sort_key: Some(name.into()), ..self }
    }

    /// What the hash key's value begins with, before the session id.
    #[must_use]
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// The name of the expiry attribute.
    #[must_use]
    pub fn ttl_key(self, name: impl Into<String>) -> Self {
        Self { ttl_key: Some(name.into()), ..self }
    }

    /// The name of the cookie.
    #[must_use]
    pub fn cookie_name(self, name: impl Into<String>) -> Self {
        Self { cookie_name: name.into(), ..self }
    }

    /// The name of the table.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The attributes of the table's key.
    pub(crate) fn key_names(&self) -> (&str, Option<&str>) {
        (&self.hash_key, self.sort_key.as_deref())
    }

    /// What the values of the table's key begin with.
    pub(crate) fn key_prefix(&self) -> &str {
        &self.prefix
    }

    /// The session id in a row's key, if that is one of a session.
    pub(crate) fn sid_in<'r>(&self, row: &'r Item) -> Option<&'r str> {
        let hash = row.text(&self.hash_key)?;
        let has_same = |name: &String| row.text(name) == Some(hash);
        let sid = hash.strip_prefix(&self.prefix)?;
        (self.sort_key.as_ref().is_none_or(has_same) && self.is_possible(sid)).then_some(sid)
    }

    /// The row's key as the attributes that make it up.
    pub(crate) fn key(&self, sid: &str) -> Item {
        let key = format!("{}{sid}", self.prefix);
        let names = [Some(&self.hash_key), self.sort_key.as_ref()].into_iter().flatten();
        names.map(|name| (name.clone(), Value::text(key.clone()))).collect()
    }

    /// Whether a table can hold a row of this id.
    pub(crate) fn is_possible(&self, sid: &str) -> bool {
        !sid.is_empty()
            && self.prefix.len() + sid.len() <= MAX_KEY_BYTES
            && !sid.chars().any(char::is_control)
    }

    pub(crate) fn stores_empty_text_as_null(&self) -> bool {
        self.system.stores_empty_text_as_null
    }

    /// Whether the row's attribute of this name is part of its key.
    pub(crate) fn is_key(&self, name: &str) -> bool {
        name == self.hash_key || self.sort_key.as_deref() == Some(name)
    }

    /// Whether the row's attribute of this name is its expiry.
    pub(crate) fn is_expiry(&self, name: &str) -> bool {
        self.ttl_key.as_deref() == Some(name)
    }

    /// Refuses a store whose cookies could not be told from forged ones.
    pub(crate) fn require_signed(&self) -> Result<(), Error> {
        let are_secrets =
            !self.secrets.is_empty() && self.secrets.iter().all(|key| !key.is_empty());
        if are_secrets || self.is_unsigned {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Configuration,
            format!(
                "the `ForeignStore` of {} has no secrets, or an empty one, so its cookies cannot be verified; give it those \
                 of the other service with `.secrets([..])`, or `.unsigned()` if that signs nothing",
                self.system.name
            ),
        ))
    }
}

impl fmt::Debug for ForeignStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForeignStore")
            .field("system", &self.system.name)
            .field("table", &self.table)
            .field("hash_key", &self.hash_key)
            .field("sort_key", &self.sort_key)
            .field("prefix", &self.prefix)
            .field("ttl_key", &self.ttl_key)
            .field("cookie_name", &self.cookie_name)
            .field("secrets", &self.secrets.len())
            .finish_non_exhaustive()
    }
}
