//! `created`: set once, and what the absolute timeout counts from.

use std::time::Duration;

use dynamo_session::{Committed, CreatedAt, DynamoSession, Expires, SessionId};
use dynamo_session_tests::World;

#[derive(Debug, DynamoSession)]
#[session(table = "logins", idle_timeout = "1h", absolute_timeout = "3h", touch_interval = "1m")]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    user: Option<String>,
}

#[tokio::test]
async fn it_is_set_once_and_stays() {
    let (world, store) = World::with_store::<Login>().await;
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    world.clock.advance(Duration::from_secs(1800));
    let mut session = world.load(&store, session.id()).await;
    session.user = Some("eve".to_owned());
    session.commit().await.unwrap();
    session.renew().await.unwrap();
    let loaded = world.load(&store, session.id()).await;
    assert_eq!(loaded.created_at.epoch_seconds(), 1_800_000_000);
}

#[tokio::test]
async fn an_item_without_it_begins_with_the_first_write() {
    let (world, store) = World::with_store::<Login>().await;
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    session.commit().await.unwrap();
    let mut item = world.item(&store, session.id()).await.unwrap();
    item.remove("created_at");
    world.put(&store, item).await;

    world.clock.advance(Duration::from_secs(1800));
    let mut loaded = world.load(&store, session.id()).await;
    assert_eq!(loaded.touch().await.unwrap(), Committed::Touched);
    for _ in 0..5 {
        world.clock.advance(Duration::from_secs(1800));
        loaded = world.load(&store, session.id()).await;
        assert_eq!(loaded.created_at.epoch_seconds(), 1_800_001_800);
        let _ = loaded.touch().await.unwrap();
    }
    world.clock.advance(Duration::from_secs(1800));
    assert!(store.load(session.id()).await.unwrap().is_none());
}
