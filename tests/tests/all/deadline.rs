//! However much comes between, a call ends in time: 10 seconds, or what the store was built with.

use std::sync::Arc;
use std::time::Duration;

use dynamo_session::{Error, Session, SessionStore};
use dynamo_session_tests::refusals::{IN_TRANSACTION, THROTTLED, TRANSACTION_CONFLICT};
use dynamo_session_tests::{Fault, Shop, World, skip_pauses, stored};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Each call, by the operation that is interfered with.
const CALLS: [(&str, &str, &str); 7] = [
    ("first commit", "PutItem", IN_TRANSACTION),
    ("commit", "UpdateItem", IN_TRANSACTION),
    ("touch", "UpdateItem", IN_TRANSACTION),
    ("update", "UpdateItem", IN_TRANSACTION),
    ("renew", "TransactWriteItems", TRANSACTION_CONFLICT),
    ("destroy", "DeleteItem", IN_TRANSACTION),
    ("destroy by id", "DeleteItem", IN_TRANSACTION),
];

async fn call(
    name: &str,
    store: &SessionStore<Shop>,
    session: &mut Session<Shop>,
) -> Result<(), Error> {
    match name {
        "first commit" => {
            let mut new = store.create();
            new.views = 1;
            new.commit().await.map(drop)
        }
        "commit" => {
            session.views += 1;
            session.commit().await.map(drop)
        }
        "touch" => session.touch().await.map(drop),
        "update" => store.update(session.id(), |session| session.views += 1).await,
        "renew" => session.renew().await,
        "destroy" => session.destroy().await,
        "destroy by id" => store.destroy(session.id()).await,
        other => panic!("no such call: {other}"),
    }
}

/// What a call ends in under this fault, and after how long.
async fn under(
    name: &str,
    operation: &str,
    deadline: Option<Duration>,
    fault: impl Fn() -> Fault + Send + 'static,
) -> (Result<(), Error>, Duration) {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let store = match deadline {
        Some(deadline) => world.builder().deadline(deadline).build().await.unwrap(),
        None => store,
    };
    let mut session = world.load(&store, &id).await;
    world.clock.advance(Duration::from_secs(100));
    world.network.fail_by(operation, move || Some(fault()));
    let start = Instant::now();
    let result = call(name, &store, &mut session).await;
    (result, start.elapsed())
}

fn is_embedded() -> bool {
    std::env::var_os(dynamo_session_tests::ENDPOINT).is_none()
}

const SLACK: Duration = Duration::from_millis(50);

#[tokio::test]
async fn constant_interference_ends_in_throttling_by_then() {
    if !is_embedded() {
        return; // The pauses would be real.
    }
    skip_pauses();
    for deadline in [None, Some(Duration::from_secs(2)), Some(Duration::from_millis(300))] {
        for latency in [0, 40, 900] {
            for (name, operation, refusal) in CALLS {
                let latency = Duration::from_millis(latency);
                let fault =
                    move || Fault::Slow(latency, Some(Box::new(Fault::Answer(400, refusal))));
                let (result, took) = under(name, operation, deadline, fault).await;
                let limit = deadline.unwrap_or(Duration::from_secs(10));
                assert!(took <= limit + SLACK, "{name} took {took:?} of {limit:?}, {latency:?}");
                let error = result.unwrap_err();
                // With a request on its way at the end, nobody knows what became of it.
                let fits = error.is_throttled() || error.is_unavailable();
                assert!(fits, "{name}, {latency:?}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn a_network_that_does_not_answer_ends_in_unavailability_by_then() {
    if !is_embedded() {
        return;
    }
    skip_pauses();
    let calls = CALLS.map(|(name, operation, _)| (name, operation));
    for deadline in [None, Some(Duration::from_secs(2)), Some(Duration::from_millis(300))] {
        for (name, operation) in calls {
            let fault = || Fault::Hold(std::sync::Arc::new(Notify::new()));
            let (result, took) = under(name, operation, deadline, fault).await;
            let limit = deadline.unwrap_or(Duration::from_secs(10));
            assert!(took <= limit + SLACK, "{name} took {took:?} of {limit:?}");
            let error = result.unwrap_err();
            assert!(error.is_unavailable(), "{name}: {error}");
        }
    }
}

#[tokio::test]
async fn what_is_throttled_is_tried_until_then() {
    if !is_embedded() {
        return;
    }
    skip_pauses();
    for (name, operation, _) in CALLS {
        let fault = || Fault::Answer(400, THROTTLED);
        let (result, took) = under(name, operation, None, fault).await;
        let error = result.unwrap_err();
        assert!(error.is_throttled(), "{name}: {error}");
        assert!(took <= Duration::from_secs(10) + SLACK, "{name} took {took:?}");
    }
}

/// A call that was ended by its deadline can be made again, and settles what was on its way.
#[tokio::test]
async fn after_it_nothing_is_lost_and_nothing_doubled() {
    if !is_embedded() {
        return;
    }
    skip_pauses();
    for fault in [Fault::LoseResponse, Fault::LoseRequest, Fault::Answer(400, IN_TRANSACTION)] {
        for latency in [0, 700] {
            let (world, store) = World::with_store::<Shop>().await;
            let id = stored(&store).await;
            let mut session = world.load(&store, &id).await;
            session.views += 1;
            let fault = fault.clone();
            let latency = Duration::from_millis(latency);
            world.network.fail_by("UpdateItem", move || {
                Some(Fault::Slow(latency, Some(Box::new(fault.clone()))))
            });
            assert!(session.commit().await.is_err());
            world.network.forget_faults();
            session.views += 1;
            session.renew().await.unwrap();
            assert_eq!(world.load(&store, session.id()).await.views, 2);
        }
    }
}

/// A read that a call makes is part of it, whatever time the client would give it.
#[tokio::test]
async fn a_read_that_hangs_is_under_the_deadline_too() {
    if !is_embedded() {
        return;
    }
    for name in ["renew", "update"] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let long = Duration::from_secs(3600);
        let builder = world.builder().deadline(Duration::from_secs(2));
        let builder = builder.operation_timeout(long).operation_attempt_timeout(long);
        let store = builder.build().await.unwrap();
        let mut session = world.load(&store, &id).await;
        skip_pauses();
        world.network.fail_next("GetItem", Fault::Hold(Arc::new(Notify::new())));
        let start = Instant::now();
        let error = call(name, &store, &mut session).await.unwrap_err();
        assert!(error.is_unavailable(), "{name}: {error}");
        assert!(start.elapsed() <= Duration::from_secs(2) + SLACK, "{name}");
        tokio::time::resume();
        call(name, &store, &mut session).await.unwrap();
    }
}

/// It is the others that took its time, whichever of its own requests the deadline cuts off.
#[tokio::test]
async fn a_read_that_is_cut_off_after_contention_ends_the_call_as_contended() {
    if !is_embedded() {
        return;
    }
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let store = world.builder::<Shop>().deadline(Duration::from_secs(2)).build().await.unwrap();
    let mut session = world.load(&store, &id).await;
    skip_pauses();
    world.network.fail_next("TransactWriteItems", Fault::Answer(400, TRANSACTION_CONFLICT));
    let mut reads = 0;
    world.network.fail_by("GetItem", move || {
        reads += 1;
        (reads > 1).then(|| Fault::Hold(Arc::new(Notify::new())))
    });
    let error = session.renew().await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
    assert!(error.to_string().contains("nothing was written: call again"), "{error}");
    assert_eq!(session.id(), &id);
}
