use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryPartition;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use dynamo_session::embedded::Engine;
use dynamo_session::table::TableOptions;
use dynamo_session::{DynamoSession, ManualClock, Session, SessionStore, SessionStoreBuilder};

use crate::Network;

/// The endpoint of an engine to run on in place of the embedded one, such as `http://127.0.0.1:4566`.
pub const ENDPOINT: &str = "DYNAMO_SESSION_TEST_ENDPOINT";

/// A clock that is moved by hand, an engine, and a network between engine and stores.
///
/// The engine is the embedded one, on the same clock, unless the environment names an [`ENDPOINT`]. There,
/// each world has a table of its own.
#[derive(Debug)]
pub struct World {
    /// The time, for stores and the embedded engine alike.
    pub clock: ManualClock,
    /// What lies between.
    pub network: Network,
    /// A client on the network.
    pub client: Client,
    /// A client behind the network's back.
    pub direct: Client,
    engine: Option<Engine>,
    prefix: String,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// An empty world.
    pub fn new() -> Self {
        let clock = ManualClock::at_epoch_seconds(1_800_000_000);
        let (engine, direct, network, prefix) = match std::env::var(ENDPOINT) {
            Ok(endpoint) => {
                let http = aws_smithy_http_client::Builder::new()
                    .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                    .build_https();
                let config = Config::builder()
                    .behavior_version(BehaviorVersion::v2026_01_12())
                    .region(Region::from_static("us-east-1"))
                    .credentials_provider(Credentials::new("test", "test", None, None, "test"))
                    .endpoint_url(endpoint)
                    .http_client(http.clone())
                    .build();
                let prefix = format!("{}-", uuid::Uuid::new_v4());
                (None, Client::from_conf(config), Network::new(http), prefix)
            }
            Err(_) => {
                let engine = Engine::memory_with_clock(clock.clone());
                let (direct, network) = (engine.client(), Network::new(engine.clone()));
                (Some(engine), direct, network, String::new())
            }
        };
        // The SDK's budget of retries is one for each partition: what one test uses up, no other lacks.
        let partition = RetryPartition::new(uuid::Uuid::new_v4().to_string());
        let config = direct.config().to_builder();
        let config = config.http_client(network.clone()).retry_partition(partition).build();
        Self { clock, network, client: Client::from_conf(config), direct, engine, prefix }
    }

    /// An empty world with a store over its network, the table created.
    pub async fn with_store<S: DynamoSession>() -> (Self, SessionStore<S>) {
        let world = Self::new();
        let store = world.store().await;
        (world, store)
    }

    /// The embedded engine, if this world runs on it.
    pub fn embedded(&self) -> Option<&Engine> {
        self.engine.as_ref()
    }

    /// Begins a store over the network, with a table name of this world and its clock.
    pub fn builder<S: DynamoSession>(&self) -> SessionStoreBuilder<S> {
        SessionStore::builder()
            .client(self.client.clone())
            .table_name(self.prefix.clone() + S::SCHEMA.table().unwrap_or("sessions"))
            .clock(self.clock.clone())
    }

    /// A store over the network, whether or not there is a table for it.
    pub async fn bare_store<S: DynamoSession>(&self, options: TableOptions) -> SessionStore<S> {
        match self.builder().table_options(options).build().await {
            Ok(store) => store,
            Err(error) => panic!("no store: {error:?}"),
        }
    }

    /// A store over the network, its table created.
    pub async fn store<S: DynamoSession>(&self) -> SessionStore<S> {
        let store = self.builder().auto_create(true).build().await;
        self.network.take_sent();
        match store {
            Ok(store) => store,
            Err(error) => panic!("no store: {error:?}"),
        }
    }

    /// The item of a session as it stands in the table, behind the network's back.
    pub async fn item<S: DynamoSession>(
        &self,
        store: &SessionStore<S>,
        id: &S::Key,
    ) -> Option<HashMap<String, AttributeValue>> {
        let output = self
            .direct
            .get_item()
            .consistent_read(true)
            .table_name(store.table_name())
            .set_key(Some(key_of::<S>(id)))
            .send()
            .await;
        match output {
            Ok(output) => output.item,
            Err(error) => panic!("no item: {error:?}"),
        }
    }

    /// All items of the table but the tombstones that renewals have left, behind the network's back.
    pub async fn items<S: DynamoSession>(
        &self,
        store: &SessionStore<S>,
    ) -> Vec<HashMap<String, AttributeValue>> {
        let scan = self.direct.scan().consistent_read(true).table_name(store.table_name());
        let items = match scan.send().await {
            Ok(output) => output.items.unwrap_or_default(),
            Err(error) => panic!("no items: {error:?}"),
        };
        items.into_iter().filter(|item| !item.contains_key("_renewed_at")).collect()
    }

    /// Puts an item as another program might have left it.
    pub async fn put<S: DynamoSession>(
        &self,
        store: &SessionStore<S>,
        item: HashMap<String, AttributeValue>,
    ) {
        let put =
            self.direct.put_item().table_name(store.table_name()).set_item(Some(item)).send().await;
        if let Err(error) = put {
            panic!("not put: {error:?}");
        }
    }

    /// Loads a session that must be there.
    pub async fn load<S: DynamoSession>(&self, store: &SessionStore<S>, id: &S::Key) -> Session<S> {
        match store.load(id).await {
            Ok(Some(session)) => session,
            Ok(None) => panic!("the session is gone"),
            Err(error) => panic!("not loaded: {error:?}"),
        }
    }
}

/// The whole key of a session's item.
pub fn key_of<S: DynamoSession>(id: &S::Key) -> HashMap<String, AttributeValue> {
    let hash = S::SCHEMA.table_key(id);
    let sort = S::SCHEMA.sort_key().map(|sort_key| {
        let value = sort_key.fixed_value().unwrap_or(&hash).to_owned();
        (sort_key.name().to_owned(), AttributeValue::S(value))
    });
    let hash = (S::SCHEMA.hash_key().to_owned(), AttributeValue::S(hash));
    std::iter::once(hash).chain(sort).collect()
}

/// Lets the SDK's pauses between retries pass at once, where no real network is waited for.
pub fn skip_pauses() {
    if std::env::var_os(ENDPOINT).is_none() {
        tokio::time::pause();
    }
}
