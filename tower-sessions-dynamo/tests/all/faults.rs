//! A network that fails: errors are errors, and nothing is done twice.

use dynamo_session::testing::{Fault, TestStore};
use serde_json::json;
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::Error;
use tower_sessions_dynamo::StoredRecord;

use crate::world;

const THROTTLED: &str =
    r#"{"__type":"com.amazon.coral.service#ThrottlingException","message":"Rate exceeded"}"#;

fn record() -> Record {
    Record {
        id: Id::default(),
        data: [("user".to_owned(), json!("ada"))].into(),
        expiry_date: OffsetDateTime::now_utc() + time::Duration::minutes(30),
    }
}

/// Answers every request of an operation in this way.
fn always(world: &TestStore<StoredRecord>, operation: &str, status: u16, body: &'static str) {
    world.network.fail_by(operation, move || Some(Fault::Answer(status, body)));
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_makes_one_session() {
    let (store, world) = world().await;
    world.network.fail_next("PutItem", Fault::LoseResponse);
    let mut created = record();
    store.create(&mut created).await.unwrap();
    assert_eq!(store.load(&created.id).await.unwrap(), Some(created));
    assert_eq!(world.store.count_sessions().await.unwrap().alive, 1);
}

#[tokio::test(start_paused = true)]
async fn a_create_without_an_answer_is_an_error() {
    let (store, world) = world().await;
    world.network.fail_by("PutItem", || Some(Fault::LoseRequest));
    assert!(matches!(store.create(&mut record()).await, Err(Error::Backend(_))));
}

/// As far as this store can tell, the random id is one that is taken.
#[tokio::test(start_paused = true)]
async fn another_id_is_tried_where_one_is_taken_and_in_the_end_an_error_is_returned() {
    const TAKEN: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed","Item":{"id":{"S":"tower-sessions#other"},"expires_at":{"N":"9999999999"}}}"#;
    let (store, world) = world().await;
    world.network.fail_next("PutItem", Fault::Answer(400, TAKEN));
    let mut created = record();
    store.create(&mut created).await.unwrap();
    let puts = world.network.take_sent();
    let [first, second] = &puts[..] else { panic!("{puts:?}") };
    assert_ne!(first.body["Item"]["id"], second.body["Item"]["id"]);
    assert_eq!(store.load(&created.id).await.unwrap(), Some(created));

    always(&world, "PutItem", 400, TAKEN);
    assert!(matches!(store.create(&mut record()).await, Err(Error::Backend(_))));
}

#[tokio::test]
async fn a_save_whose_copy_arrives_late_does_not_undo_the_next() {
    let (store, world) = world().await;
    let mut saved = record();
    store.create(&mut saved).await.unwrap();
    let release = std::sync::Arc::new(tokio::sync::Notify::new());
    world.network.fail_next("UpdateItem", Fault::Late(release.clone()));
    saved.data.insert("page".to_owned(), json!(1));
    store.save(&saved).await.unwrap();
    saved.data.insert("page".to_owned(), json!(2));
    store.save(&saved).await.unwrap();
    release.notify_one();
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    assert_eq!(store.load(&saved.id).await.unwrap(), Some(saved));
}

#[tokio::test(start_paused = true)]
async fn a_read_that_fails_is_an_error_and_no_stranger() {
    let (store, world) = world().await;
    let mut created = record();
    store.create(&mut created).await.unwrap();
    always(&world, "GetItem", 400, THROTTLED);
    let error = store.load(&created.id).await.unwrap_err();
    assert!(matches!(&error, Error::Backend(text) if text.contains("Rate exceeded")), "{error}");
    assert!(!error.to_string().contains(&created.id.to_string()));
    assert!(store.save(&created).await.is_err());
}

#[tokio::test]
async fn an_item_that_another_program_wrote_is_not_taken_for_a_session() {
    let (store, world) = world().await;
    let mut session = world.store.create();
    // As close as a program comes that goes through the library.
    let _ = &mut *session;
    let mut created = record();
    store.create(&mut created).await.unwrap();
    let sent = world.network.take_sent();
    let put = sent.iter().find(|sent| sent.operation == "PutItem").unwrap();
    let mut item = put.body["Item"].clone();
    item["data"] = json!({"S": "not JSON"});
    let answer = json!({ "Item": item }).to_string();
    let answer: &'static str = Box::leak(answer.into_boxed_str());
    always(&world, "GetItem", 200, answer);
    assert!(matches!(store.load(&created.id).await, Err(Error::Decode(_))));
}
