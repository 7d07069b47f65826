//! `renew`: a new id at once, the old one dead, and everything else carried over.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{
    Committed, DynamoSession, Error, ErrorKind, Expires, Session, SessionId, SessionStore,
};
use dynamo_session_tests::refusals::{TRANSACTION_CONFLICT, TRANSACTION_THROTTLED};
use dynamo_session_tests::{Fault, World, skip_pauses};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::Shop;

const NOW: i64 = 1_800_000_000;

async fn stored(store: &SessionStore<Shop>) -> SessionId {
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    session.cart.insert("book".to_owned(), 1);
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    session.id().clone()
}

async fn rows(world: &World, store: &SessionStore<Shop>) -> Vec<HashMap<String, AttributeValue>> {
    world.items(store).await
}

/// A renewal whose transaction waits until it is let go.
struct Waiting {
    renewal: JoinHandle<(Session<Shop>, Result<(), Error>)>,
    gate: Arc<Notify>,
}

impl Waiting {
    async fn begin(world: &World, mut session: Session<Shop>) -> Self {
        let gate = Arc::new(Notify::new());
        world.network.take_sent();
        world.network.fail_next("TransactWriteItems", Fault::Hold(gate.clone()));
        let renewal = tokio::spawn(async move {
            let result = session.renew().await;
            (session, result)
        });
        while !world.network.operations().contains(&"TransactWriteItems".to_owned()) {
            tokio::task::yield_now().await;
        }
        Self { renewal, gate }
    }

    async fn end(self) -> (Session<Shop>, Result<(), Error>) {
        self.gate.notify_one();
        self.renewal.await.unwrap()
    }
}

#[tokio::test]
async fn the_old_id_is_dead_at_once() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut late = world.load(&store, &id).await;
    let mut session = world.load(&store, &id).await;
    world.network.take_sent();
    session.renew().await.unwrap();
    assert_eq!(world.network.operations(), ["GetItem", "TransactWriteItems"]);

    assert_ne!(session.id(), &id);
    assert_eq!(session.id(), &session.id);
    assert!(store.load(&id).await.unwrap().is_none());
    late.views += 1;
    assert!(late.commit().await.unwrap_err().is_gone());
    assert!(late.renew().await.unwrap_err().is_gone());
    assert_eq!(rows(&world, &store).await.len(), 1);

    session.views += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    let loaded = world.load(&store, session.id()).await;
    assert_eq!((loaded.user.as_deref(), loaded.views), (Some("ada"), 1));
    let first = session.id().clone();
    session.renew().await.unwrap();
    assert_ne!(session.id(), &first);
    assert!(store.load(&first).await.unwrap().is_none());
}

#[tokio::test]
async fn unknown_attributes_are_carried_over_at_every_depth() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut item = world.item(&store, &id).await.unwrap();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    item.insert("newer_field".to_owned(), text("keep"));
    let mut preferences = item["preferences"].as_m().unwrap().clone();
    preferences.insert("newer_key".to_owned(), text("keep too"));
    item.insert("preferences".to_owned(), AttributeValue::M(preferences));
    world.put(&store, item).await;

    let mut session = world.load(&store, &id).await;
    session.preferences.language = "fr".to_owned();
    session.renew().await.unwrap();
    let item = world.item(&store, session.id()).await.unwrap();
    assert_eq!(item["newer_field"], text("keep"));
    let preferences = item["preferences"].as_m().unwrap();
    assert_eq!(preferences["newer_key"], text("keep too"));
    assert_eq!(preferences["language"], text("fr"));
}

fn change_mine(session: &mut Session<Shop>) {
    session.cart.insert("mine".to_owned(), 2);
    session.views += 1;
    session.roles.insert("mine".to_owned());
    session.seen.push("mine".to_owned());
    session.notice = Some("mine".to_owned());
}

async fn commit_theirs(world: &World, store: &SessionStore<Shop>, id: &SessionId) {
    let mut other = world.load(store, id).await;
    other.cart.insert("theirs".to_owned(), 3);
    other.views += 10;
    other.roles.insert("theirs".to_owned());
    other.seen.push("theirs".to_owned());
    other.theme = None;
    let _ = other.commit().await.unwrap();
}

