//! The embedded engine behind a socket, so that programs of any language find the tables that this one has.

use std::net::SocketAddr;

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use dynamo_session::embedded::Engine;
use http::{HeaderMap, StatusCode};
use tokio::net::TcpListener;

const TARGET: &str = "x-amz-target";

pub(crate) struct Endpoint {
    pub(crate) client: Client,
    pub(crate) url: String,
}

impl Endpoint {
    pub(crate) async fn serve() -> Self {
        let engine = Engine::memory();
        let client = engine.client();
        let address = serve(Router::new().fallback(answer).with_state(engine)).await;
        Self { client, url: format!("http://{address}") }
    }
}

/// Serves on a free port of this machine, until the test ends.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn answer(State(engine): State<Engine>, headers: HeaderMap, body: Bytes) -> Response {
    let mut request = HttpRequest::new(SdkBody::from(body));
    let target = headers[TARGET].to_str().unwrap().to_owned();
    request.headers_mut().insert(TARGET, target);
    let answer = engine.call(request).await.unwrap();
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap();
    let headers: Vec<_> =
        answer.headers().iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let mut response = (status, answer.body().bytes().unwrap().to_vec()).into_response();
    for (name, value) in headers {
        let name = http::HeaderName::try_from(name).unwrap();
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
