//! The layer and the extractor, from the side of a browser.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use dynamo_session::{
    CreatedAt, DynamoSession, Error, ErrorKind, Expires, Session, SessionId, SessionKey,
    SessionLayer,
};
use dynamo_session_tests::{Fault, Traces, World};
use http::header::{CACHE_CONTROL, COOKIE, RETRY_AFTER, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::sync::{Notify, oneshot};
use tower::ServiceExt;

#[derive(Debug, DynamoSession)]
#[session(table = "web", idle_timeout = "30m", absolute_timeout = "12h", touch_interval = "1m")]
struct Web {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    user: Option<String>,
    cart: BTreeMap<String, f64>,
    #[session(counter)]
    visits: u64,
    #[session(guard)]
    plan: Option<String>,
}

const ATTRIBUTES: &str = "; HttpOnly; SameSite=Lax; Secure; Path=/";
const DENIED: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#AccessDeniedException","message":"no"}"#;
const THROTTLED: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow"}"#;

async fn visit(mut session: Session<Web>) -> String {
    session.visits += 1;
    session.visits.to_string()
}

async fn look(session: Session<Web>) -> String {
    format!("{:?} {}", session.user, session.visits)
}

async fn log_in(mut session: Session<Web>) -> Result<&'static str, Error> {
    session.renew().await?;
    session.user = Some("ada".to_owned());
    Ok("welcome")
}

async fn log_out(mut session: Session<Web>) -> Result<&'static str, Error> {
    session.destroy().await?;
    Ok("bye")
}

fn usual() -> Router {
    Router::new()
        .route("/visit", get(visit))
        .route("/look", get(look))
        .route("/log-in", get(log_in))
        .route("/log-out", get(log_out))
        .route("/static", get(|| async { "static" }))
}

/// An application and the world behind it.
struct Site {
    world: World,
    store: dynamo_session::SessionStore<Web>,
    app: Router,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Reply {
    fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// The id that the response brings the browser.
    fn id(&self) -> Option<SessionId> {
        let [cookie] = self.set_cookies()[..] else { return None };
        cookie.strip_prefix("__Host-session=")?.split(';').next()?.parse().ok()
    }

    fn values(&self, name: HeaderName) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }
}

impl Site {
    async fn new(routes: Router) -> Self {
        Self::with(|layer| routes.layer(layer)).await
    }

    async fn with(app: impl FnOnce(SessionLayer<Web>) -> Router) -> Self {
        let world = World::new();
        let store = world.store::<Web>().await;
        let app = app(SessionLayer::new(store.clone()));
        Self { world, store, app }
    }

    async fn send(&self, request: http::request::Builder) -> Reply {
        let request = request.body(Body::empty()).unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.into()).unwrap(),
        }
    }

    async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path)).await
    }

    async fn get_as(&self, path: &str, id: &SessionId) -> Reply {
        self.send(Request::get(path).header(COOKIE, pair(id))).await
    }

    /// A session that was stored earlier.
    async fn visitor(&self) -> SessionId {
        let mut session = self.store.create();
        session.visits = 10;
        let _ = session.commit().await.unwrap();
        self.world.network.take_sent();
        session.id().clone()
    }

    fn operations(&self) -> Vec<String> {
        self.world.network.take_sent().into_iter().map(|sent| sent.operation).collect()
    }

    async fn visits(&self, id: &SessionId) -> u64 {
        self.world.load(&self.store, id).await.visits
    }

    async fn items(&self) -> usize {
        let scan = self.world.direct.scan().table_name(self.store.table_name());
        scan.send().await.unwrap().items().len()
    }
}

fn pair(id: &SessionId) -> String {
    format!("__Host-session={}", id.expose_secret())
}

mod a_session_is_loaded_only_when_asked_for {
    use super::*;

    #[tokio::test]
    async fn a_handler_that_does_not_ask_costs_nothing() {
        let site = Site::new(usual()).await;
        let id = site.visitor().await;
        site.world.clock.advance(Duration::from_secs(600));
        let reply = site.get_as("/static", &id).await;
        assert_eq!(reply.body, "static");
        assert!(site.operations().is_empty());
        assert!(reply.headers.get(SET_COOKIE).is_none());
        assert!(reply.headers.get(VARY).is_none());
    }

    #[tokio::test]
    async fn a_handler_that_asks_costs_one_read_and_a_change_one_write() {
        let site = Site::new(usual()).await;
        let id = site.visitor().await;
        assert_eq!(site.get_as("/look", &id).await.body, "None 10");
        assert_eq!(site.operations(), ["GetItem"]);
        assert_eq!(site.get_as("/visit", &id).await.body, "11");
        assert_eq!(site.operations(), ["GetItem", "UpdateItem"]);
        assert_eq!(site.visits(&id).await, 11);
    }

    #[tokio::test]
    async fn looking_extends_the_idle_timeout_when_that_is_due() {
        let site = Site::new(usual()).await;
        let id = site.visitor().await;
        let before = site.world.load(&site.store, &id).await.expires_at();
        site.world.clock.advance(Duration::from_secs(600));
        site.get_as("/look", &id).await;
        let after = site.world.load(&site.store, &id).await.expires_at();
        assert_eq!(after.epoch_seconds(), before.epoch_seconds() + 600);
    }

