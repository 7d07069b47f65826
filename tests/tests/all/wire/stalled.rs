//! A response whose body breaks off without an end.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Config, Credentials, Region, StalledStreamProtectionConfig,
};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use axum::body::Bytes;
use dynamo_session::{ErrorKind, SessionId, SessionStore};
use dynamo_session_tests::Login;
use http_body::{Body, Frame};

#[derive(Debug)]
struct Endless;

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

#[derive(Clone, Debug)]
struct Stalling;

impl HttpClient for Stalling {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Stalling {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let status = StatusCode::try_from(200).unwrap();
        let body = SdkBody::from_body_1_x(Endless);
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, body)))
    }
}

/// Waits in earnest, since the SDK measures the stream by the machine's clock.
#[tokio::test]
async fn a_client_without_timeouts_keeps_its_protection_against_stalled_streams() {
    let grace = Duration::from_millis(100);
    let stalled = StalledStreamProtectionConfig::enabled().grace_period(grace).build();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::for_tests())
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(stalled)
        .http_client(Stalling);
    let client = Client::from_conf(config.build());
    let store = SessionStore::<Login>::builder().client(client).build().await.unwrap();
    let id = SessionId::generate();
    let found = tokio::time::timeout(Duration::from_secs(120), store.load(&id)).await;
    let error = found.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}
