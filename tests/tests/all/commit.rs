//! What a commit writes, for every role, and what it leaves alone.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{Committed, SessionId, SessionStore};
use dynamo_session_tests::attribute::{Item, m, n, s};
use dynamo_session_tests::{Payment, Shop, World, stored};

async fn item(world: &World, store: &SessionStore<Shop>, id: &SessionId) -> Item {
    world.item(store, id).await.unwrap()
}

#[tokio::test]
async fn fields_are_stored_as_native_types() {
    let (world, store) = World::with_store::<Shop>().await;
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    session.cart.insert("sku-1".to_owned(), 2);
    session.preferences.tags = Some(BTreeMap::from([("new".to_owned(), true)]));
    session.payment = Payment::Card { digits: "4242".to_owned(), month: 7 };
    session.views = 3;
    session.seen.push("a".to_owned());
    session.roles.insert("admin".to_owned());
    session.avatar = vec![1, 2, 3];
    assert_eq!(session.commit().await.unwrap(), Committed::Created);

    let item = item(&world, &store, session.id()).await;
    assert_eq!(item["user"], s("ada"));
    assert_eq!(item["cart"], m([("sku-1", n(2))]));
    assert_eq!(item["payment"], m([("Card", m([("digits", s("4242")), ("month", n(7))]))]));
    assert_eq!(item["views"], n(3));
    assert_eq!(item["seen"], AttributeValue::L(vec![s("a")]));
    assert_eq!(item["roles"], AttributeValue::Ss(vec!["admin".to_owned()]));
    assert_eq!(item["levels"], AttributeValue::Ns(vec!["1".to_owned()]));
    assert_eq!(item["avatar"].as_b().unwrap().as_ref(), [1, 2, 3]);
    assert_eq!(item["layout"], m([]), "an empty map is stored");
    assert_eq!(
        item["preferences"],
        m([
            ("language", s("")),
            ("currency", s("")),
            ("tags", m([("new", AttributeValue::Bool(true))])),
            ("shelves", m([])),
        ])
    );
    assert!(!item.contains_key("notice"), "`None` is absence");
    assert_eq!(item["expires_at"], n(1_800_000_000 + 30 * 60));
    assert_eq!(item["created_at"], n(1_800_000_000));

    let loaded = world.load(&store, session.id()).await;
    assert_eq!(loaded.payment, session.payment);
    assert_eq!(loaded.preferences, session.preferences);
    assert_eq!(loaded.avatar, session.avatar);
    assert_eq!(loaded.roles, session.roles);
}

#[tokio::test]
async fn a_commit_names_only_what_changed() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    world.network.take_sent();

    session.notice = Some("hello".to_owned());
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);

    let sent = world.network.take_sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].operation, "UpdateItem");
    let names: Vec<&str> = sent[0].names().into_iter().filter(|name| name.len() != 11).collect();
    assert_eq!(names, ["_commits", "_seq", "expires_at", "id", "notice"]);
    assert!(!sent[0].text("UpdateExpression").contains("notice"), "names are placeholders");
}

#[tokio::test]
async fn unknown_attributes_are_left_alone_at_every_depth() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut foreign = item(&world, &store, &id).await;
    foreign.insert("newer_field".to_owned(), s("keep"));
    let mut preferences = foreign["preferences"].as_m().unwrap().clone();
    preferences.insert("newer_key".to_owned(), s("keep too"));
    foreign.insert("preferences".to_owned(), AttributeValue::M(preferences));
    world.put(&store, foreign).await;

    let mut session = world.load(&store, &id).await;
    session.preferences.language = "fr".to_owned();
    let _ = session.commit().await.unwrap();

    let item = item(&world, &store, &id).await;
    assert_eq!(item["newer_field"], s("keep"));
    let preferences = item["preferences"].as_m().unwrap();
    assert_eq!(preferences["newer_key"], s("keep too"));
    assert_eq!(preferences["language"], s("fr"));
}

#[tokio::test]
async fn a_field_that_the_item_lacks_has_its_default_and_is_created_by_a_change() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut old = item(&world, &store, &id).await;
    for name in ["cart", "views", "credits", "seen", "roles", "levels", "preferences", "hits"] {
        old.remove(name);
    }
    world.put(&store, old).await;

    let mut session = world.load(&store, &id).await;
    assert_eq!(session.credits, 10);
    assert_eq!(session.levels, [1].into());
    session.cart.insert("sku".to_owned(), 1);
    session.views += 2;
    session.credits += 5;
    session.seen.push("x".to_owned());
    session.roles.insert("editor".to_owned());
    session.levels.insert(2);
    session.preferences.shelves.entry("top".to_owned()).or_default().insert("a".to_owned(), 1);
    session.hits.insert("home".to_owned(), 4);
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);

    let loaded = world.load(&store, &id).await;
    assert_eq!(loaded.cart, session.cart);
    assert_eq!((loaded.views, loaded.credits), (2, 15));
    assert_eq!(loaded.seen, ["x"]);
    assert_eq!(loaded.roles, session.roles);
    assert_eq!(loaded.levels, [1, 2].into());
    assert_eq!(loaded.preferences, session.preferences);
    assert_eq!(loaded.hits, session.hits);
    assert_eq!(world.network.operations().iter().filter(|name| *name == "UpdateItem").count(), 1);
}

