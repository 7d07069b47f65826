//! What a secret of 4 KB costs beside the request that carries it: the same session with the same field, plain and secret.
//!
//! Nothing leaves the process: an HTTP client keeps the item that was put, and gives it back. What is measured is the CPU
//! time of the calling thread, in rounds in which the two take turns.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::hint::black_box;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use cpu_time::ThreadTime;
use dynamo_session::{DynamoSession, Expires, ManualClock, Session, SessionId, SessionStore};
use hkdf::Hkdf;
use serde_json::{Value, json};
use sha2::Sha256;

const NOW: i64 = 1_800_000_000;
const BYTES: usize = 4096;
const ROUNDS: usize = 201;
const TURN: usize = 32;

trait Bearer: DynamoSession<Key = SessionId> {
    fn set(&mut self, token: String);
    fn view(&mut self);
}

macro_rules! bearer {
    ($name:ident, $($secret:meta)?) => {
        #[derive(DynamoSession)]
        #[session(table = "sessions", key_prefix = "session#", idle_timeout = "30m")]
        struct $name {
            #[session(hash_key)]
            id: SessionId,
            #[session(ttl)]
            expires_at: Expires,
            $(#[$secret])?
            token: String,
            views: u64,
        }

        impl Bearer for $name {
            fn set(&mut self, token: String) {
                self.token = token;
            }

            fn view(&mut self) {
                self.views += 1;
            }
        }
    };
}

bearer!(Plain,);
bearer!(Secret, session(secret));

/// Keeps the item that was put, and answers every read with it.
#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<String>>);

impl HttpClient for Kept {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Kept {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut kept = self.0.lock().unwrap();
        let body = match request.headers().get("x-amz-target") {
            Some("DynamoDB_20120810.GetItem") => kept.clone(),
            Some("DynamoDB_20120810.PutItem") if kept.is_empty() => {
                let put: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
                *kept = json!({ "Item": put["Item"] }).to_string();
                "{}".to_owned()
            }
            _ => "{}".to_owned(),
        };
        let status = StatusCode::try_from(200).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}

struct Side<S: DynamoSession> {
    store: SessionStore<S>,
    id: SessionId,
}

impl<S: Bearer> Side<S> {
    async fn new(token: &str) -> Self {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::from_static("us-east-1"))
            .endpoint_url("http://dynamodb.invalid")
            .credentials_provider(Credentials::new("kept", "kept", None, None, "kept"))
            .http_client(Kept::default())
            .build();
        let store = SessionStore::builder()
            .client(Client::from_conf(config))
            .clock(ManualClock::at_epoch_seconds(NOW))
            .build()
            .await
            .unwrap();
        let id = Self::begin(&store, token).await;
        Self { store, id }
    }

    async fn begin(store: &SessionStore<S>, token: &str) -> SessionId {
        let mut session = store.create();
        session.set(token.to_owned());
        let _ = session.commit().await.unwrap();
        session.id().clone()
    }

    async fn load(&self) -> Session<S> {
        self.store.load(&self.id).await.unwrap().unwrap()
    }

    /// How long an operation takes, each time on a session that was loaded before.
    async fn time(&self, operation: Operation, token: &str) -> Duration {
        let mut sessions = Vec::with_capacity(TURN);
        for _ in 0..TURN {
            sessions.push(self.load().await);
        }
        let started = ThreadTime::now();
        for session in &mut sessions {
            match operation {
                Operation::Load => drop(black_box(self.load().await)),
                Operation::First => drop(black_box(Self::begin(&self.store, token).await)),
                Operation::Change => {
                    session.set(token.replace('a', "b"));
                    let _ = session.commit().await.unwrap();
                }
                Operation::Other => {
                    session.view();
                    let _ = session.commit().await.unwrap();
                }
            }
        }
        started.elapsed()
    }
}

/// What the standard's functions alone take, called as they are: a key derived, and as many bytes encrypted under it.
fn encrypt(token: &str) -> Duration {
    let mut bytes = token.as_bytes().to_vec();
    let started = ThreadTime::now();
    for turn in 0..TURN {
        let (mut key, nonce) = ([turn as u8; 32], Nonce::from([turn as u8; 12]));
        Hkdf::<Sha256>::new(None, &black_box(key)).expand(b"secret", &mut key).unwrap();
        let cipher = Aes256Gcm::new((&key).into());
        let tag = cipher.encrypt_inout_detached(&nonce, b"id", bytes.as_mut_slice().into());
        black_box(tag.unwrap());
    }
    started.elapsed()
}

#[derive(Clone, Copy)]
enum Operation {
    Load,
    First,
    Change,
    Other,
}

const OPERATIONS: [(&str, Operation); 4] = [
    ("load", Operation::Load),
    ("first commit", Operation::First),
    ("commit that changes it", Operation::Change),
    ("commit of another field", Operation::Other),
];

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // Without `--bench`, Cargo asks whether everything runs, not how fast.
    let rounds = if std::env::args().any(|argument| argument == "--bench") { ROUNDS } else { 1 };
    let token: String = (0..BYTES).map(|at| char::from(b'a' + (at * 7 % 26) as u8)).collect();
    let (plain, secret) = (Side::<Plain>::new(&token).await, Side::<Secret>::new(&token).await);
    println!(
        "CPU time of a request, with a field of {BYTES} bytes: median of {rounds} paired rounds"
    );
    println!("{:<26}{:>10}{:>10}{:>10}{:>8}", "", "plain", "secret", "more", "ratio");
    for (name, operation) in OPERATIONS {
        let (mut plains, mut secrets, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..rounds {
            let (theirs, ours) = match round % 2 {
                0 => {
                    let ours = secret.time(operation, &token).await;
                    (plain.time(operation, &token).await, ours)
                }
                _ => {
                    let theirs = plain.time(operation, &token).await;
                    (theirs, secret.time(operation, &token).await)
                }
            };
            let micros = |time: Duration| time.as_secs_f64() * 1e6 / TURN as f64;
            plains.push(micros(theirs));
            secrets.push(micros(ours));
            ratios.push(ours.as_secs_f64() / theirs.as_secs_f64());
        }
        let (plain, secret) = (median(plains), median(secrets));
        println!(
            "{name:<26}{plain:>7.1} us{secret:>7.1} us{:>7.1} us{:>8.3}",
            secret - plain,
            median(ratios)
        );
    }
    let alone = (0..rounds).map(|_| encrypt(&token).as_secs_f64() * 1e6 / TURN as f64);
    println!("HKDF and AES-256-GCM alone{:>30.1} us", median(alone.collect()));
}
