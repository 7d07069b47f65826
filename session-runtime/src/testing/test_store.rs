use std::fmt;

use aws_sdk_dynamodb::Client;

use super::network::Network;
use crate::derived::DynamoSession;
use crate::embedded::Engine;
use crate::expiry::ManualClock;
use crate::store::SessionStore;

/// A store on an engine in memory, its table created, with the clock and the network that belong to it.
///
/// # Examples
///
/// ```
/// # use dynamo_session::{DynamoSession, Expires, SessionId};
/// use dynamo_session::testing::TestStore;
/// use std::time::Duration;
///
/// #[derive(DynamoSession)]
/// #[session(table = "visits", idle_timeout = "30m")]
/// struct Visit {
///     #[session(hash_key)]
///     id: SessionId,
///     #[session(ttl)]
///     expires_at: Expires,
///     pages: u32,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), dynamo_session::Error> {
/// let TestStore { store, clock, .. } = TestStore::<Visit>::new().await;
/// let mut session = store.create();
/// session.pages = 1;
/// session.commit().await?;
/// clock.advance(Duration::from_secs(30 * 60));
/// assert!(store.load(session.id()).await?.is_none());
/// # Ok(())
/// # }
/// ```
pub struct TestStore<S: DynamoSession> {
    /// The store.
    pub store: SessionStore<S>,
    /// The time of store and engine, which stands still until it is moved.
    pub clock: ManualClock,
    /// What lies between store and engine.
    pub network: Network,
}

impl<S: DynamoSession> TestStore<S> {
    /// An empty store.
    ///
    /// # Panics
    ///
    /// If the store cannot be built, with the reason: a field's default cannot be stored, for example.
    pub async fn new() -> Self {
        let clock = ManualClock::new();
        let engine = Engine::memory_with_clock(clock.clone());
        let network = Network::new(engine.clone());
        let config = engine.client().config().to_builder().http_client(network.clone()).build();
        let builder = SessionStore::builder().client(Client::from_conf(config));
        let name = S::SCHEMA.table().unwrap_or("sessions");
        let store = builder.table_name(name).clock(clock.clone()).auto_create(true).build().await;
        network.take_sent();
        match store {
            Ok(store) => Self { store, clock, network },
            Err(error) => panic!("no store for the test: {error}"),
        }
    }
}

impl<S: DynamoSession> fmt::Debug for TestStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestStore").field("store", &self.store).finish_non_exhaustive()
    }
}
