use std::any::type_name;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::response::{IntoResponse, Response};
use http::{HeaderMap, Request};
use tower_layer::Layer;
use tower_service::Service;

use super::cookie::{Presented, SessionCookie};
use super::slot::{Place, Slot, Visit, in_use};
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::id::SessionKey;
use crate::session::Session;
use crate::store::SessionStore;

/// Gives the handlers of an axum router their [`Session`]: loads it when one asks, and commits it before the
/// response leaves.
///
/// A request whose handlers do not ask for the session costs nothing. One that asks costs a read, and a write
/// if the session was changed or its idle timeout is due to be extended.
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::get};
/// use dynamo_session::{DynamoSession, Expires, Session, SessionId, SessionLayer, SessionStore};
///
/// #[derive(DynamoSession)]
/// #[session(table = "visits")]
/// struct Visit {
///     #[session(hash_key)]
///     id: SessionId,
///     #[session(ttl)]
///     expires_at: Expires,
///     pages: u32,
/// }
///
/// async fn page(mut session: Session<Visit>) -> String {
///     session.pages += 1;
///     format!("page {}", session.pages)
/// }
///
/// # #[cfg(feature = "embedded")]
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let client = dynamo_session::embedded::client();
/// let store = SessionStore::<Visit>::builder().client(client).auto_create(true).build().await?;
/// let app: Router = Router::new().route("/", get(page)).layer(SessionLayer::new(store));
/// #
/// # use axum::body::Body;
/// # use axum::http::{Request, header::{COOKIE, SET_COOKIE}};
/// # use tower::ServiceExt;
/// # let response = app.clone().oneshot(Request::get("/").body(Body::empty())?).await?;
/// # let cookie = response.headers()[SET_COOKIE].to_str()?;
/// # assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/"), "{cookie}");
/// # let pair = cookie.split(';').next().unwrap_or_default();
/// # let again = Request::get("/").header(COOKIE, pair).body(Body::empty())?;
/// # let response = app.oneshot(again).await?;
/// # assert_eq!(axum::body::to_bytes(response.into_body(), 99).await?, "page 2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # The cookie
///
/// `__Host-session`, with `Secure; HttpOnly; SameSite=Lax; Path=/`, kept until the browser is closed. It is
/// sent when the session is stored under an id other than the one that the request presented: after the first
/// change, and after [`renew`](Session::renew). A response with the cookie carries `Cache-Control: no-store`,
/// unless the application has set that header, and `Vary: cookie`. [`destroy`](Session::destroy) removes it.
///
/// A presented id that is malformed, unknown or expired, or one of several, is not an error: the visitor counts as new,
/// and the id is not adopted. Each is traced as an event of level `DEBUG`, `session id rejected`, with the field
/// `monotonic_counter.dynamo_session_rejected_ids` for metrics.
///
/// # An id that another request has renewed
///
/// A browser sends several requests at once, and one of them may be the login. The others still carry the id from
/// before [`renew`](Session::renew). For 60 seconds ([`renewal_grace`](crate::SessionStoreBuilder::renewal_grace)) they
/// are not taken for those of a new visitor, whose cookie would overwrite that of the login. Their handlers get a
/// fresh, empty session, since others may know the old id, and:
///
/// - changes in a safe method (GET, HEAD, OPTIONS, TRACE) are dropped with a warning: the response stands, and sets no
///   cookie;
/// - changes in any other method fail with [`ErrorKind::Gone`](crate::ErrorKind::Gone), a 409 without a cookie;
/// - [`renew`](Session::renew), a second login, begins a session of its own;
/// - [`destroy`](Session::destroy) and [`Logout`](crate::Logout) end the renewed session.
///
/// The same holds for changes to a session that was loaded before another request renewed or ended it.
///
/// # The commit
///
/// Takes place when the handler has returned, whatever the status of its response. If it fails, the error is
/// traced, and the error's own response is sent in place of the handler's:
/// [409, 503 or 500](Error#impl-IntoResponse-for-Error). A session that was not changed never fails a response: if
/// its idle timeout cannot be extended, a warning is traced.
///
/// If the handler's [`renew`](Session::renew) failed, the layer tries again first, and commits nothing under the
/// old id.
///
/// Nothing is committed:
///
/// - if the inner service fails, or the request is cancelled before it has returned;
/// - if a handler panics while it holds the session, even if a layer in between catches the panic;
/// - if a [`Session`] is still alive when the handler has returned, in a task that it spawned or in the response's
///   body: that is an error of kind [`InUse`](crate::ErrorKind::InUse), and the response is a 500.
///
/// A layer that gives up on handlers, such as a timeout, belongs outside this one: further down in the code
/// that builds the router. Inside, a handler that was given up on looks like one that returned, and what it had
/// changed so far is committed.
///
/// # Several session types
///
/// Add one layer for each, and give all but one a [`cookie_name`](Self::cookie_name).
pub struct SessionLayer<S: DynamoSession> {
    store: SessionStore<S>,
    cookie: Arc<SessionCookie>,
}

