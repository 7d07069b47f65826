use std::any::type_name;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::cookie::SessionCookie;
use super::error_response::ErrorPage;
use super::request_head::RequestHead;
use super::settings::Settings;
use crate::context::ReadConsistency;
use crate::derived::DynamoSession;
#[cfg(feature = "interop")]
use crate::interop::ForeignStore;
use crate::store::SessionStore;

type Activity = Arc<dyn Fn(&RequestHead) -> bool + Send + Sync>;

/// Gives the handlers of a service their [`Session`](crate::Session): loads it when one asks, and commits it before the
/// response leaves.
///
/// In axum, add it to a router; [in actix-web](#in-actix-web), wrap an `App`. It is a [`tower`](https://docs.rs/tower) layer
/// for any other service of `http` requests, such as one on plain hyper or on `lambda_http`, whose code gets the session
/// from a [`RequestSession`](crate::RequestSession) in the request's extensions.
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
/// # In actix-web
///
/// With the feature `actix`, it is a middleware: `App::wrap` and `Scope::wrap` take it. What this page promises holds there as
/// in axum; [a page of the guide](crate::guide::actix) has a first application, and the few things that actix-web does
/// otherwise.
///
/// # The cookie
///
/// `__Host-Http-session`, with `Secure; HttpOnly; SameSite=Lax; Path=/`, kept until the browser is closed; a
/// [`SessionCookie`] sets what is to be different. It is sent when the session is stored under an id other than the one
/// that the request presented: after the first change, and after [`renew`](crate::Session::renew). For a session that the
/// browser keeps when it is closed, because the cookie is [`persistent`](crate::SessionCookieBuilder::persistent) or the
/// session is remembered, it is sent again whenever the expiry moves, and never outlives the session.
/// [`destroy`](crate::Session::destroy) removes it.
///
/// Where reads are to show [own writes](ReadConsistency::OwnWrites), a second cookie beside it, whose name ends in `-commit`,
/// says what the next read has to show. It is sent with each response whose request has written something, with the same
/// attributes, and removed with the other.
///
/// A presented id that is malformed, unknown or expired is not an error: the visitor counts as new, and the id is not
/// adopted. Each such request is traced as an event of level `DEBUG`, `session id rejected`, with the field
/// `monotonic_counter.dynamo_session_rejected_ids` for metrics. Of several different ids, the one that opens a session is
/// used, so that a planted cookie does not log the visitor out. Where two open sessions, it cannot be told which is the
/// visitor's: the request goes on with an empty session, nothing is stored in place of theirs, and a logout ends both. More
/// than four are refused with an error of kind [`InvalidId`](crate::ErrorKind::InvalidId), a 400.
///
/// # Caches
///
/// A response for which somebody asked for the session carries `Vary: cookie`, and `Cache-Control: private` unless the
/// application has set that header. With a new cookie, it carries `Cache-Control: no-store`, unless the application has
/// said `private` or `no-store` itself: anything else would let a shared cache hand one visitor's id to others. With the
/// second cookie alone, it is `private`.
///
/// # An id that another request has renewed
///
/// A browser sends several requests at once, and one of them may be the login. The others still carry the id from
/// before [`renew`](crate::Session::renew). For 60 seconds
/// ([`renewal_grace`](crate::SessionStoreBuilder::renewal_grace)) they are not taken for those of a new visitor, whose
/// cookie would overwrite that of the login. Their handlers get a fresh, empty session, since others may know the old id,
/// and:
///
/// - changes in a safe method (GET, HEAD, OPTIONS, TRACE) are dropped with a warning: the response stands, and sets no
///   cookie;
/// - changes in any other method fail with [`ErrorKind::Gone`](crate::ErrorKind::Gone), a 409 without a cookie;
/// - [`renew`](crate::Session::renew), a second login, begins a session of its own;
/// - [`destroy`](crate::Session::destroy) and [`Logout`](crate::Logout) end the renewed session.
///
/// The same holds for changes to a session that was loaded before another request renewed or ended it.
///
/// An id that opens nothing, since its session has expired or was ended, leaves no such trace: where its visitor logs in
/// while another tab still sends that id, and the other tab's handler changes its own empty session, the response that comes
/// last decides which cookie the browser keeps. A handler that changes nothing for strangers is safe from this.
///
/// Six requests that a new visitor's browser sends at once begin six sessions if their handlers change it; the browser
/// keeps the one whose response comes last, and the others expire. Change the session of a new visitor on the page that
/// the browser opens first, not in what that page loads.
///
/// # The commit
///
/// Takes place when the handler has returned, whatever the status of its response. If it fails, the error is
/// traced, and the answer to the error is sent in place of the handler's response: see [`on_error`](Self::on_error). A
/// session that was not changed never fails a response: its idle timeout is extended by one request that is not repeated
/// and given up after 250 ms, and if that fails, a warning is traced.
///
/// All that the layer does for a request, handlers' own calls apart, ends by the [`deadline`](Self::deadline).
///
/// A response that tells of a call that failed says that nothing was saved, so nothing is saved by the layer either.
///
/// If the handler's [`renew`](crate::Session::renew) or [`destroy`](crate::Session::destroy) failed, and the response does
/// not tell of that, the layer tries again. It commits nothing under an id that was to end, and keeps the cookie of a
/// session that could not be ended, so that the visitor can try again.
///
/// Nothing is committed:
///
/// - if the inner tower service fails, or the request is cancelled before it has returned;
/// - after [`Session::discard`](crate::Session::discard);
/// - if a handler panics while it holds the session, even if a layer in between catches the panic;
/// - if a [`Session`](crate::Session) is still alive when the handler has returned, in a task that it spawned or in the
///   response's body: that is an error of kind [`InUse`](crate::ErrorKind::InUse), and the response is a 500.
///
/// In the last two cases, an id that [`renew`](crate::Session::renew) has brought still reaches the browser, as long as
/// there is a response. If a panic, or a timeout outside this layer, leaves none, the browser keeps the id from before:
/// the visitor has to log in again.
///
/// A layer that gives up on handlers, such as a timeout, belongs outside this one: further down in the code
/// that builds the router. Inside, a handler that was given up on looks like one that returned, and what it had
/// changed so far is committed.
///
/// # Several session types
///
/// Add one layer for each, and give all but one another [`cookie`](Self::cookie). Two layers with one cookie answer every
/// request with an error of kind [`Configuration`](crate::ErrorKind::Configuration).
#[doc(alias = "actix")]
#[doc(alias = "axum")]
#[doc(alias = "cookie")]
#[doc(alias = "lambda")]
#[doc(alias = "middleware")]
#[doc(alias = "tower")]
pub struct SessionLayer<S: DynamoSession, E = ErrorPage> {
    pub(super) store: SessionStore<S>,
    pub(super) settings: Arc<Settings>,
    pub(super) on_error: Arc<E>,
    pub(super) activity: Activity,
    pub(super) has_warned: Arc<AtomicBool>,
}

