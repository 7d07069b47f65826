//! What the derive found in a session type: its table, key, expiry, attributes and indexes.
//!
//! [`DynamoSession::SCHEMA`](crate::DynamoSession::SCHEMA) is the [`Schema`] of a type. The modules about the table are made
//! from it; applications seldom need it.

use std::fmt;

use crate::expiry::Timeouts;
use crate::id::SessionKey;

mod index;
mod key_prefix;
mod primary_key;
mod sort_key;
mod table_name;
pub(crate) mod table_options;

pub use index::{Index, KeyType};
pub(crate) use key_prefix::KeyPrefix;
pub(crate) use primary_key::PrimaryKey;
pub use sort_key::SortKey;
pub(crate) use table_name::require_valid_name;
pub(crate) use table_options::{Billing, Encryption, TableClass, TableOptions};

/// The static description of a session type: the base for creating, verifying and documenting its table.
///
/// # Examples
///
/// ```
/// use dynamo_session::{DynamoSession, Expires, SessionId};
///
/// #[derive(DynamoSession)]
/// #[session(table = "logins", idle_timeout = "15m")]
/// struct Login {
///     #[session(hash_key)]
///     id: SessionId,
///     #[session(ttl)]
///     expires_at: Expires,
///     user: Option<String>,
/// }
///
/// let schema = <Login as DynamoSession>::SCHEMA;
/// assert_eq!(schema.table(), Some("logins"));
/// assert_eq!(schema.hash_key(), "id");
/// assert_eq!(schema.key_prefix(), "Login#");
/// assert_eq!(schema.time_to_live(), "expires_at");
/// assert_eq!(schema.attributes()[0].name(), "user");
/// assert_eq!(schema.timeouts().idle().as_secs(), 900);
/// ```
#[derive(Clone, Copy)]
pub struct Schema {
    table: Option<&'static str>,
    primary_key: PrimaryKey,
    key_prefix: KeyPrefix,
    time_to_live: &'static str,
    created: Option<&'static str>,
    authenticated: Option<usize>,
    remember: Option<usize>,
    timeouts: Timeouts,
    attributes: &'static [Attribute],
}

impl Schema {
    #[doc(hidden)]
    pub const fn new(
        hash_key: &'static str,
        time_to_live: &'static str,
        timeouts: Timeouts,
        attributes: &'static [Attribute],
    ) -> Self {
        let key_prefix = KeyPrefix::NONE;
        Self {
            table: None,
            primary_key: PrimaryKey::new(hash_key),
            key_prefix,
            time_to_live,
            created: None,
            authenticated: None,
            remember: None,
            timeouts,
            attributes,
        }
    }

    #[doc(hidden)]
    pub const fn with_key_prefix(mut self, prefix: &'static str) -> Self {
        self.key_prefix = KeyPrefix::new(prefix);
        self
    }

    #[doc(hidden)]
    pub const fn with_default_key_prefix(self, is_prefixed: bool, prefix: &'static str) -> Self {
        if is_prefixed { self.with_key_prefix(prefix) } else { self }
    }

    #[doc(hidden)]
    pub const fn with_sort_key(mut self, name: &'static str) -> Self {
        let sort_key = SortKey::same(name, self.key_prefix());
        self.primary_key = self.primary_key.with_sort_key(sort_key);
        self
    }

    #[doc(hidden)]
    pub const fn with_fixed_sort_key(mut self, name: &'static str, value: &'static str) -> Self {
        self.primary_key = self.primary_key.with_sort_key(SortKey::fixed(name, value));
        self
    }

    #[doc(hidden)]
    pub const fn with_table(mut self, table: &'static str) -> Self {
        self.table = Some(table);
        self
    }

    #[doc(hidden)]
    pub const fn with_created(mut self, created: &'static str) -> Self {
        self.created = Some(created);
        self
    }

    #[doc(hidden)]
    pub const fn with_authenticated(mut self, index: usize) -> Self {
        self.authenticated = Some(index);
        self
    }

    #[doc(hidden)]
    pub const fn with_remember(mut self, index: usize) -> Self {
        self.remember = Some(index);
        self
    }

