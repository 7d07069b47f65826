//! axum-login 0.18, which is on tower-sessions 0.14.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum_login::{AuthManagerLayerBuilder, AuthUser, AuthnBackend, UserId, login_required};
use tokio::sync::Notify;
use tower_sessions_0_14::{Session, SessionManagerLayer};

use crate::visitor::Visitor;
use crate::world;

#[derive(Clone, Debug)]
struct User;

impl AuthUser for User {
    type Id = u32;

    fn id(&self) -> u32 {
        1815
    }

    fn session_auth_hash(&self) -> &[u8] {
        b"of the password"
    }
}

#[derive(Clone, Debug)]
struct Users;

impl AuthnBackend for Users {
    type User = User;
    type Credentials = &'static str;
    type Error = std::convert::Infallible;

    async fn authenticate(&self, password: &'static str) -> Result<Option<User>, Self::Error> {
        Ok((password == "right").then_some(User))
    }

    async fn get_user(&self, id: &UserId<Self>) -> Result<Option<User>, Self::Error> {
        Ok((*id == User.id()).then_some(User))
    }
}

type AuthSession = axum_login::AuthSession<Users>;

async fn log_in(mut auth: AuthSession, password: &'static str) -> StatusCode {
    match auth.authenticate(password).await.unwrap() {
        Some(user) => {
            auth.login(&user).await.unwrap();
            StatusCode::NO_CONTENT
        }
        None => StatusCode::UNAUTHORIZED,
    }
}

async fn log_out(mut auth: AuthSession) {
    auth.logout().await.unwrap().unwrap();
}

#[derive(Default)]
struct Held {
    begun: Notify,
    release: Notify,
}

async fn app() -> (Router, Arc<Held>) {
    let (store, _) = world().await;
    let held = Arc::new(Held::default());
    let slow = {
        let held = held.clone();
        move |session: Session| {
            let held = held.clone();
            async move {
                held.begun.notify_one();
                held.release.notified().await;
                session.insert("page", 2).await.unwrap();
            }
        }
    };
    let auth = AuthManagerLayerBuilder::new(Users, SessionManagerLayer::new(store)).build();
    let app = Router::new()
        .route("/account", get(async || "your account"))
        .route("/slow", get(slow))
        .route_layer(login_required!(Users))
        .route("/visit", get(async |session: Session| session.insert("page", 1).await.unwrap()))
        .route("/login/right", post(async |auth: AuthSession| log_in(auth, "right").await))
        .route("/login/wrong", post(async |auth: AuthSession| log_in(auth, "wrong").await))
        .route("/logout", post(log_out))
        .layer(auth);
    (app, held)
}

#[tokio::test]
async fn a_visitor_logs_in_sees_the_account_and_logs_out() {
    let (app, _) = app().await;
    let mut visitor = Visitor::default();
    assert_eq!(visitor.get(&app, "/account").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(visitor.post(&app, "/login/wrong").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(visitor.get(&app, "/account").await.0, StatusCode::UNAUTHORIZED);

    let _ = visitor.get(&app, "/visit").await;
    let mut stranger = visitor.clone();
    assert_eq!(visitor.post(&app, "/login/right").await.0, StatusCode::NO_CONTENT);
    assert_ne!(visitor.cookie, stranger.cookie);
    assert_eq!(visitor.get(&app, "/account").await, (StatusCode::OK, "your account".to_owned()));
    assert_eq!(stranger.get(&app, "/account").await.0, StatusCode::UNAUTHORIZED);

    let mut stolen = visitor.clone();
    assert_eq!(visitor.post(&app, "/logout").await.0, StatusCode::OK);
    assert_eq!(visitor.cookie, None);
    assert_eq!(stolen.get(&app, "/account").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_save_in_flight_across_the_logout_revives_nothing() {
    let (app, held) = app().await;
    let mut visitor = Visitor::default();
    let _ = visitor.post(&app, "/login/right").await;
    let mut in_flight = visitor.clone();
    let mut stolen = visitor.clone();
    let request = tokio::spawn({
        let app = app.clone();
        async move { in_flight.get(&app, "/slow").await.0 }
    });
    held.begun.notified().await;
    assert_eq!(visitor.post(&app, "/logout").await.0, StatusCode::OK);
    held.release.notify_one();
    assert_eq!(request.await.unwrap(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(stolen.get(&app, "/account").await.0, StatusCode::UNAUTHORIZED);
}