    #[tokio::test]
    async fn extractors_of_one_request_share_one_session() {
        async fn count(mut session: Session<Web>, request: Request, next: Next) -> Response {
            session.visits += 1;
            drop(session);
            next.run(request).await
        }
        let site = Site::new(usual().layer(middleware::from_fn(count))).await;
        let id = site.visitor().await;
        assert_eq!(site.get_as("/visit", &id).await.body, "12");
        assert_eq!(site.operations(), ["GetItem", "UpdateItem"]);
        assert_eq!(site.visits(&id).await, 12);

        let new = site.get("/visit").await;
        assert_eq!(new.body, "2");
        assert_eq!(site.visits(&new.id().unwrap()).await, 2);
    }

    #[tokio::test]
    async fn without_the_layer_the_rejection_names_it_and_the_type() {
        let app: Router = Router::new().route(
            "/",
            get(|session: Result<Session<Web>, Error>| async move {
                let error = session.unwrap_err();
                assert!(error.is_configuration());
                error.to_string()
            }),
        );
        let response = app.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
        let body = to_bytes(response.into_body(), 9999).await.unwrap();
        let body = std::str::from_utf8(&body).unwrap();
        assert!(body.contains("web::Web"), "{body}");
        assert!(body.contains(".layer(SessionLayer::new(store))"), "{body}");

        let app = usual();
        let request = Request::get("/look").body(Body::empty()).unwrap();
        let response = app.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}

mod one_handle_at_a_time {
    use super::*;

    #[tokio::test]
    async fn a_second_extractor_while_one_is_alive_is_a_named_rejection() {
        async fn twice(
            mut first: Session<Web>,
            second: Result<Session<Web>, Error>,
        ) -> &'static str {
            assert_eq!(second.unwrap_err().kind(), ErrorKind::InUse);
            first.visits += 1;
            "refused"
        }
        async fn refused(_: Session<Web>, _: Session<Web>) {}
        let site =
            Site::new(Router::new().route("/", get(twice)).route("/refused", get(refused))).await;
        let id = site.visitor().await;
        assert_eq!(site.get_as("/", &id).await.body, "refused");
        assert_eq!(site.visits(&id).await, 11, "the first one is not harmed");
        let reply = site.get_as("/refused", &id).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[tokio::test]
    async fn a_session_held_by_a_task_fails_the_response_and_is_not_committed() {
        let traces = Traces::collect();
        let release = Arc::new(Notify::new());
        let released = release.clone();
        let (done, dropped) = oneshot::channel();
        let done = Arc::new(Mutex::new(Some(done)));
        let handler = move |mut session: Session<Web>| async move {
            session.visits += 1;
            tokio::spawn(async move {
                released.notified().await;
                session.visits += 1;
                drop(session);
                done.lock().unwrap().take().unwrap().send(()).unwrap();
            });
            "lost?"
        };
        let site = Site::new(Router::new().route("/", get(handler))).await;
        let id = site.visitor().await;
        let reply = site.get_as("/", &id).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!reply.body.contains("lost?"));
        release.notify_one();
        dropped.await.unwrap();
        assert_eq!(site.visits(&id).await, 10);
        let traces = traces.text();
        assert!(traces.contains("ERROR") && traces.contains("still had it"), "{traces}");
    }

    #[tokio::test]
    async fn a_session_held_by_the_body_fails_the_response() {
        /// A body that would count its frames in the session.
        struct Counting(Session<Web>);

        impl axum::body::HttpBody for Counting {
            type Data = axum::body::Bytes;
            type Error = Infallible;

            fn poll_frame(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> Poll<Option<Result<http_body::Frame<Self::Data>, Infallible>>> {
                self.get_mut().0.visits += 1;
                Poll::Ready(None)
            }
        }
        let handler = |session: Session<Web>| async { Response::new(Body::new(Counting(session))) };
        let site = Site::new(Router::new().route("/", get(handler))).await;
        let id = site.visitor().await;
        let reply = site.get_as("/", &id).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(site.visits(&id).await, 10);
    }

    #[tokio::test]
    async fn a_task_that_is_done_in_time_may_have_it() {
        let handler = |mut session: Session<Web>| async {
            tokio::spawn(async move { session.visits += 1 }).await.unwrap();
        };
        let site = Site::new(Router::new().route("/", get(handler))).await;
        let id = site.visitor().await;
        assert_eq!(site.get_as("/", &id).await.status, StatusCode::OK);
        assert_eq!(site.visits(&id).await, 11);
    }
}

mod a_panic_or_a_cancelled_request_commits_nothing {
    use super::*;

    /// Turns a panic further in into a response, as `tower_http::catch_panic` does.
    async fn catch_panic(request: Request, next: Next) -> Response {
        let mut response = pin!(next.run(request));
        poll_fn(|context| {
            let poll = AssertUnwindSafe(|| response.as_mut().poll(context));
            std::panic::catch_unwind(poll).unwrap_or_else(|_| {
                Poll::Ready((StatusCode::INTERNAL_SERVER_ERROR, "caught").into_response())
            })
        })
        .await
    }

