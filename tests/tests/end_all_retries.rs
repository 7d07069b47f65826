//! The SDK's budget of retries is one for a whole process. So this is a test in a process of its own: requests of other
//! tests would fill the budget again.

#![allow(clippy::unwrap_used)]

use dynamo_session_tests::{Fault, Login, World, skip_pauses};

const THROTTLED: &str =
    r#"{"__type":"com.amazon.coral.availability#ThrottlingException","message":"slower"}"#;

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
