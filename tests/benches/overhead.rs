//! What the typed session costs over the same work written by hand on `aws-sdk-dynamodb` and `serde_dynamo`.
//!
//! Nothing leaves the process: both sides talk to an HTTP client that answers at once with a prepared body, under one
//! client configuration, timeouts included. So what is measured is CPU time of the calling thread: building and
//! signing the request, and reading the response. Sessions that a commit or a touch needs are loaded outside the
//! measurement, and the stored item is one that has seen many commits, with a full set of commit tokens.
//!
//! Criterion measures each side alone and compares it with earlier runs. It cannot pair two functions, and a ratio of
//! two of its results moves with whatever else the machine does between them; so the ratios come from rounds of our
//! own, in which the two sides take turns.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::rc::Rc;
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
use cpu_time::ThreadTime;
use criterion::Criterion;
use dynamo_session::{
    Committed, CreatedAt, DynamoSession, Expires, ManualClock, Session, SessionId, SessionKey,
    SessionStore,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::runtime::Runtime;

const TABLE: &str = "shop-sessions";
const NOW: i64 = 1_800_000_000;
const EXPIRES: i64 = NOW + 1800;
/// When a touch is due: past the touch interval of a session that expires at `EXPIRES`.
const LATER: i64 = NOW + 120;
const NOTICE: &str = "Added to your cart";

/// Names and sizes in bytes of the items that are measured.
const SIZES: [(&str, usize); 3] = [("0.5 KB", 512), ("2 KB", 2048), ("20 KB", 20_480)];
const ROUNDS: usize = 101;
/// How many operations one side makes before it is the other's turn.
const TURN: usize = 16;

#[derive(DynamoSession)]
#[session(
    table = "shop-sessions",
    idle_timeout = "30m",
    absolute_timeout = "12h",
    touch_interval = "1m"
)]
struct Visit {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    user: Option<String>,
    csrf_token: String,
    visits: u64,
    address: Address,
    cart: BTreeMap<String, Line>,
    recent: Vec<String>,
    notice: Option<String>,
}

/// The same session as one would write it by hand.
#[derive(Clone, Serialize, Deserialize)]
struct Row {
    id: String,
    expires_at: i64,
    created_at: i64,
    user: Option<String>,
    csrf_token: String,
    visits: u64,
    address: Address,
    cart: BTreeMap<String, Line>,
    recent: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Address {
    street: String,
    city: String,
    country: String,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Line {
    title: String,
    quantity: u32,
    cents: u64,
}

impl Row {
    fn of_bytes(id: &SessionId, bytes: usize) -> Self {
        let mut row = Self {
            id: id.attribute_value(),
            expires_at: EXPIRES,
            created_at: NOW - 600,
            user: Some("ada@example.com".to_owned()),
            csrf_token: "qf3nXbV0mWJx2r8sLk5tYw".to_owned(),
            visits: 17,
            address: Address {
                street: "12 St James's Square".to_owned(),
                city: "London".to_owned(),
                country: "GB".to_owned(),
            },
            cart: BTreeMap::new(),
            recent: Vec::new(),
            notice: None,
        };
        while size(&AttributeValue::M(row.item())) < bytes {
            let number = row.cart.len();
            let line = Line {
                title: format!("Analytical engine, model {number}"),
                quantity: 2,
                cents: 129_900,
            };
            row.cart.insert(format!("sku-{number:05}"), line);
            row.recent.push(format!("/products/engine-{number:05}"));
        }
        row
    }

    fn item(&self) -> HashMap<String, AttributeValue> {
        serde_dynamo::to_item(self).unwrap()
    }
}

/// About what DynamoDB counts.
fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::M(entries) => entries.iter().map(|(k, v)| k.len() + size(v)).sum(),
        AttributeValue::L(elements) => elements.iter().map(size).sum(),
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(text) => text.len() / 2 + 1,
        _ => 1,
    }
}

fn to_json(value: &AttributeValue) -> serde_json::Value {
    match value {
        AttributeValue::M(entries) => json!({ "M": item_to_json(entries) }),
        AttributeValue::L(elements) => {
            json!({ "L": elements.iter().map(to_json).collect::<Vec<_>>() })
        }
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(text) => json!({ "N": text }),
        other => panic!("no session here holds {other:?}"),
    }
}

fn item_to_json(item: &HashMap<String, AttributeValue>) -> serde_json::Value {
    item.iter().map(|(name, value)| (name.clone(), to_json(value))).collect()
}

/// Answers a read with one item, and a write with what it is to have written.
#[derive(Clone, Debug)]
struct Canned {
    read: &'static str,
    written: &'static str,
}

impl Canned {
    fn new(read: serde_json::Value, written: serde_json::Value) -> Self {
        let prepared = |body: serde_json::Value| &*body.to_string().leak();
        Self { read: prepared(json!({ "Item": read })), written: prepared(written) }
    }