fn assert_merged(session: &Shop) {
    assert_eq!(session.cart.keys().collect::<Vec<_>>(), ["book", "mine", "theirs"]);
    assert_eq!((session.views, session.theme.as_deref()), (11, None));
    assert_eq!(session.roles, ["mine", "theirs"].map(str::to_owned).into());
    assert_eq!(session.seen, ["theirs", "mine"]);
    assert_eq!(session.notice.as_deref(), Some("mine"));
}

#[tokio::test]
async fn own_changes_and_commits_of_others_are_merged() {
    let (world, store) = World::with_store::<Shop>().await;

    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    change_mine(&mut session);
    commit_theirs(&world, &store, &id).await;
    session.renew().await.unwrap();
    assert_merged(&session);
    assert_merged(&*world.load(&store, session.id()).await);
    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);

    // Now between the read of the renewal and its write.
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    change_mine(&mut session);
    let waiting = Waiting::begin(&world, session).await;
    commit_theirs(&world, &store, &id).await;
    let (mut session, result) = waiting.end().await;
    result.unwrap();
    assert_merged(&session);
    assert_merged(&*world.load(&store, session.id()).await);
    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
    assert!(store.load(&id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_logout_meanwhile_wins_and_leaves_no_row() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let waiting = Waiting::begin(&world, world.load(&store, &id).await).await;
    store.destroy(&id).await.unwrap();
    let (mut session, result) = waiting.end().await;
    assert!(result.unwrap_err().is_gone());
    assert!(rows(&world, &store).await.is_empty());
    assert!(session.renew().await.unwrap_err().is_gone());
    session.views += 1;
    assert!(session.commit().await.unwrap_err().is_gone());
    assert!(rows(&world, &store).await.is_empty());
}

#[tokio::test]
async fn a_new_session_only_changes_its_id() {
    let (world, store) = World::with_store::<Shop>().await;
    let mut session = store.create();
    let first = session.id().clone();
    session.renew().await.unwrap();
    let second = session.id().clone();
    assert_ne!(first, second);
    session.user = Some("ada".to_owned());
    session.renew().await.unwrap();
    assert_ne!(&second, session.id());
    assert!(session.is_new());
    assert!(world.network.take_sent().is_empty());
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    assert_eq!(world.load(&store, session.id()).await.user.as_deref(), Some("ada"));
    assert_eq!(rows(&world, &store).await.len(), 1);
}

#[tokio::test]
async fn the_creation_stays_and_the_idle_timeout_begins_anew() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    world.clock.advance(Duration::from_secs(1000));
    let mut session = world.load(&store, &id).await;
    session.renew().await.unwrap();
    assert_eq!(session.created_at.epoch_seconds(), NOW);
    assert_eq!(session.expires_at().epoch_seconds(), NOW + 1000 + 1800);
    for _ in 0..41 {
        world.clock.advance(Duration::from_secs(1000));
        session.renew().await.unwrap();
    }
    assert_eq!(session.expires_at().epoch_seconds(), NOW + 12 * 3600);
    world.clock.advance(Duration::from_secs(1000));
    session.renew().await.unwrap();
    world.clock.advance(Duration::from_secs(1000));
    assert!(session.renew().await.unwrap_err().is_gone());
    assert!(store.load(session.id()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_lost_answer_is_found_out() {
    skip_pauses();
    // Once, so that the SDK sends it again; and until it gives up, so that the caller does.
    for (losses, gives_up) in [(1, false), (10, true)] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut session = world.load(&store, &id).await;
        change_mine(&mut session);
        for _ in 0..losses {
            world.network.fail_next("TransactWriteItems", Fault::LoseResponse);
        }
        let result = session.renew().await;
        if gives_up {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::Unavailable);
            world.network.forget_faults();
            session.renew().await.unwrap();
        } else {
            result.unwrap();
        }
        assert_ne!(session.id(), &id);
        assert_eq!(rows(&world, &store).await.len(), 1);
        let loaded = world.load(&store, session.id()).await;
        assert_eq!((loaded.views, &loaded.seen[..]), (1, &["mine".to_owned()][..]));
        session.views += 1;
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
        assert_eq!(world.load(&store, session.id()).await.views, 2);
    }
}

#[tokio::test]
async fn a_touch_after_a_lost_renewal_finishes_it_first() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    world.clock.advance(std::time::Duration::from_secs(100));
    for _ in 0..10 {
        world.network.fail_next("TransactWriteItems", Fault::LoseResponse);
    }
    session.renew().await.unwrap_err();
    world.network.forget_faults();
    session.touch().await.unwrap();
    assert_ne!(session.id(), &id);
    session.destroy().await.unwrap();
    assert!(rows(&world, &store).await.is_empty());
}

