//! `skip`: a field that is not stored.

use std::time::Instant;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{Committed, DynamoSession, Expires, SessionId};
use dynamo_session_tests::World;

/// Neither serde nor `Default`.
#[derive(Debug, PartialEq)]
struct Handle(u32);

#[derive(Debug, DynamoSession)]
#[session(table = "skipping")]
struct Skipping {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(skip)]
    began: Option<Instant>,
    #[session(skip, default = Handle(9))]
    handle: Handle,
    user: Option<String>,
}

#[tokio::test]
async fn a_skipped_field_is_never_in_the_table_and_never_a_change() {
    let (world, store) = World::with_store::<Skipping>().await;
    let mut session = store.create();
    session.began = Some(Instant::now());
    session.handle = Handle(1);
    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
    assert!(world.network.take_sent().is_empty());

    session.user = Some("ada".to_owned());
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    assert_eq!(session.handle, Handle(1), "a commit leaves it as it is");
    session.handle = Handle(2);
    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
    session.renew().await.unwrap();
    assert_eq!(session.handle, Handle(2));
    assert!(session.began.is_some());
    let item = world.item(&store, session.id()).await.unwrap();
    assert!(!item.contains_key("began") && !item.contains_key("handle"));
}

#[tokio::test]
async fn a_loaded_session_has_its_default_whatever_the_table_holds_under_that_name() {
    let (world, store) = World::with_store::<Skipping>().await;
    let mut session = store.create();
    session.handle = Handle(1);
    session.user = Some("ada".to_owned());
    let _ = session.commit().await.unwrap();
    let mut item = world.item(&store, session.id()).await.unwrap();
    item.insert("handle".to_owned(), AttributeValue::S("someone else's".to_owned()));
    world.put(&store, item).await;

    let mut loaded = world.load(&store, session.id()).await;
    assert_eq!((&loaded.handle, loaded.began), (&Handle(9), None));
    loaded.handle = Handle(3);
    loaded.user = None;
    assert_eq!(loaded.commit().await.unwrap(), Committed::Updated);
    let item = world.item(&store, session.id()).await.unwrap();
    assert_eq!(item["handle"], AttributeValue::S("someone else's".to_owned()));
}
