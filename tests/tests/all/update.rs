//! `SessionStore::update`: read, change and write until nobody else changed the same values between.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dynamo_session::{Error, Operation, SessionId, SessionStore};
use dynamo_session_tests::{Fault, Shop, World, stored};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// An update that adds one book to those in the cart, whose write waits until it is let go; it returns what it found.
struct Waiting {
    update: JoinHandle<Result<u32, Error>>,
    runs: Arc<AtomicUsize>,
    gate: Arc<Notify>,
}

impl Waiting {
    async fn begin(world: &World, store: &SessionStore<Shop>, id: &SessionId) -> Self {
        let (gate, runs) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        world.network.take_sent();
        world.network.fail_next("UpdateItem", Fault::Hold(gate.clone()));
        let (store, id, counted) = (store.clone(), id.clone(), runs.clone());
        let update = tokio::spawn(async move {
            let change = |shop: &mut Shop| {
                counted.fetch_add(1, Ordering::Relaxed);
                let books = shop.cart.entry("book".to_owned()).or_default();
                *books += 1;
                *books - 1
            };
            store.update(&id, change).await
        });
        while !world.network.operations().contains(&"UpdateItem".to_owned()) {
            tokio::task::yield_now().await;
        }
        Self { update, runs, gate }
    }

    async fn end(self) -> (Result<u32, Error>, usize) {
        self.gate.notify_one();
        let result = self.update.await.unwrap();
        (result, self.runs.load(Ordering::Relaxed))
    }
}

#[tokio::test]
async fn it_runs_again_when_someone_else_changed_the_same_value() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let waiting = Waiting::begin(&world, &store, &id).await;
    let mut other = world.load(&store, &id).await;
    other.cart.insert("book".to_owned(), 40);
    let _ = other.commit().await.unwrap();
    world.network.take_sent();
    let (result, runs) = waiting.end().await;
    assert_eq!((result.unwrap(), runs), (40, 2), "the result is the last run's");
    assert_eq!(world.network.operations(), ["UpdateItem"], "a conflict needs no second read");
    assert_eq!(world.load(&store, &id).await.cart["book"], 41);
}

#[tokio::test]
async fn it_guards_only_what_it_changed() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let waiting = Waiting::begin(&world, &store, &id).await;
    let mut other = world.load(&store, &id).await;
    other.cart.insert("pen".to_owned(), 2);
    other.user = Some("grace".to_owned());
    other.views += 1;
    let _ = other.commit().await.unwrap();
    let (result, runs) = waiting.end().await;
    assert_eq!((result.unwrap(), runs), (0, 1));
    let loaded = world.load(&store, &id).await;
    assert_eq!((loaded.cart["book"], loaded.cart["pen"], loaded.views), (1, 2, 1));
    assert_eq!(loaded.user.as_deref(), Some("grace"));
}

#[tokio::test]
async fn a_session_that_is_not_there_or_ends_meanwhile_is_gone() {
    let (world, store) = World::with_store::<Shop>().await;
    let nobody = SessionId::generate();
    let error = store.update(&nobody, |_| panic!("there is nothing to change")).await.unwrap_err();
    assert!(error.is_gone());
    assert_eq!(error.operation(), Some(Operation::Update));

    let id = stored(&store).await;
    let waiting = Waiting::begin(&world, &store, &id).await;
    store.destroy(&id).await.unwrap();
    let (result, runs) = waiting.end().await;
    assert!(result.unwrap_err().is_gone());
    assert_eq!(runs, 1);
    assert!(world.item(&store, &id).await.is_none());
}

#[tokio::test]
async fn without_a_change_it_writes_nothing_unless_a_touch_is_due() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    world.network.take_sent();
    let user = store.update(&id, |shop| shop.user.clone()).await.unwrap();
    assert_eq!(user.as_deref(), Some("ada"));
    let length = store.update(&id, |shop| {
        shop.views += 1;
        shop.views -= 1;
        shop.cart.len()
    });
    assert_eq!(length.await.unwrap(), 0);
    assert_eq!(world.network.take_sent().len(), 2);
    assert!(world.network.operations().is_empty());

    world.clock.advance(Duration::from_secs(60));
    store.update(&id, |_| ()).await.unwrap();
    assert_eq!(world.network.operations(), ["GetItem", "UpdateItem"]);
    let loaded = world.load(&store, &id).await;
    assert_eq!(loaded.expires_at().epoch_seconds(), 1_800_000_000 + 60 + 1800);
}

#[tokio::test]
async fn a_change_moves_a_due_expiry_in_the_same_request() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    world.clock.advance(Duration::from_secs(60));
    world.network.take_sent();
    store.update(&id, |shop| shop.notice = Some("hi".to_owned())).await.unwrap();
    assert_eq!(world.network.operations(), ["GetItem", "UpdateItem"]);
    let loaded = world.load(&store, &id).await;
    assert_eq!(loaded.expires_at().epoch_seconds(), 1_800_000_000 + 60 + 1800);
}

#[tokio::test]
async fn key_and_expiry_are_the_stores() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let before = world.item(&store, &id).await.unwrap();
    let error = store.update(&id, |shop| shop.id = SessionId::generate()).await.unwrap_err();
    assert!(error.is_configuration());
    assert_eq!(error.attribute(), Some("id"));
    assert_eq!(world.item(&store, &id).await.unwrap(), before);
}

#[tokio::test]
async fn fifty_parallel_updates_of_one_plain_value_lose_nothing() {
    let world = World::new();
    // However busy the machine is that runs this.
    let patient = world.builder::<Shop>().deadline(Duration::from_secs(600));
    let store = patient.auto_create(true).build().await.unwrap();
    let id = stored(&store).await;
    let updates: Vec<_> = (0..50)
        .map(|number| {
            let (store, id) = (store.clone(), id.clone());
            tokio::spawn(async move {
                let update = store.update(&id, |shop| {
                    shop.recent.push(number);
                    shop.recent.len()
                });
                update.await.unwrap()
            })
        })
        .collect();
    let mut lengths = Vec::new();
    for update in updates {
        lengths.push(update.await.unwrap());
    }
    lengths.sort_unstable();
    assert_eq!(lengths, (1..=50).collect::<Vec<_>>(), "each saw a state of its own");
    let mut recent = world.load(&store, &id).await.recent.clone();
    recent.sort_unstable();
    assert_eq!(recent, (0..50).collect::<Vec<_>>());
}
