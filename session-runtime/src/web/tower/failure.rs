use std::sync::Arc;

use crate::error::{Error, ErrorKind};

/// In a response's extensions: the error that it tells of, so that the layer around it can answer as it is set to.
#[derive(Clone)]
pub(in crate::web) struct Failure(pub(in crate::web) Arc<Error>);

/// Traces an error that a visitor is told of, once.
pub(in crate::web) fn trace(error: &Error, status: u16) {
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
