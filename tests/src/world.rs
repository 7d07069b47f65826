use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::embedded::Engine;
use dynamo_session::{DynamoSession, ManualClock, Session, SessionKey, SessionStore};

use crate::Network;

/// A clock that is moved by hand, an engine that follows it, and a network between engine and stores.
#[derive(Debug)]
pub struct World {
    /// The time, for stores and engine alike.
    pub clock: ManualClock,
    /// The engine.
    pub engine: Engine,
    /// What lies between.
    pub network: Network,
    /// A client on the network.
    pub client: Client,
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
        let engine = Engine::memory_with_clock(clock.clone());
        let network = Network::new(&engine);
        let config = engine.client().config().to_builder().http_client(network.clone()).build();
        Self { clock, engine, network, client: Client::from_conf(config) }
    }

    /// A store over the network, its table created.
    pub async fn store<S: DynamoSession>(&self) -> SessionStore<S> {
        let store = SessionStore::builder()
            .client(self.client.clone())
            .clock(self.clock.clone())
            .auto_create(true)
            .build()
            .await;
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
            .engine
            .client()
            .get_item()
            .table_name(store.table_name())
            .key(S::SCHEMA.hash_key(), AttributeValue::S(id.attribute_value()))
            .send()
            .await;
        match output {
            Ok(output) => output.item,
            Err(error) => panic!("no item: {error:?}"),
        }
    }

    /// Puts an item as another program might have left it.
    pub async fn put<S: DynamoSession>(
        &self,
        store: &SessionStore<S>,
        item: HashMap<String, AttributeValue>,
    ) {
        let put = self
            .engine
            .client()
            .put_item()
            .table_name(store.table_name())
            .set_item(Some(item))
            .send()
            .await;
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
