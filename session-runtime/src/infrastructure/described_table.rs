use super::location::{Location, table_in};
use crate::derived::DynamoSession;
use crate::error::{Error, ErrorKind};
#[cfg(feature = "interop")]
use crate::interop::ForeignStore;
use crate::operation::Operation;
use crate::schema::{KeyType, Schema, TableOptions, require_valid_name};

/// The table of a session type as text: a CloudFormation template, a Terraform configuration, IAM policies.
///
/// All are made from the schema that the derive found and from [`TableOptions`], so they name the same key, indexes and
/// TTL as [`SessionStore`](crate::SessionStore) expects. Nothing is sent, so no client, Region or credentials are
/// needed, and the same input makes the same text: commit it, and let a test tell you when it is out of date.
///
/// # Examples
///
/// ```
/// use dynamo_session::infrastructure::{Access, Infrastructure};
/// use dynamo_session::table::TableOptions;
/// use dynamo_session::{DynamoSession, Expires, SessionId};
///
/// #[derive(DynamoSession)]
/// #[session(table = "shop-sessions")]
/// struct ShopSession {
///     #[session(hash_key)]
///     id: SessionId,
///     #[session(ttl)]
///     expires_at: Expires,
///     #[session(index = "by_user")]
///     user: Option<String>,
/// }
///
/// let infrastructure = Infrastructure::of::<ShopSession>()
///     .table_options(TableOptions::new().deletion_protection(true))
///     .region("eu-west-1")
///     .account("111122223333");
///
/// assert!(infrastructure.cloudformation()?.contains("Type: AWS::DynamoDB::Table"));
/// assert!(infrastructure.terraform()?.contains("resource \"aws_dynamodb_table\""));
/// assert!(
///     infrastructure
///         .iam_policy([Access::Run])?
///         .contains("arn:aws:dynamodb:eu-west-1:111122223333:table/shop-sessions")
/// );
/// # Ok::<(), dynamo_session::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Infrastructure {
    pub(super) schema: &'static Schema,
    pub(super) table_name: Option<String>,
    pub(super) options: TableOptions,
    region: Option<String>,
    account: Option<String>,
    /// The table of another store whose sessions are adopted.
    #[cfg(feature = "interop")]
    pub(super) adopted: Option<String>,
    /// The package whose service has set the table up, where a store shares its sessions.
    shared_with: Option<&'static str>,
}

impl Infrastructure {
    /// The infrastructure of a session type: the table that the struct names, with the default options.
    pub fn of<S: DynamoSession>() -> Self {
        Self {
            schema: S::SCHEMA,
            table_name: S::SCHEMA.table().map(str::to_owned),
            options: TableOptions::new(),
            region: None,
            account: None,
            #[cfg(feature = "interop")]
            adopted: None,
            shared_with: None,
        }
    }

    /// The table's name, of 3 to 255 characters, or its ARN, which also gives the partition, Region and account for
    /// which policies are made.
    #[must_use]
    pub fn table_name(mut self, name: impl Into<String>) -> Self {
        self.table_name = Some(name.into());
        self
    }

    /// How the table is set up.
    #[must_use]
    pub fn table_options(mut self, options: TableOptions) -> Self {
        self.options = options;
        self
    }

    /// The Region for which policies are made, such as `eu-west-1`; by default they apply to every Region.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// The account for which policies are made, 12 digits; by default they apply to every account.
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Another store, whose sessions are adopted: policies then also allow what that takes on its table.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::infrastructure::{Access, Infrastructure};
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// use dynamo_session::interop::ForeignStore;
    ///
    /// let legacy = ForeignStore::connect_dynamodb("legacy-sessions");
    /// let infrastructure = Infrastructure::of::<ShopSession>().adopt(&legacy);
    /// let web_server = infrastructure.iam_policy([Access::Run])?;
    /// assert!(web_server.contains("table/legacy-sessions"));
    /// # Ok::<(), dynamo_session::Error>(())
    /// ```
    #[cfg(feature = "interop")]
    #[must_use]
    pub fn adopt(mut self, foreign: &ForeignStore) -> Self {
        self.adopted = Some(foreign.table().to_owned());
        self
    }

    pub(super) fn shared_with(self, package: Option<&'static str>) -> Self {
        Self { shared_with: package, ..self }
    }

    /// Refuses to describe another service's table as if it were of the session type.
    pub(super) fn require_own_table(&self) -> Result<(), Error> {
        match self.shared_with {
            None => Ok(()),
            Some(package) => Err(Error::new(
                ErrorKind::Configuration,
                format!(
                    "the store is shared with {package}, whose table has another key: what is written for the session type \
                     would replace it, and all of its sessions. Leave the table to the other service, and describe your \
                     own with `Infrastructure::of`"
                ),
            )),
        }
    }

    pub(super) fn checked(&self) -> Result<(), Error> {
        if let Some(name) = &self.table_name {
            require_valid_name(name)?;
        }
        self.location().map(drop)
    }

    /// The attributes that a table must define, with their types: its key and those of its indexes.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.schema.key_attributes().into_iter().map(|(name, key_type)| match key_type {
            KeyType::S => (name, "S"),
            KeyType::N => (name, "N"),
            KeyType::B => (name, "B"),
        })
    }

    pub(super) fn location(&self) -> Result<Location<'_>, Error> {
        Location::of(self.table_name.as_deref(), self.region.as_deref(), self.account.as_deref())
    }

    /// Where the other store's table is: where this one is, unless its ARN says otherwise.
    #[cfg(feature = "interop")]
    pub(super) fn location_of_adopted<'a>(&'a self, name: &'a str) -> Result<Location<'a>, Error> {
        match name.starts_with("arn:") {
            true => Location::of(Some(name), None, None),
            false => self.location(),
        }
    }

    /// The table's own name, also where an ARN was given.
    pub(super) fn bare_name(&self) -> Option<&str> {
        self.table_name.as_deref().map(table_in)
    }

    pub(super) fn in_context(&self, error: Error, operation: Operation) -> Error {
        match &self.table_name {
            Some(name) => error.with_context(operation, name, None),
            None => error,
        }
    }
}
