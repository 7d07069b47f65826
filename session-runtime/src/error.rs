use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::operation::Operation;
use crate::visible::Visible;

type Source = Box<dyn StdError + Send + Sync + 'static>;

/// What went wrong, as a category that a program can act on.
///
/// The list may grow: match with a wildcard arm, or ask [`Error`]'s predicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The session was destroyed or has expired; it was not brought back.
    Gone,
    /// A guarded value was changed by someone else, or a counter would leave its type's range; nothing was written.
    Conflict,
    /// The session exceeds the store's limit or the 400 KB that DynamoDB stores in one item, or more fields have
    /// changed at once than one request can carry; nothing was written.
    TooLarge,
    /// The table does not exist in this account, Region or engine.
    TableMissing,
    /// A stored attribute cannot be read as the field's type.
    Decode,
    /// A field cannot be stored as a DynamoDB value.
    Encode,
    /// Text that is not a session id.
    InvalidId,
    /// DynamoDB throttled the requests, or the table's capacity was exceeded; or others changed the session again and
    /// again until the call's deadline.
    Throttled,
    /// DynamoDB could not be reached or did not answer in time.
    Unavailable,
    /// Credentials are missing or expired, or do not permit this.
    AccessDenied,
    /// It cannot be known whether a write was applied.
    OutcomeUnknown,
    /// The visitor has not authenticated, or not recently enough for what was asked for.
    AuthenticationRequired,
    /// Another handle of the same web request holds the session.
    InUse,
    /// The store, the table or the program is set up in a way that cannot work.
    Configuration,
    /// DynamoDB refused the request as invalid.
    Rejected,
    /// The library found itself in a state that should be impossible, and stopped: this is a bug, please report it.
    /// Nothing was reported as done; whether a request that got no answer was applied is not known.
    Internal,
}

/// The error of every operation of this crate.
///
/// Its text says what was being done, to which table and attribute, and what to do next; the error
/// that caused it is kept as the [source](std::error::Error::source). It never contains a session id:
/// a session is named by the fingerprint that [`SessionId`](crate::SessionId) prints.
///
/// # Examples
///
/// ```
/// use dynamo_session::{ErrorKind, SessionId};
///
/// let error = "not-a-session-id".parse::<SessionId>().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidId);
/// assert!(error.is_invalid_id());
/// ```
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    context: Option<Context>,
    attribute: Option<String>,
    detail: String,
    source: Option<Arc<dyn StdError + Send + Sync + 'static>>,
}