impl<S: DynamoSession> SessionLayer<S> {
    /// A layer that keeps its sessions in this store. Add it to a router after the routes that it is for.
    pub fn new(store: SessionStore<S>) -> Self {
        Self { store, cookie: Arc::default() }
    }

    /// Names the cookie: needed where one application has several session types.
    ///
    /// Leave out the `__Host-` prefix, which the layer adds. The default is `session`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use dynamo_session::{DynamoSession, Session, SessionLayer, SessionStore};
    /// # fn layer<Admin: DynamoSession>(store: SessionStore<Admin>) {
    /// let layer = SessionLayer::new(store).cookie_name("admin"); // `__Host-admin`
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If the name is not valid for a cookie, or has a prefix with a meaning to browsers.
    #[must_use]
    pub fn cookie_name(self, name: impl Into<String>) -> Self {
        let cookie = SessionCookie::clone(&self.cookie).named(name.into());
        Self { cookie: Arc::new(cookie), ..self }
    }

    /// Serves plain HTTP away from localhost, where anyone on the network path can take over any session. Logs a
    /// warning at each start.
    ///
    /// Without it, sessions work over HTTPS only: browsers drop a `Secure` cookie that comes over plain
    /// HTTP. Chrome and Firefox make an exception for `http://localhost`, so development there needs no
    /// switch; Safari makes none. With it, the cookie is named `session`, without the `__Host-` prefix and
    /// without `Secure`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use dynamo_session::{DynamoSession, Session, SessionLayer, SessionStore};
    /// # fn layer<S: DynamoSession>(store: SessionStore<S>, insecure: bool) {
    /// let mut layer = SessionLayer::new(store);
    /// if insecure {
    ///     layer = layer.insecure_for_development();
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn insecure_for_development(self) -> Self {
        tracing::warn!(
            session = type_name::<S>(),
            "session cookies are sent over plain HTTP, so anyone on the network path can take over any session; never \
             do this in production"
        );
        let cookie = SessionCookie::clone(&self.cookie).insecure();
        Self { cookie: Arc::new(cookie), ..self }
    }
}

impl<S: DynamoSession> Clone for SessionLayer<S> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), cookie: self.cookie.clone() }
    }
}

impl<S: DynamoSession> fmt::Debug for SessionLayer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayer")
            .field("store", &self.store)
            .field("cookie", &self.cookie)
            .finish()
    }
}

impl<I, S: DynamoSession> Layer<I> for SessionLayer<S> {
    type Service = SessionService<I, S>;

    fn layer(&self, inner: I) -> Self::Service {
        SessionService { inner, layer: self.clone() }
    }
}

/// The service that a [`SessionLayer`] makes.
pub struct SessionService<I, S: DynamoSession> {
    inner: I,
    layer: SessionLayer<S>,
}

impl<I: Clone, S: DynamoSession> Clone for SessionService<I, S> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<I: fmt::Debug, S: DynamoSession> fmt::Debug for SessionService<I, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}

