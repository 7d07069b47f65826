//! Throttling on the way to an index and from it: waited out beyond the SDK's retries, and not for ever.

use std::collections::BTreeSet;

use dynamo_session::index::ListedSession;
use dynamo_session::{DynamoSession, Operation, Session, SessionStore};
use dynamo_session_tests::refusals::{IN_TRANSACTION, OVER_CAPACITY};
use dynamo_session_tests::{Fault, Login, World, index_answer, skip_pauses};

fn deletions(world: &World) -> usize {
    world.network.operations().into_iter().filter(|name| name == "DeleteItem").count()
}

async fn listed(store: &SessionStore<Login>, user: &str) -> BTreeSet<String> {
    let all = store.by(Login::USER).list(user).all().await.unwrap();
    assert!(!all.is_empty());
    all.iter().map(ListedSession::fingerprint).collect()
}

fn fingerprints(sessions: &[Session<Login>]) -> BTreeSet<String> {
    sessions.iter().map(|session| session.id().fingerprint()).collect()
}

#[tokio::test]
async fn reads_that_are_left_undone_are_made_again() {
    skip_pauses();
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 5).await;
    let keys: Vec<_> = ada
        .iter()
        .map(|session| serde_json::json!({"id": {"S": Login::SCHEMA.table_key(session.id())}}))
        .collect();
    let answer = |found: &[&Session<Login>], undone: &[serde_json::Value]| {
        let now = world.clock.epoch_seconds();
        let items: Vec<_> = found
            .iter()
            .map(|session| {
                serde_json::json!({
                    "id": {"S": Login::SCHEMA.table_key(session.id())},
                    "user": {"S": "ada"},
                    "expires_at": {"N": (now + 60).to_string()},
                    "created_at": {"N": now.to_string()},
                })
            })
            .collect();
        let table = store.table_name();
        let answer = serde_json::json!({
            "Responses": {table: items},
            "UnprocessedKeys": {table: {"Keys": undone, "ConsistentRead": true}},
        });
        Fault::Answer(200, answer.to_string().leak())
    };
    for _ in 0..9 {
        world.network.fail_next("BatchGetItem", answer(&[], &keys));
    }
    world.network.fail_next("BatchGetItem", answer(&[&ada[0]], &keys[1..]));
    world.network.fail_next("BatchGetItem", answer(&[&ada[1], &ada[2]], &keys[3..]));
    assert_eq!(listed(&store, "ada").await, fingerprints(&ada));
    let sent = world.network.take_sent();
    let last = sent.last().unwrap();
    let asked = last.body["RequestItems"][store.table_name()]["Keys"].as_array().unwrap();
    assert_eq!(asked, &keys[3..], "what is there already is not read again");
    assert_eq!(last.body["RequestItems"][store.table_name()]["ConsistentRead"], true);

    for _ in 0..10 {
        world.network.fail_next("BatchGetItem", answer(&[], &keys));
    }
    let error = store.by(Login::USER).list("ada").all().await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
    assert_eq!(listed(&store, "ada").await, fingerprints(&ada));
}

#[tokio::test]
async fn throttling_is_waited_out_but_not_for_ever() {
    skip_pauses();
    let (world, store) = World::with_store::<Login>().await;
    world.logins(&store, "ada", 3).await;
    for operation in ["Query", "BatchGetItem"] {
        for _ in 0..8 {
            world.network.fail_next(operation, Fault::Answer(400, OVER_CAPACITY));
        }
    }
    let mut list = store.by(Login::USER).list("ada").page_size(2);
    assert_eq!(list.next_page().await.unwrap().unwrap().len(), 2);

    for _ in 0..200 {
        world.network.fail_next("Query", Fault::Answer(400, OVER_CAPACITY));
    }
    world.network.take_sent();
    let error = list.next_page().await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
    assert_eq!(error.operation(), Some(Operation::List));
    assert!(world.network.take_sent().len() <= 30);
    world.network.forget_faults();
    let rest = list.next_page().await.unwrap().unwrap();
    assert_eq!(rest.len(), 1, "the same page, and no other, is asked for again");
}

#[tokio::test]
async fn throttling_and_transactions_under_way_are_waited_out() {
    skip_pauses();
    let (world, store) = World::with_store::<Login>().await;
    world.logins(&store, "ada", 3).await;
    for answer in
        [IN_TRANSACTION, OVER_CAPACITY, OVER_CAPACITY, OVER_CAPACITY, OVER_CAPACITY, IN_TRANSACTION]
    {
        world.network.fail_next("DeleteItem", Fault::Answer(400, answer));
        world.network.fail_next("Query", Fault::Answer(400, OVER_CAPACITY));
    }
    assert_eq!(store.by(Login::USER).end_all("ada").await.unwrap(), 3);
    assert!(deletions(&world) >= 9);

    world.logins(&store, "ada", 2).await;
    for _ in 0..200 {
        world.network.fail_next("DeleteItem", Fault::Answer(400, OVER_CAPACITY));
    }
    let error = store.by(Login::USER).end_all("ada").await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
    assert!(deletions(&world) <= 60);
    world.network.forget_faults();
    assert_eq!(store.by(Login::USER).end_all("ada").await.unwrap(), 2);
}

#[tokio::test]
async fn sessions_that_begin_as_fast_as_they_are_ended_are_an_error() {
    skip_pauses();
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 40).await;
    for session in &ada {
        world.network.fail_next("Query", Fault::Answer(200, index_answer([session.id()])));
    }
    let error = store.by(Login::USER).end_all("ada").await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
    assert!(error.to_string().contains("16 sessions were ended"), "{error}");
    world.network.forget_faults();
    assert_eq!(store.by(Login::USER).end_all("ada").await.unwrap(), 24);
}
