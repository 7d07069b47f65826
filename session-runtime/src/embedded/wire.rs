use std::sync::atomic::{AtomicU64, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::engine::Engine;

const TARGET_PREFIX: &str = "DynamoDB_20120810.";
const UNKNOWN_OPERATION: &str =
    r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#;

impl HttpClient for Engine {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Engine {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let engine = self.clone();
        HttpConnectorFuture::new(async move {
            // A call that is always ready would starve the other tasks of this thread.
            tokio::task::yield_now().await;
            let (status, body) = answer(&engine.database, &request);
            respond(status, body)
        })
    }
}

fn answer(db: &Database, request: &HttpRequest) -> (u16, String) {
    let operation =
        request.headers().get("x-amz-target").and_then(|to| to.strip_prefix(TARGET_PREFIX));
    let body = request.body().bytes().unwrap_or_default();
    match operation.and_then(|operation| dispatch(db, operation, body)) {
        Some(Ok(answer)) => (200, answer),
        Some(Err(error)) => (error.status_code(), error.to_json()),
        None => (400, UNKNOWN_OPERATION.to_owned()),
    }
}

fn dispatch(db: &Database, operation: &str, body: &[u8]) -> Option<Result<String, DynoxideError>> {
    Some(match operation {
        "GetItem" => call(body, |request| db.get_item(request)),
        "PutItem" => call(body, |request| db.put_item(request)),
        "UpdateItem" => call(body, |request| db.update_item(request)),
        "DeleteItem" => call(body, |request| db.delete_item(request)),
        "TransactWriteItems" => call(body, |request| db.transact_write_items(request)),
        "TransactGetItems" => call(body, |request| db.transact_get_items(request)),
        "BatchGetItem" => call(body, |request| db.batch_get_item(request)),
        "BatchWriteItem" => call(body, |request| db.batch_write_item(request)),
        "Query" => call(body, |request| db.query(request)),
        "Scan" => call(body, |request| db.scan(request)),
        "CreateTable" => call(body, |request| db.create_table(request)),
        "DescribeTable" => call(body, |request| db.describe_table(request)),
        "UpdateTable" => call(body, |request| db.update_table(request)),
        "DeleteTable" => call(body, |request| db.delete_table(request)),
        "ListTables" => call(body, |request| db.list_tables(request)),
        "UpdateTimeToLive" => call(body, |request| db.update_time_to_live(request)),
        "DescribeTimeToLive" => call(body, |request| db.describe_time_to_live(request)),
        "TagResource" => call(body, |request| db.tag_resource(request)),
        "UntagResource" => call(body, |request| db.untag_resource(request)),
        "ListTagsOfResource" => call(body, |request| db.list_tags_of_resource(request)),
        _ => return None,
    })
}

fn respond(status: u16, body: String) -> Result<HttpResponse, ConnectorError> {
    static REQUESTS: AtomicU64 = AtomicU64::new(1);

    let status = status.try_into().map_err(|error| ConnectorError::other(Box::new(error), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    let id = format!("{:052}", REQUESTS.fetch_add(1, Ordering::Relaxed));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response.headers_mut().insert("x-amzn-requestid", id);
    Ok(response)
}

fn call<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    operation: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<String, DynoxideError> {
    let request = serde_json::from_slice(body).map_err(|error| refusal(&error))?;
    serde_json::to_string(&operation(request)?)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// The DynamoDB error for a body that does not deserialize.
///
/// Dynoxide's request types report the validations that they do while they are read as serde errors with a marker in
/// front; only its own server, which is not part of this build, turns them back.
fn refusal(error: &serde_json::Error) -> DynoxideError {
    const VALIDATION: [&str; 3] = ["VALIDATION:", "VALIDATION_REQUEST:", "VALIDATION_AS_READ:"];
    const SERIALIZATION: [&str; 2] = ["SERIALIZATION:", "SERIALIZATION_AS_READ:"];
    const INVALID: [&str; 6] = [
        "missing field",
        "unknown variant",
        "invalid type: null",
        "empty AttributeValue",
        "Supplied AttributeValue",
        "recursion limit exceeded",
    ];

    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(&*message, |(text, _)| text);
    let after = |markers: &[&str]| markers.iter().find_map(|marker| message.strip_prefix(marker));
    if let Some(message) = after(&VALIDATION) {
        DynoxideError::ValidationException(message.to_owned())
    } else if let Some(message) = after(&SERIALIZATION) {
        DynoxideError::SerializationException(message.to_owned())
    } else if INVALID.iter().any(|invalid| message.contains(invalid)) {
        DynoxideError::ValidationException(message.to_owned())
    } else {
        DynoxideError::SerializationException(message.to_owned())
    }
}
