//! What the web layer is given beyond the public interface.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use tokio::time::Instant;

use crate::embedded::Engine;
use crate::expiry::{Expires, ManualClock};
use crate::id::SessionId;
use crate::protocol::Committed;
use crate::session::Session;
use crate::store::SessionStore;

const NOW: i64 = 1_800_000_000;
const IDLE: i64 = 30 * 60;

#[derive(dynamo_session_derive::DynamoSession)]
#[session(
    crate = crate,
    table = "shop",
    idle_timeout = "30m",
    remember_timeout = "2h",
    touch_interval = "1m"
)]
struct Shop {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(remember)]
    remember: bool,
    user: Option<String>,
    cart: BTreeMap<String, u32>,
    #[session(counter)]
    views: u64,
    #[session(set)]
    roles: BTreeSet<String>,
}

/// What happens to a request on its way.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Throttled,
    Lost,
    AnswerLost,
    Silence,
}

/// The engine behind a network with faults in store, which remembers what was sent.
#[derive(Clone, Debug)]
struct Network {
    engine: SharedHttpConnector,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    sent: Arc<Mutex<Vec<String>>>,
}

impl HttpClient for Network {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Network {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap();
        let operation = target.split('.').next_back().unwrap().to_owned();
        self.sent.lock().unwrap().push(operation);
        let (engine, fault) = (self.engine.clone(), self.faults.lock().unwrap().pop_front());
        let broken = || ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into());
        HttpConnectorFuture::new(async move {
            match fault {
                None => engine.call(request).await,
                Some(Fault::Lost) => Err(broken()),
                Some(Fault::Silence) => std::future::pending().await,
                Some(Fault::AnswerLost) => {
                    engine.call(request).await?;
                    Err(broken())
                }
                Some(Fault::Throttled) => Ok(HttpResponse::new(
                    StatusCode::try_from(400).unwrap(),
                    SdkBody::from(r#"{"__type":"ThrottlingException","message":"slow down"}"#),
                )),
            }
        })
    }
}

struct World {
    faults: Arc<Mutex<VecDeque<Fault>>>,
    sent: Arc<Mutex<Vec<String>>>,
    clock: ManualClock,
    store: SessionStore<Shop>,
}

impl World {
    async fn new() -> Self {
        let clock = ManualClock::at_epoch_seconds(NOW);
        let engine = Engine::memory_with_clock(clock.clone());
        let (faults, sent) = (Arc::default(), Arc::default());
        let network = Network {
            engine: SharedHttpConnector::new(engine.clone()),
            faults: Arc::clone(&faults),
            sent: Arc::clone(&sent),
        };
        let config = engine.client().config().to_builder().http_client(network).build();
        let store = SessionStore::<Shop>::builder()
            .client(Client::from_conf(config))
            .clock(clock.clone())
            .auto_create(true)
            .build()
            .await
            .unwrap();
        Self { faults, sent, clock, store }
    }

    async fn stored(&self) -> Session<Shop> {
        let mut session = self.store.create();
        session.user = Some("ada".to_owned());
        assert_eq!(session.commit().await.unwrap(), Committed::Created);
        self.sent.lock().unwrap().clear();
        session
    }

    async fn load(&self, session: &Session<Shop>) -> Option<Session<Shop>> {
        self.store.load(session.id()).await.unwrap()
    }

    async fn expiry(&self, session: &Session<Shop>) -> i64 {
        self.load(session).await.unwrap().expires_at().epoch_seconds()
    }

    fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    fn sent(&self) -> usize {
        std::mem::take(&mut *self.sent.lock().unwrap()).len()
    }
}

#[tokio::test]
async fn a_touch_that_is_made_once_moves_the_expiry_when_that_is_due() {
    let world = World::new().await;
    let mut session = world.stored().await;
    assert_eq!(session.touch_once().await.unwrap(), Committed::Unchanged);
    assert_eq!(world.sent(), 0);
    world.advance(60);
    assert_eq!(session.touch_once().await.unwrap(), Committed::Touched);
    assert_eq!((world.sent(), session.attempts().requests()), (1, 1));
    assert_eq!(world.expiry(&session).await, NOW + 60 + IDLE);
}

#[tokio::test(start_paused = true)]
async fn a_touch_that_is_made_once_costs_one_request_of_a_quarter_of_a_second() {
    let world = World::new().await;
    let mut session = world.stored().await;
    world.advance(60);
    world.fail([Fault::Throttled]);
    assert!(session.touch_once().await.unwrap_err().is_throttled());
    assert_eq!((world.sent(), session.attempts().requests()), (1, 1));

    world.fail([Fault::Lost]);
    assert!(session.touch_once().await.unwrap_err().is_unavailable());
    assert_eq!(world.sent(), 1);

    world.fail([Fault::Silence]);
    let began = Instant::now();
    let error = session.touch_once().await.unwrap_err();
    assert!(error.is_unavailable() && error.to_string().contains("touch"), "{error}");
    assert_eq!(began.elapsed().as_millis() / 10, 25);
    assert_eq!(world.sent(), 1);

    // The SDK repeats what is not best effort.
    world.fail([Fault::Throttled]);
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    assert_eq!(world.sent(), 2);
}