impl<I, B, S> Service<Request<B>> for SessionService<I, S>
where
    I: Service<Request<B>>,
    I::Response: IntoResponse,
    I::Future: Send + 'static,
    S: DynamoSession,
{
    type Response = Response;
    type Error = I::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, I::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), I::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let cookie = self.layer.cookie.clone();
        let slot = Slot::new(self.layer.store.clone(), cookie.clone());
        request.extensions_mut().insert(slot.clone());
        let is_safe = request.method().is_safe();
        let response = self.inner.call(request);
        Box::pin(async move {
            let response = response.await?.into_response();
            Ok(finish(slot.close(), &cookie, is_safe, response).await)
        })
    }
}

/// Commits the session, and answers with the handler's response if that succeeded.
async fn finish<S: DynamoSession>(
    visit: Visit<S>,
    cookie: &SessionCookie,
    is_safe: bool,
    response: Response,
) -> Response {
    let Visit { place, presented, replaced } = visit;
    let (session, committed) = match place {
        Place::Unasked | Place::Closed => return response,
        Place::Ended => return forget(&presented, cookie, response),
        Place::Lent => {
            let error = in_use(
                "a task or the response's body still held it when the handler returned, so its changes \
                 were not committed; drop the handle earlier, or commit first and pass on copies of what is needed",
            );
            return error.into_response();
        }
        Place::Poisoned(session) => (session, Ok(())),
        Place::Returned(mut session) => {
            let committed = commit(&mut session, &presented, cookie).await;
            (session, committed)
        }
    };
    let mut response = match committed {
        Ok(()) => response,
        // A page that was only looked at is right without what it would have noted in the session.
        Err(error) if error.is_gone() && is_safe && !session.is_destroyed() => {
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::warn!(error, "changes to a session that has ended are lost");
            response
        }
        Err(error) => error.into_response(),
    };
    // Whatever became of the commit: a renewed session's old id is dead already.
    match send_cookie(&session, &presented, replaced, cookie, response.headers_mut()) {
        Ok(()) => response,
        Err(error) => error.into_response(),
    }
}

/// The session has been ended by its id.
fn forget<K: SessionKey>(
    presented: &Presented<K>,
    cookie: &SessionCookie,
    mut response: Response,
) -> Response {
    if matches!(presented, Presented::Nothing) {
        return response;
    }
    match cookie.remove(response.headers_mut()) {
        Ok(()) => response,
        Err(error) => error.into_response(),
    }
}

async fn commit<S: DynamoSession>(
    session: &mut Session<S>,
    presented: &Presented<S::Key>,
    cookie: &SessionCookie,
) -> Result<(), Error> {
    if session.is_destroyed() && !session.may_have_changes() {
        return Ok(());
    }
    // The handler may have given up on a renewal. What it wrote for a logged-in user must not come under an
    // id that others may know, and if the answer was lost, the old id is dead already.
    if session.is_renewing() {
        session.renew().await?;
    }
    if !presented.is(session.id()) {
        cookie.require_carries(session.id())?;
    }
    session.commit_changes().await?;
    // Nothing is lost if the expiry cannot be moved, and the next request tries again.
    if let Err(error) = session.touch().await {
        let error: &(dyn std::error::Error + 'static) = &error;
        tracing::warn!(error, "session not touched");
    }
    Ok(())
}

fn send_cookie<S: DynamoSession>(
    session: &Session<S>,
    presented: &Presented<S::Key>,
    replaced: bool,
    cookie: &SessionCookie,
    headers: &mut HeaderMap,
) -> Result<(), Error> {
    if session.is_stored() {
        if presented.is(session.id()) {
            return Ok(());
        }
        return cookie.set(session.id(), headers);
    }
    // Only what this request ended is forgotten. A session that was found to be gone may have been renewed
    // by another request, whose response has brought the browser the new id.
    let destroyed = replaced || session.is_destroyed();
    if destroyed && !matches!(presented, Presented::Nothing) {
        return cookie.remove(headers);
    }
    Ok(())
}
