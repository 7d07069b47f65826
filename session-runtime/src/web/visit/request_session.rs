use std::any::type_name;
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::budget::Budget;
use super::legacy::Legacy;
use super::lookup::{LookedUp, look_up};
use super::place::{Place, Visit};
use super::standing::Standing;
use super::view::SessionView;
use crate::context::ReadConsistency;
use crate::derived::DynamoSession;
use crate::error::{Error, ErrorKind};
use crate::session::{Lender, Session, Shown};
use crate::store::SessionStore;
use crate::web::cookie::{Presented, SessionCookie};
use crate::web::settings::Settings;

/// The session of one request: for middleware and services that work without axum's extractors.
///
/// A [`SessionLayer`](crate::SessionLayer) puts it into the extensions of each request. What it hands out is the same
/// session that the extractors hand out, and the layer commits it before the response leaves.
///
/// # Examples
///
/// ```
/// use dynamo_session::{DynamoSession, Error, RequestSession};
/// # use dynamo_session::{Expires, SessionId};
/// # #[derive(DynamoSession)]
/// # #[session(table = "shop-sessions")]
/// # struct ShopSession {
/// #     #[session(hash_key)]
/// #     id: SessionId,
/// #     #[session(ttl)]
/// #     expires_at: Expires,
/// #     page_views: u64,
/// # }
///
/// async fn count<B>(request: http::Request<B>) -> Result<http::Response<String>, Error> {
///     let Some(visitor) = request.extensions().get::<RequestSession<ShopSession>>() else {
///         return Ok(http::Response::new("the layer is missing".to_owned()));
///     };
///     let mut session = visitor.session().await?;
///     session.page_views += 1;
///     Ok(http::Response::new(format!("page {}", session.page_views)))
/// }
/// ```
pub struct RequestSession<S: DynamoSession> {
    shared: Arc<Shared<S>>,
}

struct Shared<S: DynamoSession> {
    store: SessionStore<S>,
    settings: Arc<Settings>,
    /// The values of the request's cookie headers.
    cookies: Vec<Box<[u8]>>,
    budget: Budget,
    visit: Mutex<Visit<S>>,
}

