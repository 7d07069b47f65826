use std::fmt;

/// What was being done when an [`Error`](crate::Error) arose.
///
/// The list may grow: match with a wildcard arm. Its [`Display`](fmt::Display) is the text that errors begin with, and
/// [`as_str`](Self::as_str) the same for a metric's label.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "embedded")]
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use dynamo_session::{DynamoSession, Expires, Operation, SessionId, SessionStore};
///
/// #[derive(DynamoSession)]
/// #[session(table = "shop-sessions")]
/// struct ShopSession {
///     #[session(hash_key)]
///     id: SessionId,
///     #[session(ttl)]
///     expires_at: Expires,
/// }
///
/// let client = dynamo_session::embedded::client();
/// let store = SessionStore::<ShopSession>::builder().client(client).build().await?;
/// let error = store.load(&SessionId::generate()).await.map(drop).unwrap_err();
/// assert_eq!(error.operation(), Some(Operation::Load));
/// assert!(error.to_string().starts_with("load session "));
/// # Ok::<(), dynamo_session::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Making a store, without what it then does to the table.
    BuildStore,
    /// Creating the table while a store is made.
    AutoCreate,
    /// Reading a session.
    Load,
    /// Reading a session that another store keeps.
    Adopt,
    /// Adopting all sessions that another store keeps.
    Migrate,
    /// Writing what has changed.
    Commit,
    /// Moving a session's expiry ahead.
    Touch,
    /// Giving a session a new id.
    Renew,
    /// Ending a session.
    Destroy,
    /// Changing a session by a function of what is stored.
    Update,
    /// Reading the sessions that have one value of an indexed field.
    List,
    /// Ending one of the sessions that a list has shown.
    End,
    /// Ending all sessions that have one value of an indexed field.
    EndAll,
    /// Ending all of them but the newest.
    KeepNewest,
    /// Creating the table.
    CreateTable,
    /// Adding to the table what it lacks.
    UpdateTable,
    /// Comparing the table with what is declared.
    VerifyTable,
    /// Deleting expired sessions.
    PurgeExpired,
    /// Ending the sessions of everyone.
    EndEveryone,
    /// Counting sessions.
    CountSessions,
    /// Writing the table as a CloudFormation template.
    WriteCloudFormation,
    /// Writing the table as a Terraform configuration.
    WriteTerraform,
    /// Writing an IAM policy for the table.
    WriteIamPolicy,
}

impl Operation {
    /// The operation in a few words, such as `load`, `end all` or `write an IAM policy`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BuildStore => "build a store",
            Self::AutoCreate => "auto-create",
            Self::Load => "load",
            Self::Adopt => "adopt",
            Self::Migrate => "migrate",
            Self::Commit => "commit",
            Self::Touch => "touch",
            Self::Renew => "renew",
            Self::Destroy => "destroy",
            Self::Update => "update",
            Self::List => "list",
            Self::End => "end",
            Self::EndAll => "end all",
            Self::KeepNewest => "keep newest",
            Self::CreateTable => "create table",
            Self::UpdateTable => "update table",
            Self::VerifyTable => "verify table",
            Self::PurgeExpired => "purge expired",
            Self::EndEveryone => "end everyone",
            Self::CountSessions => "count sessions",
            Self::WriteCloudFormation => "write CloudFormation",
            Self::WriteTerraform => "write Terraform",
            Self::WriteIamPolicy => "write an IAM policy",
        }
    }

    /// What leads from the operation to the table's name, where it is not done to a single session.
    pub(crate) const fn before_table(self) -> &'static str {
        match self {
            Self::CreateTable | Self::UpdateTable | Self::VerifyTable => "",
            Self::AutoCreate => " table",
            Self::BuildStore
            | Self::WriteCloudFormation
            | Self::WriteTerraform
            | Self::WriteIamPolicy => " for table",
            Self::List | Self::EndAll | Self::KeepNewest => " sessions by an index of table",
            Self::PurgeExpired => " sessions in table",
            Self::CountSessions => " in table",
            Self::EndEveryone => "'s sessions in table",
            Self::Migrate => " sessions from table",
            Self::Adopt => " a session from table",
            Self::Load
            | Self::Commit
            | Self::Touch
            | Self::Renew
            | Self::Destroy
            | Self::Update
            | Self::End => " a session in table",
        }
    }

    /// Whether it is done to one session, and not to several of which an error may name one.
    pub(crate) const fn is_of_one_session(self) -> bool {
        !matches!(self, Self::List | Self::EndAll | Self::KeepNewest)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
