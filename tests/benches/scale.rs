//! A large table: what it takes to count its sessions, to purge half of them and to end those of one user, in time, in capacity units and in
//! memory.
//!
//! Not a part of `cargo bench` without arguments, which it only tells how to run:
//!
//! ```console
//! cargo bench -p dynamo-session-tests --bench scale -- 1000000
//! cargo bench -p dynamo-session-tests --bench scale -- 100000 4   # in four segments
//! ```
//!
//! The table is in the embedded engine, in a file in the temporary directory, so that the process's memory is not the
//! table's. The engine makes one transaction of each write: where a disk takes its time, `TMPDIR=/dev/shm` takes the
//! file into memory, and still not into the process's.
//!
//! In one segment, unless it is told otherwise: this engine walks through the whole table for each page of one of
//! several segments, so that their cost grows with the square of the table. On AWS, segments go side by side.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use dynamo_session::embedded::Engine;
use dynamo_session::{
    Clock as _, CreatedAt, DynamoSession, EpochSeconds as _, Expires, SessionId, SessionStore,
    SystemClock,
};

const SESSIONS_OF_ONE_USER: u64 = 10_000;
const BATCH: usize = 25;
const BATCHES_IN_FLIGHT: usize = 8;

#[derive(DynamoSession)]
#[session(table = "scale", idle_timeout = "30m", absolute_timeout = "12h")]
struct Session {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(index = "by_user")]
    user: Option<String>,
    cart: HashMap<String, u32>,
}

#[tokio::main]
async fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let (sessions, segments) = (numbers.next(), numbers.next().unwrap_or(1) as u32);
    let Some(sessions) = sessions else {
        println!(
            "say how many sessions: cargo bench -p dynamo-session-tests --bench scale -- 1000000"
        );
        return;
    };
    let directory = Directory::new();
    let engine = Engine::file(directory.0.join("scale.db")).unwrap();
    let store = SessionStore::<Session>::builder()
        .client(engine.client())
        .auto_create(true)
        .operation_attempt_timeout(Duration::from_secs(60))
        .operation_timeout(Duration::from_secs(120))
        .build()
        .await
        .unwrap();
    println!("{sessions} sessions, {segments} segments, in {}", directory.0.display());

    let phase = Phase::begin();
    fill(&engine, &store, sessions).await;
    phase.end("fill", sessions, None);

    let phase = Phase::begin();
    let counted = store.count_sessions().segments(segments).await.unwrap();
    phase.end("count", counted.items(), Some(counted.read_units));
    println!("    {counted}");
    assert_eq!((counted.alive, counted.expired), (sessions - sessions / 2, sessions / 2));

    let phase = Phase::begin();
    let counted = store.count_sessions().segments(segments).measure_sizes(true).await.unwrap();
    phase.end("measure", counted.items(), Some(counted.read_units));
    println!("    {counted}");

    let phase = Phase::begin();
    let purged = store.purge_expired().segments(segments).await.unwrap();
    phase.end("purge", purged.scanned, Some(purged.read_units + purged.write_units));
    println!("    {purged}");
    assert_eq!(purged.deleted, sessions / 2);

    let phase = Phase::begin();
    let counted = store.count_sessions().segments(segments).await.unwrap();
    phase.end("count again", counted.items(), Some(counted.read_units));
    println!("    {counted}");
    assert_eq!((counted.alive, counted.expired), (sessions - sessions / 2, 0));

    let phase = Phase::begin();
    let ended = store.by(Session::USER).end_all(USER).await.unwrap();
    phase.end("end all of one user", ended, None);
    assert_eq!(ended, SESSIONS_OF_ONE_USER.min(sessions - sessions / 2));
    assert!(store.by(Session::USER).list(USER).next_page().await.unwrap().is_none());
}

/// The user with many sessions.
const USER: &str = "user-of-many";

/// Every other session has expired; the first of those that are alive belong to one user.
async fn fill(engine: &Engine, store: &SessionStore<Session>, sessions: u64) {
    let now = SystemClock.now().epoch_seconds();
    let mut batches = (0..sessions).step_by(BATCH);
    let mut writes = tokio::task::JoinSet::new();
    loop {
        while writes.len() < BATCHES_IN_FLIGHT
            && let Some(first) = batches.next()
        {
            let requests: Vec<_> = (first..sessions.min(first + BATCH as u64))
                .map(|number| put_request(number, now))
                .collect();
            let write = engine.client().batch_write_item();
            let write = write.request_items(store.table_name(), requests);
            writes.spawn(write.send());
        }
        let Some(written) = writes.join_next().await else { break };
        let left = written.unwrap().unwrap().unprocessed_items.unwrap_or_default();
        assert!(left.is_empty(), "this engine takes them all");
    }
}

fn put_request(number: u64, now: i64) -> WriteRequest {
    let alive = number.is_multiple_of(2);
    let user = match alive && number / 2 < SESSIONS_OF_ONE_USER {
        true => USER.to_owned(),
        false => format!("user-{:06}", number % 50_000),
    };
    // Sessions of about half a KB, as shops have them.
    let cart = (0..24).map(|line| {
        let sku = format!("sku-{:08}", number.wrapping_mul(31).wrapping_add(line));
        (sku, AttributeValue::N((line + 1).to_string()))
    });
    let seconds = |seconds: i64| AttributeValue::N(seconds.to_string());
    let item = [
        ("id", AttributeValue::S(Session::SCHEMA.table_key(&SessionId::generate()))),
        ("expires_at", seconds(if alive { now + 86_400 } else { now - 3600 })),
        ("created_at", seconds(now - 7200)),
        ("user", AttributeValue::S(user)),
        ("cart", AttributeValue::M(cart.collect())),
    ];
    let item = item.map(|(name, value)| (name.to_owned(), value)).into();
    let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
    WriteRequest::builder().put_request(put).build()
}

/// One part of the run, and what it took.
struct Phase {
    began: Instant,
    memory_before: Option<u64>,
}

impl Phase {
    fn begin() -> Self {
        // Resets the peak, where the kernel is Linux.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        Self { began: Instant::now(), memory_before: memory("VmRSS") }
    }

    fn end(self, name: &str, items: u64, units: Option<f64>) {
        let seconds = self.began.elapsed().as_secs_f64();
        let rate = items as f64 / seconds;
        let memory = match (self.memory_before, memory("VmHWM")) {
            (Some(before), Some(peak)) => format!("{before} MB before, {peak} MB at the peak"),
            _ => "memory unknown".to_owned(),
        };
        let units = units.map(|units| format!("; {units:.0} capacity units")).unwrap_or_default();
        println!("{name}: {items} items in {seconds:.1} s, {rate:.0} a second{units}; {memory}");
    }
}

/// A figure of the process in megabytes.
fn memory(figure: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(figure))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024)
}

/// A directory that goes with the run.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let path =
            std::env::temp_dir().join(format!("dynamo-session-scale-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
