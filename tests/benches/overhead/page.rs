//! A page of an axum application that reads one field of the visitor's session: ours, and one on tower-sessions with a store
//! that keeps one blob.

use std::fmt;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header::COOKIE};
use axum::routing::get;
use dynamo_session::{Session, SessionId, SessionLayer};
use tower::ServiceExt as _;
use tower_sessions::session::{Id, Record};
use tower_sessions::{SessionManagerLayer, SessionStore, session_store};

use crate::blob::{BlobStore, Values};
use crate::canned::Canned;
use crate::ours::store;
use crate::session::{NOW, Row, Visit};

pub(crate) struct Page {
    app: Router,
    cookie: String,
    token: String,
}

impl Page {
    pub(crate) async fn ours(row: &Row, id: &SessionId) -> Self {
        async fn page(session: Session<Visit>) -> String {
            session.csrf_token.clone()
        }
        let store = store(&Canned::ours(row, serde_json::json!({})), NOW).await;
        let app = Router::new().route("/", get(page)).layer(SessionLayer::new(store));
        let cookie = format!("__Host-Http-session={}", id.expose_secret());
        Self { app, cookie, token: row.csrf_token.clone() }
    }

    pub(crate) fn on_tower_sessions(row: &Row) -> Self {
        async fn page(session: tower_sessions::Session) -> String {
            session.get("csrf_token").await.unwrap().unwrap()
        }
        let layer = SessionManagerLayer::new(Blobs(BlobStore::new(row)));
        let app = Router::new().route("/", get(page)).layer(layer);
        Self { app, cookie: format!("id={}", Id::default()), token: row.csrf_token.clone() }
    }

    pub(crate) async fn visit(&self) {
        let request = Request::get("/").header(COOKIE, &self.cookie);
        let request = request.body(Body::empty()).unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert_eq!(body, self.token.as_bytes());
    }
}

/// The store of tower-sessions.
#[derive(Clone)]
struct Blobs(BlobStore);

impl fmt::Debug for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blobs")
    }
}

#[async_trait]
impl SessionStore for Blobs {
    async fn save(&self, _: &Record) -> session_store::Result<()> {
        Err(session_store::Error::Backend("a page that reads saves nothing".to_owned()))
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let mut item = self.0.item().await;
        let Some(AttributeValue::B(data)) = item.remove("data") else { panic!("no data") };
        let expires = item["expires_at"].as_n().unwrap().parse().unwrap();
        assert!(expires > NOW);
        let data: Values = serde_json::from_slice(data.as_ref()).unwrap();
        let expiry_date = time::OffsetDateTime::from_unix_timestamp(expires).unwrap();
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, _: &Id) -> session_store::Result<()> {
        Err(session_store::Error::Backend("a page that reads deletes nothing".to_owned()))
    }
}
