//! What a commit and a renewal require of the item: guards, older names, and bookkeeping that is not there yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{Committed, DynamoSession, Error, Expires, Session, SessionId, SessionStore};
use dynamo_session_tests::attribute::Item;
use dynamo_session_tests::{Fault, World, skip_pauses};
use tokio::sync::Notify;

#[derive(Debug, DynamoSession)]
#[session(table = "accounts")]
struct Account {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(guard)]
    user: Option<String>,
    #[session(alias = "basket")]
    cart: BTreeMap<String, u32>,
    #[session(counter)]
    views: u64,
    #[session(counter, default = 10)]
    credits: u8,
    #[session(append, default = vec!["first".to_owned()])]
    seen: Vec<String>,
    #[session(set)]
    roles: BTreeSet<String>,
}

/// An item that was changed behind the library's back after it was stored.
async fn tampered(
    world: &World,
    store: &SessionStore<Account>,
    tamper: impl FnOnce(&mut Item),
) -> SessionId {
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    let id = session.id().clone();
    change(world, store, &id, tamper).await;
    id
}

async fn change(
    world: &World,
    store: &SessionStore<Account>,
    id: &SessionId,
    tamper: impl FnOnce(&mut Item),
) {
    let mut item = world.item(store, id).await.unwrap();
    tamper(&mut item);
    world.put(store, item).await;
}

async fn others_commit(world: &World, store: &SessionStore<Account>, id: &SessionId, count: u32) {
    for _ in 0..count {
        let mut other = world.load(store, id).await;
        *other.cart.entry("others".to_owned()).or_default() += 1;
        assert_eq!(other.commit().await.unwrap(), Committed::Updated);
    }
}

fn basket(entries: &[(&str, u32)]) -> AttributeValue {
    let entry =
        |(key, value): &(&str, u32)| ((*key).to_owned(), AttributeValue::N(value.to_string()));
    AttributeValue::M(entries.iter().map(entry).collect())
}

fn under_the_older_name(item: &mut Item) {
    item.remove("cart");
    item.insert("basket".to_owned(), basket(&[("old", 1)]));
}

#[tokio::test]
async fn a_guard_that_someone_broke_stops_commit_and_renewal_and_nothing_is_written() {
    let (world, store) = World::with_store::<Account>().await;
    let id = tampered(&world, &store, |_| {}).await;
    let mut committing = world.load(&store, &id).await;
    let mut renewing = world.load(&store, &id).await;
    let mut winner = world.load(&store, &id).await;
    winner.user = Some("eve".to_owned());
    assert_eq!(winner.commit().await.unwrap(), Committed::Updated);
    let before = world.item(&store, &id).await.unwrap();

    committing.views += 1;
    renewing.views += 1;
    for _ in 0..2 {
        let error = committing.commit().await.unwrap_err();
        assert!(error.is_conflict(), "{error}");
        assert_eq!(error.attribute(), Some("user"));
        assert_eq!(committing.latest().unwrap().user.as_deref(), Some("eve"));
        let error = renewing.renew().await.unwrap_err();
        assert!(error.is_conflict(), "{error}");
        assert_eq!(error.attribute(), Some("user"));
    }
    assert_eq!(world.item(&store, &id).await.unwrap(), before);
}

#[tokio::test]
async fn a_guard_follows_what_its_own_handle_commits() {
    let (world, store) = World::with_store::<Account>().await;
    let id = tampered(&world, &store, |_| {}).await;
    let mut session = world.load(&store, &id).await;
    for user in [Some("bob"), None, Some("eve")] {
        session.user = user.map(str::to_owned);
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    }
    session.renew().await.unwrap();
    session.views += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
}

#[tokio::test]
async fn a_counter_out_of_range_stops_a_renewal() {
    let (world, store) = World::with_store::<Account>().await;
    let id = tampered(&world, &store, |_| {}).await;
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    one.credits -= 8;
    other.credits -= 8;
    assert_eq!(one.commit().await.unwrap(), Committed::Updated);
    let error = other.renew().await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert_eq!(error.attribute(), Some("credits"));
    assert_eq!(world.load(&store, &id).await.credits, 2);
}

#[tokio::test]
async fn a_field_moves_to_its_name_with_what_an_older_deployment_wrote_meanwhile() {
    let (world, store) = World::with_store::<Account>().await;
    let id = tampered(&world, &store, under_the_older_name).await;
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    change(&world, &store, &id, |item| {
        item.insert("basket".to_owned(), basket(&[("old", 2), ("older", 1)]));
    })
    .await;
    one.cart.insert("one".to_owned(), 1);
    other.cart.insert("other".to_owned(), 1);
    assert_eq!(one.commit().await.unwrap(), Committed::Updated);
    assert_eq!(other.commit().await.unwrap(), Committed::Updated);

    let item = world.item(&store, &id).await.unwrap();
    assert!(!item.contains_key("basket"));
    assert_eq!(item["cart"], basket(&[("old", 2), ("older", 1), ("one", 1), ("other", 1)]));
}

#[tokio::test]
async fn a_field_that_appears_under_its_name_is_not_overwritten_by_its_older_self() {
    let (world, store) = World::with_store::<Account>().await;
    let id = tampered(&world, &store, under_the_older_name).await;
    let mut session = world.load(&store, &id).await;
    change(&world, &store, &id, |item| {
        item.insert("cart".to_owned(), basket(&[("new", 1)]));
    })
    .await;
    session.cart.insert("mine".to_owned(), 1);
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);

    let session = world.load(&store, &id).await;
    assert_eq!((session.cart["new"], session.cart["mine"]), (1, 1));
}

