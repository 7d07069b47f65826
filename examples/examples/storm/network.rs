//! A network that harms requests on their way to the engine and back, and reads what passes.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::dice::Dice;

const THROTTLED: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow down"}"#;
const BROKEN: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"oops"}"#;
const GARBAGE: &str = "<html><h1>502 Bad Gateway</h1></html>";

/// A late request arrives this many milliseconds later at the most.
const LATEST: u64 = 400;

#[derive(Clone, Copy)]
enum Fault {
    LoseRequest,
    LoseResponse,
    /// It arrives twice at once; the first answer comes back. (Were it the second, what repeats would have hidden
    /// a lost answer from the SDK: see the limits in the guarantees.)
    Duplicate,
    /// It is answered, and a copy arrives again later.
    LateDuplicate,
    /// The connection breaks, and the request arrives all the same, later.
    Late,
    Throttle,
    ServerError,
    /// It is carried out, and what comes back is not DynamoDB's answer.
    Garble,
}

/// What the network saw.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) requests: AtomicU64,
    pub(crate) faults: AtomicU64,
    /// Requests that the SDK sent again.
    pub(crate) retries: AtomicU64,
    /// Writes whose condition did not hold.
    pub(crate) refused: AtomicU64,
    /// Capacity units as the engine reports them, times ten, since reads come in halves.
    read_tenths: AtomicU64,
    write_tenths: AtomicU64,
}

impl Tally {
    pub(crate) fn read_units(&self) -> u64 {
        self.read_tenths.load(Ordering::Relaxed).div_ceil(10)
    }

    pub(crate) fn write_units(&self) -> u64 {
        self.write_tenths.load(Ordering::Relaxed).div_ceil(10)
    }
}

/// An engine behind a network that fails.
#[derive(Clone)]
pub(crate) struct Network(Arc<Shared>);

struct Shared {
    behind: SharedHttpClient,
    engine: OnceLock<SharedHttpConnector>,
    faults: u64,
    dice: Mutex<Dice>,
    tally: Tally,
    late: Mutex<JoinSet<()>>,
    last_words: Mutex<Vec<Value>>,
}

impl Network {
    pub(crate) fn new(behind: SharedHttpClient, faults: u64, dice: Dice) -> Self {
        Self(Arc::new(Shared {
            behind,
            engine: OnceLock::new(),
            faults,
            dice: Mutex::new(dice),
            tally: Tally::default(),
            late: Mutex::default(),
            last_words: Mutex::default(),
        }))
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.0.tally
    }

    /// Waits until no request is on its way any more.
    pub(crate) async fn be_quiet(&self) {
        let mut late = std::mem::take(&mut *lock(&self.0.late));
        while late.join_next().await.is_some() {}
    }