/// What was being done, and to what.
#[derive(Clone)]
struct Context {
    operation: Operation,
    table: String,
    session: Option<String>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            context: None,
            attribute: None,
            detail: detail.into(),
            source: None,
        }))
    }

    /// The error of text that cannot be a session's key: for an implementation of [`SessionKey::parse`].
    ///
    /// The reason completes "the text is ..."; it must not repeat the text, which may be somebody's id.
    ///
    /// [`SessionKey::parse`]: crate::SessionKey::parse
    ///
    /// # Examples
    ///
    /// ```
    /// use dynamo_session::Error;
    ///
    /// fn parse(text: &str) -> Result<u128, Error> {
    ///     u128::from_str_radix(text, 16).map_err(|_| Error::invalid_id("not a hexadecimal number"))
    /// }
    /// assert!(parse("xyz").unwrap_err().is_invalid_id());
    /// ```
    pub fn invalid_id(reason: impl fmt::Display) -> Self {
        Self::new(ErrorKind::InvalidId, format!("not a session id: the text is {reason}"))
    }

    /// The error of a state that cannot be.
    pub(crate) fn internal(what: impl fmt::Display) -> Self {
        let detail = format!("this is a bug in dynamo-session: {what}; please report it");
        Self::new(ErrorKind::Internal, detail)
    }

    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into().into());
        self
    }

    /// The same error, for another who is to be told of it.
    #[cfg(feature = "actix")]
    pub(crate) fn again(&self) -> Self {
        Self(self.0.clone())
    }

    /// The same error again, for a cause that stays.
    pub(crate) fn without_source(&self) -> Self {
        Self(Box::new(Inner { source: None, ..Inner::clone(&self.0) }))
    }

    /// What went wrong, without what was being done to which session.
    #[cfg(feature = "interop")]
    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Says what goes before the detail, such as the part of the work that failed.
    pub(crate) fn with_lead(mut self, lead: impl fmt::Display) -> Self {
        self.0.detail.insert_str(0, &format!("{lead}: "));
        self
    }

    pub(crate) fn with_attribute(mut self, attribute: impl Into<String>) -> Self {
        self.0.attribute.get_or_insert(attribute.into());
        self
    }

    /// Says more at the end, such as what to do next.
    pub(crate) fn with_note(mut self, note: impl fmt::Display) -> Self {
        self.0.detail += &format!("; {note}");
        self
    }

    pub(crate) fn with_context(
        mut self,
        operation: Operation,
        table: &str,
        session: Option<String>,
    ) -> Self {
        let context = || Context { operation, table: table.to_owned(), session };
        self.0.context.get_or_insert_with(context);
        self
    }

    /// The category of this error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What was being done; `None` where no table was involved, as when a session id is read from text.
    pub fn operation(&self) -> Option<Operation> {
        self.0.context.as_ref().map(|context| context.operation)
    }

    /// The table that the operation was for.
    pub fn table(&self) -> Option<&str> {
        self.0.context.as_ref().map(|context| &*context.table)
    }

    /// The attribute at fault, where one is.
    pub fn attribute(&self) -> Option<&str> {
        self.0.attribute.as_deref()
    }

    /// The session was destroyed or has expired; it was not brought back.
    pub fn is_gone(&self) -> bool {
        self.kind() == ErrorKind::Gone
    }

    /// Someone else changed a guarded value, or a counter would leave its range; nothing was written.
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// The session, or the change, exceeds what DynamoDB takes.
    pub fn is_too_large(&self) -> bool {
        self.kind() == ErrorKind::TooLarge
    }

    /// The table does not exist.
    pub fn is_table_missing(&self) -> bool {
        self.kind() == ErrorKind::TableMissing
    }

    /// A stored attribute cannot be read as the field's type.
    pub fn is_decode(&self) -> bool {
        self.kind() == ErrorKind::Decode
    }

    /// A field cannot be stored as a DynamoDB value.
    pub fn is_encode(&self) -> bool {
        self.kind() == ErrorKind::Encode
    }

    /// Text was not a session id.
    pub fn is_invalid_id(&self) -> bool {
        self.kind() == ErrorKind::InvalidId
    }

    /// DynamoDB throttled the requests, or others changed the session until the deadline; try again later.
    pub fn is_throttled(&self) -> bool {
        self.kind() == ErrorKind::Throttled
    }

    /// DynamoDB could not be reached or did not answer in time.
    pub fn is_unavailable(&self) -> bool {
        self.kind() == ErrorKind::Unavailable
    }

    /// Credentials are missing or expired, or do not permit this.
    pub fn is_access_denied(&self) -> bool {
        self.kind() == ErrorKind::AccessDenied
    }

    /// It cannot be known whether a write was applied.
    pub fn is_outcome_unknown(&self) -> bool {
        self.kind() == ErrorKind::OutcomeUnknown
    }

    /// The visitor has not authenticated, or not recently enough for what was asked for.
    pub fn is_authentication_required(&self) -> bool {
        self.kind() == ErrorKind::AuthenticationRequired
    }

    /// Another handle of the same web request holds the session.
    pub fn is_in_use(&self) -> bool {
        self.kind() == ErrorKind::InUse
    }

    /// The store, the table or the program is set up in a way that cannot work.
    pub fn is_configuration(&self) -> bool {
        self.kind() == ErrorKind::Configuration
    }

    /// The library is at fault; please report it.
    pub fn is_internal(&self) -> bool {
        self.kind() == ErrorKind::Internal
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { context, attribute, detail, .. } = &*self.0;
        if let Some(context) = context {
            write!(f, "{context}: ")?;
        }
        if let Some(attribute) = attribute {
            write!(f, "attribute `{attribute}`: ")?;
        }
        Visible(detail).fmt(f)
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, table, session } = self;
        match session {
            Some(session) if operation.is_of_one_session() => {
                write!(f, "{operation} session {session} in table `{table}`")
            }
            Some(session) => {
                write!(f, "{operation}{} `{table}`, session {session}", operation.before_table())
            }
            None => write!(f, "{operation}{} `{table}`", operation.before_table()),
        }
    }
}

/// As `main` shows an error that it returns: the kind, the text, and what caused it.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, "\n  caused by: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
