/// What a program does with a table of sessions: what an IAM policy is to allow.
///
/// Used with [`Infrastructure::iam_policy`](crate::infrastructure::Infrastructure::iam_policy), which takes one or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Access {
    /// To serve sessions, as a web application does: load, commit, touch, renew, update, destroy. These are `GetItem`,
    /// `PutItem`, `UpdateItem` and `DeleteItem` on the table.
    Run,
    /// To list and end sessions by an index, such as all of one user's: `Query` on the type's indexes, and `BatchGetItem` and
    /// `DeleteItem` on the table.
    List,
    /// To delete what has expired.
    Purge,
    /// To end the sessions of everyone.
    EndEveryone,
    /// To count sessions.
    Count,
    /// To adopt all sessions of another store, as [`migrate`](crate::SessionStore::migrate) does. Which store, says
    /// [`Infrastructure::adopt`](crate::infrastructure::Infrastructure::adopt).
    #[cfg(feature = "interop")]
    Migrate,
    /// To create the table as its options say.
    Create,
    /// To bring a live table up to its schema and options: indexes, TTL, protection, backups.
    Update,
    /// To compare the table with its schema and options. Changes nothing and reads no session.
    Verify,
}

impl Access {
    /// Every use, for programs that let someone choose.
    pub const ALL: &[Self] = &[
        Self::Run,
        Self::List,
        Self::Purge,
        Self::EndEveryone,
        Self::Count,
        #[cfg(feature = "interop")]
        Self::Migrate,
        Self::Create,
        Self::Update,
        Self::Verify,
    ];
}
