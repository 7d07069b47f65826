//! An HTTP client that answers at once, with what it was given.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::json;

use crate::session::Row;

pub(crate) fn to_json(value: &AttributeValue) -> serde_json::Value {
    match value {
        AttributeValue::M(entries) => json!({ "M": item_to_json(entries) }),
        AttributeValue::L(elements) => {
            json!({ "L": elements.iter().map(to_json).collect::<Vec<_>>() })
        }
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(text) => json!({ "N": text }),
        AttributeValue::B(bytes) => json!({ "B": aws_smithy_types::base64::encode(bytes) }),
        other => panic!("no session here holds {other:?}"),
    }
}

pub(crate) fn item_to_json(item: &HashMap<String, AttributeValue>) -> serde_json::Value {
    item.iter().map(|(name, value)| (name.clone(), to_json(value))).collect()
}

/// Answers a read with one item, and a write with what it is to have written.
#[derive(Clone, Debug)]
pub(crate) struct Canned {
    read: &'static str,
    written: &'static str,
    /// The body of the last request.
    pub(crate) sent: Arc<Mutex<Vec<u8>>>,
    /// Whether to keep that.
    listens: bool,
}

impl Canned {
    pub(crate) fn new(read: serde_json::Value, written: serde_json::Value) -> Self {
        let prepared = |body: serde_json::Value| &*body.to_string().leak();
        let (read, written) = (prepared(json!({ "Item": read })), prepared(written));
        Self { read, written, sent: Arc::default(), listens: false }
    }

    /// Answers as a table does that was written by hand.
    pub(crate) fn by_hand(row: &Row) -> Self {
        Self::new(item_to_json(&row.item()), json!({}))
    }

    /// Answers as a table does that the store has written, many times.
    pub(crate) fn ours(row: &Row, written: serde_json::Value) -> Self {
        let sequence = 40;
        let tokens: serde_json::Map<_, _> = (sequence - 1..sequence + 8)
            .map(|last| (format!("pT5kVw9x{last:03}"), json!({ "N": last.to_string() })))
            .collect();
        let mut item = item_to_json(&row.item());
        item["_seq"] = json!({ "N": sequence.to_string() });
        item["_commits"] = json!({ "M": tokens });
        Self::new(item, written)
    }

    pub(crate) fn listening(self, listens: bool) -> Self {
        Self { listens, ..self }
    }

    pub(crate) fn client(&self) -> Client {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(Duration::from_secs(1))
            .operation_timeout(Duration::from_secs(5))
            .build();
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::from_static("us-east-1"))
            .endpoint_url("http://dynamodb.invalid")
            .credentials_provider(Credentials::new("canned", "canned", None, None, "canned"))
            .timeout_config(timeouts)
            .http_client(self.clone())
            .build();
        Client::from_conf(config)
    }
}

impl HttpClient for Canned {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if self.listens {
            *self.sent.lock().unwrap() = request.body().bytes().unwrap_or_default().to_vec();
        }
        let body = match request.headers().get("x-amz-target") {
            Some("DynamoDB_20120810.GetItem") => self.read,
            _ => self.written,
        };
        let status = StatusCode::try_from(200).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}
