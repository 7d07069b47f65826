//! A logout after which the same handle has a new session.

use dynamo_session::Committed;
use dynamo_session_tests::refusals::THROTTLED;
use dynamo_session_tests::{Fault, Shop, World, skip_pauses, stored};

#[tokio::test]
async fn the_old_session_is_ended_and_the_new_one_has_nothing_of_it() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    let mut in_flight = world.load(&store, &id).await;
    session.user = Some("ada".to_owned());
    let _ = session.commit().await.unwrap();
    world.network.take_sent();
    session.notice = Some("not to be written".to_owned());

    session.restart().await.unwrap();
    assert_eq!(world.network.operations(), ["DeleteItem"]);
    assert_eq!(session.attempts().requests(), 1);
    assert!(session.is_new());
    assert_ne!(*session.id(), id);
    assert_eq!((session.user.as_deref(), session.notice.as_deref()), (None, None));
    assert_eq!(world.items(&store).await.len(), 0);
    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);

    session.notice = Some("You have logged out.".to_owned());
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    let new = world.load(&store, session.id()).await;
    assert_eq!((new.user.as_deref(), new.notice.as_deref()), (None, session.notice.as_deref()));

    in_flight.views += 1;
    assert!(in_flight.commit().await.unwrap_err().is_gone());
    assert_eq!(world.items(&store).await.len(), 1);
}

#[tokio::test]
async fn one_that_was_never_stored_costs_nothing() {
    let (world, store) = World::with_store::<Shop>().await;
    let mut session = store.create();
    session.views += 1;
    let id = session.id().clone();
    session.restart().await.unwrap();
    assert_ne!(*session.id(), id);
    assert_eq!(session.views, 0);
    assert_eq!(world.network.operations().len(), 0);
}

#[tokio::test]
async fn one_that_another_request_has_renewed_is_ended_too() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    world.load(&store, &id).await.renew().await.unwrap();
    session.restart().await.unwrap();
    assert_eq!(world.items(&store).await.len(), 0);
    session.views += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
}

#[tokio::test]
async fn one_that_has_ended_begins_anew() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.destroy().await.unwrap();
    session.views += 1;
    assert!(session.commit().await.unwrap_err().is_gone());
    session.restart().await.unwrap();
    session.views += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    assert_eq!(world.load(&store, session.id()).await.views, 1);
}

#[tokio::test]
async fn after_an_error_the_handle_still_has_the_old_session() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    for _ in 0..3 {
        world.network.fail_next("DeleteItem", Fault::Answer(400, THROTTLED));
    }
    let error = session.restart().await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
    assert!(!session.is_new());
    assert_eq!(*session.id(), id);
    assert_eq!(world.items(&store).await.len(), 1);

    session.restart().await.unwrap();
    assert!(session.is_new());
    assert_eq!(world.items(&store).await.len(), 0);
}

/// The answer was lost, and so was whether the session is still there.
#[tokio::test]
async fn it_can_be_called_again_after_an_answer_that_was_lost() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    for _ in 0..3 {
        world.network.fail_next("DeleteItem", Fault::LoseResponse);
    }
    assert!(session.restart().await.unwrap_err().is_unavailable());
    session.restart().await.unwrap();
    session.views += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
}
