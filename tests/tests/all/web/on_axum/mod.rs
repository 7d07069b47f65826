//! The promises on axum, and what is axum's own.

mod extractors;
#[path = "../promises/mod.rs"]
mod promises;
mod service;

use std::task::Poll;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, RawQuery};
use axum::http::request::Parts;
use axum::response::IntoResponse;
use dynamo_session::{ReadConsistency, Session};
use http::StatusCode;
use tower::ServiceExt;

use super::reply::Reply;

use axum::extract::Request as Incoming;
use axum::middleware::{self, Next};
use axum::response::Response as Outcome;
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Form, Router};

/// What the error of a handler without a layer tells to do.
const HOW_TO_ADD_A_LAYER: &str = ".layer(SessionLayer::new(store))`, with a `SessionStore<";

async fn call(app: &Router, request: http::Request<()>) -> Reply {
    let response = app.clone().oneshot(request.map(|()| Body::empty())).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Reply {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.into()).unwrap(),
        kind: parts.extensions.get().copied(),
    }
}

/// Routes, and one whose sessions are read in a way of its own.
fn read_at(
    consistency: ReadConsistency,
    routes: Router,
    path: &'static str,
    route: MethodRouter,
) -> Router {
    routes.merge(Router::new().route(path, route).route_layer(Extension(consistency)))
}

/// A response with a text.
fn page(status: StatusCode, text: impl Into<String>) -> Outcome {
    (status, text.into()).into_response()
}

/// What a middleware answers in place of a handler that has panicked.
fn caught() -> Outcome {
    page(StatusCode::INTERNAL_SERVER_ERROR, "caught")
}

/// What stands behind the `?` of the request.
struct Query(String);

impl<T: Send + Sync> FromRequestParts<T> for Query {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &T) -> Result<Self, Self::Rejection> {
        let RawQuery(query) = RawQuery::from_request_parts(parts, state).await?;
        Ok(Self(query.unwrap_or_default()))
    }
}

/// A response whose body would still write to the session while it is sent.
fn streamed<S: dynamo_session::DynamoSession>(
    session: Session<S>,
    write: fn(&mut Session<S>),
) -> Outcome {
    Outcome::new(Body::new(Streamed { session, write }))
}

struct Streamed<S: dynamo_session::DynamoSession> {
    session: Session<S>,
    write: fn(&mut Session<S>),
}

impl<S: dynamo_session::DynamoSession> axum::body::HttpBody for Streamed<S> {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        let Self { session, write } = self.get_mut();
        write(session);
        Poll::Ready(None)
    }
}
