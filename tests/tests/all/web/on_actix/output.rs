use std::future::Future;
use std::pin::Pin;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{Handler, HttpResponse};
use dynamo_session::Error;
use http::{HeaderMap, StatusCode};

use super::page;

/// What handlers return in the promises, as a response of actix-web.
pub(super) trait Output {
    fn respond(self) -> Result<HttpResponse, Error>;
}

/// A handler whose output becomes a response.
#[derive(Clone)]
pub(super) struct Responding<F>(pub(super) F);

impl<Args, F: Handler<Args, Output: Output, Future: 'static>> Handler<Args> for Responding<F> {
    type Output = Result<HttpResponse, Error>;
    type Future = Pin<Box<dyn Future<Output = Self::Output>>>;

    fn call(&self, args: Args) -> Self::Future {
        let output = self.0.call(args);
        Box::pin(async { output.await.respond() })
    }
}

impl Output for HttpResponse {
    fn respond(self) -> Result<HttpResponse, Error> {
        Ok(self)
    }
}

impl<T: Output> Output for Result<T, Error> {
    fn respond(self) -> Result<HttpResponse, Error> {
        self?.respond()
    }
}

impl Output for () {
    fn respond(self) -> Result<HttpResponse, Error> {
        "".respond()
    }
}

impl Output for &str {
    fn respond(self) -> Result<HttpResponse, Error> {
        self.to_owned().respond()
    }
}

impl Output for String {
    fn respond(self) -> Result<HttpResponse, Error> {
        Ok(page(StatusCode::OK, self))
    }
}

impl Output for StatusCode {
    fn respond(self) -> Result<HttpResponse, Error> {
        Ok(page(self, ""))
    }
}

impl Output for HeaderMap {
    fn respond(self) -> Result<HttpResponse, Error> {
        let mut response = page(StatusCode::OK, "");
        for (name, value) in &self {
            let name = HeaderName::from_bytes(name.as_str().as_bytes()).unwrap();
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            response.headers_mut().append(name, value);
        }
        Ok(response)
    }
}
