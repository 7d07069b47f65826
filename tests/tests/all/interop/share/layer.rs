//! What a layer promises of any session, for shared ones.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{Request, Response, StatusCode};
use axum::routing::{any, get, post};
use dynamo_session::{Session, SessionLayer};
use tower::ServiceExt;

use super::{Member, SID, legacy_row_text, only_row, shared};
use crate::interop::systems::express;
use crate::interop::{DATA, legacy_row};

async fn send(app: &Router, method: &str, path: &str, purpose: &str) -> Response<Body> {
    let request = Request::builder().method(method).uri(path).header(COOKIE, express(SID));
    let request = request.header("sec-purpose", purpose).body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap()
}

#[tokio::test]
async fn what_is_no_activity_moves_no_expiry_and_what_is_discarded_is_not_written() {
    let (moved, store) = shared().await;
    let count = get(|mut session: Session<Member>| async move { session.n += 1 });
    let discard = post(|mut session: Session<Member>| async move {
        session.n += 1;
        session.discard();
    });
    let routes = Router::new().route("/", get(|_: Session<Member>| async {}));
    let routes = routes.route("/count", count).route("/discard", discard);
    let app = routes.layer(SessionLayer::new(store));
    moved.clock.advance(Duration::from_secs(600));
    let expires = legacy_row(DATA).remove("expires");
    for (method, path, operations, n) in [
        ("GET", "/", &["GetItem"][..], 1),
        ("GET", "/count", &["GetItem", "UpdateItem"][..], 2),
        ("POST", "/discard", &["GetItem"][..], 2),
    ] {
        let purpose = if method == "GET" { "prefetch" } else { "" };
        let response = send(&app, method, path, purpose).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert!(!response.headers().contains_key(SET_COOKIE), "{path}");
        assert_eq!(moved.operations(), operations, "{path}");
        assert_eq!(legacy_row_text(&moved).await["n"], n, "{path}");
        assert_eq!(only_row(&moved).await.remove("expires"), expires, "{path}");
    }
}

#[tokio::test]
async fn a_logout_there_while_a_request_runs_here_is_not_undone() {
    for (method, status) in [("GET", StatusCode::OK), ("POST", StatusCode::CONFLICT)] {
        let (moved, store) = shared().await;
        let (client, table) = (moved.world.direct.clone(), moved.table.clone());
        let handler = any(move |mut session: Session<Member>| {
            let key = legacy_row(DATA).remove("id").unwrap();
            let delete = client.delete_item().table_name(&table).key("id", key);
            async move {
                session.n += 1;
                delete.send().await.unwrap();
            }
        });
        let app = Router::new().route("/", handler).layer(SessionLayer::new(store));
        let response = send(&app, method, "/", "").await;
        assert_eq!(response.status(), status);
        assert!(!response.headers().contains_key(SET_COOKIE));
        assert!(moved.rows().await.is_empty());
    }
}