    /// The table that the struct names with `table = ".."`, if it does.
    pub const fn table(&self) -> Option<&'static str> {
        self.table
    }

    /// The name of the partition key attribute; its type is always String (S).
    pub const fn hash_key(&self) -> &'static str {
        self.primary_key.hash_key()
    }

    /// The table's sort key, if the struct names one with `sort_key = ".."`.
    pub const fn sort_key(&self) -> Option<SortKey> {
        self.primary_key.sort_key()
    }

    pub(crate) const fn primary_key(&self) -> PrimaryKey {
        self.primary_key
    }

    /// What the values of the partition key begin with, so that no other session type of the same table opens them: what
    /// the struct says with `key_prefix = ".."`, or its name and `#`. Empty for `String` and `Uuid` keys, unless it says so.
    pub const fn key_prefix(&self) -> &'static str {
        self.key_prefix.text()
    }

    /// The value of the partition key under which the table keeps the session with this id. Where the table has a sort key,
    /// [`sort_key`](Self::sort_key) says what that is.
    ///
    /// Nobody needs it who reads sessions through a store. It is for those who read the table by other means.
    ///
    /// # Examples
    ///
    /// ```
    /// use dynamo_session::{DynamoSession, Expires, SessionId};
    ///
    /// #[derive(DynamoSession)]
    /// struct Login {
    ///     #[session(hash_key)]
    ///     id: SessionId,
    ///     #[session(ttl)]
    ///     expires_at: Expires,
    /// }
    ///
    /// let id = SessionId::generate();
    /// let key = Login::SCHEMA.table_key(&id);
    /// assert!(key.starts_with("Login#"));
    /// assert!(key["Login#".len()..].starts_with(&id.fingerprint()));
    /// ```
    pub fn table_key(&self, id: &impl SessionKey) -> String {
        self.key_prefix.table_key(id)
    }

    pub(crate) const fn keys(&self) -> KeyPrefix {
        self.key_prefix
    }

    /// The name of the expiry attribute, a Number (N) in epoch seconds.
    pub const fn time_to_live(&self) -> &'static str {
        self.time_to_live
    }

    /// The name of the creation attribute, a Number (N) in epoch seconds, if the struct has one.
    pub const fn created(&self) -> Option<&'static str> {
        self.created
    }

    /// The attributes that every item of the type has beside its fields, as far as the struct names them.
    pub(crate) fn header(&self) -> impl Iterator<Item = &'static str> {
        self.primary_key.names().chain([self.time_to_live]).chain(self.created)
    }

    /// The timeouts that the struct declares.
    pub const fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// The stored fields, in the order of the struct, without key, expiry and creation.
    pub const fn attributes(&self) -> &'static [Attribute] {
        self.attributes
    }

    /// The name of the attribute that says when the visitor authenticated, if the struct has one.
    pub(crate) fn authenticated(&self) -> Option<&'static str> {
        self.authenticated.map(|index| self.attributes[index].name)
    }

    /// The attributes that are secrets, with their places among the others.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = (usize, &'static Attribute)> {
        self.attributes.iter().enumerate().filter(|(_, attribute)| attribute.is_secret())
    }

    pub(crate) fn has_secrets(&self) -> bool {
        self.secrets().next().is_some()
    }

    /// The attribute that says whether a session is remembered, with its place among the others.
    pub(crate) fn remember(&self) -> Option<(usize, &'static Attribute)> {
        self.remember.map(|index| (index, &self.attributes[index]))
    }

    /// The global secondary indexes that fields ask for with `index`.
    pub fn indexes(&self) -> impl Iterator<Item = Index> {
        self.attributes.iter().filter_map(|attribute| self.index_on(attribute))
    }

    /// The index on one of this schema's attributes, if it has one.
    pub(crate) fn index_on(&self, attribute: &Attribute) -> Option<Index> {
        let (name, key_type) = attribute.index?;
        Some(Index::new(name, attribute.name, key_type, self.created))
    }

    /// The attributes that the table has to define, with their types: its own key and those of its indexes, each once.
    pub(crate) fn key_attributes(&self) -> Vec<(&'static str, KeyType)> {
        let own = self.primary_key.names().map(|name| (name, KeyType::S));
        let mut attributes: Vec<_> = own.collect();
        for attribute in self.indexes().flat_map(Index::key) {
            if !attributes.contains(&attribute) {
                attributes.push(attribute);
            }
        }
        attributes
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema")
            .field("table", &self.table)
            .field("hash_key", &self.hash_key())
            .field("sort_key", &self.sort_key())
            .field("key_prefix", &self.key_prefix())
            .field("time_to_live", &self.time_to_live)
            .field("created", &self.created)
            .field("timeouts", &self.timeouts)
            .field("attributes", &self.attributes)
            .finish()
    }
}

