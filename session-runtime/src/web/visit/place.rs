use std::sync::Arc;

use super::standing::{Found, Standing};
use crate::context::ReadConsistency;
use crate::derived::DynamoSession;
use crate::session::{Session, Shown};
use crate::web::cookie::Presented;

/// What has become of a request's session so far.
pub(super) struct Visit<S: DynamoSession> {
    pub(super) place: Place<S>,
    pub(super) presented: Presented<S::Key>,
    /// Somebody has asked for the session, whatever came of it.
    pub(super) was_asked: bool,
    /// How the session is to be read, where the request is not as all others.
    pub(super) consistency: Option<ReadConsistency>,
    /// How it was read.
    pub(super) read: Option<ReadConsistency>,
    /// The session as the request found it in the table.
    pub(super) found: Option<Found>,
    /// Another store's cookie has opened it.
    pub(super) is_legacy: bool,
    /// The session as its last call left it, while a handle is out.
    pub(super) noted: Option<Standing<S::Key>>,
    /// The session as it was when the handle that is out was handed out.
    pub(super) shown: Option<Arc<Shown<S::Key>>>,
    /// A session was ended, and a fresh one took its place.
    pub(super) replaced: bool,
    /// The visitor was to be logged out, and that has not succeeded.
    pub(super) is_ending: bool,
}

/// Where the session is.
pub(super) enum Place<S: DynamoSession> {
    /// Nobody has asked for it.
    Unasked,
    Loading,
    /// A handle of it is alive.
    Lent,
    Returned(Session<S>),
    /// Given back by a panic: nobody knows what its fields were meant to be.
    Poisoned(Session<S>),
    /// It was ended by its id.
    Ended,
    /// The response has been made.
    Closed,
}

impl<S: DynamoSession> Visit<S> {
    pub(super) fn in_place(place: Place<S>) -> Self {
        Self {
            place,
            presented: Presented::nothing(),
            was_asked: false,
            consistency: None,
            read: None,
            found: None,
            is_legacy: false,
            noted: None,
            shown: None,
            replaced: false,
            is_ending: false,
        }
    }

    pub(super) fn put_back(&mut self, session: Session<S>, place: fn(Session<S>) -> Place<S>) {
        // A handle that comes back after the response has been made is too late.
        if let Place::Lent | Place::Loading = self.place {
            self.place = place(session);
            (self.noted, self.shown) = (None, None);
        }
    }
}