    /// Answers as a table does that was written by hand.
    fn by_hand(row: &Row) -> Self {
        Self::new(item_to_json(&row.item()), json!({}))
    }

    /// Answers as a table does that the store has written, many times.
    fn ours(row: &Row, written: serde_json::Value) -> Self {
        let sequence = 40;
        let tokens: serde_json::Map<_, _> = (sequence - 1..sequence + 8)
            .map(|last| (format!("pT5kVw9x{last:03}"), json!({ "N": last.to_string() })))
            .collect();
        let mut item = item_to_json(&row.item());
        item["_seq"] = json!({ "N": sequence.to_string() });
        item["_commits"] = json!({ "M": tokens });
        Self::new(item, written)
    }

    fn client(&self) -> Client {
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
        let body = match request.headers().get("x-amz-target") {
            Some("DynamoDB_20120810.GetItem") => self.read,
            _ => self.written,
        };
        let status = StatusCode::try_from(200).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}

/// The library's side.
struct Ours {
    store: SessionStore<Visit>,
    id: SessionId,
}

impl Ours {
    async fn new(canned: Canned, id: &SessionId, now: i64) -> Self {
        let store = SessionStore::builder()
            .client(canned.client())
            .clock(ManualClock::at_epoch_seconds(now))
            .build()
            .await
            .unwrap();
        Self { store, id: id.clone() }
    }

    async fn load(&self) -> Session<Visit> {
        self.store.load(&self.id).await.unwrap().unwrap()
    }

    async fn commit(session: &mut Session<Visit>) {
        session.notice = Some(NOTICE.to_owned());
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    }

    async fn touch(session: &mut Session<Visit>) {
        assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    }
}

/// The other side: what one writes without the library.
struct ByHand {
    client: Client,
    row: Row,
}

impl ByHand {
    async fn load(&self) -> Row {
        let output = self
            .client
            .get_item()
            .table_name(TABLE)
            .key("id", AttributeValue::S(self.row.id.clone()))
            .consistent_read(true)
            .send()
            .await
            .unwrap();
        let row: Row = serde_dynamo::from_item(output.item.unwrap()).unwrap();
        assert!(row.expires_at > NOW);
        row
    }

    async fn commit_whole(&self, row: &mut Row) {
        row.notice = Some(NOTICE.to_owned());
        self.client
            .put_item()
            .table_name(TABLE)
            .set_item(Some(row.item()))
            .condition_expression("attribute_exists(#id) AND #ttl > :now")
            .expression_attribute_names("#id", "id")
            .expression_attribute_names("#ttl", "expires_at")
            .expression_attribute_values(":now", AttributeValue::N(NOW.to_string()))
            .send()
            .await
            .unwrap();
    }

    async fn commit_field(&self, row: &mut Row) {
        row.notice = Some(NOTICE.to_owned());
        let notice = serde_dynamo::to_attribute_value(&row.notice).unwrap();
        self.update(&row.id, "SET #notice = :notice", "#notice", "notice", ":notice", notice).await;
    }

    async fn touch(&self, row: &mut Row) {
        row.expires_at = LATER + 1800;
        let next = AttributeValue::N(row.expires_at.to_string());
        self.update(&row.id, "SET #ttl = :next", "#ttl", "expires_at", ":next", next).await;
    }

    async fn update(
        &self,
        id: &str,
        update: &str,
        name: &str,
        attribute: &str,
        placeholder: &str,
        value: AttributeValue,
    ) {
        self.client
            .update_item()
            .table_name(TABLE)
            .key("id", AttributeValue::S(id.to_owned()))
            .update_expression(update)
            .condition_expression("attribute_exists(#id) AND #ttl > :now")
            .expression_attribute_names("#id", "id")
            .expression_attribute_names("#ttl", "expires_at")
            .expression_attribute_names(name, attribute)
            .expression_attribute_values(":now", AttributeValue::N(NOW.to_string()))
            .expression_attribute_values(placeholder, value)
            .send()
            .await
            .unwrap();
    }
}

/// Makes an operation this often and says how long it took.
type Timed = Box<dyn Fn(usize) -> Duration>;

/// Times an operation alone.
fn timed<T>(runtime: &Rc<Runtime>, operation: impl AsyncFn() -> T + 'static) -> Timed {
    let runtime = runtime.clone();
    Box::new(move |count| {
        runtime.block_on(async {
            let started = ThreadTime::now();
            for _ in 0..count {
                black_box(operation().await);
            }
            started.elapsed()
        })
    })
}

/// Times an operation on values that are made ready, and dropped, outside the measurement.
fn timed_on<T: 'static>(
    runtime: &Rc<Runtime>,
    prepare: impl AsyncFn() -> T + 'static,
    operation: impl AsyncFn(&mut T) + 'static,
) -> Timed {
    let runtime = runtime.clone();
    Box::new(move |count| {
        runtime.block_on(async {
            let mut elapsed = Duration::ZERO;
            let mut left = count;
            while left > 0 {
                let turn = left.min(TURN);
                let mut values = Vec::with_capacity(turn);
                for _ in 0..turn {
                    values.push(prepare().await);
                }
                let started = ThreadTime::now();
                for value in &mut values {
                    operation(value).await;
                }
                elapsed += started.elapsed();
                left -= turn;
            }
            elapsed
        })
    })
}

