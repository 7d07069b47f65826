//! What the layer promises, whatever the framework: compiled once for each, over the words of `on_axum` and `on_actix`.

mod aborted;
mod activity;
mod adopted;
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
mod served;
mod superseded;
mod unchanged;
mod views;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use dynamo_session::{
    CreatedAt, DynamoSession, Error, ErrorKind, Expires, Logout, RequestSession, SameSite, Session,
    SessionCookie, SessionId, SessionKey, SessionLayer, SessionView,
};
use dynamo_session_tests::refusals::{DENIED, THROTTLED};
use dynamo_session_tests::{Fault, Traces, World};
use futures_util::future::join_all;
use http::header::{CACHE_CONTROL, COOKIE, RETRY_AFTER, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use tokio::sync::{Notify, oneshot};

use super::super::reply::Reply;
use super::*;

#[derive(Debug, DynamoSession)]
#[session(table = "web", idle_timeout = "30m", absolute_timeout = "12h", touch_interval = "1m")]
pub(super) struct Web {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    pub(super) user: Option<String>,
    cart: BTreeMap<String, f64>,
    #[session(counter)]
    pub(super) visits: u64,
    #[session(guard)]
    plan: Option<String>,
}

const ATTRIBUTES: &str = "; HttpOnly; SameSite=Lax; Secure; Path=/";

async fn visit(mut session: Session<Web>) -> String {
    session.visits += 1;
    session.visits.to_string()
}

pub(super) async fn look(session: Session<Web>) -> String {
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
pub(super) struct Site {
    pub(super) world: World,
    pub(super) store: dynamo_session::SessionStore<Web>,
    app: Router,
}

impl Site {
    pub(super) async fn new(routes: Router) -> Self {
        Self::with(|layer| routes.layer(layer)).await
    }

    pub(super) async fn with(app: impl FnOnce(SessionLayer<Web>) -> Router) -> Self {
        let (world, store) = World::with_store::<Web>().await;
        let app = app(SessionLayer::new(store.clone()));
        Self { world, store, app }
    }

    async fn send(&self, request: http::request::Builder) -> Reply {
        send(&self.app, request).await
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path)).await
    }

    pub(super) async fn get_as(&self, path: &str, id: &SessionId) -> Reply {
        self.send(Request::get(path).header(COOKIE, pair(id))).await
    }

    /// A session that was stored earlier.
    pub(super) async fn visitor(&self) -> SessionId {
        let mut session = self.store.create();
        session.visits = 10;
        let _ = session.commit().await.unwrap();
        self.world.network.take_sent();
        session.id().clone()
    }

    pub(super) fn operations(&self) -> Vec<String> {
        self.world.network.take_sent().into_iter().map(|sent| sent.operation).collect()
    }

    pub(super) async fn visits(&self, id: &SessionId) -> u64 {
        self.world.load(&self.store, id).await.visits
    }

    pub(super) async fn items(&self) -> usize {
        self.world.items(&self.store).await.len()
    }
}

async fn send(app: &Router, request: http::request::Builder) -> Reply {
    call(app, request.body(()).unwrap()).await
}

fn pair(id: &SessionId) -> String {
    format!("__Host-Http-session={}", id.expose_secret())
}
