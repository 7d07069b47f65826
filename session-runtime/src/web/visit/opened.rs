use crate::derived::DynamoSession;
use crate::session::Session;

/// What several ids open together.
pub(super) enum Opened<S: DynamoSession> {
    Session(Session<S>),
    /// The visitor may have a session, and it cannot be told which, or it has another id by now.
    Unclear,
    Nothing,
}
