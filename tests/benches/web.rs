//! A web application under load: what the session layer adds to each request, whether an error comes through, and
//! whether memory stays flat.
//!
//! 64 clients, each with a session of its own, look (4 of 5 requests) and add to their cart (1 of 5), one request after
//! the other, in three runs: without sessions, with them, and with them on a table that throttles 30% of the requests.
//!
//! Not a part of `cargo bench` without arguments, which it only tells how to run:
//!
//! ```console
//! cargo bench -p dynamo-session-tests --bench web -- 60   # seconds of each run
//! ```
//!
//! The table is in the embedded engine, in memory and in the same process: its work is a part of what is measured.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{Request, StatusCode};
use axum::routing::get;
use dynamo_session::{
    CreatedAt, DynamoSession, Expires, Session, SessionId, SessionLayer, SessionView,
};
use dynamo_session_tests::refusals::THROTTLED;
use dynamo_session_tests::{Fault, World};
use tower::ServiceExt;

const CLIENTS: usize = 64;
/// Three of ten requests to the table are throttled, evenly spread.
const THROTTLED_IN_TEN: u32 = 3;

#[derive(DynamoSession)]
#[session(table = "load", idle_timeout = "30m", absolute_timeout = "12h")]
struct Shop {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    user: Option<String>,
    #[session(counter)]
    cart: BTreeMap<String, u32>,
}

async fn look(session: SessionView<Shop>) -> String {
    session.cart.len().to_string()
}

async fn add(mut session: Session<Shop>) -> &'static str {
    *session.cart.entry("sku-1".to_owned()).or_default() += 1;
    "added"
}

#[derive(Default)]
struct Run {
    latencies: Vec<Duration>,
    statuses: BTreeMap<u16, u64>,
}

#[tokio::main]
async fn main() {
    let seconds = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let Some(seconds) = seconds else {
        println!("say how many seconds: cargo bench -p dynamo-session-tests --bench web -- 60");
        return;
    };
    let time = Duration::from_secs(seconds);
    println!(
        "{CLIENTS} clients, {seconds} s each            requests/s   median       99%          most         statuses"
    );
    let bare = Router::new().route("/", get(async || "0").post(async || "added"));
    report("without sessions", run(bare, time).await, time);

    let (world, store) = World::with_store::<Shop>().await;
    let app = Router::new().route("/", get(look).post(add)).layer(SessionLayer::new(store));
    // What the network of the tests remembers is not the library's memory.
    let network = world.network.clone();
    tokio::spawn(async move {
        loop {
            network.take_sent();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    run(app.clone(), Duration::from_secs(2)).await;
    let before = resident_megabytes();
    report("with sessions", run(app.clone(), time).await, time);
    println!("memory: {before} MB before, {} MB after", resident_megabytes());

    for operation in ["GetItem", "UpdateItem", "PutItem"] {
        let mut requests = 0_u32;
        world.network.fail_by(operation, move || {
            requests += 1;
            (requests * THROTTLED_IN_TEN % 10 < THROTTLED_IN_TEN)
                .then_some(Fault::Answer(400, THROTTLED))
        });
    }
    report("with sessions, 30% throttled", run(app, time).await, time);
}

async fn run(app: Router, time: Duration) -> Run {
    let until = Instant::now() + time;
    let clients = (0..CLIENTS).map(|_| tokio::spawn(client(app.clone(), until)));
    let mut all = Run::default();
    for client in clients.collect::<Vec<_>>() {
        let Run { latencies, statuses } = client.await.unwrap();
        all.latencies.extend(latencies);
        for (status, count) in statuses {
            *all.statuses.entry(status).or_default() += count;
        }
    }
    all
}

async fn client(app: Router, until: Instant) -> Run {
    let mut run = Run::default();
    let mut cookie = String::new();
    let mut number = 0_u64;
    while Instant::now() < until {
        let request = match number % 5 {
            0 => Request::post("/"),
            _ => Request::get("/"),
        };
        number += 1;
        let request = request.header(COOKIE, &cookie).body(Body::empty()).unwrap();
        let begun = Instant::now();
        let response = app.clone().oneshot(request).await.unwrap();
        if let Some(set) = response.headers().get(SET_COOKIE) {
            cookie = set.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        let status = response.status();
        to_bytes(response.into_body(), usize::MAX).await.unwrap();
        run.latencies.push(begun.elapsed());
        *run.statuses.entry(status.as_u16()).or_default() += 1;
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR);
        tokio::task::yield_now().await;
    }
    run
}

fn report(what: &str, Run { mut latencies, statuses }: Run, time: Duration) {
    latencies.sort_unstable();
    let rate = latencies.len() as f64 / time.as_secs_f64();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
    println!(
        "{what:<32} {rate:>12.0}   {:<12?} {:<12?} {:<12?} {statuses:?}",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

/// What the process holds of the machine's memory, by Linux's account.
fn resident_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}