#[tokio::test(start_paused = true)]
async fn whatever_became_of_such_a_touch_the_next_call_is_right() {
    for fault in [Fault::Lost, Fault::AnswerLost] {
        let world = World::new().await;
        let mut session = world.stored().await;
        world.advance(60);
        world.fail([fault]);
        let _ = session.touch_once().await.unwrap_err();
        session.views += 1;
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
        assert_eq!(session.attempts().rebases(), 0, "{fault:?}");
        assert_eq!(world.expiry(&session).await, NOW + 60 + IDLE);

        world.advance(90);
        world.fail([fault]);
        let _ = session.touch_once().await.unwrap_err();
        world.advance(90);
        assert_eq!(session.touch().await.unwrap(), Committed::Touched);
        assert_eq!(world.expiry(&session).await, NOW + 240 + IDLE);
        assert_eq!(session.expires_at().epoch_seconds(), NOW + 240 + IDLE);
        assert_eq!(world.load(&session).await.unwrap().views, 1);

        session.destroy().await.unwrap();
        assert!(session.touch_once().await.unwrap_err().is_gone());
    }
}

#[tokio::test(start_paused = true)]
async fn a_touch_that_is_made_once_leaves_a_write_to_be_settled_to_the_commit() {
    let world = World::new().await;
    let mut session = world.stored().await;
    world.advance(60);
    session.views += 1;
    world.fail([Fault::Lost, Fault::Lost, Fault::AnswerLost]);
    assert!(session.commit().await.unwrap_err().is_unavailable());
    world.sent();
    assert_eq!(session.touch_once().await.unwrap(), Committed::Unchanged);
    assert_eq!(world.sent(), 0);
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    let stored = world.load(&session).await.unwrap();
    assert_eq!((stored.views, stored.expires_at().epoch_seconds()), (1, NOW + 60 + IDLE));
}

#[tokio::test]
async fn a_commit_without_extending_writes_the_changes_alone() {
    let world = World::new().await;
    let mut session = world.store.create();
    assert_eq!(session.commit_without_extending().await.unwrap(), Committed::Unchanged);
    world.advance(60);
    session.views += 1;
    assert_eq!(session.commit_without_extending().await.unwrap(), Committed::Created);
    assert_eq!(world.expiry(&session).await, NOW + 60 + IDLE);

    world.advance(600);
    world.sent();
    assert_eq!(session.commit_without_extending().await.unwrap(), Committed::Unchanged);
    assert_eq!(world.sent(), 0);
    session.views += 1;
    assert_eq!(session.commit_without_extending().await.unwrap(), Committed::Updated);
    assert_eq!(world.expiry(&session).await, NOW + 60 + IDLE);
    assert_eq!(world.load(&session).await.unwrap().views, 2);

    assert_eq!(session.commit().await.unwrap(), Committed::Touched);
    assert_eq!(world.expiry(&session).await, NOW + 660 + IDLE);
}

/// What others stored in between makes it start over, and does not make it extend either.
#[tokio::test]
async fn a_commit_without_extending_extends_nothing_when_it_starts_over() {
    let world = World::new().await;
    let first = world.stored().await;
    let mut slow = world.load(&first).await.unwrap();
    for _ in 0..10 {
        let mut quick = world.load(&first).await.unwrap();
        quick.views += 1;
        let _ = quick.commit().await.unwrap();
    }
    world.advance(600);
    slow.views += 1;
    assert_eq!(slow.commit_without_extending().await.unwrap(), Committed::Updated);
    assert_eq!(slow.attempts().rebases(), 1);
    let stored = world.load(&first).await.unwrap();
    assert_eq!((stored.views, stored.expires_at().epoch_seconds()), (11, NOW + IDLE));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_to_end_is_ending_until_it_has_ended() {
    let world = World::new().await;
    let mut session = world.stored().await;
    assert!(!session.is_ending() && !session.was_restarted());
    world.fail([Fault::Lost; 3]);
    let _ = session.destroy().await.unwrap_err();
    assert!(session.is_ending());
    world.fail([Fault::AnswerLost; 3]);
    let _ = session.restart().await.unwrap_err();
    assert!(session.is_ending() && !session.was_restarted());
    assert_eq!(session.user.as_deref(), Some("ada"));
    let old = session.id().clone();
    session.restart().await.unwrap();
    assert!(!session.is_ending() && session.was_restarted() && session.is_new());
    assert!(world.store.load(&old).await.unwrap().is_none());

    session.views += 1;
    let _ = session.commit().await.unwrap();
    assert!(session.was_restarted());
    session.destroy().await.unwrap();
    assert!(!session.is_ending() && session.is_destroyed());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_leaves_the_session_ending() {
    let world = World::new().await;
    let mut session = world.stored().await;
    world.fail([Fault::Silence]);
    let call = tokio::time::timeout(Duration::from_millis(1), session.destroy());
    let _ = call.await.unwrap_err();
    assert!(session.is_ending());
}

/// What the visitor has decided is no extension that a prefetch must not make.
#[tokio::test]
async fn a_commit_without_extending_heeds_what_is_to_be_remembered() {
    let world = World::new().await;
    let mut session = world.stored().await;
    assert!(!session.is_remembered());
    session.remember = true;
    assert!(!session.is_remembered(), "it goes by what is stored");
    assert_eq!(session.commit_without_extending().await.unwrap(), Committed::Updated);
    assert!(session.is_remembered() && world.load(&session).await.unwrap().is_remembered());
    assert_eq!(world.expiry(&session).await, NOW + 2 * 60 * 60);
    world.advance(600);
    session.remember = false;
    assert_eq!(session.commit_without_extending().await.unwrap(), Committed::Updated);
    assert!(!session.is_remembered());
    assert_eq!(world.expiry(&session).await, NOW + 600 + IDLE);
}
