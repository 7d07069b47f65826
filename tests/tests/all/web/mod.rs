//! The layer and the extractor, from the side of a browser.

mod aborted;
mod activity;
mod caches;
mod commits;
mod cookie_settings;
mod cookies;
mod ended;
mod endings;
mod errors;
mod handles;
mod hostile;
mod keys;
mod loading;
mod misconfigured;
mod own_writes;
mod parallel;
mod presented_ids;
mod recently_authenticated;
mod remembered;
mod service;
mod superseded;
mod unchanged;
mod views;

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
    CreatedAt, DynamoSession, Error, ErrorKind, Expires, Logout, SameSite, Session, SessionCookie,
    SessionId, SessionKey, SessionLayer, SessionView,
};
use dynamo_session_tests::refusals::{DENIED, THROTTLED};
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

#[derive(Debug)]
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
        cookie.strip_prefix("__Host-Http-session=")?.split(';').next()?.parse().ok()
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
        let (world, store) = World::with_store::<Web>().await;
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
        self.world.items(&self.store).await.len()
    }
}

fn pair(id: &SessionId) -> String {
    format!("__Host-Http-session={}", id.expose_secret())
}