    #[tokio::test]
    async fn a_panic_commits_nothing_even_where_a_layer_between_catches_it() {
        async fn panics(mut session: Session<Web>) {
            session.visits += 1;
            if session.visits > 0 {
                panic!("on purpose");
            }
        }
        let routes = Router::new().route("/", get(panics)).layer(middleware::from_fn(catch_panic));
        let site = Site::new(routes).await;
        let id = site.visitor().await;
        assert_eq!(site.get_as("/", &id).await.body, "caught");
        assert_eq!(site.operations(), ["GetItem"]);
        assert_eq!(site.visits(&id).await, 10);
    }

    #[tokio::test]
    async fn a_panic_in_a_task_that_has_the_session_commits_nothing() {
        async fn panics(mut session: Session<Web>) -> &'static str {
            let task = tokio::spawn(async move {
                session.visits += 1;
                panic!("on purpose");
            });
            assert!(task.await.is_err());
            "survived"
        }
        let site = Site::new(Router::new().route("/", get(panics))).await;
        let id = site.visitor().await;
        assert_eq!(site.get_as("/", &id).await.body, "survived");
        assert_eq!(site.visits(&id).await, 10);
    }

    #[tokio::test]
    async fn a_panic_after_a_renewal_still_brings_the_new_id() {
        async fn panics(mut session: Session<Web>) {
            session.renew().await.unwrap();
            session.visits += 1;
            if session.visits > 0 {
                panic!("on purpose");
            }
        }
        let routes = Router::new().route("/", get(panics)).layer(middleware::from_fn(catch_panic));
        let site = Site::new(routes).await;
        let id = site.visitor().await;
        let reply = site.get_as("/", &id).await;
        assert_eq!(reply.body, "caught");
        assert_eq!(site.visits(&reply.id().unwrap()).await, 10);
    }

    #[tokio::test]
    async fn a_cancelled_request_commits_nothing() {
        let reached = Arc::new(Notify::new());
        let reaches = reached.clone();
        let handler = move |mut session: Session<Web>| async move {
            session.visits += 1;
            reaches.notify_one();
            std::future::pending::<()>().await;
        };
        let site = Site::new(Router::new().route("/", get(handler))).await;
        let id = site.visitor().await;
        tokio::select! {
            _ = site.get_as("/", &id) => panic!("the handler does not return"),
            () = reached.notified() => {}
        }
        assert_eq!(site.operations(), ["GetItem"]);
        assert_eq!(site.visits(&id).await, 10);
    }

    #[tokio::test]
    async fn a_cancelled_load_leaves_the_session_to_the_next_extractor() {
        async fn impatient(request: Request) -> &'static str {
            let (mut parts, _) = request.into_parts();
            let loading = axum::RequestPartsExt::extract::<Session<Web>>(&mut parts);
            assert!(tokio::time::timeout(Duration::from_millis(20), loading).await.is_err());
            let mut session: Session<Web> =
                axum::RequestPartsExt::extract(&mut parts).await.unwrap();
            session.visits += 1;
            "patient"
        }
        let site = Site::new(Router::new().route("/", get(impatient))).await;
        let id = site.visitor().await;
        site.world.network.fail_next("GetItem", Fault::Hold(Arc::new(Notify::new())));
        assert_eq!(site.get_as("/", &id).await.body, "patient");
        assert_eq!(site.visits(&id).await, 11);
    }
}

mod the_commit_comes_before_the_response {
    use super::*;

    #[tokio::test]
    async fn whatever_the_status_is() {
        for status in [200, 302, 404, 500, 503] {
            let handler = move |mut session: Session<Web>| async move {
                session.visits += 1;
                StatusCode::from_u16(status).unwrap()
            };
            let site = Site::new(Router::new().route("/", get(handler))).await;
            let id = site.visitor().await;
            assert_eq!(site.get_as("/", &id).await.status, status);
            assert_eq!(site.visits(&id).await, 11, "{status}");
        }
    }

    #[tokio::test]
    async fn also_when_a_later_extractor_refuses_the_request() {
        async fn count(mut session: Session<Web>, request: Request, next: Next) -> Response {
            session.visits += 1;
            drop(session);
            next.run(request).await
        }
        async fn refuses(_: Session<Web>, _: axum::Form<BTreeMap<String, u8>>) {}
        let routes = Router::new().route("/", get(refuses)).layer(middleware::from_fn(count));
        let site = Site::new(routes).await;
        let id = site.visitor().await;
        let request = Request::get("/?x=y").header(COOKIE, pair(&id));
        assert!(site.send(request).await.status.is_client_error());
        assert_eq!(site.visits(&id).await, 11);
    }

