use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

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
use serde_json::{Value, json};

use crate::Dice;

/// An engine that answers eventually consistent reads of single items from replicas that are behind: each from any earlier
/// state of the item, most often one of the last, and from none that has to do with the answer before. Clones share it.
#[derive(Clone)]
pub struct Replicas(Arc<Shared>);

struct Shared {
    behind: SharedHttpClient,
    hash_key: &'static str,
    engine: OnceLock<SharedHttpConnector>,
    /// The answers to a read of each item in all of its states, oldest first.
    states: Mutex<HashMap<String, Vec<String>>>,
    /// So that no state is left out.
    writing: tokio::sync::Mutex<()>,
    dice: Mutex<Dice>,
    shown: Mutex<Shown>,
    eventual_reads: AtomicU64,
    strong_reads: AtomicU64,
}

/// Which of an item's states replicas show.
#[derive(Clone, Copy, Debug)]
enum Shown {
    Any,
    Nothing,
    First,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Replicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Replicas")
    }
}

impl Replicas {
    /// Replicas of what this HTTP client reaches, whose tables have this key.
    pub fn new(behind: impl HttpClient + 'static, hash_key: &'static str, dice: Dice) -> Self {
        Self(Arc::new(Shared {
            behind: behind.into_shared(),
            hash_key,
            engine: OnceLock::new(),
            states: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            dice: Mutex::new(dice),
            shown: Mutex::new(Shown::Any),
            eventual_reads: AtomicU64::default(),
            strong_reads: AtomicU64::default(),
        }))
    }

    /// From now on, they show nothing of what has been written.
    #[must_use]
    pub fn empty(self) -> Self {
        *lock(&self.0.shown) = Shown::Nothing;
        self
    }

    /// From now on, they show each item as it was first written.
    #[must_use]
    pub fn at_first(self) -> Self {
        *lock(&self.0.shown) = Shown::First;
        self
    }

    /// How many reads of single items were eventually, and how many strongly consistent.
    pub fn reads(&self) -> (u64, u64) {
        let count = |reads: &AtomicU64| reads.load(Ordering::Relaxed);
        (count(&self.0.eventual_reads), count(&self.0.strong_reads))
    }
}

impl Shared {
    fn engine(&self) -> &SharedHttpConnector {
        match self.engine.get() {
            Some(engine) => engine,
            None => panic!("the SDK asks for a connector before it sends anything"),
        }
    }

    /// What an item was at some time; `None` if it never was anything.
    fn earlier_state(&self, item: &str) -> Option<String> {
        let states = lock(&self.states);
        let states = states.get(item)?;
        let (mut dice, length) = (lock(&self.dice), states.len() as u64);
        let lag = match (*lock(&self.shown), dice.below(4)) {
            (Shown::Nothing, _) => length,
            (Shown::First, _) => length.saturating_sub(1),
            (Shown::Any, 0) => 0,
            (Shown::Any, 1) => 1,
            (Shown::Any, 2) => dice.below(8),
            (Shown::Any, _) => dice.below(length + 1),
        };
        let state = length.checked_sub(lag + 1).and_then(|state| states.get(state as usize));
        Some(state.map_or("{}", String::as_str).to_owned())
    }

    /// Keeps the state in which a write has left an item.
    async fn keep(&self, write: &HttpRequest, table: &Value, key: Value) {
        let item = name(table, &key);
        let read = json!({"TableName": table, "Key": key, "ConsistentRead": true}).to_string();
        let Some(mut request) = write.try_clone() else { return };
        request.headers_mut().insert("x-amz-target", "DynamoDB_20120810.GetItem");
        *request.body_mut() = SdkBody::from(read);
        let Ok(response) = self.engine().call(request).await else { return };
        let state = String::from_utf8_lossy(response.body().bytes().unwrap_or_default());
        let mut states = lock(&self.states);
        let states = states.entry(item).or_default();
        if states.last().map(String::as_str) != Some(&*state) {
            states.push(state.into_owned());
        }
    }

    async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.split('.').next_back().unwrap_or_default().to_owned();
        let body: Value =
            serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
        if operation == "GetItem" {
            let is_strong = body["ConsistentRead"] == true;
            let count = if is_strong { &self.strong_reads } else { &self.eventual_reads };
            count.fetch_add(1, Ordering::Relaxed);
            if let (false, Some(state)) =
                (is_strong, self.earlier_state(&name(&body["TableName"], &body["Key"])))
            {
                // As long as a real one takes, so that others can come between.
                tokio::task::yield_now().await;
                return answer(state);
            }
            return self.engine().call(request).await;
        }
        let written = self.written(&operation, &body);
        if written.is_empty() {
            return self.engine().call(request).await;
        }
        let _alone = self.writing.lock().await;
        let copy = request.try_clone();
        let response = self.engine().call(request).await;
        for (table, key) in written {
            if let Some(copy) = &copy {
                self.keep(copy, &table, key).await;
            }
        }
        response
    }

    /// The tables and keys of the items that a request writes.
    fn written(&self, operation: &str, body: &Value) -> Vec<(Value, Value)> {
        let by_key = |write: &Value| (write["TableName"].clone(), write["Key"].clone());
        let by_item = |write: &Value| {
            let key = json!({self.hash_key: write["Item"][self.hash_key]});
            (write["TableName"].clone(), key)
        };
        match operation {
            "PutItem" => vec![by_item(body)],
            "UpdateItem" | "DeleteItem" => vec![by_key(body)],
            "TransactWriteItems" => {
                let writes = body["TransactItems"].as_array().into_iter().flatten();
                writes.map(|write| by_item(&write["Put"])).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn name(table: &Value, key: &Value) -> String {
    format!("{table} {key}")
}

fn answer(body: String) -> Result<HttpResponse, ConnectorError> {
    let status =
        StatusCode::try_from(200).map_err(|error| ConnectorError::other(error.into(), None))?;
    Ok(HttpResponse::new(status, SdkBody::from(body)))
}

impl HttpClient for Replicas {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let engine = || self.0.behind.http_connector(settings, components);
        self.0.engine.get_or_init(engine);
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Replicas {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let shared = self.0.clone();
        HttpConnectorFuture::new(async move { shared.answer(request).await })
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}
