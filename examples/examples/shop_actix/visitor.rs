use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpRequest};
use dynamo_session::{Error, RequestSession};

use crate::common::visitor::{Asked, Visitor};

/// Whoever asks for a page.
pub(crate) struct Guest(pub(crate) Visitor);

impl FromRequest for Guest {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let session = RequestSession::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move { Visitor::of(session.await?, asked(&request)).await.map(Self) })
    }
}

pub(crate) fn asked(request: &HttpRequest) -> Asked<'_> {
    Asked {
        method: request.method().as_str(),
        purpose: header(request, "sec-purpose"),
        destination: header(request, "sec-fetch-dest"),
        agent: agent(request),
    }
}

/// What the browser calls itself.
pub(crate) fn agent(request: &HttpRequest) -> &str {
    header(request, USER_AGENT.as_str()).unwrap_or_default()
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}
