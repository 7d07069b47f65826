//! The layer of tower-sessions on this store.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::sync::Notify;
use tower_sessions::{Session, SessionManagerLayer};

use crate::visitor::Visitor;
use crate::world;

async fn count(session: Session) -> String {
    let pages = session.get::<u32>("pages").await.unwrap().unwrap_or_default() + 1;
    session.insert("pages", pages).await.unwrap();
    pages.to_string()
}

async fn restart(session: Session) {
    session.flush().await.unwrap();
    session.insert("notice", "bye").await.unwrap();
}

/// Where a slow request stands, and what lets it go on.
#[derive(Default)]
struct Held {
    begun: Notify,
    release: Notify,
}

async fn app() -> (Router, Arc<Held>) {
    let (store, _) = world().await;
    let held = Arc::new(Held::default());
    let in_handler = held.clone();
    let slow = move |session: Session| {
        let held = in_handler.clone();
        async move {
            let pages = session.get::<u32>("pages").await.unwrap().unwrap();
            held.begun.notify_one();
            held.release.notified().await;
            session.insert("pages", pages + 1).await.unwrap();
        }
    };
    let app = Router::new()
        .route("/count", get(count))
        .route("/slow", get(slow))
        .route("/cycle", post(async |session: Session| session.cycle_id().await.unwrap()))
        .route("/flush", post(async |session: Session| session.flush().await.unwrap()))
        .route("/restart", post(restart))
        .layer(SessionManagerLayer::new(store));
    (app, held)
}

#[tokio::test]
async fn a_session_lives_from_request_to_request() {
    let (app, _) = app().await;
    let mut visitor = Visitor::default();
    for pages in ["1", "2", "3"] {
        assert_eq!(visitor.get(&app, "/count").await, (StatusCode::OK, pages.to_owned()));
    }
    assert_eq!(Visitor::default().get(&app, "/count").await.1, "1");
}

#[tokio::test]
async fn a_cycled_id_keeps_the_data_and_ends_the_old_id() {
    let (app, _) = app().await;
    let mut visitor = Visitor::default();
    let _ = visitor.get(&app, "/count").await;
    let mut old = visitor.clone();
    let _ = visitor.post(&app, "/cycle").await;
    assert_ne!(visitor.cookie, old.cookie);
    assert_eq!(visitor.get(&app, "/count").await.1, "2");
    assert_eq!(old.get(&app, "/count").await.1, "1");
}

#[tokio::test]
async fn a_flushed_session_is_over_and_its_cookie_removed() {
    let (app, _) = app().await;
    let mut visitor = Visitor::default();
    let _ = visitor.get(&app, "/count").await;
    let mut old = visitor.clone();
    let _ = visitor.post(&app, "/flush").await;
    assert_eq!(visitor.cookie, None);
    assert_eq!(old.get(&app, "/count").await.1, "1");
}

#[tokio::test]
async fn a_notice_after_the_flush_is_in_a_session_with_another_id() {
    let (app, _) = app().await;
    let mut visitor = Visitor::default();
    let _ = visitor.get(&app, "/count").await;
    let before = visitor.cookie.clone();
    assert_eq!(visitor.post(&app, "/restart").await.0, StatusCode::OK);
    assert!(visitor.cookie.is_some());
    assert_ne!(visitor.cookie, before);
}

/// The response to the request in flight sets no cookie: it would take the place of the login's.
#[tokio::test]
async fn a_request_in_flight_across_a_new_id_fails_and_leaves_the_cookie_alone() {
    let (app, held) = app().await;
    let mut visitor = Visitor::default();
    let _ = visitor.get(&app, "/count").await;
    let mut in_flight = visitor.clone();
    let before = in_flight.cookie.clone();
    let request = tokio::spawn({
        let app = app.clone();
        async move { (in_flight.get(&app, "/slow").await.0, in_flight.cookie) }
    });
    held.begun.notified().await;
    let _ = visitor.post(&app, "/cycle").await;
    held.release.notify_one();
    let (status, cookie) = request.await.unwrap();
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(cookie, before);
    assert_eq!(visitor.get(&app, "/count").await.1, "2");
}
