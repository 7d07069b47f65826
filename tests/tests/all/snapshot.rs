//! Machines that were restored from one snapshot, as AWS Lambda's SnapStart does: whatever a generator in the process would
//! give next, it gives to all of them.

use aws_sdk_dynamodb::Client;
use dynamo_session::{DynamoSession, SessionStore, SessionStoreBuilder};
use dynamo_session_tests::{Shop, World};

use super::interop::{Member, SID, legacy};

/// A restored machine: the SDK's generator of tokens goes on from where it was.
async fn restored<S: DynamoSession>(
    world: &World,
    builder: SessionStoreBuilder<S>,
) -> SessionStore<S> {
    let config = world.client.config().to_builder().idempotency_token_provider("as it was");
    builder.client(Client::from_conf(config.build())).build().await.unwrap()
}

fn token_of_transaction(world: &World) -> String {
    let sent = world.network.take_sent();
    let transaction = sent.iter().find(|sent| sent.operation == "TransactWriteItems").unwrap();
    let token = transaction.text("ClientRequestToken").to_owned();
    assert!((1..=36).contains(&token.len()), "what DynamoDB allows: {token}");
    token
}

async fn token_of_renewal() -> String {
    let (world, store) = World::with_store::<Shop>().await;
    let builder = world.builder::<Shop>().table_name(store.table_name());
    let mut session = restored(&world, builder).await.create();
    session.user = Some("ada".to_owned());
    let _ = session.commit().await.unwrap();
    session.renew().await.unwrap();
    token_of_transaction(&world)
}

async fn token_of_adoption() -> String {
    let (moved, foreign) = legacy().await;
    let builder = moved.world.builder::<Member>().table_name(moved.store.table_name());
    let store = restored(&moved.world, builder.clock(moved.clock.clone())).await;
    let mut session = store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.n += 1;
    let _ = session.commit().await.unwrap();
    token_of_transaction(&moved.world)
}

/// Of two transactions with one token, DynamoDB refuses the second: a login that fails.
#[tokio::test]
async fn renewals_of_different_machines_have_different_tokens() {
    assert_ne!(token_of_renewal().await, token_of_renewal().await);
}

#[tokio::test]
async fn adoptions_of_different_machines_have_different_tokens() {
    assert_ne!(token_of_adoption().await, token_of_adoption().await);
}
