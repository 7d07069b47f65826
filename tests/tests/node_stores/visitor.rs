//! One browser that visits both services, which are one host for its cookies.

use std::net::SocketAddr;
use std::time::SystemTime;

use axum::body::{Body, to_bytes};
use dynamo_session::ManualClock;
use dynamo_session::testing::Browser;
use http::header::COOKIE;
use http::{Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

pub(crate) struct Visitor(Browser<Client<HttpConnector, Body>>);

impl Visitor {
    pub(crate) fn new() -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let clock = ManualClock::at_epoch_seconds(now.try_into().unwrap());
        Self(Browser::new(Client::builder(TokioExecutor::new()).build_http(), clock))
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.0.cookie(name)
    }

    pub(crate) async fn get(&mut self, service: SocketAddr, path: &str) -> Value {
        self.send("GET", service, path, None).await
    }

    /// As a browser that had these cookies.
    pub(crate) async fn get_with(
        &mut self,
        service: SocketAddr,
        path: &str,
        cookies: &[(&str, &str)],
    ) -> Value {
        let cookies: Vec<_> =
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.send("GET", service, path, Some(cookies.join("; "))).await
    }

    pub(crate) async fn post(&mut self, service: SocketAddr, path: &str) -> Value {
        self.send("POST", service, path, None).await
    }

    async fn send(
        &mut self,
        method: &str,
        service: SocketAddr,
        path: &str,
        cookies: Option<String>,
    ) -> Value {
        let uri = format!("http://{service}{path}");
        let mut request = Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();
        if let Some(cookies) = cookies {
            request.headers_mut().insert(COOKIE, cookies.parse().unwrap());
        }
        let response = self.0.send(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(Body::new(response.into_body()), usize::MAX).await.unwrap();
        assert_eq!(status, StatusCode::OK, "{method} {path}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }
}
