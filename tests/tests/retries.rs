//! The SDK's budget of retries for the work on a whole table is one for a process. So these are in a process of their
//! own: they use it up, and other tests rely on it.

#![allow(clippy::unwrap_used)]

use dynamo_session_tests::refusals::THROTTLED;
use dynamo_session_tests::{Fault, Login, Shop, World, skip_pauses, stored};

#[tokio::test]
async fn a_throttled_end_all_leaves_the_sessions_own_retries_alone() {
    skip_pauses();
    let world = World::new();
    if world.embedded().is_none() {
        return; // The pauses would be real.
    }
    let store = world.store::<Login>().await;
    let ada = world.logins(&store, "ada", 1).await;
    for _ in 0..1000 {
        world.network.fail_next("Query", Fault::Answer(400, THROTTLED));
    }
    // At two retries for each attempt, six calls that give up use about as much as the budget holds.
    for _ in 0..8 {
        let error = store.by(Login::USER).end_all("ada").await.unwrap_err();
        assert!(error.is_throttled(), "{error}");
    }
    world.network.fail_next("GetItem", Fault::Answer(400, THROTTLED));
    assert!(store.load(ada[0].id()).await.unwrap().is_some(), "the SDK did not try it again");
}

#[tokio::test]
async fn a_throttled_purge_leaves_the_sessions_own_retries_alone() {
    skip_pauses();
    let world = World::new();
    if world.embedded().is_none() {
        return; // The pauses would be real.
    }
    let store = world.store::<Shop>().await;
    let id = stored(&store).await;
    for _ in 0..1000 {
        world.network.fail_next("Scan", Fault::Answer(400, THROTTLED));
    }
    // At two retries for each attempt, four purges that give up use about as much as the budget holds.
    for _ in 0..5 {
        let error = store.purge_expired().await.unwrap_err();
        assert!(error.is_throttled(), "{error}");
    }
    world.network.fail_next("GetItem", Fault::Answer(400, THROTTLED));
    assert!(store.load(&id).await.unwrap().is_some(), "the SDK did not try it again");
}