#[tokio::test]
async fn a_list_that_the_item_lacks_is_appended_to_its_default() {
    let (world, store) = World::with_store::<Account>().await;
    let id = tampered(&world, &store, |item| drop(item.remove("seen"))).await;
    let mut session = world.load(&store, &id).await;
    session.seen.push("second".to_owned());
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_eq!(world.load(&store, &id).await.seen, ["first", "second"]);
}

#[tokio::test]
async fn the_first_commit_to_an_item_of_others_is_applied_once() {
    for removed in [&["_seq", "_commits"][..], &["_seq"], &["_commits"]] {
        for others in [0, 1, 8, 9, 70] {
            let (world, store) = World::with_store::<Account>().await;
            let id = tampered(&world, &store, |item| {
                for name in removed {
                    item.remove(*name);
                }
            })
            .await;
            let mut session = world.load(&store, &id).await;
            session.views += 1;
            assert_eq!(session.commit().await.unwrap(), Committed::Updated);
            let copy = world.network.copy_of_last("UpdateItem");
            others_commit(&world, &store, &id, others).await;
            assert_eq!(world.network.deliver(copy).await, 400, "{removed:?}, {others} others");
            assert_eq!(world.load(&store, &id).await.views, 1);
        }
    }
}

#[tokio::test]
async fn the_first_commits_to_an_item_of_others_all_keep_their_tokens() {
    let (world, store) = World::with_store::<Account>().await;
    let tamper = |item: &mut Item| {
        item.remove("_seq");
        item.remove("_commits");
    };
    let id = tampered(&world, &store, tamper).await;
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    one.views += 1;
    other.views += 1;
    assert_eq!(one.commit().await.unwrap(), Committed::Updated);
    assert_eq!(other.commit().await.unwrap(), Committed::Updated);
    let item = world.item(&store, &id).await.unwrap();
    assert_eq!(item["_commits"].as_m().unwrap().len(), 2);
    assert_eq!(world.load(&store, &id).await.views, 2);
}

/// Renews a session whose item has no bookkeeping, and holds the transaction while something else happens.
async fn renewal_of_an_item_of_others(
    world: &World,
    store: &SessionStore<Account>,
    meanwhile: impl AsyncFnOnce(&SessionId),
) -> (SessionId, Result<Session<Account>, Error>) {
    skip_pauses();
    let id = tampered(world, store, |item| drop(item.remove("_seq"))).await;
    let mut renewing = world.load(store, &id).await;
    let gate = Arc::new(Notify::new());
    world.network.fail_next("TransactWriteItems", Fault::Hold(gate.clone()));
    let renewal = tokio::spawn(async move { renewing.renew().await.map(|()| renewing) });
    while !world.network.operations().contains(&"TransactWriteItems".to_owned()) {
        tokio::task::yield_now().await;
    }
    meanwhile(&id).await;
    gate.notify_one();
    (id, renewal.await.unwrap())
}

#[tokio::test]
async fn the_first_commit_to_an_item_of_others_is_carried_over_by_a_renewal() {
    let (world, store) = World::with_store::<Account>().await;
    let commit = async |id: &SessionId| others_commit(&world, &store, id, 1).await;
    let (id, renewed) = renewal_of_an_item_of_others(&world, &store, commit).await;
    assert_eq!(world.load(&store, renewed.unwrap().id()).await.cart["others"], 1);
    assert!(store.load(&id).await.unwrap().is_none());
}

#[tokio::test]
async fn an_item_of_others_that_was_ended_is_not_renewed() {
    let (world, store) = World::with_store::<Account>().await;
    let destroy = async |id: &SessionId| store.destroy(id).await.unwrap();
    let (_, renewed) = renewal_of_an_item_of_others(&world, &store, destroy).await;
    assert!(renewed.unwrap_err().is_gone());
    let scan = world.direct.scan().table_name(store.table_name()).send().await.unwrap();
    assert_eq!(scan.count(), 0);
}

#[tokio::test]
async fn lists_and_sets_that_someone_made_null_are_made_again() {
    let (world, store) = World::with_store::<Account>().await;
    let id = tampered(&world, &store, |_| {}).await;
    let mut session = world.load(&store, &id).await;
    change(&world, &store, &id, |item| {
        item.insert("seen".to_owned(), AttributeValue::Null(true));
    })
    .await;
    session.seen.push("second".to_owned());
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    change(&world, &store, &id, |item| {
        item.insert("roles".to_owned(), AttributeValue::Null(true));
    })
    .await;
    session.roles.insert("admin".to_owned());
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);

    let session = world.load(&store, &id).await;
    assert_eq!(session.seen, ["first", "second"]);
    assert_eq!(session.roles, ["admin".to_owned()].into());
}

#[tokio::test]
async fn a_first_commit_that_arrives_again_overwrites_nothing() {
    let (world, store) = World::with_store::<Account>().await;
    let mut session = store.create();
    session.views += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    let copy = world.network.copy_of_last("PutItem");
    session.views += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_eq!(world.network.deliver(copy).await, 400);
    assert_eq!(world.load(&store, session.id()).await.views, 2);
}