/// One operation of ours at one size, and the ways to do it by hand.
struct Contest {
    operation: &'static str,
    size: &'static str,
    ours: Timed,
    by_hand: Vec<(&'static str, Timed)>,
}

fn contests(runtime: &Rc<Runtime>, size: &'static str, bytes: usize) -> [Contest; 3] {
    let id = SessionId::generate();
    let row = Row::of_bytes(&id, bytes);
    let by_hand = Rc::new(ByHand { client: Canned::by_hand(&row).client(), row: row.clone() });
    let ours =
        |now, written| Rc::new(runtime.block_on(Ours::new(Canned::ours(&row, written), &id, now)));
    let committed = json!({ "Attributes": {
        "notice": { "S": NOTICE },
        "_seq": { "N": "41" },
        "_commits": { "M": { "8qZr2Lm4Xc0": { "N": "48" } } },
    }});
    let committing = ours(NOW, committed);
    let touching = ours(LATER, json!({}));
    let [read, put, update, touch] = std::array::from_fn(|_| by_hand.clone());
    let fresh = || {
        let by_hand = by_hand.clone();
        async move || by_hand.load().await
    };
    let (loading, loaded, stale) = (committing.clone(), committing, touching);
    [
        Contest {
            operation: "load",
            size,
            ours: timed(runtime, async move || loading.load().await),
            by_hand: vec![("GetItem", timed(runtime, async move || read.load().await))],
        },
        Contest {
            operation: "touch",
            size,
            ours: timed_on(
                runtime,
                async move || stale.load().await,
                async |session| Ours::touch(session).await,
            ),
            by_hand: vec![(
                "UpdateItem",
                timed_on(runtime, fresh(), async move |row| touch.touch(row).await),
            )],
        },
        Contest {
            operation: "commit",
            size,
            ours: timed_on(
                runtime,
                async move || loaded.load().await,
                async |session| Ours::commit(session).await,
            ),
            by_hand: vec![
                (
                    "PutItem of all",
                    timed_on(runtime, fresh(), async move |row| put.commit_whole(row).await),
                ),
                (
                    "UpdateItem of one field",
                    timed_on(runtime, fresh(), async move |row| update.commit_field(row).await),
                ),
            ],
        },
    ]
}

fn measure_alone(criterion: &mut Criterion, contests: &[Contest]) {
    for Contest { operation, size, ours, by_hand } in contests {
        let mut group = criterion.benchmark_group(format!("{operation} of {size}"));
        let mut side = |name: &str, timed: &Timed| {
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|count| timed(usize::try_from(count).unwrap()));
            });
        };
        side("dynamo-session", ours);
        for (name, timed) in by_hand {
            side(&format!("by hand, {name}"), timed);
        }
        group.finish();
    }
}

/// Both sides take turns, so that what else the machine does meets both alike.
fn ratios(ours: &Timed, by_hand: &Timed) -> Vec<f64> {
    let mut ratios: Vec<f64> = (0..ROUNDS)
        .map(|round| {
            let (ours, by_hand) = if round % 2 == 0 {
                let ours = ours(TURN);
                (ours, by_hand(TURN))
            } else {
                let by_hand = by_hand(TURN);
                (ours(TURN), by_hand)
            };
            ours.as_secs_f64() / by_hand.as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios
}

fn print_ratios(contests: &[Contest]) {
    println!("CPU time of dynamo-session over the same by hand: median of {ROUNDS} paired rounds");
    println!("{:<8}{:<26}{:<8}{:>7}   least to most", "", "by hand", "size", "ratio");
    for Contest { operation, size, ours, by_hand } in contests {
        for (name, by_hand) in by_hand {
            let ratios = ratios(ours, by_hand);
            println!(
                "{operation:<8}{name:<26}{size:<8}{:>7.2}   {:.2} to {:.2}",
                ratios[ROUNDS / 2],
                ratios[0],
                ratios[ROUNDS - 1],
            );
        }
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let runtime = Rc::new(runtime);
    let contests: Vec<Contest> =
        SIZES.iter().flat_map(|(size, bytes)| contests(&runtime, size, *bytes)).collect();
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500))
        .sample_size(20)
        .configure_from_args();
    measure_alone(&mut criterion, &contests);
    criterion.final_summary();
    // Without `--bench`, Cargo asks whether everything runs, not how fast.
    let asked = |option: &str| std::env::args().any(|argument| argument == option);
    if asked("--bench") && !asked("--profile-time") {
        print_ratios(&contests);
    }
}