impl<S: DynamoSession> SessionLayer<S> {
    /// A layer that keeps its sessions in this store. Add it to a router after the routes that it is for.
    pub fn new(store: SessionStore<S>) -> Self {
        Self {
            settings: Arc::new(Settings::of(&store)),
            store,
            on_error: Arc::default(),
            activity: Arc::new(|_| true),
            has_warned: Arc::default(),
        }
    }
}

impl<S: DynamoSession, E> SessionLayer<S, E> {
    /// Carries the id in this cookie.
    ///
    /// A [shared](crate::SessionStoreBuilder::shared_with) store has the other service's cookie, and takes no other: with this,
    /// every request that asks for its session is answered with an error of kind
    /// [`Configuration`](crate::ErrorKind::Configuration).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use dynamo_session::{DynamoSession, Error, SessionCookie, SessionLayer, SessionStore};
    /// # fn layer<Admin: DynamoSession>(store: SessionStore<Admin>) -> Result<(), Error> {
    /// let cookie = SessionCookie::builder().name("admin").build()?; // `__Host-Http-admin`
    /// let layer = SessionLayer::new(store).cookie(cookie);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn cookie(self, cookie: SessionCookie) -> Self {
        self.set(|settings| settings.set_cookie(cookie))
    }

    /// How long the layer may take for a request in all, the handler's own calls apart: 10 seconds by default.
    ///
    /// After it, the response is that to an error of kind [`Unavailable`](crate::ErrorKind::Unavailable). A write that was
    /// under way may still be applied.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # use dynamo_session::{DynamoSession, SessionLayer, SessionStore};
    /// # fn layer<S: DynamoSession>(store: SessionStore<S>) {
    /// // Less than the load balancer in front waits for an answer.
    /// let layer = SessionLayer::new(store).deadline(Duration::from_secs(5));
    /// # }
    /// ```
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        self.set(|settings| settings.deadline = deadline)
    }

    /// Whether the response to a logout carries `Clear-Site-Data: "cache", "cookies", "storage"`, which makes the browser
    /// forget everything that it keeps for this site. The default is `false`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use dynamo_session::{DynamoSession, SessionLayer, SessionStore};
    /// # fn layer<S: DynamoSession>(store: SessionStore<S>) {
    /// let layer = SessionLayer::new(store).clear_site_data(true);
    /// # }
    /// ```
    #[must_use]
    pub fn clear_site_data(self, clear: bool) -> Self {
        self.set(|settings| settings.clears_site_data = clear)
    }

    /// What a load is certain to show, in place of what the [store](crate::SessionStoreBuilder::read_consistency) is set to.
    /// [`ReadConsistency`] shows how a route has another one.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use dynamo_session::ReadConsistency;
    ///
    /// # use dynamo_session::{DynamoSession, SessionLayer, SessionStore};
    /// # fn layer<S: DynamoSession>(store: SessionStore<S>) {
    /// let layer = SessionLayer::new(store).read_consistency(ReadConsistency::OwnWrites);
    /// # }
    /// ```
    #[must_use]
    pub fn read_consistency(self, consistency: ReadConsistency) -> Self {
        self.set(|settings| settings.read_consistency = Some(consistency))
    }

    /// Which requests are the visitor's activity, and extend the idle timeout: all but prefetches (`Sec-Purpose:
    /// prefetch`) by default. A page that polls in the background would otherwise keep its session alive for good.
    ///
    /// Other requests see the session, and their changes are stored; only its expiry stays where it is.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use dynamo_session::{DynamoSession, SessionLayer, SessionStore};
    /// # fn layer<S: DynamoSession>(store: SessionStore<S>) {
    /// let layer = SessionLayer::new(store).activity(|request| request.path() != "/notifications");
    /// # }
    /// ```
    #[must_use]
    pub fn activity(
        self,
        is_activity: impl Fn(&RequestHead) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { activity: Arc::new(is_activity), ..self }
    }

    /// Accepts another store's cookie from requests that have no session of this one, and adopts their sessions.
    ///
    /// A request without this layer's cookie and with the other one's, which must be signed, sees the other store's session
    /// as if it were one of its own: handlers, extractors and `Logout` do not know the difference. The first commit that has
    /// something to write stores it here and deletes the row there. The response then sets this layer's cookie, and removes
    /// the other one's for `Path=/`. A visit that writes nothing leaves the session where it is. See
    /// [`interop`](crate::interop) for what can happen in between.
    ///
    /// A request with both cookies costs one `GetItem`, as ever; one with the other cookie alone costs two, or three once its
    /// session was adopted; a forged one costs none. A `ForeignStore` that has no secrets, and is not
    /// [`unsigned`](crate::interop::ForeignStore::unsigned), answers every request that asks for its session with an error of
    /// kind [`Configuration`](crate::ErrorKind::Configuration).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use dynamo_session::{DynamoSession, SessionLayer, SessionStore};
    /// use dynamo_session::interop::ForeignStore;
    ///
    /// # fn layer<S: DynamoSession>(store: SessionStore<S>) {
    /// let legacy = ForeignStore::connect_dynamodb("sessions").secrets(["keyboard cat"]);
    /// let layer = SessionLayer::new(store).adopt(legacy);
    /// # }
    /// ```
    #[cfg(feature = "interop")]
    #[cfg_attr(docsrs, doc(cfg(feature = "interop")))]
    #[must_use]
    pub fn adopt(self, foreign: ForeignStore) -> Self {
        self.set(|settings| settings.adopt(foreign))
    }

    /// Answers requests whose session has failed, in place of the default [`ErrorPage`]: where the layer's commit fails,
    /// where an extractor rejects, and where a handler returns the [`Error`](crate::Error).
    ///
    /// The error's kind is in the extensions of the response, also with the default. The error has been traced; its text
    /// is for logs, not for visitors.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use axum::response::{Html, IntoResponse};
    /// use dynamo_session::{Error, ErrorKind};
    /// use http::StatusCode;
    /// # use dynamo_session::{DynamoSession, SessionLayer, SessionStore};
    ///
    /// # fn layer<S: DynamoSession>(store: SessionStore<S>) {
    /// let layer = SessionLayer::new(store).on_error(|error: &Error| match error.kind() {
    ///     ErrorKind::Gone => {
    ///         (StatusCode::CONFLICT, Html("<p>Please <a href=\"/login\">log in</a> again.</p>")).into_response()
    ///     }
    ///     _ => (StatusCode::SERVICE_UNAVAILABLE, Html("<p>Back in a moment.</p>")).into_response(),
    /// });
    /// # let _: axum::Router = axum::Router::new().layer(layer);
    /// # }
    /// ```
    ///
    /// In actix-web, the function returns an `HttpResponse`. Write the type, `|error: &Error|`: without it, a closure is not
    /// general enough. In axum, end it with `.into_response()`.
    #[must_use]
    pub fn on_error<F>(self, respond: F) -> SessionLayer<S, F> {
        let Self { store, settings, on_error: _, activity, has_warned } = self;
        SessionLayer { store, settings, on_error: Arc::new(respond), activity, has_warned }
    }

    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }
}

impl<S: DynamoSession, E> Clone for SessionLayer<S, E> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            settings: self.settings.clone(),
            on_error: self.on_error.clone(),
            activity: self.activity.clone(),
            has_warned: self.has_warned.clone(),
        }
    }
}

impl<S: DynamoSession, E> fmt::Debug for SessionLayer<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayer")
            .field("session", &type_name::<S>())
            .field("store", &self.store)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