/// One stored field of a session.
#[derive(Clone, Copy)]
pub struct Attribute {
    name: &'static str,
    aliases: &'static [&'static str],
    role: Role,
    guard: bool,
    lenient: bool,
    binary: bool,
    secret: Option<Secrecy>,
    index: Option<(&'static str, KeyType)>,
    range: CounterRange,
}

impl Attribute {
    #[doc(hidden)]
    pub const fn new(name: &'static str, role: Role) -> Self {
        Self {
            name,
            aliases: &[],
            role,
            guard: false,
            lenient: false,
            binary: false,
            secret: None,
            index: None,
            range: CounterRange { min: i64::MIN as i128, max: u64::MAX as i128 },
        }
    }

    #[doc(hidden)]
    pub const fn with_aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    #[doc(hidden)]
    pub const fn with_guard(mut self) -> Self {
        self.guard = true;
        self
    }

    #[doc(hidden)]
    pub const fn with_lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    #[doc(hidden)]
    pub const fn with_binary(mut self) -> Self {
        self.binary = true;
        self
    }

    #[doc(hidden)]
    pub const fn with_secret(mut self, secrecy: Secrecy) -> Self {
        self.secret = Some(secrecy);
        self
    }

    #[doc(hidden)]
    pub const fn with_index(mut self, name: &'static str, key_type: KeyType) -> Self {
        self.index = Some((name, key_type));
        self
    }

    #[doc(hidden)]
    pub const fn with_range(mut self, range: CounterRange) -> Self {
        self.range = range;
        self
    }

    /// The attribute's name in the table, after `rename` and `rename_all`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Older names that are still read.
    pub const fn aliases(&self) -> &'static [&'static str] {
        self.aliases
    }

    /// How a commit writes the attribute.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Whether a commit fails when someone else has changed the attribute.
    pub const fn is_guarded(&self) -> bool {
        self.guard
    }

    /// Whether the field has its default where what is stored does not decode.
    pub const fn is_lenient(&self) -> bool {
        self.lenient
    }

    /// Whether the field is bytes, stored as Binary (B).
    pub const fn is_binary(&self) -> bool {
        self.binary
    }

    /// Whether the field is a secret: what is stored encrypted for it can be read.
    pub const fn is_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// Whether commits store the field encrypted, as Binary (B).
    pub const fn is_encrypted(&self) -> bool {
        matches!(self.secret, Some(Secrecy::Encrypted))
    }

    /// The name of the index on this attribute, if it has one; [`Schema::indexes`] has the whole of it.
    pub const fn index_name(&self) -> Option<&'static str> {
        match self.index {
            Some((name, _)) => Some(name),
            None => None,
        }
    }

    pub(crate) const fn range(&self) -> CounterRange {
        self.range
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?}", self.name, self.role)?;
        if self.binary {
            f.write_str(", binary")?;
        }
        match self.secret {
            Some(Secrecy::Encrypted) => f.write_str(", secret")?,
            Some(Secrecy::Readable) => f.write_str(", secret = \"read\"")?,
            None => {}
        }
        if self.guard {
            f.write_str(", guard")?;
        }
        if self.lenient {
            f.write_str(", lenient")?;
        }
        if let Some((name, key_type)) = self.index {
            write!(f, ", index {name} on {key_type:?}")?;
        }
        if !self.aliases.is_empty() {
            write!(f, ", alias {}", self.aliases.join(", "))?;
        }
        f.write_str(")")
    }
}

/// How a commit writes a changed attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Maps merge inside, anything else is replaced as one value.
    Value,
    /// Maps and structs merge inside, anything else is replaced as one value.
    Merge,
    /// Replaced as one value, never merged inside.
    Whole,
    /// A list that only grew is appended to.
    Append,
    /// A native set: members are added and removed.
    Set,
    /// A number, or a map of numbers: the difference is added.
    Counter,
}

/// What becomes of a field that is a secret.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// Stored encrypted.
    Encrypted,
    /// Stored as it is, and read also where it was stored encrypted.
    Readable,
}

/// The values that a counter's type can hold.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CounterRange {
    pub min: i128,
    pub max: i128,
}
