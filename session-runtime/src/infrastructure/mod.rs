//! The table as text to commit and review: a CloudFormation template, a Terraform configuration, IAM policies.
//!
//! [`Infrastructure`] makes all three from the session type and its [`TableOptions`], so they agree with what the store
//! expects. Nothing is sent; a program of a few lines, or a test, writes the files:
//!
//! | text | made by |
//! |---|---|
//! | AWS CloudFormation, YAML | [`cloudformation`](Infrastructure::cloudformation) |
//! | Terraform, HCL | [`terraform`](Infrastructure::terraform) |
//! | the least IAM policy for each [`Access`], JSON | [`iam_policy`](Infrastructure::iam_policy) |

mod access;
mod cloudformation;
mod hcl;
mod location;
mod of_store;
mod policy;
mod terraform;
mod text;
mod tree;

pub use access::Access;

use location::Location;

use crate::derived::DynamoSession;
use crate::error::Error;
use crate::operation::Operation;
use crate::schema::{KeyType, Schema, TableOptions, require_valid_name};

/// The table of a session type as text: a CloudFormation template, a Terraform configuration, IAM policies.
///
/// All are made from the schema that the derive found and from [`TableOptions`], so they name the same key, indexes and
/// TTL as [`SessionStore`](crate::SessionStore) expects. Nothing is sent, so no client, Region or credentials are
/// needed, and the same input makes the same text: commit it, and let a test tell when it is out of date.
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
    schema: &'static Schema,
    table_name: Option<String>,
    options: TableOptions,
    region: Option<String>,
    account: Option<String>,
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
        }
    }

    /// The table's name, of 3 to 255 characters, or its ARN, which also says the partition, Region and account for
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

    /// The Region for which policies are made, such as `eu-west-1`; by default they hold in every Region.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// The account for which policies are made, 12 digits; by default they hold in every account.
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// An AWS CloudFormation template in YAML, with the table's name as a parameter.
    ///
    /// The table is kept when its stack is deleted, and when an update would replace it. A template has no way to say a
    /// text that looks like a dynamic reference (`{{resolve:..}}`), so such a name, tag or key is refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::infrastructure::Infrastructure;
    /// # use dynamo_session::{DynamoSession, Expires, SessionId};
    /// # #[derive(DynamoSession)]
    /// # #[session(table = "shop-sessions")]
    /// # struct ShopSession {
    /// #     #[session(hash_key)]
    /// #     id: SessionId,
    /// #     #[session(ttl)]
    /// #     expires_at: Expires,
    /// # }
    /// let template = Infrastructure::of::<ShopSession>().cloudformation()?;
    /// assert!(template.starts_with("AWSTemplateFormatVersion: \"2010-09-09\"\n"));
    /// # Ok::<(), dynamo_session::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): a table name that AWS would refuse, or a text
    /// that a template cannot hold.
    pub fn cloudformation(&self) -> Result<String, Error> {
        self.checked()
            .and_then(|()| cloudformation::template(self))
            .map_err(|error| self.in_context(error, Operation::WriteCloudFormation))
    }

    /// A Terraform configuration in HCL, with the table's name as a variable.
    ///
    /// It needs version 6.37 or later of the provider `hashicorp/aws`: earlier ones lack an index's `key_schema`, or
    /// may drop every index of a table when one is removed. Terraform refuses to destroy the table, or to replace it,
    /// until `prevent_destroy` is taken out. It brings text into Unicode normal form C, so an attribute that is renamed
    /// to text in another form needs another name there.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::infrastructure::Infrastructure;
    /// # use dynamo_session::{DynamoSession, Expires, SessionId};
    /// # #[derive(DynamoSession)]
    /// # #[session(table = "shop-sessions")]
    /// # struct ShopSession {
    /// #     #[session(hash_key)]
    /// #     id: SessionId,
    /// #     #[session(ttl)]
    /// #     expires_at: Expires,
    /// # }
    /// let configuration = Infrastructure::of::<ShopSession>().terraform()?;
    /// assert!(configuration.contains("hash_key                    = \"id\""));
    /// # Ok::<(), dynamo_session::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): a table name that AWS would refuse.
    pub fn terraform(&self) -> Result<String, Error> {
        self.checked()
            .map(|()| terraform::configuration(self))
            .map_err(|error| self.in_context(error, Operation::WriteTerraform))
    }

    /// The least IAM policy, in JSON, under which all of these uses work: what they call, on this table and its indexes
    /// only.
    ///
    /// Its ARNs hold in every Region and account unless [`region`](Self::region) and [`account`](Self::account), or the
    /// ARN of the table, say which; that is traced, and [`iam_warning`](Self::iam_warning) tells it. With a customer
    /// managed key among the options, the policy also allows its use by way of DynamoDB.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::infrastructure::{Access, Infrastructure};
    /// # use dynamo_session::{DynamoSession, Expires, SessionId};
    /// # #[derive(DynamoSession)]
    /// # #[session(table = "shop-sessions")]
    /// # struct ShopSession {
    /// #     #[session(hash_key)]
    /// #     id: SessionId,
    /// #     #[session(ttl)]
    /// #     expires_at: Expires,
    /// #     #[session(index = "by_user")]
    /// #     user: Option<String>,
    /// # }
    /// let infrastructure = Infrastructure::of::<ShopSession>();
    /// let web_server = infrastructure.iam_policy([Access::Run, Access::List])?;
    /// assert!(web_server.contains("dynamodb:UpdateItem"));
    /// assert!(!web_server.contains("dynamodb:Scan"));
    /// # Ok::<(), dynamo_session::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): no use and no table is named, its name, Region or
    /// account is not one, or the sessions are to be listed and the type has no field marked `index`.
    pub fn iam_policy(&self, uses: impl IntoIterator<Item = Access>) -> Result<String, Error> {
        let uses: Vec<Access> = uses.into_iter().collect();
        let policy = self.checked().and_then(|()| policy::document(self, &uses));
        if let (Ok(_), Some(warning)) = (&policy, self.iam_warning()) {
            tracing::warn!(table = self.table_name, "{warning}");
        }
        policy.map_err(|error| self.in_context(error, Operation::WriteIamPolicy))
    }

    /// What the policies allow beyond the one table, for people to read: tables of the same name in other Regions or
    /// accounts. `None` if both are said.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::infrastructure::Infrastructure;
    /// # use dynamo_session::{DynamoSession, Expires, SessionId};
    /// # #[derive(DynamoSession)]
    /// # #[session(table = "shop-sessions")]
    /// # struct ShopSession {
    /// #     #[session(hash_key)]
    /// #     id: SessionId,
    /// #     #[session(ttl)]
    /// #     expires_at: Expires,
    /// # }
    /// let infrastructure = Infrastructure::of::<ShopSession>().region("eu-west-1");
    /// assert!(infrastructure.iam_warning().is_some_and(|warning| warning.contains("every account")));
    /// assert_eq!(infrastructure.account("111122223333").iam_warning(), None);
    /// ```
    pub fn iam_warning(&self) -> Option<String> {
        let open = self.location().ok()?.open()?;
        Some(format!(
            "the policy holds for tables of this name in every {open}: give the {open}, or the table's ARN"
        ))
    }

    fn checked(&self) -> Result<(), Error> {
        if let Some(name) = &self.table_name {
            require_valid_name(name)?;
        }
        self.location().map(drop)
    }

    /// The attributes that a table must define, with their types: its key and those of its indexes.
    fn keys(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.schema.key_attributes().into_iter().map(|(name, key_type)| match key_type {
            KeyType::S => (name, "S"),
            KeyType::N => (name, "N"),
            KeyType::B => (name, "B"),
        })
    }

    fn location(&self) -> Result<Location<'_>, Error> {
        Location::of(self.table_name.as_deref(), self.region.as_deref(), self.account.as_deref())
    }

    /// The table's own name, also where an ARN was given.
    fn bare_name(&self) -> Option<&str> {
        self.table_name.as_deref().map(location::table_in)
    }

    fn in_context(&self, error: Error, operation: Operation) -> Error {
        match &self.table_name {
            Some(name) => error.with_context(operation, name, None),
            None => error,
        }
    }
}
