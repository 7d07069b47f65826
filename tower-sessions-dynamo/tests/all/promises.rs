//! What this store promises beyond the trait.

use serde_json::json;
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::Error;
use tower_sessions_0_14::SessionStore as SessionStore14;
use tower_sessions_0_14::session::Id as Id14;
use tower_sessions_dynamo::DynamoStore;

use crate::world;

fn record() -> Record {
    Record {
        id: Id::default(),
        data: [("user".to_owned(), json!("ada"))].into(),
        expiry_date: OffsetDateTime::now_utc() + time::Duration::minutes(30),
    }
}

async fn created(store: &DynamoStore) -> Record {
    let mut record = record();
    SessionStore::create(store, &mut record).await.unwrap();
    record
}

async fn load(store: &DynamoStore, id: &Id) -> Option<Record> {
    SessionStore::load(store, id).await.unwrap()
}

#[tokio::test]
async fn a_save_after_the_end_revives_nothing_and_says_so() {
    let (store, world) = world().await;
    let mut in_flight = created(&store).await;
    SessionStore::delete(&store, &in_flight.id).await.unwrap();
    in_flight.data.insert("page".to_owned(), json!(2));
    let error = SessionStore::save(&store, &in_flight).await.unwrap_err();
    assert!(matches!(&error, Error::Backend(text) if text.contains("has ended")), "{error}");
    assert_eq!(load(&store, &in_flight.id).await, None);
    assert_eq!(world.store.count_sessions().await.unwrap().alive, 0);
}

/// The save has read the session when it is ended, and not written yet.
#[tokio::test]
async fn an_end_in_the_middle_of_a_save_stays() {
    let (store, world) = world().await;
    let in_flight = created(&store).await;
    let release = std::sync::Arc::new(tokio::sync::Notify::new());
    let mut changed = in_flight.clone();
    changed.data.insert("page".to_owned(), json!(2));
    world.network.take_sent();
    world.network.fail_next("UpdateItem", dynamo_session::testing::Fault::Hold(release.clone()));
    let save = tokio::spawn({
        let store = store.clone();
        async move { SessionStore::save(&store, &changed).await }
    });
    world.network.until_sent("UpdateItem", 1).await;
    SessionStore::delete(&store, &in_flight.id).await.unwrap();
    release.notify_one();
    assert!(matches!(save.await.unwrap(), Err(Error::Backend(_))));
    assert_eq!(load(&store, &in_flight.id).await, None);
}

/// A session that is flushed and filled again is created under the id that has just ended, by tower-sessions' account.
#[tokio::test]
async fn no_id_comes_back_after_its_end() {
    let (store, _) = world().await;
    let in_flight = created(&store).await;
    SessionStore::delete(&store, &in_flight.id).await.unwrap();
    let mut next =
        Record { data: [("notice".to_owned(), json!("bye"))].into(), ..in_flight.clone() };
    SessionStore::create(&store, &mut next).await.unwrap();
    assert_ne!(next.id, in_flight.id);
    assert!(SessionStore::save(&store, &in_flight).await.is_err());
    assert_eq!(load(&store, &next.id).await.unwrap().data, next.data);
    assert_eq!(load(&store, &in_flight.id).await, None);
}

#[tokio::test]
async fn of_two_saves_the_later_one_is_stored_whole() {
    let (store, _) = world().await;
    let (mut first, mut second) = {
        let record = created(&store).await;
        (record.clone(), record)
    };
    first.data.insert("first".to_owned(), json!(1));
    second.data.insert("second".to_owned(), json!(2));
    SessionStore::save(&store, &first).await.unwrap();
    SessionStore::save(&store, &second).await.unwrap();
    assert_eq!(load(&store, &second.id).await, Some(second));
}

#[tokio::test]
async fn the_table_holds_no_id() {
    let (store, world) = world().await;
    let record = created(&store).await;
    let sent = world.network.take_sent();
    let put = &sent.iter().find(|sent| sent.operation == "PutItem").unwrap().body;
    let key = put["Item"]["id"]["S"].as_str().unwrap();
    let hash = key.strip_prefix("tower-sessions#").unwrap();
    assert_eq!(hash.len(), 43);
    assert!(!put.to_string().contains(&record.id.to_string()));
    assert!(!format!("{store:?}").contains(&record.id.to_string()));
}

#[tokio::test]
async fn both_versions_see_the_same_sessions() {
    let (store, _) = world().await;
    let record = created(&store).await;
    let seen = SessionStore14::load(&store, &Id14(record.id.0)).await.unwrap().unwrap();
    assert_eq!((seen.data, seen.expiry_date), (record.data, record.expiry_date));
    SessionStore14::delete(&store, &Id14(record.id.0)).await.unwrap();
    assert_eq!(load(&store, &record.id).await, None);
}

#[tokio::test]
async fn what_has_not_changed_is_not_written() {
    let (store, world) = world().await;
    let mut record = record();
    record.data = (0..50).map(|key| (key.to_string(), json!({"b": key, "a": key}))).collect();
    SessionStore::create(&store, &mut record).await.unwrap();
    // The same data, in a map of its own order.
    let loaded = load(&store, &record.id).await.unwrap();
    world.network.take_sent();
    SessionStore::save(&store, &loaded).await.unwrap();
    assert_eq!(world.network.operations(), ["GetItem"]);
}