impl<S: DynamoSession> RequestSession<S> {
    pub(in crate::web) fn new<'a>(
        store: SessionStore<S>,
        settings: Arc<Settings>,
        cookies: impl Iterator<Item = &'a [u8]>,
    ) -> Self {
        let budget = Budget::new(settings.deadline);
        let visit = Mutex::new(Visit::in_place(Place::Unasked));
        let cookies = cookies.map(Box::from).collect();
        Self { shared: Arc::new(Shared { store, settings, cookies, budget, visit }) }
    }

    /// How the session of this request is read, in place of what the layer or the store is set to.
    ///
    /// In axum, an extension of the request does the same for one route: see [`ReadConsistency`]. If the session has been
    /// read already in a way that shows less, and nothing was done with it, it is read again when it is next asked for.
    pub fn read_consistency(&self, consistency: ReadConsistency) {
        self.visit().consistency = Some(consistency);
    }

    /// The session, which is loaded when it is first asked for. Visitors without one get a new session, which is stored,
    /// and its cookie set, only if it is changed.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::InUse`]: another handle of this request's session is alive, or the response has been made.
    /// - As for [`SessionStore::load`]. A session that cannot be read is never replaced by an empty one.
    pub async fn session(&self) -> Result<Session<S>, Error> {
        let session = self.take_or_load().await?;
        Ok(self.lend(session))
    }

    /// The session, unless the visitor has none. Never begins one.
    ///
    /// # Errors
    ///
    /// As for [`session`](Self::session).
    pub async fn existing_session(&self) -> Result<Option<Session<S>>, Error> {
        let session = self.take_or_load().await?;
        if session.exists() {
            return Ok(Some(self.lend(session)));
        }
        self.put_back(session);
        Ok(None)
    }

    /// The session to read from, beside other views and beside a handle.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::InUse`]: the session is being loaded by another task, or the response has been made.
    /// - [`ErrorKind::Encode`] and [`ErrorKind::Decode`]: the session was changed to what cannot be stored or read back.
    /// - As for [`SessionStore::load`].
    pub async fn view(&self) -> Result<SessionView<S>, Error> {
        let (view, _) = self.look().await?;
        Ok(view)
    }

    /// The session to read from, unless the visitor has none.
    ///
    /// # Errors
    ///
    /// As for [`view`](Self::view).
    pub async fn existing_view(&self) -> Result<Option<SessionView<S>>, Error> {
        let (view, exists) = self.look().await?;
        Ok(exists.then_some(view))
    }

    /// Ends the session by its id, without loading it: what [`Logout`](crate::Logout) does.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::InUse`]: a handle of this request's session is alive.
    /// - As for [`SessionStore::destroy`].
    pub async fn end(&self) -> Result<(), Error> {
        self.visit().is_ending = true;
        match self.take()? {
            // Lent meanwhile, so that it comes back if this is cancelled.
            Some(session) => {
                let mut session = self.lend(session);
                self.shared.budget.run(session.destroy()).await?;
                let (presented, was_found, is_legacy) = {
                    let visit = self.visit();
                    (visit.presented.clone(), visit.found.is_some(), visit.is_legacy)
                };
                self.end_others(&presented, was_found.then(|| session.id())).await?;
                self.end_legacy(is_legacy).await?;
            }
            None => {
                let loading = Loading(self);
                let presented = self.presented();
                self.end_presented(&presented, None).await?;
                self.end_legacy(false).await?;
                mem::forget(loading);
                let mut visit = self.visit();
                if let Place::Lent = visit.place {
                    (visit.presented, visit.place, visit.replaced) =
                        (presented, Place::Ended, true);
                }
            }
        }
        self.visit().is_ending = false;
        Ok(())
    }

    /// Ends what was presented beside a session that was found and has been ended. One that was begun in place of the
    /// presented ids has ended them with itself.
    pub(super) async fn end_others(
        &self,
        presented: &Presented<S::Key>,
        found: Option<&S::Key>,
    ) -> Result<(), Error> {
        match found {
            Some(_) => self.end_presented(presented, found).await,
            None => Ok(()),
        }
    }

    /// Ends each session whose id was presented, but for one that has been ended already.
    pub(super) async fn end_presented(
        &self,
        presented: &Presented<S::Key>,
        ended: Option<&S::Key>,
    ) -> Result<(), Error> {
        let mut first = presented.require_few();
        for id in presented.ids().filter(|id| Some(*id) != ended) {
            let ended = self.shared.budget.run(self.shared.store.destroy(id)).await;
            // No session has an id that no table can hold.
            let ended =
                ended.or_else(|error| if error.is_invalid_id() { Ok(()) } else { Err(error) });
            first = first.and(ended);
        }
        first
    }

    /// Ends what was presented of another store, unless that is what has been ended.
    pub(super) async fn end_legacy(&self, has_ended: bool) -> Result<(), Error> {
        if has_ended {
            return Ok(());
        }
        self.shared.budget.run(self.legacy().end(&self.shared.store)).await
    }

    pub(super) fn legacy(&self) -> Legacy<'_> {
        Legacy::of(&self.shared.settings, &self.shared.cookies)
    }

    /// Ends the visit: what is still lent after this comes back too late.
    pub(super) fn close(&self) -> Visit<S> {
        mem::replace(&mut *self.visit(), Visit::in_place(Place::Closed))
    }

    pub(super) fn presented(&self) -> Presented<S::Key> {
        Presented::read(self.cookie(), &self.shared.cookies)
    }

    pub(super) fn cookie(&self) -> &SessionCookie {
        &self.shared.settings.cookie
    }

    pub(super) fn budget(&self) -> &Budget {
        &self.shared.budget
    }

    /// How the session is to be read.
    fn consistency(&self) -> ReadConsistency {
        let of_request = self.visit().consistency;
        of_request.unwrap_or_else(|| self.usual_consistency())
    }

    /// How the sessions of most requests are read.
    pub(super) fn usual_consistency(&self) -> ReadConsistency {
        let Shared { store, settings, .. } = &*self.shared;
        settings.read_consistency.unwrap_or_else(|| store.context().read_consistency)
    }

    /// Whether the session was read in a way that may show less than is asked for now.
    fn is_to_be_read_again(&self, session: &Session<S>) -> bool {
        let read = self.visit().read;
        read.is_some_and(|read| read < self.consistency()) && session.is_untouched()
    }

    pub(in crate::web) fn table_name(&self) -> &str {
        self.shared.store.table_name()
    }

    pub(in crate::web) fn now(&self) -> i64 {
        self.shared.store.context().now()
    }

    async fn look(&self) -> Result<(SessionView<S>, bool), Error> {
        if let Some(shown) = self.shown_beside_a_handle() {
            return Ok((SessionView(shown.read()?), shown.exists()));
        }
        let mut session = self.take_or_load().await?;
        let shown = session.shown();
        self.put_back(session);
        Ok((SessionView(shown.read()?), shown.exists()))
    }

    fn shown_beside_a_handle(&self) -> Option<Arc<Shown<S::Key>>> {
        let visit = self.visit();
        match visit.place {
            Place::Lent => visit.shown.clone(),
            _ => None,
        }
    }

    fn lend(&self, mut session: Session<S>) -> Session<S> {
        let shown = Arc::new(session.shown());
        let standing = Standing::of(&session);
        let mut visit = self.visit();
        (visit.shown, visit.noted) = (Some(shown), Some(standing));
        drop(visit);
        session.lent_by(Box::new(self.clone()))
    }

    fn put_back(&self, session: Session<S>) {
        self.visit().put_back(session, Place::Returned);
    }

    async fn take_or_load(&self) -> Result<Session<S>, Error> {
        match self.take()? {
            None => self.load().await,
            Some(session) if self.is_to_be_read_again(&session) => self.load().await,
            Some(session) if session.is_destroyed() && !session.may_have_changes() => {
                self.visit().replaced = true;
                Ok(self.shared.store.create())
            }
            // Another request has ended or renewed it: this one has no part in it any more.
            Some(session) if session.is_gone_unchanged() => {
                let keys = self.visit().presented.ids().cloned().collect();
                Ok(self.shared.store.create_in_place_of(keys, true))
            }
            Some(session) => Ok(session),
        }
    }

    fn take(&self) -> Result<Option<Session<S>>, Error> {
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
                    Place::Poisoned(_) => "a handler panicked while holding it",
                    _ => "the response has already been made",
                };
                visit.place = unavailable;
                Err(in_use(reason))
            }
        }
    }

    async fn load(&self) -> Result<Session<S>, Error> {
        let loading = Loading(self);
        let presented = self.presented();
        let consistency = self.consistency();
        let legacy = self.legacy();
        let looked_up = look_up(&self.shared.store, &presented, &legacy, consistency);
        let LookedUp { session, found, is_legacy } = self.shared.budget.run(looked_up).await?;
        mem::forget(loading);
        let mut visit = self.visit();
        if !matches!(visit.place, Place::Lent) {
            return Err(in_use("the response has already been made"));
        }
        (visit.presented, visit.found, visit.read) = (presented, found, Some(consistency));
        visit.is_legacy = is_legacy;
        Ok(session)
    }

    fn visit(&self) -> MutexGuard<'_, Visit<S>> {
        self.shared.visit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: DynamoSession> Lender<S> for RequestSession<S> {
    fn note(&self, session: &Session<S>) {
        let mut visit = self.visit();
        if let Place::Lent = visit.place {
            visit.noted = Some(Standing::of(session));
        }
    }

    fn take_back(&self, session: Session<S>) {
        let place = if std::thread::panicking() { Place::Poisoned } else { Place::Returned };
        self.visit().put_back(session, place);
    }
}

impl<S: DynamoSession> Clone for RequestSession<S> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<S: DynamoSession> fmt::Debug for RequestSession<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestSession").field("session", &type_name::<S>()).finish_non_exhaustive()
    }
}

/// Leaves the visit as it was when a load fails or is cancelled.
struct Loading<'a, S: DynamoSession>(&'a RequestSession<S>);

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