    /// The items that were deleted since the last call, as they were then, in DynamoDB's JSON.
    pub(crate) fn take_last_words(&self) -> Vec<Value> {
        std::mem::take(&mut *lock(&self.0.last_words))
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network")
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl HttpClient for Network {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.engine.get_or_init(|| self.0.behind.http_connector(settings, components));
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Network {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let shared = self.0.clone();
        HttpConnectorFuture::new(async move { shared.carry(request).await })
    }
}

impl Shared {
    async fn carry(self: Arc<Self>, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let operation = operation(&request);
        if !METERED.contains(&&*operation) {
            return self.deliver(&operation, request).await;
        }
        self.tally.requests.fetch_add(1, Ordering::Relaxed);
        if attempt(&request) > 1 {
            self.tally.retries.fetch_add(1, Ordering::Relaxed);
        }
        match self.fault(&operation) {
            None => self.deliver(&operation, request).await,
            Some(Fault::LoseRequest) => Err(broken()),
            Some(Fault::LoseResponse) => {
                self.deliver(&operation, request).await?;
                Err(broken())
            }
            Some(Fault::Duplicate) => {
                let copy = request.try_clone();
                let response = self.deliver(&operation, request).await;
                if let Some(copy) = copy {
                    self.deliver(&operation, copy).await?;
                }
                response
            }
            Some(Fault::LateDuplicate) => {
                if let Some(copy) = request.try_clone() {
                    self.deliver_later(operation.clone(), copy);
                }
                self.deliver(&operation, request).await
            }
            Some(Fault::Late) => {
                self.deliver_later(operation, request);
                Err(broken())
            }
            Some(Fault::Throttle) => answer(400, THROTTLED),
            Some(Fault::ServerError) => answer(500, BROKEN),
            Some(Fault::Garble) => {
                self.deliver(&operation, request).await?;
                answer(200, GARBAGE)
            }
        }
    }

    fn fault(&self, operation: &str) -> Option<Fault> {
        let mut dice = lock(&self.dice);
        if !dice.percent(self.faults) {
            return None;
        }
        self.tally.faults.fetch_add(1, Ordering::Relaxed);
        Some(match dice.below(8) {
            0 => Fault::LoseRequest,
            1 => Fault::LoseResponse,
            2 => Fault::Duplicate,
            3 => Fault::Throttle,
            4 => Fault::ServerError,
            5 => Fault::Garble,
            // A put that arrives after its own session was ended makes the item again: an admitted limit.
            _ if operation == "PutItem" => Fault::LoseResponse,
            6 => Fault::LateDuplicate,
            _ => Fault::Late,
        })
    }

    fn deliver_later(self: &Arc<Self>, operation: String, request: HttpRequest) {
        let wait = Duration::from_millis(lock(&self.dice).below(LATEST));
        let shared = self.clone();
        lock(&self.late).spawn(async move {
            tokio::time::sleep(wait).await;
            // Nobody waits for the answer.
            let _ = shared.deliver(&operation, request).await;
        });
    }

    async fn deliver(
        &self,
        operation: &str,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let Some(engine) = self.engine.get() else {
            return Err(ConnectorError::other("no connector was asked for".into(), None));
        };
        let mut response = engine.call(request).await?;
        let body = ByteStream::new(response.take_body()).collect().await;
        let body = body.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
        self.read(operation, &body);
        *response.body_mut() = SdkBody::from(body);
        Ok(response)
    }

    fn read(&self, operation: &str, body: &[u8]) {
        let Ok(mut body) = serde_json::from_slice::<Value>(body) else { return };
        let tenths = match &body["ConsumedCapacity"] {
            Value::Array(tables) => tables.iter().map(tenths).sum(),
            table => tenths(table),
        };
        let units = match operation {
            "GetItem" => &self.tally.read_tenths,
            _ => &self.tally.write_tenths,
        };
        units.fetch_add(tenths, Ordering::Relaxed);
        let refusals = ["ConditionalCheckFailedException", "TransactionCanceledException"];
        let error = body["__type"].as_str().unwrap_or_default();
        if refusals.iter().any(|refusal| error.ends_with(refusal)) {
            self.tally.refused.fetch_add(1, Ordering::Relaxed);
        }
        if operation == "DeleteItem" && body["Attributes"].is_object() {
            lock(&self.last_words).push(body["Attributes"].take());
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn tenths(table: &Value) -> u64 {
    (table["CapacityUnits"].as_f64().unwrap_or_default() * 10.0).round() as u64
}

fn broken() -> ConnectorError {
    ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into())
}

fn answer(status: u16, body: &'static str) -> Result<HttpResponse, ConnectorError> {
    let status =
        StatusCode::try_from(status).map_err(|error| ConnectorError::other(error.into(), None))?;
    Ok(HttpResponse::new(status, SdkBody::from(body)))
}

fn operation(request: &HttpRequest) -> String {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    target.split('.').next_back().unwrap_or_default().to_owned()
}

/// Which attempt of the SDK this is, from 1.
fn attempt(request: &HttpRequest) -> u32 {
    let header = request.headers().get("amz-sdk-request").unwrap_or_default();
    let attempt = header.split(';').find_map(|part| part.trim().strip_prefix("attempt="));
    attempt.and_then(|attempt| attempt.parse().ok()).unwrap_or(1)
}

const METERED: [&str; 5] = ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"];

/// Asks, in each request, for the capacity that it costs, and what a delete deletes.
#[derive(Debug)]
pub(crate) struct Ask;

impl Intercept for Ask {
    fn name(&self) -> &'static str {
        "ask for capacity and deleted items"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let operation = operation(request);
        if !METERED.contains(&&*operation) {
            return Ok(());
        }
        let mut body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default())?;
        body["ReturnConsumedCapacity"] = "TOTAL".into();
        if operation == "DeleteItem" {
            body["ReturnValues"] = "ALL_OLD".into();
        }
        let body = body.to_string();
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
        Ok(())
    }
}
