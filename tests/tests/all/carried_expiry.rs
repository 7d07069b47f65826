//! A commit that is written anyway takes the expiry along once it is ahead by a quarter of the touch interval: that costs
//! nothing, and spares the touch.

use std::sync::Arc;
use std::time::Duration;

use dynamo_session::{Committed, DynamoSession, Expires, SessionId, SessionStore};
use dynamo_session_tests::{Fault, World, skip_pauses};
use tokio::sync::Notify;

const NOW: i64 = 1_800_000_000;
const IDLE: i64 = 1800;

#[derive(Debug, DynamoSession)]
#[session(
    table = "carried",
    idle_timeout = "30m",
    remember_timeout = "30 days",
    touch_interval = "1m"
)]
struct Visit {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(remember)]
    remember: bool,
    #[session(counter)]
    views: u64,
}

async fn stored(store: &SessionStore<Visit>, remember: bool) -> SessionId {
    let mut session = store.create();
    session.views = 1;
    session.remember = remember;
    let _ = session.commit().await.unwrap();
    session.id().clone()
}

async fn expiry(world: &World, store: &SessionStore<Visit>, id: &SessionId) -> i64 {
    let item = world.item(store, id).await.unwrap();
    item["expires_at"].as_n().unwrap().parse().unwrap()
}

async fn count(world: &World, store: &SessionStore<Visit>, id: &SessionId) {
    let mut session = world.load(store, id).await;
    session.views += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_eq!(session.attempts().requests(), 1);
}

#[tokio::test]
async fn ahead_by_a_quarter_and_back_by_a_whole_interval() {
    let (world, store) = World::with_store::<Visit>().await;
    for (seconds, moves) in [(14, false), (15, true), (40, true), (-59, false), (-60, true)] {
        let id = stored(&store, false).await;
        let clock = dynamo_session::ManualClock::at_epoch_seconds(NOW + seconds);
        let other = world.builder::<Visit>().clock(clock).build().await.unwrap();
        count(&world, &other, &id).await;
        let expected = if moves { NOW + seconds } else { NOW } + IDLE;
        assert_eq!(expiry(&world, &store, &id).await, expected, "{seconds} s");
    }
}

#[tokio::test]
async fn commits_spare_the_touches() {
    let (world, store) = World::with_store::<Visit>().await;
    let id = stored(&store, false).await;
    for second in 1..=300 {
        world.clock.advance(Duration::from_secs(1));
        let mut session = world.load(&store, &id).await;
        if second % 20 == 0 {
            session.views += 1;
        }
        let committed = session.commit().await.unwrap();
        let expected = if second % 20 == 0 { Committed::Updated } else { Committed::Unchanged };
        assert_eq!(committed, expected, "second {second}");
    }
    assert_eq!(expiry(&world, &store, &id).await, NOW + 300 + IDLE);
}

#[tokio::test]
async fn a_remembered_session_by_a_quarter_of_a_day() {
    let (world, store) = World::with_store::<Visit>().await;
    let id = stored(&store, true).await;
    let begun = expiry(&world, &store, &id).await;
    let quarter = 6 * 60 * 60;
    world.clock.advance(Duration::from_secs(quarter - 1));
    count(&world, &store, &id).await;
    assert_eq!(expiry(&world, &store, &id).await, begun);
    world.clock.advance(Duration::from_secs(1));
    count(&world, &store, &id).await;
    assert_eq!(expiry(&world, &store, &id).await, begun + 6 * 60 * 60);
}

/// The expiry that it carries has been passed by another's: it is applied all the same, and moves nothing back.
#[tokio::test]
async fn a_commit_that_arrives_late_is_applied() {
    skip_pauses();
    let (world, store) = World::with_store::<Visit>().await;
    let id = stored(&store, false).await;
    world.clock.advance(Duration::from_secs(20));
    let mut slow = world.load(&store, &id).await;
    world.network.take_sent();
    let gate = Arc::new(Notify::new());
    world.network.fail_next("UpdateItem", Fault::Hold(gate.clone()));
    let commit = tokio::spawn(async move {
        slow.views += 1;
        let committed = slow.commit().await;
        (committed, slow.attempts().rebases(), slow.expires_at().epoch_seconds())
    });
    world.network.until_sent("UpdateItem", 1).await;
    world.clock.advance(Duration::from_secs(70));
    let mut quick = world.load(&store, &id).await;
    assert_eq!(quick.touch().await.unwrap(), Committed::Touched);
    gate.notify_one();
    let (committed, rebases, known) = commit.await.unwrap();
    assert_eq!(committed.unwrap(), Committed::Updated);
    assert_eq!(rebases, 1);
    assert_eq!(expiry(&world, &store, &id).await, NOW + 90 + IDLE);
    assert_eq!(known, NOW + 90 + IDLE);
    assert_eq!(world.load(&store, &id).await.views, 2);
}
