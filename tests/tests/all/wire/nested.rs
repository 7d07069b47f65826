//! A connection that makes requests of its own before it passes one on, as a connector, a cache or a provider of credentials
//! may: each of them is itself.

use std::sync::{Arc, OnceLock};

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore};
use dynamo_session_tests::{Fault, World};

#[derive(Debug, DynamoSession)]
#[session(table = "wire")]
struct Visit {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    whose: String,
    #[session(counter)]
    pages: u32,
}

/// Keeps a session of another table before each request.
#[derive(Clone, Debug)]
struct Noting {
    inner: SharedHttpClient,
    other: Arc<OnceLock<SessionStore<Visit>>>,
}

#[derive(Debug)]
struct Connection {
    inner: SharedHttpConnector,
    noting: Noting,
}

impl HttpClient for Noting {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Connection { inner, noting: self.clone() })
    }
}

impl HttpConnector for Connection {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, other) = (self.inner.clone(), self.noting.other.get().cloned());
        HttpConnectorFuture::new(async move {
            if let Some(other) = other {
                let mut session = other.create();
                session.whose = "the connection's".to_owned();
                session.commit().await.unwrap();
                session.pages += 1;
                session.commit().await.unwrap();
                assert_eq!(other.load(session.id()).await.unwrap().unwrap().pages, 1);
            }
            inner.call(request).await
        })
    }
}

#[tokio::test]
async fn requests_within_a_request_are_each_sent_and_answered_as_themselves() {
    let (world, elsewhere) = (World::new(), World::new());
    let other = elsewhere.store::<Visit>().await;
    let _ = world.store::<Visit>().await;
    let cell = Arc::new(OnceLock::new());
    let noting =
        Noting { inner: SharedHttpClient::new(world.network.clone()), other: cell.clone() };
    let config = world.client.config().to_builder().http_client(noting).build();
    let store = world.builder::<Visit>().client(Client::from_conf(config)).build().await.unwrap();
    cell.set(other.clone()).unwrap();

    let mut session = store.create();
    session.whose = "the visitor's".to_owned();
    session.commit().await.unwrap();
    world.network.take_sent();
    world.network.fail_next("UpdateItem", Fault::LoseResponse);
    session.pages += 1;
    session.commit().await.unwrap();
    let sent: Vec<_> = world.network.take_sent().into_iter().map(|sent| sent.body).collect();
    assert!(matches!(&sent[..], [first, again] if first == again), "{sent:?}");
    session.renew().await.unwrap();
    let loaded = store.load(session.id()).await.unwrap().unwrap();
    assert_eq!((loaded.whose.as_str(), loaded.pages), ("the visitor's", 1));
    store.destroy(session.id()).await.unwrap();
    assert!(store.load(session.id()).await.unwrap().is_none());
    for item in elsewhere.items(&other).await {
        assert_eq!(item["whose"].as_s().unwrap(), "the connection's");
    }
}
