//! `update` answers for good: no request of an earlier run of its function arrives after it, and one that was carried out
//! is not made again.

use std::sync::Arc;
use std::time::Duration;

use dynamo_session::{Error, SessionId, SessionStore};
use dynamo_session_tests::{Fault, Shop, World, let_late_requests_arrive, skip_pauses, stored};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// The lock is `user`: whoever finds none takes it.
fn take_lock(session: &mut Shop) -> bool {
    let free = session.user.is_none();
    if free {
        session.user = Some("me".to_owned());
    }
    free
}

async fn set_lock(world: &World, store: &SessionStore<Shop>, id: &SessionId, to: Option<&str>) {
    let mut other = world.load(store, id).await;
    other.user = to.map(str::to_owned);
    let _ = other.commit().await.unwrap();
}

async fn others_commit(world: &World, store: &SessionStore<Shop>, id: &SessionId, count: usize) {
    for _ in 0..count {
        let mut other = world.load(store, id).await;
        other.recent.push(1);
        let _ = other.commit().await.unwrap();
    }
}

/// An update whose first request meets with this, and whose second waits.
struct Waiting {
    update: JoinHandle<Result<bool, Error>>,
    retry: Arc<Notify>,
}

impl Waiting {
    async fn begin(
        world: &World,
        store: &SessionStore<Shop>,
        id: &SessionId,
        fault: Fault,
        change: impl FnMut(&mut Shop) -> bool + Send + 'static,
    ) -> Self {
        let retry = Arc::new(Notify::new());
        world.network.take_sent();
        world.network.fail_next("UpdateItem", fault);
        world.network.fail_next("UpdateItem", Fault::Hold(retry.clone()));
        let (store, id) = (store.clone(), id.clone());
        let update = tokio::spawn(async move { store.update(&id, change).await });
        world.network.until_sent("UpdateItem", 2).await;
        Self { update, retry }
    }

    async fn end(self) -> Result<bool, Error> {
        self.retry.notify_one();
        self.update.await.unwrap()
    }
}

async fn unlocked(store: &SessionStore<Shop>) -> SessionId {
    let mut session = store.create();
    session.views = 1;
    let _ = session.commit().await.unwrap();
    session.id().clone()
}

#[tokio::test]
async fn a_run_that_changes_nothing_leaves_no_earlier_one_behind() {
    skip_pauses();
    for touch_due in [false, true] {
        for others in [0, 1, 7] {
            let (world, store) = World::with_store::<Shop>().await;
            let id = unlocked(&store).await;
            if touch_due {
                world.clock.advance(Duration::from_secs(100));
            }
            let late = Arc::new(Notify::new());
            let fault = Fault::Late(late.clone());
            let waiting = Waiting::begin(&world, &store, &id, fault, take_lock).await;
            set_lock(&world, &store, &id, Some("eve")).await;
            others_commit(&world, &store, &id, others).await;
            assert!(!waiting.end().await.unwrap(), "the lock is taken");

            set_lock(&world, &store, &id, None).await;
            late.notify_one();
            let_late_requests_arrive().await;
            let user = world.load(&store, &id).await.user.clone();
            assert_eq!(user, None, "who was told `false` holds the lock: {others}, {touch_due}");
        }
    }
}

#[tokio::test]
async fn a_run_that_changes_something_else_leaves_no_earlier_one_behind() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let id = unlocked(&store).await;
    let late = Arc::new(Notify::new());
    let change = |session: &mut Shop| {
        let taken = take_lock(session);
        if !taken {
            session.notice = Some("busy".to_owned());
        }
        taken
    };
    let waiting = Waiting::begin(&world, &store, &id, Fault::Late(late.clone()), change).await;
    set_lock(&world, &store, &id, Some("eve")).await;
    assert!(!waiting.end().await.unwrap());
    set_lock(&world, &store, &id, None).await;
    late.notify_one();
    let_late_requests_arrive().await;
    let loaded = world.load(&store, &id).await;
    assert_eq!((loaded.user.as_deref(), loaded.notice.as_deref()), (None, Some("busy")));
}

#[tokio::test]
async fn a_run_that_was_carried_out_gives_the_result() {
    skip_pauses();
    for others in [0, 1, 8] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = unlocked(&store).await;
        let waiting = Waiting::begin(&world, &store, &id, Fault::LoseResponse, take_lock).await;
        assert_eq!(world.load(&store, &id).await.user.as_deref(), Some("me"));
        // The lock is given back by someone who saw it, and taken by the next.
        set_lock(&world, &store, &id, None).await;
        others_commit(&world, &store, &id, others.min(6)).await;
        set_lock(&world, &store, &id, Some("eve")).await;
        assert!(waiting.end().await.unwrap(), "it was taken, and `eve` came later");
        assert_eq!(world.load(&store, &id).await.user.as_deref(), Some("eve"));
    }
}

#[tokio::test]
async fn a_run_that_may_have_been_carried_out_is_not_made_again() {
    skip_pauses();
    for fault in [Fault::LoseResponse, Fault::LoseRequest] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let change = |session: &mut Shop| {
            session.user.get_or_insert_default().push('!');
            true
        };
        let applied = matches!(fault, Fault::LoseResponse);
        let waiting = Waiting::begin(&world, &store, &id, fault, change).await;
        others_commit(&world, &store, &id, 30).await;
        assert!(waiting.end().await.unwrap_err().is_outcome_unknown());
        let user = world.load(&store, &id).await.user.clone().unwrap();
        assert_eq!(user, if applied { "ada!" } else { "ada" });
    }
}

#[tokio::test]
async fn a_session_that_was_renewed_meanwhile_is_not_changed_by_it() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let id = unlocked(&store).await;
    let late = Arc::new(Notify::new());
    let waiting = Waiting::begin(&world, &store, &id, Fault::Late(late.clone()), take_lock).await;
    let mut session = world.load(&store, &id).await;
    session.renew().await.unwrap();
    assert!(waiting.end().await.unwrap_err().is_gone());
    late.notify_one();
    let_late_requests_arrive().await;
    assert!(store.load(&id).await.unwrap().is_none());
    assert_eq!(world.load(&store, session.id()).await.user, None);
}

/// Nothing was in doubt, so nothing is written to settle it.
#[tokio::test]
async fn without_a_lost_answer_it_costs_no_request() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let id = unlocked(&store).await;
    let gate = Arc::new(Notify::new());
    world.network.take_sent();
    world.network.fail_next("UpdateItem", Fault::Hold(gate.clone()));
    let runs = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let update = {
        let (store, id, runs) = (store.clone(), id.clone(), runs.clone());
        let run = move |session: &mut Shop| {
            runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            take_lock(session)
        };
        tokio::spawn(async move { store.update(&id, run).await })
    };
    world.network.until_sent("UpdateItem", 1).await;
    set_lock(&world, &store, &id, Some("eve")).await;
    world.network.take_sent();
    gate.notify_one();
    assert!(!update.await.unwrap().unwrap());
    assert_eq!(runs.load(std::sync::atomic::Ordering::Relaxed), 2);
    assert!(world.network.take_sent().is_empty(), "the failed condition brought the item");
}