    #[tokio::test]
    async fn a_commit_that_fails_is_a_failed_response_that_tells_nothing() {
        let traces = Traces::collect();
        let site = Site::new(usual()).await;
        let id = site.visitor().await;
        site.world.network.fail_next("UpdateItem", Fault::Answer(400, DENIED));
        let reply = site.get_as("/visit", &id).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(reply.body, "Something went wrong on our side.\n");
        let traces = traces.text();
        assert!(traces.contains("ERROR") && traces.contains("AccessDeniedException"), "{traces}");
        assert!(!traces.contains(&id.expose_secret()));
        assert!(traces.contains(&id.fingerprint()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_too_busy_to_commit_asks_to_try_again() {
        let site = Site::new(usual()).await;
        let id = site.visitor().await;
        for fault in [Fault::Answer(400, THROTTLED), Fault::LoseRequest] {
            for _ in 0..10 {
                site.world.network.fail_next("UpdateItem", fault.clone());
            }
            let reply = site.get_as("/visit", &id).await;
            assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(reply.values(RETRY_AFTER), ["1"]);
            site.world.network.forget_faults();
        }
        assert_eq!(site.visits(&id).await, 10);
    }

    #[tokio::test]
    async fn a_new_session_that_cannot_be_stored_sets_no_cookie() {
        let site = Site::new(usual()).await;
        site.world.network.fail_next("PutItem", Fault::Answer(400, DENIED));
        let reply = site.get("/visit").await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(reply.set_cookies().is_empty());
    }

    #[tokio::test]
    async fn a_field_that_cannot_be_stored_fails_the_response() {
        let handler = |mut session: Session<Web>| async move {
            session.cart.insert("apples".to_owned(), f64::NAN);
        };
        let site = Site::new(Router::new().route("/", get(handler))).await;
        let id = site.visitor().await;
        assert_eq!(site.get_as("/", &id).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[tokio::test]
    async fn a_broken_guard_is_a_conflict() {
        let site = Arc::new(Site::new(usual()).await);
        let id = site.visitor().await;
        let (store, other) = (site.store.clone(), id.clone());
        let handler = move |mut session: Session<Web>| async move {
            let mut winner = store.load(&other).await.unwrap().unwrap();
            winner.plan = Some("gold".to_owned());
            let _ = winner.commit().await.unwrap();
            session.plan = Some("silver".to_owned());
            "lost?"
        };
        let app =
            Router::new().route("/", get(handler)).layer(SessionLayer::new(site.store.clone()));
        let request = Request::get("/").header(COOKIE, pair(&id)).body(Body::empty()).unwrap();
        assert_eq!(app.oneshot(request).await.unwrap().status(), StatusCode::CONFLICT);
        assert_eq!(site.world.load(&site.store, &id).await.plan.as_deref(), Some("gold"));
    }

    #[tokio::test]
    async fn changes_to_a_session_that_ended_meanwhile_fail_and_do_not_revive_it() {
        let site = Site::new(usual()).await;
        let id = site.visitor().await;
        let (store, other) = (site.store.clone(), id.clone());
        let handler = move |mut session: Session<Web>| async move {
            store.destroy(&other).await.unwrap();
            session.visits += 1;
            "lost?"
        };
        let app =
            Router::new().route("/", get(handler)).layer(SessionLayer::new(site.store.clone()));
        let request = Request::get("/").header(COOKIE, pair(&id)).body(Body::empty()).unwrap();
        let response = app.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::CONFLICT);
        // The browser may have got a renewed id meanwhile, which must not be removed.
        assert!(response.headers().get(SET_COOKIE).is_none());
        assert_eq!(site.items().await, 0);
    }

    #[tokio::test]
    async fn a_touch_that_fails_loses_nothing_and_is_traced() {
        let traces = Traces::collect();
        let site = Site::new(usual()).await;
        let id = site.visitor().await;
        site.world.clock.advance(Duration::from_secs(600));
        site.world.network.fail_next("UpdateItem", Fault::Answer(400, DENIED));
        let reply = site.get_as("/look", &id).await;
        assert_eq!((reply.status, &*reply.body), (StatusCode::OK, "None 10"));
        assert!(traces.text().contains("session not touched"), "{}", traces.text());
    }

    #[tokio::test]
    async fn a_store_that_cannot_be_read_is_never_a_stranger() {
        let site = Site::new(usual()).await;
        let id = site.visitor().await;
        site.world.network.fail_next("GetItem", Fault::Answer(400, DENIED));
        let reply = site.get_as("/visit", &id).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(reply.set_cookies().is_empty());
        assert_eq!(site.operations(), ["GetItem"]);
        assert_eq!(site.items().await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_too_busy_to_read_asks_to_try_again() {
        let site = Site::new(usual()).await;
        let id = site.visitor().await;
        for _ in 0..10 {
            site.world.network.fail_next("GetItem", Fault::LoseRequest);
        }
        let reply = site.get_as("/visit", &id).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(reply.values(RETRY_AFTER), ["1"]);
        assert!(reply.set_cookies().is_empty());
    }
}

mod the_cookie {
    use super::*;

    #[tokio::test]
    async fn a_visitor_who_changes_nothing_gets_none_and_nothing_is_stored() {
        let site = Site::new(usual()).await;
        let reply = site.get("/look").await;
        assert_eq!(reply.body, "None 0");
        assert!(reply.set_cookies().is_empty());
        assert!(reply.headers.get(VARY).is_none());
        assert!(reply.headers.get(CACHE_CONTROL).is_none());
        assert!(site.operations().is_empty());
        assert_eq!(site.items().await, 0);
    }

    #[tokio::test]
    async fn the_first_change_sets_it_with_every_attribute() {
        let site = Site::new(usual()).await;
        let reply = site.get("/visit").await;
        let id = reply.id().unwrap();
        assert_eq!(reply.set_cookies(), [format!("{}{ATTRIBUTES}", pair(&id))]);
        assert_eq!(site.visits(&id).await, 1);

        let again = site.get_as("/visit", &id).await;
        assert_eq!(again.body, "2");
        assert!(again.set_cookies().is_empty());
    }

    #[tokio::test]
    async fn it_is_set_too_when_the_handler_commits_by_itself() {
        async fn commits(mut session: Session<Web>) -> Result<(), Error> {
            session.visits += 1;
            let _ = session.commit().await?;
            Ok(())
        }
        let site = Site::new(Router::new().route("/", get(commits))).await;
        let reply = site.get("/").await;
        assert_eq!(site.operations(), ["PutItem"]);
        assert_eq!(site.visits(&reply.id().unwrap()).await, 1);
    }

    #[tokio::test]
    async fn a_renewed_session_gets_a_new_one_and_the_old_id_opens_nothing() {
        let site = Site::new(usual()).await;
        let old = site.visitor().await;
        let reply = site.get_as("/log-in", &old).await;
        let new = reply.id().unwrap();
        assert_ne!(new, old);
        assert_eq!(site.get_as("/look", &new).await.body, r#"Some("ada") 10"#);
        assert_eq!(site.get_as("/look", &old).await.body, "None 0");
        assert_eq!(site.items().await, 1);
    }

    #[tokio::test]
    async fn a_renewed_id_reaches_the_browser_even_when_the_commit_fails() {
        let site = Site::new(usual()).await;
        let old = site.visitor().await;
        site.world.network.fail_next("UpdateItem", Fault::Answer(400, DENIED));
        let reply = site.get_as("/log-in", &old).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(site.get_as("/look", &reply.id().unwrap()).await.body, "None 10");
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_whose_answer_was_lost_is_finished_for_the_handler() {
        let site = Site::new(usual()).await;
        let old = site.visitor().await;
        for _ in 0..3 {
            site.world.network.fail_next("TransactWriteItems", Fault::LoseResponse);
        }
        let reply = site.get_as("/log-in", &old).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(site.get_as("/look", &reply.id().unwrap()).await.body, "None 10");
    }

    #[tokio::test]
    async fn a_login_whose_renewal_fails_is_never_committed_under_the_old_id() {
        async fn log_in(mut session: Session<Web>) -> Result<(), Error> {
            session.user = Some("ada".to_owned());
            session.renew().await
        }
        let site = Site::new(Router::new().route("/", get(log_in))).await;
        let old = site.visitor().await;
        for _ in 0..2 {
            site.world.network.fail_next("TransactWriteItems", Fault::Answer(400, DENIED));
        }
        let reply = site.get_as("/", &old).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(reply.set_cookies().is_empty());
        assert_eq!(site.world.load(&site.store, &old).await.user, None);
    }

    #[tokio::test(start_paused = true)]
    async fn nor_is_one_whose_renewal_waited_for_an_earlier_commit() {
        async fn log_in(mut session: Session<Web>) -> Result<(), Error> {
            session.visits += 1;
            session.commit().await.unwrap_err();
            session.user = Some("ada".to_owned());
            session.renew().await
        }
        let site = Site::new(Router::new().route("/", get(log_in))).await;
        let old = site.visitor().await;
        for _ in 0..6 {
            site.world.network.fail_next("UpdateItem", Fault::LoseRequest);
        }
        site.world.network.fail_next("TransactWriteItems", Fault::Answer(400, DENIED));
        let reply = site.get_as("/", &old).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        let session = site.world.load(&site.store, &old).await;
        assert_eq!((session.visits, &session.user), (11, &None));
    }

    #[tokio::test(start_paused = true)]
    async fn logging_out_ends_a_renewal_whose_answer_was_lost() {
        async fn renew_and_log_out(mut session: Session<Web>) {
            session.renew().await.unwrap_err();
            session.destroy().await.unwrap();
        }
        let site = Site::new(Router::new().route("/", get(renew_and_log_out))).await;
        let old = site.visitor().await;
        for _ in 0..3 {
            site.world.network.fail_next("TransactWriteItems", Fault::LoseResponse);
        }
        let reply = site.get_as("/", &old).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(site.items().await, 0);
    }

    #[tokio::test]
    async fn logging_out_removes_it_and_a_replayed_one_is_a_stranger() {
        let site = Site::new(usual()).await;
        let id = site.visitor().await;
        let reply = site.get_as("/log-out", &id).await;
        assert_eq!(reply.status, StatusCode::OK);
        let [removal] = reply.set_cookies()[..] else { panic!("one cookie") };
        assert!(
            removal.starts_with(&format!("__Host-session={ATTRIBUTES}; Max-Age=0; ")),
            "{removal}"
        );
        assert_eq!(reply.values(CACHE_CONTROL), ["no-store"]);
        assert_eq!(site.items().await, 0);

        assert_eq!(site.get_as("/look", &id).await.body, "None 0");
        let changed = site.get_as("/visit", &id).await;
        assert_ne!(changed.id().unwrap(), id);
    }

    #[tokio::test]
    async fn logging_out_without_one_sets_none() {
        let site = Site::new(usual()).await;
        assert!(site.get("/log-out").await.set_cookies().is_empty());
    }

    #[tokio::test]
    async fn changes_before_logging_out_go_with_the_session() {
        let handler = |mut session: Session<Web>| async move {
            session.visits += 1;
            session.destroy().await.unwrap();
        };
        let site = Site::new(Router::new().route("/", get(handler))).await;
        let id = site.visitor().await;
        assert_eq!(site.get_as("/", &id).await.status, StatusCode::OK);
        assert_eq!(site.items().await, 0);
    }

    #[tokio::test]
    async fn changes_after_logging_out_are_not_lost_in_silence() {
        let handler = |mut session: Session<Web>| async move {
            session.destroy().await.unwrap();
            session.visits += 1;
            "lost?"
        };
        let site = Site::new(Router::new().route("/", get(handler))).await;
        let id = site.visitor().await;
        let reply = site.get_as("/", &id).await;
        assert_eq!(reply.status, StatusCode::CONFLICT);
        assert!(reply.set_cookies()[0].contains("Max-Age=0"), "the logout holds");
        assert_eq!(site.items().await, 0);
    }

    #[tokio::test]
    async fn after_logging_out_the_next_extractor_gets_a_new_session() {
        async fn greet(request: Request, next: Next) -> Response {
            let (mut parts, body) = request.into_parts();
            let mut old: Session<Web> = axum::RequestPartsExt::extract(&mut parts).await.unwrap();
            old.destroy().await.unwrap();
            drop(old);
            next.run(Request::from_parts(parts, body)).await
        }
        let site = Site::new(usual().layer(middleware::from_fn(greet))).await;
        let id = site.visitor().await;
        let changed = site.get_as("/visit", &id).await;
        assert_eq!(changed.body, "1");
        let new = changed.id().unwrap();
        assert_eq!(site.visits(&new).await, 1);
        assert_eq!(site.items().await, 1);

        let looked = site.get_as("/look", &new).await;
        assert!(looked.set_cookies()[0].contains("Max-Age=0"));
        assert_eq!(site.items().await, 0);
    }

    #[tokio::test]
    async fn a_response_that_sets_it_is_kept_from_caches_unless_the_application_says_otherwise() {
        let site = Site::new(usual()).await;
        let reply = site.get("/visit").await;
        assert_eq!(reply.values(CACHE_CONTROL), ["no-store"]);
        assert_eq!(reply.values(VARY), ["cookie"]);

        for (vary, expected) in [
            ("accept-encoding", vec!["accept-encoding", "cookie"]),
            ("Accept-Encoding, Cookie", vec!["Accept-Encoding, Cookie"]),
            ("*", vec!["*"]),
            ("x-cookie", vec!["x-cookie", "cookie"]),
        ] {
            let handler = move |mut session: Session<Web>| async move {
                session.visits += 1;
                [(CACHE_CONTROL, "private"), (VARY, vary), (SET_COOKIE, "theme=dark")]
            };
            let site = Site::new(Router::new().route("/", get(handler))).await;
            let reply = site.get("/").await;
            assert_eq!(reply.values(CACHE_CONTROL), ["private"]);
            assert_eq!(reply.values(VARY), expected);
            assert_eq!(reply.set_cookies().len(), 2, "the application's own cookie stays");
        }
    }

    #[tokio::test]
    async fn for_development_it_goes_without_prefix_and_secure_after_a_warning() {
        let traces = Traces::collect();
        let site = Site::with(|layer| usual().layer(layer.insecure_for_development())).await;
        let warning = traces.text();
        assert!(warning.contains("WARN") && warning.contains("plain http"), "{warning}");

        let reply = site.get("/visit").await;
        let [cookie] = reply.set_cookies()[..] else { panic!("one cookie") };
        let (pair, attributes) = cookie.split_once(';').unwrap();
        assert!(pair.starts_with("session="), "{cookie}");
        assert_eq!(attributes, " HttpOnly; SameSite=Lax; Path=/");
        assert_eq!(site.send(Request::get("/visit").header(COOKIE, pair)).await.body, "2");
    }

    #[tokio::test]
    async fn session_types_with_a_cookie_each_live_side_by_side() {
        #[derive(DynamoSession)]
        #[session(table = "admins")]
        struct Admin {
            #[session(hash_key)]
            id: SessionId,
            #[session(ttl)]
            expires_at: Expires,
            level: u8,
        }
        async fn both(mut web: Session<Web>, mut admin: Session<Admin>) -> String {
            web.visits += 1;
            admin.level += 1;
            format!("{} {}", web.visits, admin.level)
        }
        let world = World::new();
        let (web, admin) = (world.store::<Web>().await, world.store::<Admin>().await);
        let app = Router::new()
            .route("/", get(both))
            .layer(SessionLayer::new(web.clone()))
            .layer(SessionLayer::new(admin).cookie_name("admin"));
        let site = Site { world, store: web, app };
        let reply = site.get("/").await;
        let pairs: Vec<&str> =
            reply.set_cookies().iter().map(|cookie| cookie.split(';').next().unwrap()).collect();
        assert!(pairs[0].starts_with("__Host-session=") && pairs[1].starts_with("__Host-admin="));
        let again = site.send(Request::get("/").header(COOKIE, pairs.join("; "))).await;
        assert_eq!(again.body, "2 2");
    }

    #[tokio::test]
    async fn a_name_that_no_cookie_can_have_is_refused_at_the_start() {
        let store = World::new().store::<Web>().await;
        for name in ["", "two words", "a=b", "a;b", "ä", "__Host-session", "__secure-x"] {
            let layer = SessionLayer::new(store.clone());
            let named = std::panic::catch_unwind(AssertUnwindSafe(|| layer.cookie_name(name)));
            assert!(named.is_err(), "{name:?}");
        }
    }
}

mod a_presented_id_is_untrusted {
    use super::*;

    async fn is_a_stranger(
        site: &Site,
        request: http::request::Builder,
        what: &str,
    ) -> Vec<String> {
        let reply = site.send(request).await;
        assert_eq!(reply.status, StatusCode::OK, "{what}");
        assert_eq!(reply.body, "1", "{what}");
        assert!(reply.id().is_some(), "{what}: a fresh id");
        site.operations()
    }

    #[tokio::test]
    async fn a_malformed_one_makes_a_stranger_without_a_database_call() {
        let site = Site::new(usual()).await;
        let id = site.visitor().await.expose_secret();
        let values = [
            String::new(),
            id[1..].to_owned(),
            format!("{id}A"),
            format!("\"{id}\""),
            format!("{}=", &id[1..]),
            format!("{}+", &id[1..]),
            format!("{}%", &id[1..]),
            // The same bits, but not in their canonical form.
            format!("{}B", &id[..42]),
            "A".repeat(8 << 20),
            "../../etc/passwd".to_owned(),
            "' OR 1=1 --".to_owned(),
            "\u{e4}".repeat(43),
        ];
        for value in values {
            let header = HeaderValue::from_bytes(format!("__Host-session={value}").as_bytes());
            let request = Request::get("/visit").header(COOKIE, header.unwrap());
            let what: String = value.chars().take(60).collect();
            assert_eq!(is_a_stranger(&site, request, &what).await, ["PutItem"], "{what}");
        }
        // Newer versions of `http` refuse NUL bytes; where one gets through, it is malformed.
        if let Ok(nul) =
            HeaderValue::from_bytes(format!("__Host-session=\0{}", &id[1..]).as_bytes())
        {
            let request = Request::get("/visit").header(COOKIE, nul);
            assert_eq!(is_a_stranger(&site, request, "NUL").await, ["PutItem"]);
        }
        let latin = HeaderValue::from_bytes(b"__Host-session=\xff\xfe\x80").unwrap();
        let request = Request::get("/visit").header(COOKIE, latin);
        assert_eq!(is_a_stranger(&site, request, "not UTF-8").await, ["PutItem"]);
    }

    #[tokio::test]
    async fn an_unknown_one_is_never_adopted() {
        let site = Site::new(usual()).await;
        let chosen = SessionId::generate();
        let reply = site.get_as("/visit", &chosen).await;
        assert_eq!(reply.body, "1");
        assert_ne!(reply.id().unwrap(), chosen);
        assert!(site.store.load(&chosen).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn an_expired_one_is_never_adopted() {
        let site = Site::new(usual()).await;
        let id = site.visitor().await;
        site.world.clock.advance(Duration::from_secs(1800));
        let reply = site.get_as("/visit", &id).await;
        assert_eq!(reply.body, "1");
        assert_ne!(reply.id().unwrap(), id);
    }

    #[tokio::test]
    async fn other_cookies_of_any_bytes_do_not_cost_the_session() {
        let site = Site::new(usual()).await;
        let id = site.visitor().await;
        let pair = pair(&id);
        let mut odd = b"theme=\xff\xfe; =; ;; novalue; __host-session=x; session=y; ".to_vec();
        odd.extend_from_slice(pair.as_bytes());
        let request = Request::get("/look").header(COOKIE, HeaderValue::from_bytes(&odd).unwrap());
        assert_eq!(site.send(request).await.body, "None 10");

        // HTTP/2 may send each cookie in a header of its own.
        let mut request = Request::get("/look");
        for n in 0..2000 {
            request = request.header(COOKIE, format!("c{n}=v"));
        }
        assert_eq!(site.send(request.header(COOKIE, pair)).await.body, "None 10");
    }

    #[tokio::test]
    async fn of_several_none_is_taken_unless_they_are_the_same() {
        let site = Site::new(usual()).await;
        let (mine, planted) = (site.visitor().await, site.visitor().await);
        for (first, second) in [(&mine, &planted), (&planted, &mine)] {
            let both = format!("{}; {}", pair(first), pair(second));
            let request = Request::get("/look").header(COOKIE, both);
            assert_eq!(site.send(request).await.body, "None 0");
            let request =
                Request::get("/look").header(COOKIE, pair(first)).header(COOKIE, pair(second));
            assert_eq!(site.send(request).await.body, "None 0");
        }
        assert!(site.operations().is_empty());

        let twice = format!("{}; __Host-session=junk; {}", pair(&mine), pair(&mine));
        let reply = site.send(Request::get("/look").header(COOKIE, twice)).await;
        assert_eq!(reply.body, "None 10");
    }

    #[tokio::test]
    async fn rejected_ids_are_traced_for_counting_without_the_secret() {
        let traces = Traces::collect();
        let site = Site::new(usual()).await;
        let unknown = SessionId::generate();
        let malformed = &unknown.expose_secret()[1..];
        site.get_as("/look", &unknown).await;
        site.send(Request::get("/look").header(COOKIE, format!("__Host-session={malformed}")))
            .await;
        let traces = traces.text();
        assert_eq!(traces.matches("session id rejected").count(), 2, "{traces}");
        assert_eq!(traces.matches("monotonic_counter.dynamo_session_rejected_ids=1").count(), 2);
        assert!(traces.contains(&unknown.fingerprint()), "{traces}");
        assert!(!traces.contains(malformed), "{traces}");
    }

    #[tokio::test]
    async fn no_id_is_ever_traced() {
        let traces = Traces::collect();
        let site = Site::new(usual()).await;
        let first = site.get("/visit").await.id().unwrap();
        let second = site.get_as("/log-in", &first).await.id().unwrap();
        site.world.network.fail_next("UpdateItem", Fault::Answer(400, DENIED));
        site.get_as("/visit", &second).await;
        site.get_as("/log-out", &second).await;
        let traces = traces.text();
        assert!(traces.contains(&first.fingerprint()) && traces.contains(&second.fingerprint()));
        for id in [first, second] {
            assert!(!traces.contains(&id.expose_secret()));
        }
    }
}

mod keys_of_other_types {
    use super::*;

    #[derive(DynamoSession)]
    #[session(table = "plain")]
    struct Plain<K: SessionKey> {
        #[session(hash_key)]
        id: K,
        #[session(ttl)]
        expires_at: Expires,
        visits: u32,
    }

    async fn count<K: SessionKey>(mut session: Session<Plain<K>>) -> String {
        session.visits += 1;
        session.visits.to_string()
    }

    async fn site<K: SessionKey>() -> (World, Router) {
        let world = World::new();
        let store = world.store::<Plain<K>>().await;
        let app = Router::new().route("/", get(count::<K>)).layer(SessionLayer::new(store));
        (world, app)
    }

    #[tokio::test]
    async fn string_and_uuid_keys_work_in_the_cookie() {
        async fn works<K: SessionKey>() {
            let (_world, app) = site::<K>().await;
            let request = Request::get("/").body(Body::empty()).unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            let cookie = response.headers()[SET_COOKIE].to_str().unwrap().to_owned();
            let pair = cookie.split(';').next().unwrap();
            let request = Request::get("/").header(COOKIE, pair).body(Body::empty()).unwrap();
            let response = app.oneshot(request).await.unwrap();
            assert!(response.headers().get(SET_COOKIE).is_none());
            assert_eq!(to_bytes(response.into_body(), 9).await.unwrap(), "2");
        }
        works::<String>().await;
        works::<uuid::Uuid>().await;
    }

    #[derive(Clone, PartialEq)]
    struct Odd(String);

    impl SessionKey for Odd {
        fn generate() -> Self {
            Self("two; words".to_owned())
        }

        fn parse(text: &str) -> Result<Self, Error> {
            Ok(Self(text.to_owned()))
        }

        fn expose_secret(&self) -> String {
            self.0.clone()
        }

        fn attribute_value(&self) -> String {
            self.0.clone()
        }
    }

    #[tokio::test]
    async fn a_key_that_no_cookie_can_carry_is_a_clear_error_and_nothing_is_stored() {
        let traces = Traces::collect();
        let (world, app) = site::<Odd>().await;
        let request = Request::get("/").body(Body::empty()).unwrap();
        let response = app.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(response.headers().get(SET_COOKIE).is_none());
        assert!(world.network.operations().is_empty());
        assert!(traces.text().contains("no cookie can carry it"), "{}", traces.text());
        assert!(!traces.text().contains("two; words"));
    }
}

mod a_session_that_was_not_changed_fails_no_response {
    use super::*;

    #[tokio::test]
    async fn looking_at_a_session_after_the_logout_is_no_change() {
        async fn log_out_and_look(mut session: Session<Web>) -> &'static str {
            session.destroy().await.unwrap();
            match session.user.take() {
                None => "nobody",
                Some(_) => "somebody",
            }
        }
        let routes = Router::new().route("/out", get(log_out_and_look));
        let site = Site::new(routes).await;
        let id = site.visitor().await;
        assert_eq!(site.get_as("/out", &id).await.status, StatusCode::OK);
        assert_eq!(site.items().await, 0);
    }
}
