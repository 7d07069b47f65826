use std::borrow::Borrow;
use std::error::Error as StdError;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use super::failure::error;
use crate::error::{Error, ErrorKind};

/// Why a request about the table itself was not carried out, or not answered.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) why: Why,
    error: Error,
    permissions: &'static str,
}

/// What a refusal means for work that several processes may be doing at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The table is being changed, or too much is at once: look again later.
    Busy,
    /// The table is not there, or not yet.
    Missing,
    /// The request makes no sense to a table in this state: someone else may have been first.
    Invalid,
    /// A permission is lacking.
    Denied,
    /// Not an operation that this endpoint has.
    Unknown,
    /// No answer, or too many requests: the same may succeed later.
    Passing,
    /// Anything else.
    Other,
}

impl Refusal {
    pub(super) fn new<E>(permissions: &'static str, source: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let code = source.as_service_error().and_then(ProvideErrorMetadata::code);
        let why = match code {
            Some(
                "ResourceInUseException"
                | "LimitExceededException"
                | "ContinuousBackupsUnavailableException",
            ) => Why::Busy,
            Some("ResourceNotFoundException" | "TableNotFoundException") => Why::Missing,
            Some("ValidationException") => Why::Invalid,
            Some("AccessDeniedException") => Why::Denied,
            Some("UnknownOperationException") => Why::Unknown,
            _ => Why::Other,
        };
        let error = error(source);
        let why = match (why, error.kind()) {
            (Why::Other, ErrorKind::Throttled | ErrorKind::Unavailable) => Why::Passing,
            _ => why,
        };
        Self { why, error, permissions }
    }

    /// The IAM actions that the request needs.
    pub(crate) fn permissions(&self) -> &'static str {
        self.permissions
    }

    pub(crate) fn error(&self) -> &Error {
        &self.error
    }

    /// The error, with the permissions that are needed if that is what it lacks.
    pub(crate) fn into_error(self) -> Error {
        match self.why {
            Why::Denied => self.error.with_note(format_args!("needs {}", self.permissions)),
            _ => self.error,
        }
    }
}

impl Borrow<Error> for Refusal {
    fn borrow(&self) -> &Error {
        &self.error
    }
}
