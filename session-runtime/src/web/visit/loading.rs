//! A request's session is loaded once, by whoever asks first, and taken by one after the other.

use std::mem;
use std::pin::pin;

use super::lookup::{LookedUp, look_up};
use super::place::Place;
use super::request_session::RequestSession;
use crate::derived::DynamoSession;
use crate::error::{Error, ErrorKind};
use crate::session::Session;

impl<S: DynamoSession> RequestSession<S> {
    pub(super) async fn take_or_load(&self) -> Result<Session<S>, Error> {
        match self.take().await? {
            None => self.load().await,
            Some(session) if self.is_to_be_read_again(&session) => self.load().await,
            Some(session) if session.is_destroyed() && !session.may_have_changes() => {
                self.visit().replaced = true;
                Ok(self.shared.store.create())
            }
            // Another request has ended or renewed it: this one has no part in it any more.
            Some(session) if session.is_gone_unchanged() => {
                let keys = self.visit().presented.ids().cloned().collect();
                let shared_sids = self.legacy().shared_sids();
                Ok(self.shared.store.create_in_place_of(keys, shared_sids, true))
            }
            Some(session) => Ok(session),
        }
    }

    /// Some frameworks run the extractors of a handler at once: only one of them loads the session.
    pub(super) async fn until_loaded(&self) -> Result<(), Error> {
        if !self.is_loading() {
            return Ok(());
        }
        let loaded = async {
            loop {
                let mut loaded = pin!(self.shared.loaded.notified());
                loaded.as_mut().enable();
                if !self.is_loading() {
                    return;
                }
                loaded.await;
            }
        };
        Box::pin(self.shared.budget.wait(loaded)).await
    }

    fn is_loading(&self) -> bool {
        matches!(self.visit().place, Place::Loading)
    }

    /// The session, if it has been loaded. If not, it is the caller's to load.
    pub(super) async fn take(&self) -> Result<Option<Session<S>>, Error> {
        self.until_loaded().await?;
        let mut visit = self.visit();
        visit.was_asked = true;
        match mem::replace(&mut visit.place, Place::Lent) {
            Place::Unasked => Ok(None),
            Place::Returned(session) => Ok(Some(session)),
            Place::Ended => Ok(Some(self.shared.store.create())),
            Place::Lent => Err(in_use(
                "another extractor of this request, or a middleware around it, still holds it; drop \
                 that handle first, pass it on, or use a `SessionView`",
            )),
            unavailable => {
                let reason = match unavailable {
                    Place::Loading => "another task is loading it",
                    Place::Poisoned(_) => "a handler panicked while holding it",
                    _ => "the response has already been made",
                };
                visit.place = unavailable;
                Err(in_use(reason))
            }
        }
    }

    async fn load(&self) -> Result<Session<S>, Error> {
        let loading = Loading::begin(self);
        let presented = self.presented();
        let consistency = self.consistency();
        let legacy = self.legacy();
        // Boxed, so that the handlers around it, which are futures with its extractor in them, stay small.
        let looked_up = Box::pin(look_up(&self.shared.store, &presented, &legacy, consistency));
        let LookedUp { session, found, is_legacy } = self.shared.budget.run(looked_up).await?;
        loading.end();
        let mut visit = self.visit();
        if !matches!(visit.place, Place::Loading) {
            return Err(in_use("the response has already been made"));
        }
        (visit.presented, visit.found, visit.read) = (presented, found, Some(consistency));
        visit.is_legacy = is_legacy;
        Ok(session)
    }

    /// Whether the session was read in a way that may show less than is asked for now.
    fn is_to_be_read_again(&self, session: &Session<S>) -> bool {
        let read = self.visit().read;
        read.is_some_and(|read| read < self.consistency()) && session.is_untouched()
    }
}

/// Leaves the visit as it was when a load fails or is cancelled.
pub(super) struct Loading<'a, S: DynamoSession>(&'a RequestSession<S>);

impl<'a, S: DynamoSession> Loading<'a, S> {
    /// For who has taken the session's place.
    pub(super) fn begin(request: &'a RequestSession<S>) -> Self {
        let mut visit = request.visit();
        if let Place::Lent = visit.place {
            visit.place = Place::Loading;
        }
        drop(visit);
        Self(request)
    }

    /// What was to be read has been read.
    pub(super) fn end(self) {
        mem::forget(self);
    }
}

impl<S: DynamoSession> Drop for Loading<'_, S> {
    fn drop(&mut self) {
        let mut visit = self.0.visit();
        if let Place::Loading = visit.place {
            visit.place = Place::Unasked;
        }
        drop(visit);
        self.0.shared.loaded.notify_waiters();
    }
}

pub(super) fn in_use(reason: &str) -> Error {
    Error::new(ErrorKind::InUse, format!("the session is not available: {reason}"))
}
