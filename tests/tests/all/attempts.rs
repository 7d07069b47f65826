//! What a write took: one request where nobody comes between, one more for each time that somebody does.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use dynamo_session::{Attempts, Committed, Session, SessionStore};
use dynamo_session_tests::refusals::DENIED;
use dynamo_session_tests::{Fault, Shop, World, skip_pauses, stored};
use tokio::sync::Notify;

fn numbers(attempts: Attempts) -> (u32, u32) {
    (attempts.requests(), attempts.rebases())
}

/// Lets others commit before each of the first requests of `work` arrives, as often as is asked for.
async fn with_conflicts<T: Send + 'static>(
    world: &World,
    operation: &str,
    conflicts: usize,
    work: impl Future<Output = T> + Send + 'static,
    mut theirs: impl AsyncFnMut(),
) -> T {
    let mut gate = Arc::new(Notify::new());
    world.network.take_sent();
    world.network.fail_next(operation, Fault::Hold(gate.clone()));
    let work = tokio::spawn(work);
    for conflict in 0..=conflicts {
        while !world.network.operations().iter().any(|sent| sent == operation) {
            tokio::task::yield_now().await;
        }
        if conflict < conflicts {
            theirs().await;
            let next = Arc::new(Notify::new());
            world.network.fail_next(operation, Fault::Hold(next.clone()));
            world.network.take_sent();
            gate.notify_one();
            gate = next;
        }
    }
    gate.notify_one();
    work.await.unwrap()
}

async fn add_role(world: &World, store: &SessionStore<Shop>, session: &Session<Shop>, role: usize) {
    let mut other = world.load(store, session.id()).await;
    other.roles.insert(format!("role-{role}"));
    assert_eq!(other.commit().await.unwrap(), Committed::Updated);
}

#[tokio::test]
async fn a_write_that_nobody_disturbs_is_one_request() {
    let (world, store) = World::with_store::<Shop>().await;
    let mut session = store.create();
    assert_eq!(numbers(session.attempts()), (0, 0));
    session.views += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    assert_eq!(numbers(session.attempts()), (1, 0));
    session.views += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_eq!(numbers(session.attempts()), (1, 0));
    world.clock.advance(Duration::from_secs(120));
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    assert_eq!(numbers(session.attempts()), (1, 0));
    session.renew().await.unwrap();
    assert_eq!(numbers(session.attempts()), (1, 0));
    let (_, attempts) = store.update_counted(session.id(), |shop| shop.views += 1).await.unwrap();
    assert_eq!(numbers(attempts), (1, 0));
    session.destroy().await.unwrap();
    assert_eq!(numbers(session.attempts()), (1, 0));
}

#[tokio::test]
async fn what_is_not_sent_is_not_counted() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.views += 1;
    let _ = session.commit().await.unwrap();
    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
    assert_eq!(numbers(session.attempts()), (0, 0), "each call counts anew");
    let (views, attempts) = store.update_counted(&id, |shop| shop.views).await.unwrap();
    assert_eq!((views, numbers(attempts)), (1, (0, 0)));
}

#[tokio::test]
async fn a_write_that_fails_counts_too() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.views += 1;
    world.network.fail_next("UpdateItem", Fault::Answer(400, DENIED));
    assert!(session.commit().await.is_err());
    assert_eq!(numbers(session.attempts()), (1, 0));
}

#[tokio::test]
async fn settling_an_earlier_write_is_a_request_of_its_own() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.views += 1;
    for _ in 0..3 {
        world.network.fail_next("UpdateItem", Fault::LoseResponse);
    }
    assert!(session.commit().await.is_err());
    assert_eq!(numbers(session.attempts()), (1, 0), "the SDK's repetitions are one request");
    session.user = Some("grace".to_owned());
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_eq!(numbers(session.attempts()), (2, 0));
    assert_eq!(world.load(&store, &id).await.views, 1);
}

#[tokio::test]
async fn each_conflict_of_a_commit_is_one_more_request() {
    for conflicts in 0..5 {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut first = world.load(&store, &id).await;
        first.roles = BTreeSet::from(["visitor".to_owned()]);
        let _ = first.commit().await.unwrap();
        let mut session = world.load(&store, &id).await;
        // A set that gains and loses members at once is written whole, if nobody else has changed it.
        session.roles = BTreeSet::from(["owner".to_owned()]);
        let mut role = 0;
        let commit = async move {
            assert_eq!(session.commit().await.unwrap(), Committed::Updated);
            session
        };
        let theirs = async || {
            role += 1;
            add_role(&world, &store, &first, role).await;
        };
        let session = with_conflicts(&world, "UpdateItem", conflicts, commit, theirs).await;
        let rebases = u32::try_from(conflicts).unwrap();
        assert_eq!(numbers(session.attempts()), (rebases + 1, rebases));
        assert_eq!(world.load(&store, &id).await.roles.len(), conflicts + 1);
    }
}

#[tokio::test]
async fn each_conflict_of_an_update_is_one_more_run_and_request() {
    for conflicts in 0..5 {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let (mine, key) = (store.clone(), id.clone());
        let update = async move {
            let mut runs = 0;
            let double = |shop: &mut Shop| {
                runs += 1;
                shop.cart.insert("book".to_owned(), 2 * shop.cart.get("book").unwrap_or(&1));
                runs
            };
            mine.update_counted(&key, double).await.unwrap()
        };
        let theirs = async || {
            let mut other = world.load(&store, &id).await;
            *other.cart.entry("book".to_owned()).or_default() += 10;
            let _ = other.commit().await.unwrap();
        };
        let (runs, attempts) =
            with_conflicts(&world, "UpdateItem", conflicts, update, theirs).await;
        let rebases = u32::try_from(conflicts).unwrap();
        assert_eq!((runs, numbers(attempts)), (rebases + 1, (rebases + 1, rebases)));
    }
}

#[tokio::test]
async fn each_conflict_of_a_renewal_is_one_more_transaction() {
    for conflicts in 0..4 {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut session = world.load(&store, &id).await;
        let renewal = async move {
            session.renew().await.unwrap();
            session
        };
        let theirs = async || {
            let mut other = world.load(&store, &id).await;
            other.views += 1;
            let _ = other.commit().await.unwrap();
        };
        let session =
            with_conflicts(&world, "TransactWriteItems", conflicts, renewal, theirs).await;
        let rebases = u32::try_from(conflicts).unwrap();
        assert_eq!(numbers(session.attempts()), (rebases + 1, rebases));
        assert_eq!(session.views, u64::try_from(conflicts).unwrap());
    }
}
