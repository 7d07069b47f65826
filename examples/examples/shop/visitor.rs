use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use dynamo_session::{Error, RequestSession};

use crate::common::visitor::{Asked, Visitor};

/// Whoever asks for a page.
pub(crate) struct Guest(pub(crate) Visitor);

impl<T: Send + Sync> FromRequestParts<T> for Guest {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &T) -> Result<Self, Error> {
        let request = RequestSession::from_request_parts(parts, state).await?;
        Visitor::of(request, asked(parts)).await.map(Self)
    }
}

pub(crate) fn asked(parts: &Parts) -> Asked<'_> {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    Asked {
        method: parts.method.as_str(),
        purpose: header("sec-purpose"),
        destination: header("sec-fetch-dest"),
        agent: agent(&parts.headers),
    }
}

/// What the browser calls itself.
pub(crate) fn agent(headers: &HeaderMap) -> &str {
    headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default()
}
