use std::any::type_name;

use http::request::Parts;

use crate::context::ReadConsistency;
use crate::derived::DynamoSession;
use crate::error::{Error, ErrorKind};
use crate::web::visit::RequestSession;

/// The session of a request, as the layer around the handler put it there.
pub(super) fn request_session<S: DynamoSession>(parts: &Parts) -> Result<RequestSession<S>, Error> {
    let session = parts.extensions.get::<RequestSession<S>>().cloned();
    let session = session.ok_or_else(|| no_layer(type_name::<S>()))?;
    // That of the route, which only now is known.
    if let Some(consistency) = parts.extensions.get::<ReadConsistency>() {
        session.read_consistency(*consistency);
    }
    Ok(session)
}

fn no_layer(session: &str) -> Error {
    Error::new(
        ErrorKind::Configuration,
        format!(
            "no layer provides sessions of type `{session}` to this handler; add \
             `.layer(SessionLayer::new(store))`, with a `SessionStore<{session}>`, to the router after its \
             routes"
        ),
    )
}
