//! Whether an attempt may have been applied is told by that attempt's own answer, and not by how often was sent.

use std::sync::{Arc, Mutex};

use dynamo_session::{Committed, SessionId, SessionStore};
use dynamo_session_tests::refusals::{BROKEN, IN_TRANSACTION, OVER_CAPACITY, THROTTLED};
use dynamo_session_tests::{Dice, Fault, Shop, World, skip_pauses, stored};
use tokio::sync::Notify;

/// More attempts than the SDK makes of one request.
const ALL_ATTEMPTS: usize = 5;

async fn others_commit(world: &World, store: &SessionStore<Shop>, id: &SessionId, count: usize) {
    for _ in 0..count {
        let mut other = world.load(store, id).await;
        other.recent.push(1);
        let _ = other.commit().await.unwrap();
    }
}

/// The faults of the first attempts, one that is held while others commit, and how the commit ends.
async fn commit_after(
    faults: &[Fault],
    others: usize,
) -> (Result<Committed, dynamo_session::Error>, u64) {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.views += 1;
    world.network.take_sent();
    for fault in faults {
        world.network.fail_next("UpdateItem", fault.clone());
    }
    let gate = Arc::new(Notify::new());
    world.network.fail_next("UpdateItem", Fault::Hold(gate.clone()));
    let commit = tokio::spawn(async move { session.commit().await });
    world.network.until_sent("UpdateItem", faults.len() + 1).await;
    others_commit(&world, &store, &id, others).await;
    gate.notify_one();
    (commit.await.unwrap(), world.load(&store, &id).await.views)
}

#[tokio::test]
async fn a_refused_first_attempt_was_not_applied() {
    skip_pauses();
    for refusal in [THROTTLED, OVER_CAPACITY, IN_TRANSACTION] {
        for refusals in [1, 2] {
            for others in [0, 8, 9, 10, 20, 70] {
                let faults = vec![Fault::Answer(400, refusal); refusals];
                let (result, views) = commit_after(&faults, others).await;
                assert_eq!(result.unwrap(), Committed::Updated, "{others} others: {refusal}");
                assert_eq!(views, 1);
            }
        }
    }
}

#[tokio::test]
async fn one_that_was_not_answered_stays_in_doubt() {
    skip_pauses();
    for (fault, applied) in [(Fault::LoseResponse, 1), (Fault::Garble(500, BROKEN), 1)] {
        for faults in [
            vec![fault.clone()],
            vec![fault.clone(), Fault::Answer(400, THROTTLED)],
            vec![Fault::Answer(400, THROTTLED), fault.clone()],
        ] {
            let (result, views) = commit_after(&faults, 30).await;
            assert!(result.unwrap_err().is_outcome_unknown(), "{faults:?}");
            assert_eq!(views, applied, "{faults:?}");
        }
    }
}

/// The call gave up: all its attempts were refused, so the next call has nothing to settle.
#[tokio::test]
async fn a_call_whose_attempts_were_all_refused_leaves_nothing_in_doubt() {
    skip_pauses();
    for others in [0, 9, 10, 30] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut session = world.load(&store, &id).await;
        session.views += 1;
        world.network.fail_by("UpdateItem", || Some(Fault::Answer(400, THROTTLED)));
        assert!(session.commit().await.unwrap_err().is_throttled());
        world.network.forget_faults();
        others_commit(&world, &store, &id, others).await;
        session.views += 1;
        assert_eq!(session.commit().await.unwrap(), Committed::Updated, "{others} others");
        assert_eq!(world.load(&store, &id).await.views, 2);
    }
}

#[tokio::test]
async fn a_call_with_one_lost_answer_among_refusals_stays_in_doubt() {
    skip_pauses();
    for place in 0..3 {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut session = world.load(&store, &id).await;
        session.views += 1;
        let mut attempt = 0;
        world.network.fail_by("UpdateItem", move || {
            attempt += 1;
            Some(match attempt - 1 == place {
                true => Fault::LoseResponse,
                false => Fault::Answer(400, THROTTLED),
            })
        });
        // An answer was lost, and then the token is found at the latest by the next call.
        let first = session.commit().await;
        world.network.forget_faults();
        others_commit(&world, &store, &id, 30).await;
        if first.is_err() {
            assert!(session.commit().await.unwrap_err().is_outcome_unknown(), "{place}");
        }
        assert_eq!(world.load(&store, &id).await.views, 1, "{place}");
    }
}

#[tokio::test]
async fn a_refused_first_commit_was_not_applied() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let mut session = store.create();
    session.views = 1;
    for _ in 0..ALL_ATTEMPTS {
        world.network.fail_next("PutItem", Fault::Answer(400, THROTTLED));
    }
    assert!(session.commit().await.unwrap_err().is_throttled());
    world.network.forget_faults();
    assert!(session.is_new());
    session.views = 2;
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    assert_eq!(world.load(&store, session.id()).await.views, 2);
}

#[tokio::test]
async fn a_refused_attempt_of_an_update_was_not_applied() {
    skip_pauses();
    for others in [9, 10, 30] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        world.network.take_sent();
        let gate = Arc::new(Notify::new());
        world.network.fail_next("UpdateItem", Fault::Answer(400, THROTTLED));
        world.network.fail_next("UpdateItem", Fault::Hold(gate.clone()));
        let update = {
            let (store, id) = (store.clone(), id.clone());
            tokio::spawn(async move {
                store.update(&id, |session| session.user.get_or_insert_default().push('!')).await
            })
        };
        world.network.until_sent("UpdateItem", 2).await;
        others_commit(&world, &store, &id, others).await;
        gate.notify_one();
        update.await.unwrap().unwrap();
        assert_eq!(world.load(&store, &id).await.user.as_deref(), Some("ada!"), "{others}");
    }
}

/// Many clients on one session, a tenth of whose requests are throttled: no outcome is unknown, and all add up.
async fn many_on_one(clients: usize, commits: usize, seed: u64) {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let world = Arc::new(world);
    let dice = Arc::new(Mutex::new(Dice::new(seed)));
    world.network.fail_by("UpdateItem", move || {
        let throttled = dice.lock().unwrap().percent(10);
        // Time passes on the way, so that the clients' requests overtake each other.
        let then = throttled.then(|| Box::new(Fault::Answer(400, THROTTLED)));
        let wait = std::time::Duration::from_millis(1 + dice.lock().unwrap().below(20));
        Some(Fault::Slow(wait, then))
    });
    let clients: Vec<_> = (0..clients)
        .map(|_| {
            let (world, store, id) = (world.clone(), store.clone(), id.clone());
            tokio::spawn(async move {
                let mut throttled = 0;
                for _ in 0..commits {
                    let mut session = world.load(&store, &id).await;
                    session.views += 1;
                    loop {
                        match session.commit().await {
                            Ok(_) => break,
                            Err(error) if error.is_throttled() => throttled += 1,
                            Err(error) => panic!("{error}"),
                        }
                        assert!(throttled < 100);
                    }
                }
            })
        })
        .collect();
    let expected = clients.len() * commits;
    for client in clients {
        client.await.unwrap();
    }
    let views = world.load(&store, &id).await.views;
    assert_eq!(views, u64::try_from(expected).unwrap());
}

#[tokio::test]
async fn sixteen_clients_on_one_session_know_what_became_of_each_commit() {
    if std::env::var_os(dynamo_session_tests::ENDPOINT).is_some() {
        return; // The pauses would be real.
    }
    skip_pauses();
    for seed in 0..4 {
        many_on_one(16, 15, seed).await;
    }
    many_on_one(64, 5, 4).await;
}
