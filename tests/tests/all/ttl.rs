//! `ttl`: the expiry, and when it is written.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{Committed, SessionId, SessionStore};
use dynamo_session_tests::attribute::n;
use dynamo_session_tests::{Shop, World, stored};

async fn expiry(world: &World, store: &SessionStore<Shop>, id: &SessionId) -> AttributeValue {
    world.item(store, id).await.unwrap()["expires_at"].clone()
}

#[tokio::test]
async fn the_expiry_is_written_with_a_change_once_it_has_moved_by_a_quarter_of_the_interval() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;

    world.clock.advance(Duration::from_secs(14));
    let mut session = world.load(&store, &id).await;
    session.views += 1;
    let _ = session.commit().await.unwrap();
    assert_eq!(expiry(&world, &store, &id).await, n(1_800_001_800));

    world.clock.advance(Duration::from_secs(1));
    session.views += 1;
    let _ = session.commit().await.unwrap();
    assert_eq!(expiry(&world, &store, &id).await, n(1_800_001_815));
    assert_eq!(session.expires_at().epoch_seconds(), 1_800_001_815);
    assert_eq!(session.expires_at.epoch_seconds(), 1_800_001_815);
}

#[tokio::test]
async fn a_touch_extends_the_idle_timeout_and_nothing_else() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.views += 1;
    world.clock.advance(Duration::from_secs(90));
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    assert_eq!(session.expires_at.epoch_seconds(), 1_800_001_890);
    assert_eq!(expiry(&world, &store, &id).await, n(1_800_001_890));
    assert_eq!(world.load(&store, &id).await.views, 0, "the change waits for a commit");
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_eq!(world.load(&store, &id).await.views, 1);
}
