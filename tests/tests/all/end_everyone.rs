//! `end_everyone`: every session of a type is ended, also those that are renewed meanwhile.

use std::sync::Arc;
use std::time::Duration;

use dynamo_session::{DynamoSession, ErrorKind, Operation, SessionId, SessionStore};
use dynamo_session_tests::attribute::{Item, n, s};
use dynamo_session_tests::refusals::DENIED;
use dynamo_session_tests::{Fault, Login, Shop, World, alive, skip_pauses, stored};
use tokio::sync::Notify;

async fn renewed(world: &World, store: &SessionStore<Shop>, id: &SessionId) -> SessionId {
    let mut session = world.load(store, id).await;
    session.renew().await.unwrap();
    session.id().clone()
}

#[tokio::test]
async fn every_session_is_ended_and_no_session_data_is_sent() {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 3).await;
    world.clock.advance(Duration::from_secs(1790));
    let bob = world.logins(&store, "bob", 60).await;
    let item = |expires_at| -> Item {
        let key = Login::SCHEMA.table_key(&SessionId::generate());
        [("id".to_owned(), s(key)), ("expires_at".to_owned(), expires_at)].into()
    };
    for expires_at in [s("never"), n(1)] {
        world.put(&store, item(expires_at)).await;
    }
    world.network.take_sent();
    let ended = store.end_everyone().segments(2).page_items(10).await.unwrap();
    assert_eq!((ended.ended, ended.expired, ended.scanned), (60, 4, 65), "{ended}");
    assert_eq!((ended.segments_finished, ended.segments), (2, 2));
    assert!(ended.read_units > 0.0 && ended.write_units >= 64.0, "{ended}");
    for scan in world.network.take_sent().iter().filter(|sent| !sent.body["Limit"].is_null()) {
        let projected = scan.text("ProjectionExpression").split(", ");
        let names = projected.map(|name| scan.body["ExpressionAttributeNames"][name].as_str());
        for name in names {
            let known = ["id", "expires_at", "created_at", "_renewed_at", "_renewed_to"];
            assert!(known.contains(&name.unwrap()), "{name:?}");
        }
    }
    assert!(!alive(&store, &ada).await.contains(&true));
    assert!(!alive(&store, &bob).await.contains(&true));
    assert_eq!(world.items(&store).await.len(), 1, "what is no session stays");
    assert_eq!(store.end_everyone().await.unwrap().ended, 0);
}

/// Stops the first deletion of a sweep, does something meanwhile, and lets it go on.
async fn meanwhile<F: Future>(
    world: &World,
    store: &SessionStore<Shop>,
    act: F,
) -> (F::Output, u64) {
    let gate = Arc::new(Notify::new());
    world.network.fail_next("DeleteItem", Fault::Hold(gate.clone()));
    world.network.take_sent();
    let ending = tokio::spawn(store.end_everyone().segments(1).into_future());
    world.network.until_sent("DeleteItem", 1).await;
    let output = act.await;
    gate.notify_one();
    (output, ending.await.unwrap().unwrap().ended)
}

#[tokio::test]
async fn a_session_that_is_renewed_meanwhile_is_followed() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let twice = async {
        let once = renewed(&world, &store, &id).await;
        renewed(&world, &store, &once).await
    };
    let (new, ended) = meanwhile(&world, &store, twice).await;
    assert_eq!(ended, 1);
    assert!(store.load(&new).await.unwrap().is_none());
    assert!(world.items(&store).await.is_empty());
}

#[tokio::test]
async fn a_session_that_moves_to_where_the_sweep_has_been_is_followed() {
    let (world, store) = World::with_store::<Shop>().await;
    let mut sessions = Vec::new();
    for _ in 0..20 {
        let id = stored(&store).await;
        sessions.push(world.load(&store, &id).await);
    }
    let mut ending = store.end_everyone().segments(1).page_items(4).start();
    // Before each page, whoever is left is renewed: about half of them move to where the sweep does not come any more.
    loop {
        for session in &mut sessions {
            if let Err(error) = session.renew().await {
                assert_eq!(error.kind(), ErrorKind::Gone);
            }
        }
        let Some(progress) = ending.next().await else { break };
        progress.unwrap();
    }
    assert_eq!(ending.progress().ended, 20);
    assert!(world.items(&store).await.is_empty());
}

#[tokio::test]
async fn what_was_renewed_long_ago_costs_no_deletion_of_its_tombstone() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    world.clock.advance(Duration::from_secs(60));
    let id = renewed(&world, &store, &id).await;
    store.destroy(&id).await.unwrap();
    world.clock.advance(Duration::from_secs(3601));
    world.network.take_sent();
    let ended = store.end_everyone().await.unwrap();
    assert_eq!((ended.ended, ended.expired, ended.scanned), (0, 0, 1));
    assert!(!world.network.operations().contains(&"DeleteItem".to_owned()));
}

#[tokio::test]
async fn an_error_says_how_many_were_ended_and_the_next_call_goes_on() {
    skip_pauses();
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 6).await;
    let mut ending = store.end_everyone().segments(1).page_items(2).start();
    while ending.progress().ended < 2 {
        ending.next().await.unwrap().unwrap();
    }
    world.network.fail_next("DeleteItem", Fault::Answer(400, DENIED));
    let error = loop {
        if let Err(error) = ending.next().await.unwrap() {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    assert_eq!(error.operation(), Some(Operation::EndEveryone));
    assert!(error.to_string().contains("ended "), "{error}");
    assert!(ending.next().await.is_none());
    let before = ending.progress().ended;
    assert!((2..6).contains(&before), "{before}");
    let left = alive(&store, &ada).await.into_iter().filter(|alive| *alive).count() as u64;
    assert_eq!(store.end_everyone().await.unwrap().ended, left);
    assert!(!alive(&store, &ada).await.contains(&true));
}

#[tokio::test]
async fn pointers_in_a_circle_end_the_pursuit() {
    let (world, store) = World::with_store::<Shop>().await;
    let now = world.clock.epoch_seconds();
    for (key, next) in [("Shop#a", "Shop#b"), ("Shop#b", "Shop#a")] {
        let tombstone = [
            ("id", s(key)),
            ("expires_at", n(now - 86_400)),
            ("_renewed_at", n(now)),
            ("_renewed_to", s(next)),
        ];
        let tombstone = tombstone.map(|(name, value)| (name.to_owned(), value));
        world.put(&store, tombstone.into()).await;
    }
    assert_eq!(store.end_everyone().await.unwrap().ended, 0);
}

#[tokio::test]
async fn it_may_use_no_more_than_a_purge_may() {
    let store = World::new().store::<Shop>().await;
    let refused = [
        store.end_everyone().segments(0).await,
        store.end_everyone().page_items(0).await,
        store.end_everyone().capacity_per_second(0.0).await,
    ];
    for result in refused {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Configuration);
    }
}
