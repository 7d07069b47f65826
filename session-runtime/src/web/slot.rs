use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::HeaderMap;

use super::cookie::{Presented, SessionCookie, rejected};
use crate::derived::DynamoSession;
use crate::error::{Error, ErrorKind};
use crate::id::SessionKey;
use crate::session::{Lender, Session};
use crate::store::{Lookup, SessionStore};

/// The session of one request, shared by the layer and the extractors inside it.
pub(super) struct Slot<S: DynamoSession> {
    store: SessionStore<S>,
    cookie: Arc<SessionCookie>,
    visit: Arc<Mutex<Visit<S>>>,
}

/// What has become of the request so far.
pub(super) struct Visit<S: DynamoSession> {
    pub(super) place: Place<S>,
    pub(super) presented: Presented<S::Key>,
    /// A session was destroyed, and a fresh one took its place.
    pub(super) replaced: bool,
}

/// Where the session is.
pub(super) enum Place<S: DynamoSession> {
    /// Nobody has asked for it.
    Unasked,
    /// An extractor is loading it, or a handle of it is alive.
    Lent,
    Returned(Session<S>),
    /// Given back by a panic: nobody knows what its fields were meant to be.
    Poisoned(Session<S>),
    /// It was ended by its id.
    Ended,
    /// The response has been made.
    Closed,
}

impl<S: DynamoSession> Slot<S> {
    pub(super) fn new(store: SessionStore<S>, cookie: Arc<SessionCookie>) -> Self {
        let visit = Visit { place: Place::Unasked, presented: Presented::Nothing, replaced: false };
        Self { store, cookie, visit: Arc::new(Mutex::new(visit)) }
    }

    /// Lends the session to an extractor, loading it first if it is the first to ask.
    pub(super) async fn lend(&self, headers: &HeaderMap) -> Result<Session<S>, Error> {
        let session = match self.take()? {
            None => self.load(headers).await?,
            Some(session) if session.is_destroyed() && !session.may_have_changes() => {
                self.visit().replaced = true;
                self.store.create()
            }
            Some(session) => session,
        };
        Ok(session.lent_by(Box::new(self.clone())))
    }

    /// Ends the visit: what is still lent after this comes back too late.
    pub(super) fn close(&self) -> Visit<S> {
        let closed = Visit { place: Place::Closed, presented: Presented::Nothing, replaced: false };
        mem::replace(&mut *self.visit(), closed)
    }

    /// Ends the session without loading it, unless it is loaded already.
    pub(super) async fn end(&self, headers: &HeaderMap) -> Result<(), Error> {
        match self.take()? {
            // Lent meanwhile, so that it comes back if this is cancelled.
            Some(session) => session.lent_by(Box::new(self.clone())).destroy().await,
            None => {
                let loading = Loading(self);
                let presented = self.cookie.presented::<S::Key>(headers);
                if let Presented::Id(id) = &presented {
                    self.store.destroy(id).await?;
                }
                mem::forget(loading);
                let mut visit = self.visit();
                if let Place::Lent = visit.place {
                    (visit.presented, visit.place, visit.replaced) =
                        (presented, Place::Ended, true);
                }
                Ok(())
            }
        }
    }

    fn take(&self) -> Result<Option<Session<S>>, Error> {
        let mut visit = self.visit();
        match mem::replace(&mut visit.place, Place::Lent) {
            Place::Unasked => Ok(None),
            Place::Returned(session) => Ok(Some(session)),
            Place::Ended => Ok(Some(self.store.create())),
            Place::Lent => Err(in_use(
                "another extractor of this request, or a middleware around it, still holds it; drop \
                 that handle first, or pass it on",
            )),
            unavailable => {
                let reason = match unavailable {
                    Place::Poisoned(_) => "a handler panicked while holding it",
                    _ => "the response has already been made",
                };
                visit.place = unavailable;
                Err(in_use(reason))
            }
        }
    }

    async fn load(&self, headers: &HeaderMap) -> Result<Session<S>, Error> {
        let loading = Loading(self);
        let presented = self.cookie.presented::<S::Key>(headers);
        let session = match &presented {
            Presented::Id(id) => {
                match self.store.find(id).await? {
                    Lookup::Session(session) => *session,
                    // Whoever presents it sees nothing of the renewed session: others may know the old id.
                    Lookup::Renewed => self.store.create_in_place_of(id, true),
                    Lookup::Nothing => {
                        let reason = "there is no such session, or it has expired";
                        rejected(Some(id.fingerprint()), reason);
                        // An unknown id is never adopted: whoever chose it may know it.
                        self.store.create_in_place_of(id, false)
                    }
                }
            }
            Presented::Nothing | Presented::Rejected => self.store.create(),
        };
        mem::forget(loading);
        self.visit().presented = presented;
        Ok(session)
    }

    fn visit(&self) -> MutexGuard<'_, Visit<S>> {
        self.visit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: DynamoSession> Lender<S> for Slot<S> {
    fn take_back(&self, session: Session<S>) {
        let mut visit = self.visit();
        if let Place::Lent = visit.place {
            visit.place = if std::thread::panicking() {
                Place::Poisoned(session)
            } else {
                Place::Returned(session)
            };
        }
    }
}

impl<S: DynamoSession> Clone for Slot<S> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), cookie: self.cookie.clone(), visit: self.visit.clone() }
    }
}

/// Leaves the slot as it was when a load fails or is cancelled.
struct Loading<'a, S: DynamoSession>(&'a Slot<S>);

impl<S: DynamoSession> Drop for Loading<'_, S> {
    fn drop(&mut self) {
        let mut visit = self.0.visit();
        if let Place::Lent = visit.place {
            visit.place = Place::Unasked;
        }
    }
}

pub(super) fn in_use(reason: &str) -> Error {
    Error::new(ErrorKind::InUse, format!("the session is not available: {reason}"))
}
