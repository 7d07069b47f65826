use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

/// Answers every request with one status and one body.
#[derive(Clone, Debug, Default)]
pub(super) struct Answering {
    answer: Arc<Mutex<(u16, Vec<u8>)>>,
    requests: Arc<Mutex<Vec<Sent>>>,
}

/// A request as it would have gone out.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) target: String,
    pub(super) content_length: String,
    pub(super) body: Vec<u8>,
}

impl Answering {
    pub(super) fn with(&self, body: &[u8]) {
        self.with_status(200, body);
    }

    pub(super) fn with_status(&self, status: u16, body: &[u8]) {
        *self.answer.lock().unwrap() = (status, body.to_vec());
    }

    pub(super) fn take_sent(&self) -> Vec<Sent> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }

    pub(super) fn client(&self) -> Client {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::for_tests())
            .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::disabled())
            .http_client(self.clone());
        Client::from_conf(config.build())
    }
}

impl HttpClient for Answering {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Answering {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let header = |name| request.headers().get(name).unwrap_or_default().to_owned();
        self.requests.lock().unwrap().push(Sent {
            target: header("x-amz-target"),
            content_length: header("content-length"),
            body: request.body().bytes().unwrap_or_default().to_vec(),
        });
        let (status, body) = self.answer.lock().unwrap().clone();
        let status = StatusCode::try_from(status).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}
