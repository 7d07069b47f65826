use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_runtime_api::shared::IntoShared;
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

use super::fault::Fault;
use super::operations::require_operation;

/// A request as it went out: the operation's name and its JSON body.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Such as `UpdateItem`.
    pub operation: String,
    /// The request's body.
    pub body: Value,
}

impl Sent {
    /// A top-level text of the body, such as `UpdateExpression`.
    pub fn text(&self, key: &str) -> &str {
        self.body[key].as_str().unwrap_or_default()
    }

    /// The attribute names that the expressions speak of, sorted.
    pub fn names(&self) -> Vec<&str> {
        let names = self.body["ExpressionAttributeNames"].as_object();
        let mut names: Vec<&str> =
            names.into_iter().flat_map(|names| names.values()).filter_map(Value::as_str).collect();
        names.sort_unstable();
        names
    }
}

/// An engine behind a network that fails on demand, and remembers what was sent. Clones share one network.
///
/// It is an [`HttpClient`] of the AWS SDK, so everything above it, retries and errors included, is what runs in production.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use dynamo_session::embedded::Engine;
/// use dynamo_session::testing::{Fault, Network};
///
/// let engine = Engine::memory();
/// let network = Network::new(engine.clone());
/// let config = engine.client().config().to_builder().http_client(network.clone()).build();
/// let client = dynamo_session::aws_sdk_dynamodb::Client::from_conf(config);
///
/// network.fail_next("ListTables", Fault::LoseResponse); // the SDK tries again
/// assert!(client.list_tables().send().await.is_ok());
/// assert_eq!(network.operations(), ["ListTables", "ListTables"]);
/// # }
/// ```
#[derive(Clone)]
pub struct Network {
    shared: Arc<Shared>,
}

type Rule = Box<dyn FnMut() -> Option<Fault> + Send>;

struct Shared {
    behind: SharedHttpClient,
    engine: OnceLock<SharedHttpConnector>,
    faults: Mutex<VecDeque<(String, Fault)>>,
    rules: Mutex<Vec<(String, Rule)>>,
    sent: Mutex<Vec<(Sent, HttpRequest)>>,
}

