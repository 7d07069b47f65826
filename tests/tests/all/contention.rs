//! Many at once: what DynamoDB has in a transaction is settled inside the call, and parallel updates all get through.

use std::sync::Arc;
use std::time::Duration;

use dynamo_session::{Committed, Error, Session, SessionId, SessionStore};
use dynamo_session_tests::refusals::IN_TRANSACTION;
use dynamo_session_tests::{Fault, World, skip_pauses};

use super::{Shop, stored};

/// Each call that writes one item, by the operation that it sends.
const CALLS: [(&str, &str); 7] = [
    ("first commit", "PutItem"),
    ("commit", "UpdateItem"),
    ("touch", "UpdateItem"),
    ("commit of nothing", "UpdateItem"),
    ("update", "UpdateItem"),
    ("destroy", "DeleteItem"),
    ("destroy by id", "DeleteItem"),
];

async fn call(
    name: &str,
    store: &SessionStore<Shop>,
    session: &mut Session<Shop>,
    new: &mut Session<Shop>,
) -> Result<(), Error> {
    match name {
        "first commit" => {
            new.views = 1;
            new.commit().await.map(drop)
        }
        "commit" => {
            session.views += 1;
            session.commit().await.map(drop)
        }
        "touch" => session.touch().await.map(|did| assert_eq!(did, Committed::Touched)),
        "commit of nothing" => {
            session.commit().await.map(|did| assert_eq!(did, Committed::Touched))
        }
        "update" => store.update(session.id(), |session| session.views += 1).await,
        "destroy" => session.destroy().await,
        "destroy by id" => store.destroy(session.id()).await,
        other => panic!("no such call: {other}"),
    }
}

#[tokio::test]
async fn a_transaction_under_way_is_waited_for() {
    skip_pauses();
    for (name, operation) in CALLS {
        for conflicts in [1, 2, 6] {
            let (world, store) = World::with_store::<Shop>().await;
            let id = stored(&store).await;
            let mut session = world.load(&store, &id).await;
            let mut new = store.create();
            world.clock.advance(Duration::from_secs(100));
            for _ in 0..conflicts {
                world.network.fail_next(operation, Fault::Answer(400, IN_TRANSACTION));
            }
            let result = call(name, &store, &mut session, &mut new).await;
            assert!(result.is_ok(), "{name} after {conflicts}: {result:?}");
            let loaded = store.load(&id).await.unwrap();
            match name {
                "first commit" => assert_eq!(world.load(&store, new.id()).await.views, 1),
                "commit" | "update" => assert_eq!(loaded.unwrap().views, 1, "{name}"),
                "destroy" | "destroy by id" => assert!(loaded.is_none(), "{name}"),
                _ => assert_eq!(loaded.unwrap().expires_at().epoch_seconds(), 1_800_001_900),
            }
        }
    }
}

#[tokio::test]
async fn one_that_does_not_end_is_throttling_and_nothing_is_lost() {
    skip_pauses();
    for (name, operation) in CALLS {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut session = world.load(&store, &id).await;
        let mut new = store.create();
        world.clock.advance(Duration::from_secs(100));
        world.network.fail_by(operation, || Some(Fault::Answer(400, IN_TRANSACTION)));
        let error = call(name, &store, &mut session, &mut new).await.unwrap_err();
        assert!(error.is_throttled(), "{name}: {error}");
        assert!(world.network.operations().iter().filter(|sent| *sent == operation).count() >= 3);
        world.network.forget_faults();
        match name {
            "first commit" => {
                let _ = new.commit().await.unwrap();
                assert_eq!(world.load(&store, new.id()).await.views, 1);
            }
            "commit" => {
                let _ = session.commit().await.unwrap();
                assert_eq!(world.load(&store, &id).await.views, 1);
            }
            "update" => assert_eq!(world.load(&store, &id).await.views, 0),
            "destroy" | "destroy by id" => {
                assert!(store.load(&id).await.unwrap().is_some(), "{name}");
                call(name, &store, &mut session, &mut new).await.unwrap();
                assert!(store.load(&id).await.unwrap().is_none(), "{name}");
            }
            _ => call(name, &store, &mut session, &mut new).await.unwrap(),
        }
    }
}

/// Every read and write takes some time, so that all of them meet.
fn slow_down(world: &World) {
    let mut turn = 0;
    let wait = move || {
        turn = (turn * 7 + 3) % 11;
        Some(Fault::Slow(Duration::from_millis(5 + turn), None))
    };
    world.network.fail_by("UpdateItem", wait);
    world.network.fail_by("GetItem", wait);
}

async fn updates(many: usize) {
    let (world, store) = World::with_store::<Shop>().await;
    let id: SessionId = stored(&store).await;
    let world = Arc::new(world);
    slow_down(&world);
    let updates: Vec<_> = (0..many)
        .map(|number| {
            let (store, id) = (store.clone(), id.clone());
            tokio::spawn(async move {
                let number = u32::try_from(number).unwrap();
                store
                    .update(&id, |session| {
                        session.recent.push(number);
                        session.recent.len()
                    })
                    .await
            })
        })
        .collect();
    let mut lengths = Vec::new();
    let mut errors = Vec::new();
    for update in updates {
        match update.await.unwrap() {
            Ok(length) => lengths.push(length),
            Err(error) => errors.push(error.to_string()),
        }
    }
    assert!(errors.is_empty(), "{} of {many} failed: {}", errors.len(), errors[0]);
    lengths.sort_unstable();
    assert_eq!(lengths, (1..=many).collect::<Vec<_>>(), "each saw a state of its own");
    world.network.forget_faults();
    let mut recent = world.load(&store, &id).await.recent.clone();
    recent.sort_unstable();
    assert!(recent.iter().map(|number| usize::try_from(*number).unwrap()).eq(0..many));
}

#[tokio::test]
async fn a_hundred_and_twenty_eight_parallel_updates_all_succeed() {
    if std::env::var_os(dynamo_session_tests::ENDPOINT).is_some() {
        return; // The pauses would be real.
    }
    skip_pauses();
    updates(128).await;
}

#[tokio::test]
async fn a_hundred_and_twenty_eight_parallel_commits_all_succeed() {
    if std::env::var_os(dynamo_session_tests::ENDPOINT).is_some() {
        return; // The pauses would be real.
    }
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut sessions = Vec::new();
    for _ in 0..128 {
        sessions.push(world.load(&store, &id).await);
    }
    slow_down(&world);
    let commits: Vec<_> = sessions
        .into_iter()
        .enumerate()
        .map(|(number, mut session)| {
            tokio::spawn(async move {
                session.views += 1;
                session.cart.insert(format!("k{number}"), 1);
                session.commit().await
            })
        })
        .collect();
    for commit in commits {
        assert_eq!(commit.await.unwrap().unwrap(), Committed::Updated);
    }
    world.network.forget_faults();
    let loaded = world.load(&store, &id).await;
    assert_eq!((loaded.views, loaded.cart.len()), (128, 128));
}
