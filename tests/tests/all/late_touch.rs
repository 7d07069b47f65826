//! An expiry is not moved back by what arrives late, nor by who only looks: with a shorter timeout of another version of the
//! program, or by a clock that is behind. A commit shortens it from exactly what was stored, and a renewal sets it anew.

use std::sync::Arc;
use std::time::Duration;

use dynamo_session::{Committed, DynamoSession, Expires, ManualClock, SessionId, SessionStore};
use dynamo_session_tests::{Fault, World, skip_pauses};
use tokio::sync::Notify;

const NOW: i64 = 1_800_000_000;

/// Before a deployment.
#[derive(Debug, DynamoSession)]
#[session(table = "rolling", key_prefix = "rolling#", idle_timeout = "30m", touch_interval = "1m")]
struct Long {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(counter)]
    views: u64,
    user: Option<String>,
}

/// After it.
#[derive(Debug, DynamoSession)]
#[session(table = "rolling", key_prefix = "rolling#", idle_timeout = "10m", touch_interval = "1m")]
struct Short {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(counter)]
    views: u64,
    user: Option<String>,
}

async fn stored(store: &SessionStore<Long>) -> SessionId {
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    let _ = session.commit().await.unwrap();
    session.id().clone()
}

async fn expiry<S: DynamoSession<Key = SessionId>>(
    world: &World,
    store: &SessionStore<S>,
    id: &SessionId,
) -> i64 {
    let item = world.item(store, id).await.unwrap();
    item["expires_at"].as_n().unwrap().parse().unwrap()
}

/// A store of the same table, on a clock of its own.
async fn beside<S: DynamoSession>(world: &World, seconds: i64) -> (SessionStore<S>, ManualClock) {
    let clock = ManualClock::at_epoch_seconds(seconds);
    let store = world.builder::<S>().clock(clock.clone()).build().await.unwrap();
    (store, clock)
}

#[tokio::test]
async fn who_only_looks_with_a_shorter_timeout_shortens_nothing() {
    let (world, long) = World::with_store::<Long>().await;
    let short = world.bare_store::<Short>(Default::default()).await;
    let id = stored(&long).await;
    assert_eq!(expiry(&world, &long, &id).await, NOW + 1800);
    world.clock.advance(Duration::from_secs(100));
    world.network.take_sent();

    let mut session = world.load(&short, &id).await;
    assert_eq!(session.touch().await.unwrap(), Committed::Unchanged);
    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
    short.update(&id, |_| ()).await.unwrap();
    assert!(world.network.operations().iter().all(|sent| sent == "GetItem"));
    assert_eq!(expiry(&world, &long, &id).await, NOW + 1800);
    assert_eq!(session.expires_at().epoch_seconds(), NOW + 1800);

    // Once less than the shorter timeout is left, it moves ahead again.
    world.clock.advance(Duration::from_secs(1159));
    assert_eq!(session.touch().await.unwrap(), Committed::Unchanged);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    assert_eq!(expiry(&world, &long, &id).await, NOW + 1260 + 600);
}

#[tokio::test]
async fn a_commit_with_a_shorter_timeout_shortens_what_is_stored() {
    let (world, long) = World::with_store::<Long>().await;
    let short = world.bare_store::<Short>(Default::default()).await;
    let id = stored(&long).await;
    world.clock.advance(Duration::from_secs(100));
    let mut session = world.load(&short, &id).await;
    session.views += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_eq!(expiry(&world, &long, &id).await, NOW + 100 + 600);
    assert_eq!(session.expires_at().epoch_seconds(), NOW + 100 + 600);
}

#[tokio::test]
async fn a_renewal_sets_it_anew() {
    let (world, long) = World::with_store::<Long>().await;
    let short = world.bare_store::<Short>(Default::default()).await;
    let id = stored(&long).await;
    world.clock.advance(Duration::from_secs(100));
    let mut session = world.load(&short, &id).await;
    session.renew().await.unwrap();
    assert_eq!(expiry(&world, &short, session.id()).await, NOW + 100 + 600);
    assert_eq!(session.expires_at().epoch_seconds(), NOW + 100 + 600);
}