impl Shared {
    fn engine(&self) -> &SharedHttpConnector {
        match self.engine.get() {
            Some(engine) => engine,
            None => panic!("the SDK asks for a connector before it sends anything"),
        }
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Network {
    /// A network in front of what this HTTP client reaches.
    pub fn new(behind: impl HttpClient + 'static) -> Self {
        Self {
            shared: Arc::new(Shared {
                behind: behind.into_shared(),
                engine: OnceLock::new(),
                faults: Mutex::default(),
                rules: Mutex::default(),
                sent: Mutex::default(),
            }),
        }
    }

    /// Does this to the next request of an operation, such as `UpdateItem`, that no earlier call has claimed.
    ///
    /// # Panics
    ///
    /// If DynamoDB has no operation of this name.
    #[track_caller]
    pub fn fail_next(&self, operation: &str, fault: Fault) {
        require_operation(operation);
        lock(&self.shared.faults).push_back((operation.to_owned(), fault));
    }

    /// Asks this about each request of an operation from now on that [`fail_next`](Self::fail_next) has nothing for.
    ///
    /// # Panics
    ///
    /// If DynamoDB has no operation of this name.
    #[track_caller]
    pub fn fail_by(&self, operation: &str, choose: impl FnMut() -> Option<Fault> + Send + 'static) {
        require_operation(operation);
        lock(&self.shared.rules).push((operation.to_owned(), Box::new(choose)));
    }

    /// Lets every request pass again.
    pub fn forget_faults(&self) {
        lock(&self.shared.faults).clear();
        lock(&self.shared.rules).clear();
    }

    /// Waits until so many requests of this operation were sent and not yet [taken](Self::take_sent).
    ///
    /// # Panics
    ///
    /// If DynamoDB has no operation of this name.
    pub async fn until_sent(&self, operation: &str, times: usize) {
        require_operation(operation);
        while self.operations().iter().filter(|sent| *sent == operation).count() < times {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Everything that was sent since the last call, oldest first.
    pub fn take_sent(&self) -> Vec<Sent> {
        lock(&self.shared.sent).drain(..).map(|(sent, _)| sent).collect()
    }

    /// The requests that were sent, without forgetting them.
    pub fn operations(&self) -> Vec<String> {
        lock(&self.shared.sent).iter().map(|(sent, _)| sent.operation.clone()).collect()
    }

    /// A copy of the last request of this operation, to be delivered later.
    ///
    /// # Panics
    ///
    /// If none was sent since [`take_sent`](Self::take_sent), or DynamoDB has no operation of this name.
    #[track_caller]
    pub fn copy_of_last(&self, operation: &str) -> HttpRequest {
        require_operation(operation);
        let copy = lock(&self.shared.sent)
            .iter()
            .rev()
            .find(|(sent, _)| sent.operation == operation)
            .and_then(|(_, request)| request.try_clone());
        match copy {
            Some(copy) => copy,
            None => panic!("no {operation} was sent"),
        }
    }

    /// A copy of each request of this operation that was not yet [taken](Self::take_sent), oldest first.
    ///
    /// # Panics
    ///
    /// If DynamoDB has no operation of this name.
    #[track_caller]
    pub fn copies(&self, operation: &str) -> Vec<HttpRequest> {
        require_operation(operation);
        let sent = lock(&self.shared.sent);
        let of_operation = sent.iter().filter(|(sent, _)| sent.operation == operation);
        of_operation.filter_map(|(_, request)| request.try_clone()).collect()
    }

    /// Delivers a request to the engine; returns the status of the answer.
    ///
    /// # Panics
    ///
    /// If nothing was sent over this network before, or the engine gives no answer.
    pub async fn deliver(&self, request: HttpRequest) -> u16 {
        match self.shared.engine().call(request).await {
            Ok(response) => response.status().as_u16(),
            Err(error) => panic!("the engine always answers: {error:?}"),
        }
    }

    /// Delivers a copy of the last request of this operation once more.
    ///
    /// # Panics
    ///
    /// As [`copy_of_last`](Self::copy_of_last) and [`deliver`](Self::deliver).
    pub async fn deliver_again(&self, operation: &str) -> u16 {
        self.deliver(self.copy_of_last(operation)).await
    }
}

impl HttpClient for Network {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let engine = || self.shared.behind.http_connector(settings, components);
        self.shared.engine.get_or_init(engine);
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Network {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let shared = self.shared.clone();
        let operation = request
            .headers()
            .get("x-amz-target")
            .and_then(|target| target.split('.').next_back())
            .unwrap_or_default()
            .to_owned();
        let body = request.body().bytes().unwrap_or_default();
        let body = serde_json::from_slice(body).unwrap_or_default();
        if let Some(copy) = request.try_clone() {
            lock(&shared.sent).push((Sent { operation: operation.clone(), body }, copy));
        }
        let fault = {
            let mut faults = lock(&shared.faults);
            let position = faults.iter().position(|(wanted, _)| *wanted == operation);
            position.and_then(|position| faults.remove(position)).map(|(_, fault)| fault)
        };
        let by_rule = || {
            let mut rules = lock(&shared.rules);
            let rule = rules.iter_mut().find(|(wanted, _)| *wanted == operation);
            rule.and_then(|(_, choose)| choose())
        };
        let mut fault = fault.or_else(by_rule);
        let broken = || ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into());
        HttpConnectorFuture::new(async move {
            while let Some(Fault::Slow(time, then)) = fault {
                tokio::time::sleep(time).await;
                fault = then.map(|then| *then);
            }
            match fault {
                None | Some(Fault::Slow(..)) => shared.engine().call(request).await,
                Some(Fault::LoseRequest) => Err(broken()),
                Some(Fault::LoseResponse) => {
                    shared.engine().call(request).await?;
                    Err(broken())
                }
                Some(Fault::Duplicate) => {
                    if let Some(copy) = request.try_clone() {
                        shared.engine().call(copy).await?;
                    }
                    shared.engine().call(request).await
                }
                Some(Fault::Answer(status, body)) => answer(status, body),
                Some(Fault::Garble(status, body)) => {
                    shared.engine().call(request).await?;
                    answer(status, body)
                }
                Some(Fault::Hold(gate)) => {
                    gate.notified().await;
                    shared.engine().call(request).await
                }
                Some(Fault::Late(gate)) => {
                    tokio::spawn(async move {
                        gate.notified().await;
                        shared.engine().call(request).await
                    });
                    Err(broken())
                }
            }
        })
    }
}

fn answer(status: u16, body: &'static str) -> Result<HttpResponse, ConnectorError> {
    let status =
        StatusCode::try_from(status).map_err(|error| ConnectorError::other(error.into(), None))?;
    Ok(HttpResponse::new(status, SdkBody::from(body)))
}
