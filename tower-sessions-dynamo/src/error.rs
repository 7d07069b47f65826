use std::error::Error as _;
use std::fmt;

use dynamo_session::{Error, ErrorKind};

/// Why an operation failed, in the three kinds that tower-sessions knows.
pub(crate) enum Failure {
    Encode(String),
    Decode(String),
    Backend(String),
}

impl Failure {
    /// For a record of which the session has ended.
    pub(crate) fn ended(id: &impl fmt::Display) -> Self {
        Self::Backend(format!(
            "save session {id}: it has ended or expired since it was loaded, and was not brought back; nothing was written"
        ))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        // Whoever logs what tower-sessions returns sees no sources.
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        match error.kind() {
            ErrorKind::Encode | ErrorKind::TooLarge => Self::Encode(text),
            ErrorKind::Decode => Self::Decode(text),
            _ => Self::Backend(text),
        }
    }
}