#[tokio::test]
async fn none_is_absence_where_absence_reads_back_as_none() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.user = None;
    session.theme = None;
    session.levels.clear();
    let _ = session.commit().await.unwrap();

    let item = item(&world, &store, &id).await;
    assert!(!item.contains_key("user"));
    assert_eq!(item["theme"], AttributeValue::Null(true), "its default is not `None`");
    assert_eq!(item["levels"], AttributeValue::Null(true), "its default is not empty");
    let loaded = world.load(&store, &id).await;
    assert_eq!(loaded.theme, None);
    assert!(loaded.levels.is_empty());
}

#[tokio::test]
async fn map_keys_of_any_text_work() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let keys = [
        "a.b",
        "a[0]",
        "#x",
        ":x",
        "\"quoted\"",
        "it's",
        "with space",
        "ключ",
        "🦀",
        "SET",
        "size",
        "_seq",
        "\u{0}",
        &"k".repeat(255),
        &"long".repeat(600),
    ];
    let mut session = world.load(&store, &id).await;
    for key in keys {
        session.cart.insert(key.to_owned(), 1);
        session.hits.insert(key.to_owned(), 1);
    }
    let _ = session.commit().await.unwrap();
    for key in keys {
        *session.cart.get_mut(key).unwrap() += 1;
        *session.hits.get_mut(key).unwrap() += 1;
    }
    let _ = session.commit().await.unwrap();
    let mut loaded = world.load(&store, &id).await;
    assert_eq!(loaded.cart, session.cart);
    assert_eq!(loaded.hits, session.hits);
    loaded.cart.clear();
    loaded.hits.clear();
    let _ = loaded.commit().await.unwrap();
    assert!(world.load(&store, &id).await.cart.is_empty());
}

#[tokio::test]
async fn more_changes_than_an_expression_holds_are_one_request_after_a_read() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.cart.insert("first".to_owned(), 1);
    let _ = session.commit().await.unwrap();
    world.network.take_sent();

    for number in 0..5000 {
        session.cart.insert(format!("sku-{number}"), number);
        session.hits.insert(format!("page-{number}"), 1);
    }
    let _ = session.commit().await.unwrap();
    let sent = world.network.take_sent();
    let operations: Vec<&str> = sent.iter().map(|sent| sent.operation.as_str()).collect();
    assert_eq!(operations, ["GetItem", "UpdateItem"]);
    assert!(sent[1].text("UpdateExpression").len() < 4096);

    let loaded = world.load(&store, &id).await;
    assert_eq!(loaded.cart, session.cart);
    assert_eq!(loaded.hits, session.hits);
}

#[tokio::test]
async fn many_changes_by_two_requests_at_once_lose_nothing() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    for number in 0..2000 {
        one.cart.insert(format!("one-{number}"), 1);
        other.cart.insert(format!("other-{number}"), 1);
    }
    let _ = one.commit().await.unwrap();
    let _ = other.commit().await.unwrap();
    assert_eq!(world.load(&store, &id).await.cart.len(), 4000);
}

#[tokio::test]
async fn merged_fields_hold_the_tables_values_after_a_commit() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    for session in [&mut one, &mut other] {
        session.views += 5;
        *session.hits.entry("home".to_owned()).or_default() += 2;
        session.roles.insert("x".to_owned());
        session.seen.push("page".to_owned());
        let _ = session.commit().await.unwrap();
    }
    assert_eq!((other.views, other.hits["home"]), (10, 4));
    assert_eq!(other.seen, ["page", "page"]);
    world.network.take_sent();
    assert_eq!(other.commit().await.unwrap(), Committed::Unchanged, "the merge is not a change");
}

#[tokio::test]
async fn what_belongs_to_the_handle_cannot_be_assigned() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let before = item(&world, &store, &id).await;

    let mut renamed = world.load(&store, &id).await;
    renamed.id = SessionId::generate();
    let mut extended = world.load(&store, &id).await;
    extended.expires_at = dynamo_session::Expires::from_epoch_seconds(4_000_000_000);
    let mut younger = world.load(&store, &id).await;
    younger.created_at = dynamo_session::CreatedAt::from_epoch_seconds(4_000_000_000);
    let mut swapped = world.load(&store, &id).await;
    std::mem::swap(&mut *swapped, &mut *store.create());

    let cases =
        [(renamed, "id"), (extended, "expires_at"), (younger, "created_at"), (swapped, "id")];
    for (mut session, attribute) in cases {
        let error = session.commit().await.unwrap_err();
        assert!(error.is_configuration(), "{error}");
        assert_eq!(error.attribute(), Some(attribute));
    }
    assert_eq!(item(&world, &store, &id).await, before);
}

#[tokio::test]
async fn changes_that_are_dropped_without_a_commit_are_traced() {
    let dropped = "dropped with changes";
    let traces = dynamo_session_tests::Traces::collect();
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.views += 1;
    let _ = session.commit().await.unwrap();
    session.views += 1;
    session.views -= 1;
    drop(session);
    drop(world.load(&store, &id).await);
    assert!(!traces.text().contains(dropped), "nothing is lost");

    let mut session = world.load(&store, &id).await;
    session.views += 1;
    drop(session);
    let text = traces.text();
    assert!(text.contains(dropped) && text.contains(&id.fingerprint()), "{text}");
}