/// The request of the shorter timeout is on its way while the longer one moves the expiry.
#[tokio::test]
async fn a_request_that_was_overtaken_does_not_move_it_back() {
    skip_pauses();
    for change in [false, true] {
        let (world, long) = World::with_store::<Long>().await;
        let short = world.bare_store::<Short>(Default::default()).await;
        let id = stored(&long).await;
        world.clock.advance(Duration::from_secs(1500));
        let gate = Arc::new(Notify::new());
        let mut slow = world.load(&short, &id).await;
        let mut quick = world.load(&long, &id).await;
        world.network.take_sent();
        world.network.fail_next("UpdateItem", Fault::Hold(gate.clone()));
        let call = tokio::spawn(async move {
            if change {
                slow.views += 1;
            }
            let result = slow.commit().await;
            (result, slow.expires_at())
        });
        world.network.until_sent("UpdateItem", 1).await;
        assert_eq!(quick.touch().await.unwrap(), Committed::Touched);
        let ahead = NOW + 1500 + 1800;
        assert_eq!(expiry(&world, &long, &id).await, ahead);
        gate.notify_one();
        let (result, known) = call.await.unwrap();
        result.unwrap();
        let stored = expiry(&world, &long, &id).await;
        // A commit has met the other's expiry then, and shortens exactly that.
        let expected = if change { NOW + 1500 + 600 } else { ahead };
        assert_eq!(stored, expected, "with a change: {change}");
        assert_eq!(known.epoch_seconds(), stored, "the handle knows what is stored");
        assert_eq!(world.load(&long, &id).await.views, u64::from(change));

        // No copy of any request that was sent does so once more.
        let copy = world.network.copy_of_last("UpdateItem");
        world.clock.advance(Duration::from_secs(100));
        let _ = world.load(&long, &id).await.touch().await.unwrap();
        let moved = expiry(&world, &long, &id).await;
        assert!(moved >= ahead);
        world.network.deliver(copy).await;
        assert_eq!(expiry(&world, &long, &id).await, moved, "with a change: {change}");
    }
}

/// What was sent to shorten it would do so again after somebody else moved it ahead.
#[tokio::test]
async fn a_copy_of_any_request_does_not_move_it_back() {
    for change in [false, true] {
        let (world, long) = World::with_store::<Long>().await;
        let short = world.bare_store::<Short>(Default::default()).await;
        let id = stored(&long).await;
        world.clock.advance(Duration::from_secs(100));
        let mut session = world.load(&short, &id).await;
        world.network.take_sent();
        if change {
            session.views += 1;
        }
        let _ = session.commit().await.unwrap();
        let sent = world.network.operations().contains(&"UpdateItem".to_owned());
        let copy = sent.then(|| world.network.copy_of_last("UpdateItem"));
        world.clock.advance(Duration::from_secs(300));
        let mut other = world.load(&long, &id).await;
        assert_eq!(other.touch().await.unwrap(), Committed::Touched);
        let ahead = NOW + 400 + 1800;
        if let Some(copy) = copy {
            world.network.deliver(copy).await;
        }
        assert_eq!(expiry(&world, &long, &id).await, ahead, "with a change: {change}");
    }
}

#[tokio::test]
async fn who_only_looks_by_a_clock_that_is_behind_shortens_nothing() {
    let (world, store) = World::with_store::<Long>().await;
    let (ahead, ahead_clock) = beside::<Long>(&world, NOW + 300).await;
    let id = stored(&store).await;
    let mut fast = world.load(&ahead, &id).await;
    assert_eq!(fast.touch().await.unwrap(), Committed::Touched);
    let stored = NOW + 300 + 1800;
    assert_eq!(expiry(&world, &store, &id).await, stored);

    let mut slow = world.load(&store, &id).await;
    assert_eq!(slow.touch().await.unwrap(), Committed::Unchanged);
    assert_eq!(slow.commit().await.unwrap(), Committed::Unchanged);
    store.update(&id, |_| ()).await.unwrap();
    assert_eq!(expiry(&world, &store, &id).await, stored);
    assert_eq!(slow.expires_at().epoch_seconds(), stored);
    assert_eq!(ahead_clock.epoch_seconds(), NOW + 300);
}

/// Two servers whose clocks, or whose timeouts, differ by more than the touch interval: who looks does not write.
#[tokio::test]
async fn who_only_looks_writes_once_in_an_interval() {
    let (world, long) = World::with_store::<Long>().await;
    let (ahead, _) = beside::<Long>(&world, NOW + 300).await;
    let short = world.bare_store::<Short>(Default::default()).await;
    let id = stored(&long).await;
    world.network.take_sent();
    for request in 0..40 {
        if request % 3 == 2 {
            let _ = world.load(&short, &id).await.commit().await.unwrap();
            continue;
        }
        let store = if request % 3 == 0 { &long } else { &ahead };
        let _ = world.load(store, &id).await.commit().await.unwrap();
    }
    let writes = world.network.operations().iter().filter(|sent| *sent == "UpdateItem").count();
    assert!(writes <= 1, "{writes} of 40 requests that changed nothing wrote");
}

/// By an interval and not less, in either direction.
#[tokio::test]
async fn a_touch_is_due_when_it_moves_ahead_by_the_interval() {
    let (world, store) = World::with_store::<Long>().await;
    for (seconds, committed) in [
        (-59, Committed::Unchanged),
        (-600, Committed::Unchanged),
        (0, Committed::Unchanged),
        (59, Committed::Unchanged),
        (60, Committed::Touched),
        (600, Committed::Touched),
    ] {
        let id = stored(&store).await;
        let (other, _) = beside::<Long>(&world, NOW + seconds).await;
        let mut session = world.load(&other, &id).await;
        assert_eq!(session.touch().await.unwrap(), committed, "{seconds} s");
        let expected = if committed == Committed::Touched { NOW + seconds } else { NOW } + 1800;
        assert_eq!(expiry(&world, &store, &id).await, expected, "{seconds} s");
    }
}
