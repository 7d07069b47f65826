use std::any::type_name;

use super::request_session::RequestSession;
use crate::derived::DynamoSession;
use crate::error::{Error, ErrorKind};

impl<S: DynamoSession> RequestSession<S> {
    /// The error of a handler that no layer is around.
    pub(in crate::web) fn missing(layer: &str, place: &str) -> Error {
        let session = type_name::<S>();
        Error::new(
            ErrorKind::Configuration,
            format!(
                "no layer provides sessions of type `{session}` to this handler; add {layer}, with a \
                 `SessionStore<{session}>`, {place}"
            ),
        )
    }
}
