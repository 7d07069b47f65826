//! What a handle holds and what the table holds may differ in form: neither is a change of the other.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{Committed, DynamoSession, ErrorKind, Expires, SessionId};
use dynamo_session_tests::attribute::{m, s};
use dynamo_session_tests::{Fault, World, skip_pauses};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Event {
    name: String,
    #[serde(default)]
    note: Option<String>,
}

#[derive(Debug, DynamoSession)]
#[session(table = "forms", idle_timeout = "30m", touch_interval = "5m")]
struct Forms {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(append)]
    events: Vec<Event>,
    #[session(append)]
    scores: Vec<f64>,
    #[session(counter)]
    coins: u32,
    #[session(counter)]
    views: BTreeMap<String, BTreeMap<String, u32>>,
    user: Option<String>,
}

fn lose(world: &World) {
    world.network.fail_next("UpdateItem", Fault::LoseResponse);
    world.network.fail_next("UpdateItem", Fault::LoseRequest);
    world.network.fail_next("UpdateItem", Fault::LoseRequest);
}

#[tokio::test]
async fn an_unchanged_handle_leaves_alone_what_others_appended_to_elements_of_an_older_form() {
    let (world, store) = World::with_store::<Forms>().await;
    let mut first = store.create();
    first.user = Some("a".into());
    let _ = first.commit().await.unwrap();
    let id = first.id().clone();
    let mut item = world.item(&store, &id).await.unwrap();
    item.insert("events".into(), AttributeValue::L(vec![m([("name", s("old"))])]));
    world.put(&store, item).await;
    let mut a = world.load(&store, &id).await;
    a.events.push(Event { name: "mine".into(), note: None });
    assert_eq!(a.commit().await.unwrap(), Committed::Updated);
    let mut b = world.load(&store, &id).await;
    b.events.push(Event { name: "theirs".into(), note: None });
    let _ = b.commit().await.unwrap();
    let again = a.commit().await.unwrap();
    let stored: Vec<String> =
        world.load(&store, &id).await.events.iter().map(|e| e.name.clone()).collect();
    assert_eq!(
        (again, stored),
        (Committed::Unchanged, vec!["old".into(), "mine".into(), "theirs".into()])
    );
}

#[tokio::test]
async fn an_unchanged_handle_leaves_alone_what_others_appended_to_numbers_of_another_form() {
    let (world, store) = World::with_store::<Forms>().await;
    let mut a = store.create();
    a.user = Some("a".into());
    let _ = a.commit().await.unwrap();
    let id = a.id().clone();
    a.scores.push(1e-9);
    let _ = a.commit().await.unwrap();
    let mut b = world.load(&store, &id).await;
    b.scores.push(2.0);
    let _ = b.commit().await.unwrap();
    let again = a.commit().await.unwrap();
    assert_eq!((again, world.load(&store, &id).await.scores.len()), (Committed::Unchanged, 2));
}

#[tokio::test]
async fn a_change_after_a_lost_commit_that_does_not_go_with_what_is_stored_is_a_conflict() {
    skip_pauses();
    let (world, store) = World::with_store::<Forms>().await;
    let mut a = store.create();
    a.coins = 10;
    let _ = a.commit().await.unwrap();
    let id = a.id().clone();
    a.coins -= 1;
    lose(&world);
    let _ = a.commit().await.unwrap_err();
    let mut b = world.load(&store, &id).await;
    b.coins = 0;
    let _ = b.commit().await.unwrap();
    a.coins -= 5;
    let error = a.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(error.attribute(), Some("coins"));
    assert_eq!((a.coins, world.load(&store, &id).await.coins), (0, 0));
    a.coins += 7;
    let _ = a.commit().await.unwrap();
    assert_eq!(world.load(&store, &id).await.coins, 7);
}

#[tokio::test]
async fn a_change_after_a_lost_renewal_is_made_again() {
    skip_pauses();
    let (world, store) = World::with_store::<Forms>().await;
    let mut a = store.create();
    a.coins = 10;
    let _ = a.commit().await.unwrap();
    a.coins -= 10;
    world.network.fail_next("TransactWriteItems", Fault::LoseResponse);
    world.network.fail_next("TransactWriteItems", Fault::LoseRequest);
    world.network.fail_next("TransactWriteItems", Fault::LoseRequest);
    let _ = a.renew().await.unwrap_err();
    a.coins += 3;
    let result = a.renew().await;
    assert_eq!((result.is_ok(), world.load(&store, a.id()).await.coins), (true, 3));
}

#[tokio::test]
async fn counters_in_maps_that_two_sessions_made_add_up() {
    let (world, store) = World::with_store::<Forms>().await;
    let mut a = store.create();
    a.user = Some("a".into());
    let _ = a.commit().await.unwrap();
    let id = a.id().clone();
    let mut b = world.load(&store, &id).await;
    *b.views.entry("home".into()).or_default().entry("x".into()).or_default() += 5;
    *a.views.entry("home".into()).or_default().entry("x".into()).or_default() += 1;
    let _ = b.commit().await.unwrap();
    let _ = a.commit().await.unwrap();
    assert_eq!(world.load(&store, &id).await.views["home"]["x"], 6);
}

#[tokio::test]
async fn a_first_commit_long_after_the_session_began_is_alive() {
    let (world, store) = World::with_store::<Forms>().await;
    let mut a = store.create();
    world.clock.advance(Duration::from_secs(3600));
    a.user = Some("a".into());
    assert_eq!(a.commit().await.unwrap(), Committed::Created);
    assert!(store.load(a.id()).await.unwrap().is_some());
}
