//! Which timeouts a store's requests have: the builder's, else the client's, else the defaults.
//!
//! The clock is paused, so each duration is the one that was asked for.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::StalledStreamProtectionConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use dynamo_session::{SessionId, SessionStore, SessionStoreBuilder};
use dynamo_session_tests::{Shop, World};
use tokio::time::Instant;

/// A network that never answers, and keeps how long each attempt was waited for.
#[derive(Clone, Debug, Default)]
struct Silence(Arc<Mutex<Vec<Duration>>>);

struct Attempt {
    began: Instant,
    waits: Arc<Mutex<Vec<Duration>>>,
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.waits.lock().unwrap().push(self.began.elapsed());
    }
}

impl HttpClient for Silence {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Silence {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let attempt = Attempt { began: Instant::now(), waits: self.0.clone() };
        HttpConnectorFuture::new(async move {
            let _attempt = attempt;
            std::future::pending().await
        })
    }
}

/// How long each attempt and the whole load took before they were given up; `None` if they never were.
async fn waits(
    timeouts: Option<TimeoutConfig>,
    set: impl FnOnce(SessionStoreBuilder<Shop>) -> SessionStoreBuilder<Shop>,
) -> Option<(Vec<Duration>, Duration)> {
    let silence = Silence::default();
    let mut config = World::new().client.config().to_builder().http_client(silence.clone());
    config.set_timeout_config(timeouts);
    // Another watchdog of the SDK, which gives up on silence after five seconds.
    config.set_stalled_stream_protection(Some(StalledStreamProtectionConfig::disabled()));
    let builder = SessionStore::<Shop>::builder().client(Client::from_conf(config.build()));
    let store = set(builder).build().await.unwrap();
    let began = Instant::now();
    let id = SessionId::generate();
    let load = tokio::time::timeout(seconds(24 * 3600), store.load(&id));
    let error = load.await.ok()?.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    assert!(error.to_string().contains("did not answer in time"), "{error}");
    let whole = began.elapsed();
    let waits = silence.0.lock().unwrap().clone();
    Some((waits.into_iter().map(in_steps).collect(), in_steps(whole)))
}

/// Without the millisecond that tokio's timer may add.
fn in_steps(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from(duration.as_millis()).unwrap() / 10 * 10)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sets_none_has_the_defaults() {
    let (attempts, whole) = waits(None, |builder| builder).await.unwrap();
    assert_eq!(attempts[0], seconds(1));
    assert!(attempts.len() > 1, "an attempt that was given up is tried again: {attempts:?}");
    assert!(whole <= seconds(5), "{whole:?}");

    let long = |builder: SessionStoreBuilder<Shop>| builder.operation_attempt_timeout(seconds(60));
    let (attempts, whole) = waits(None, long).await.unwrap();
    assert_eq!((attempts, whole), (vec![seconds(5)], seconds(5)));
}

#[tokio::test(start_paused = true)]
async fn what_a_client_sets_stays_and_the_rest_is_filled() {
    let config = TimeoutConfig::builder().operation_attempt_timeout(seconds(3)).build();
    let (attempts, whole) = waits(Some(config), |builder| builder).await.unwrap();
    assert_eq!((attempts[0], whole), (seconds(3), seconds(5)));

    let config = TimeoutConfig::builder().operation_timeout(Duration::from_millis(400)).build();
    let (attempts, whole) = waits(Some(config), |builder| builder).await.unwrap();
    let limit = Duration::from_millis(400);
    assert_eq!((attempts, whole), (vec![limit], limit));
}

#[tokio::test(start_paused = true)]
async fn the_builders_win() {
    let config = TimeoutConfig::builder()
        .operation_attempt_timeout(seconds(20))
        .operation_timeout(seconds(30))
        .build();
    let (attempts, whole) = waits(Some(config), |builder| {
        builder.operation_attempt_timeout(seconds(2)).operation_timeout(seconds(3))
    })
    .await
    .unwrap();
    assert_eq!((attempts[0], whole), (seconds(2), seconds(3)));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_disables_them_has_none() {
    assert_eq!(waits(Some(TimeoutConfig::disabled()), |builder| builder).await, None);
}
