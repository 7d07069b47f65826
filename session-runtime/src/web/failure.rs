use std::sync::Arc;

use crate::error::{Error, ErrorKind};

/// In a response's extensions: the error that it tells of, so that the layer around it can answer as it is set to.
#[derive(Clone)]
pub(super) struct Failure(pub(super) Arc<Error>);

impl Failure {
    /// Whether the layer of this table is to answer: an error without a table is answered by the innermost.
    pub(super) fn is_of(&self, table: &str) -> bool {
        self.0.table().is_none_or(|other| other == table)
    }
}

/// Traces an error that a visitor is told of, once.
pub(super) fn trace(error: &Error, status: u16) {
    let kind = error.kind();
    let error: &(dyn std::error::Error + 'static) = error;
    if kind == ErrorKind::AuthenticationRequired {
        tracing::debug!(error, status, "authentication required");
    } else if status >= 500 {
        tracing::error!(error, status, "session failed");
    } else {
        tracing::warn!(error, status, "session failed");
    }
}
