use std::any::type_name;
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::budget::Budget;
use super::legacy::Legacy;
use super::place::{Place, Visit};
use super::standing::Standing;
use super::view::SessionView;
use crate::context::ReadConsistency;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::session::{Lender, Session, Shown};
use crate::store::SessionStore;
use crate::web::cookie::{Presented, SessionCookie};
use crate::web::settings::Settings;

/// The session of one request, for who does not know yet whether to ask for it: middleware, handlers that decide by
/// something else, and services without extractors.
///
/// A [`SessionLayer`](crate::SessionLayer) puts it into the extensions of each request; in axum and actix-web, it is an
/// extractor, too, which costs nothing. What it hands out is the same session that the other extractors hand out, and the
/// layer commits it before the response leaves.
///
/// An `Err` of a tower service's own goes through the layer: it is neither traced nor answered there, and nothing is
/// committed. Answer an [`Error`] inside, by a response of your own.
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
    pub(super) shared: Arc<Shared<S>>,
}

pub(super) struct Shared<S: DynamoSession> {
    pub(super) store: SessionStore<S>,
    settings: Arc<Settings>,
    /// The values of the request's cookie headers.
    cookies: Vec<Box<[u8]>>,
    pub(super) budget: Budget,
    visit: Mutex<Visit<S>>,
    /// Whoever waits for the session to be loaded is to look again.
    pub(super) loaded: Notify,
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
        let loaded = Notify::new();
        Self { shared: Arc::new(Shared { store, settings, cookies, budget, visit, loaded }) }
    }

    /// How the session of this request is read, in place of what the layer or the store is set to.
    ///
    /// An extension of the request does the same for one route, or `app_data` in actix-web: see [`ReadConsistency`]. If the session has been
    /// read already in a way that shows less, and nothing was done with it, it is read again when it is next asked for.
    pub fn read_consistency(&self, consistency: ReadConsistency) {
        self.visit().consistency = Some(consistency);
    }

    /// The session, which is loaded when it is first asked for. Visitors without one get a new session, which is stored,
    /// and its cookie set, only if it is changed.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::InUse`](crate::ErrorKind::InUse): another handle of this request's session is alive, or the response has been made.
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
    /// - [`ErrorKind::InUse`](crate::ErrorKind::InUse): the response has been made.
    /// - [`ErrorKind::Encode`](crate::ErrorKind::Encode) and [`ErrorKind::Decode`](crate::ErrorKind::Decode): the session was changed to what cannot be stored or read back.
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

    pub(super) fn legacy(&self) -> Legacy<'_> {
        Legacy::of(&self.shared.settings, &self.shared.cookies)
    }

    /// Ends the visit: what is still lent after this comes back too late.
    pub(super) fn close(&self) -> Visit<S> {
        let visit = mem::replace(&mut *self.visit(), Visit::in_place(Place::Closed));
        self.shared.loaded.notify_waiters();
        visit
    }

    pub(super) fn presented(&self) -> Presented<S::Key> {
        // What a shared store's cookie carries is none of this library's ids.
        match self.shared.settings.is_shared() {
            true => Presented::nothing(),
            false => Presented::read(self.cookie(), &self.shared.cookies),
        }
    }

    pub(super) fn cookie(&self) -> &SessionCookie {
        &self.shared.settings.cookie
    }

    pub(super) fn budget(&self) -> &Budget {
        &self.shared.budget
    }

    /// How the session is to be read.
    pub(super) fn consistency(&self) -> ReadConsistency {
        let of_request = self.visit().consistency;
        of_request.unwrap_or_else(|| self.usual_consistency())
    }

    /// How the sessions of most requests are read.
    pub(super) fn usual_consistency(&self) -> ReadConsistency {
        let Shared { store, settings, .. } = &*self.shared;
        settings.read_consistency.unwrap_or_else(|| store.context().read_consistency)
    }

    pub(in crate::web) fn table_name(&self) -> &str {
        self.shared.store.table_name()
    }

    pub(in crate::web) fn now(&self) -> i64 {
        self.shared.store.context().now()
    }

    async fn look(&self) -> Result<(SessionView<S>, bool), Error> {
        self.until_loaded().await?;
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

    pub(super) fn lend(&self, mut session: Session<S>) -> Session<S> {
        let shown = Arc::new(session.shown());
        let standing = Standing::of(&session);
        let mut visit = self.visit();
        (visit.shown, visit.noted) = (Some(shown), Some(standing));
        if let Place::Loading = visit.place {
            visit.place = Place::Lent;
        }
        drop(visit);
        self.shared.loaded.notify_waiters();
        session.lent_by(Box::new(self.clone()))
    }

    fn put_back(&self, session: Session<S>) {
        self.visit().put_back(session, Place::Returned);
        self.shared.loaded.notify_waiters();
    }

    pub(super) fn visit(&self) -> MutexGuard<'_, Visit<S>> {
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
