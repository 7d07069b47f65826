//! A visit as it is compared between session stores: a login, 100 pages a second apart, every tenth followed by a change of
//! a small field, and a logout; and what it costs.

#![expect(clippy::unwrap_used, reason = "what cannot be played cannot be measured")]

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::{get, post};
use dynamo_session::embedded::Engine;
use dynamo_session::testing::Browser;
use dynamo_session::{
    CreatedAt, DynamoSession, Error, Expires, Logout, ManualClock, ReadConsistency, Session,
    SessionId, SessionLayer, SessionStore, SessionView,
};
use http::Request;
use serde_json::Value;

#[derive(DynamoSession)]
#[session(table = "capacity", idle_timeout = "30m", absolute_timeout = "12h")]
struct Visit {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    user: Option<String>,
    page: u64,
    /// What makes the session as large as it is.
    profile: String,
}

/// The engine, and what the requests to it have cost.
#[derive(Clone, Debug)]
struct Meter {
    engine: Engine,
    connector: Arc<OnceLock<SharedHttpConnector>>,
    bill: Arc<Mutex<Bill>>,
}

/// What a visit has cost, by the account of the engine.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bill {
    /// Read capacity units.
    pub reads: f64,
    /// Write capacity units.
    pub writes: f64,
    /// Requests to the table.
    pub requests: u32,
    /// The size of the session's item before the logout.
    pub item_bytes: usize,
}

impl HttpClient for Meter {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.connector.get_or_init(|| self.engine.http_connector(settings, components));
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Meter {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let is_read = target.ends_with(".GetItem");
        let mut body: Value =
            serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
        body["ReturnConsumedCapacity"] = "TOTAL".into();
        *request.body_mut() = SdkBody::from(body.to_string());
        let meter = self.clone();
        HttpConnectorFuture::new(async move {
            let response = meter.connector.get().unwrap().call(request).await?;
            let answer: Value =
                serde_json::from_slice(response.body().bytes().unwrap_or_default()).unwrap();
            assert!(response.status().is_success(), "{answer}");
            let units = |consumed: &Value| consumed["CapacityUnits"].as_f64().unwrap_or_default();
            let consumed = &answer["ConsumedCapacity"];
            let units = match consumed {
                Value::Array(tables) => tables.iter().map(units).sum(),
                table => units(table),
            };
            let mut bill = lock(&meter.bill);
            bill.requests += 1;
            if is_read {
                bill.reads += units;
            } else {
                bill.writes += units;
            }
            Ok(response)
        })
    }
}

fn lock(bill: &Mutex<Bill>) -> MutexGuard<'_, Bill> {
    bill.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn page(session: SessionView<Visit>) -> String {
    session.user.clone().unwrap_or_default()
}

/// Fills the session as an application does at a login, or before.
async fn fill(mut session: Session<Visit>, size: String) {
    session.profile = "x".repeat(size.parse().unwrap());
}

async fn log_in(mut session: Session<Visit>, size: String) -> Result<(), Error> {
    session.renew().await?;
    session.user = Some("ada".to_owned());
    session.profile = "x".repeat(size.parse().unwrap());
    Ok(())
}

async fn turn(mut session: Session<Visit>) -> String {
    session.page += 1;
    session.page.to_string()
}

async fn log_out(logout: Logout<Visit>) -> Result<(), Error> {
    logout.end().await
}

/// Plays a visit with a session of so many bytes. Before it, the visitor may have had a session already, as with a cart.
pub async fn usual_visit(
    bytes: usize,
    consistency: ReadConsistency,
    is_stored_before: bool,
) -> Bill {
    let clock = ManualClock::at_epoch_seconds(1_800_000_000);
    let engine = Engine::memory_with_clock(clock.clone());
    let (connector, bill) = Default::default();
    let meter = Meter { engine: engine.clone(), connector, bill };
    let setup = SessionStore::<Visit>::builder().client(engine.client()).auto_create(true);
    let _ = setup.build().await.unwrap();
    let config = engine.client().config().to_builder().http_client(meter.clone()).build();
    let builder = SessionStore::<Visit>::builder().client(Client::from_conf(config));
    let builder = builder.clock(clock.clone()).read_consistency(consistency);
    let store = builder.build().await.unwrap();
    let app = Router::new()
        .route("/", get(page))
        .route("/fill", post(fill))
        .route("/log-in", post(log_in))
        .route("/turn", post(turn))
        .route("/log-out", post(log_out))
        .layer(SessionLayer::new(store.clone()));
    let mut browser = Browser::new(app, clock.clone());
    // So that the item is of the size that was asked for, names and bookkeeping included.
    let profile = bytes - 250;
    if is_stored_before {
        send(&mut browser, Request::post("/fill"), profile).await;
    }
    *lock(&meter.bill) = Bill::default();

    send(&mut browser, Request::post("/log-in"), profile).await;
    for second in 1..=100 {
        clock.advance(Duration::from_secs(1));
        assert_eq!(send(&mut browser, Request::get("/"), 0).await, "ada");
        if second % 10 == 0 {
            let turned = send(&mut browser, Request::post("/turn"), 0).await;
            assert_eq!(turned, (second / 10).to_string());
        }
    }
    let items = engine.client().scan().table_name(store.table_name()).send().await.unwrap();
    let items = items.items();
    let item_bytes = items.iter().map(size).max().unwrap_or_default();
    send(&mut browser, Request::post("/log-out"), 0).await;
    assert_eq!(browser.cookie("__Host-Http-session"), None);
    Bill { item_bytes, ..*lock(&meter.bill) }
}

async fn send(
    browser: &mut Browser<Router>,
    request: http::request::Builder,
    profile: usize,
) -> String {
    let request = request.body(Body::from(profile.to_string())).unwrap();
    let response = browser.send(request).await.unwrap();
    assert!(response.status().is_success(), "{}", response.status());
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(body.into()).unwrap()
}

/// The bytes of an item, by DynamoDB's rules.
fn size(
    item: &std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>,
) -> usize {
    use aws_sdk_dynamodb::types::AttributeValue as V;
    fn value(attribute: &V) -> usize {
        match attribute {
            V::S(text) => text.len(),
            V::N(number) => number.trim_matches('0').len().div_ceil(2) + 1,
            V::M(map) => 3 + map.iter().map(|(key, of)| 1 + key.len() + value(of)).sum::<usize>(),
            other => panic!("no field is stored as {other:?}"),
        }
    }
    item.iter().map(|(name, of)| name.len() + value(of)).sum()
}