#[tokio::test]
async fn a_throttled_transaction_is_throttled() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    for _ in 0..10 {
        world.network.fail_next("TransactWriteItems", Fault::Answer(400, TRANSACTION_THROTTLED));
    }
    assert!(session.renew().await.unwrap_err().is_throttled());
    world.network.forget_faults();
    session.renew().await.unwrap();
}

#[tokio::test]
async fn what_follows_a_lost_renewal_finishes_it_first() {
    skip_pauses();
    let cases = [
        (Fault::LoseResponse, true),
        (Fault::LoseResponse, false),
        (Fault::LoseRequest, true),
        (Fault::LoseRequest, false),
    ];
    for (fault, by_commit) in cases {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut session = world.load(&store, &id).await;
        for _ in 0..10 {
            world.network.fail_next("TransactWriteItems", fault.clone());
        }
        session.renew().await.unwrap_err();
        world.network.forget_faults();
        session.views += 1;
        session.notice = Some("later".to_owned());
        match by_commit {
            true => assert_eq!(session.commit().await.unwrap(), Committed::Updated),
            false => session.renew().await.unwrap(),
        }
        assert_ne!(session.id(), &id);
        assert_eq!(rows(&world, &store).await.len(), 1);
        let loaded = world.load(&store, session.id()).await;
        assert_eq!((loaded.views, loaded.notice.as_deref()), (1, Some("later")));
    }
}

#[tokio::test]
async fn a_lost_request_leaves_the_old_id_and_can_be_repeated() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    for _ in 0..10 {
        world.network.fail_next("TransactWriteItems", Fault::LoseRequest);
    }
    assert!(session.renew().await.unwrap_err().is_unavailable());
    assert_eq!(session.id(), &id);
    assert!(store.load(&id).await.unwrap().is_some());
    world.network.forget_faults();
    session.renew().await.unwrap();
    assert!(store.load(&id).await.unwrap().is_none());
    assert_eq!(rows(&world, &store).await.len(), 1);
}

#[tokio::test]
async fn a_transaction_conflict_is_tried_again_and_in_the_end_named() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    for _ in 0..3 {
        world.network.fail_next("TransactWriteItems", Fault::Answer(400, TRANSACTION_CONFLICT));
    }
    session.renew().await.unwrap();
    assert!(store.load(&id).await.unwrap().is_none());

    let renewed = session.id().clone();
    for _ in 0..100 {
        world.network.fail_next("TransactWriteItems", Fault::Answer(400, TRANSACTION_CONFLICT));
    }
    let error = session.renew().await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
    assert_eq!(session.id(), &renewed);
    world.network.forget_faults();
    assert!(store.load(&renewed).await.unwrap().is_some());
}

#[derive(Debug, DynamoSession)]
#[session(table = "guarded")]
struct Guarded {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(guard)]
    user: Option<String>,
    visits: u32,
}

#[tokio::test]
async fn a_broken_guard_is_a_conflict_and_the_id_stays() {
    let (world, store) = World::with_store::<Guarded>().await;
    let mut session = store.create();
    session.visits = 1;
    let _ = session.commit().await.unwrap();
    let id = session.id().clone();
    let mut other = world.load(&store, &id).await;
    other.user = Some("eve".to_owned());
    let _ = other.commit().await.unwrap();
    let before = world.item(&store, &id).await.unwrap();

    session.user = Some("ada".to_owned());
    let error = session.renew().await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert_eq!(error.attribute(), Some("user"));
    assert_eq!(session.latest().unwrap().user.as_deref(), Some("eve"));
    assert_eq!(session.id(), &id);
    assert_eq!(world.item(&store, &id).await.unwrap(), before);

    other.renew().await.unwrap();
    other.visits = 2;
    assert_eq!(other.commit().await.unwrap(), Committed::Updated, "the guard moved with it");
    other.user = None;
    assert_eq!(other.commit().await.unwrap(), Committed::Updated);
}
