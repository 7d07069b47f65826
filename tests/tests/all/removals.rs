//! What is taken out of a map is out, also where the item has no such map: the field's default stood in for it, or it was
//! absent at the time of an earlier commit.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{Committed, DynamoSession, Expires, Session, SessionId, SessionStore};
use dynamo_session_tests::World;
use dynamo_session_tests::attribute::{m, n, s};

fn given() -> BTreeMap<String, bool> {
    BTreeMap::from([("tracking".to_owned(), true), ("adverts".to_owned(), true)])
}

fn quotas() -> BTreeMap<String, i64> {
    BTreeMap::from([("uploads".to_owned(), 5), ("exports".to_owned(), 2)])
}

fn shelves() -> BTreeMap<String, BTreeMap<String, u32>> {
    BTreeMap::from([(
        "left".to_owned(),
        BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]),
    )])
}

fn log() -> Vec<String> {
    vec!["first".to_owned(), "second".to_owned()]
}

#[derive(Debug, DynamoSession)]
#[session(table = "consents", idle_timeout = "30m", touch_interval = "1m")]
struct Consents {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(default = given())]
    consents: BTreeMap<String, bool>,
    #[session(counter, default = quotas())]
    quotas: BTreeMap<String, i64>,
    #[session(default = shelves())]
    shelves: BTreeMap<String, BTreeMap<String, u32>>,
    #[session(default = Some(given()))]
    offers: Option<BTreeMap<String, bool>>,
    #[session(default = given(), alias = "flags")]
    switches: BTreeMap<String, bool>,
    #[session(set, default = BTreeSet::from([1, 2]))]
    levels: BTreeSet<u32>,
    #[session(append, default = log())]
    log: Vec<String>,
    labels: Option<BTreeMap<String, u32>>,
    #[session(counter)]
    hits: BTreeMap<String, i64>,
    boxes: BTreeMap<String, BTreeMap<String, u32>>,
    note: String,
}

/// A session from before any of the fields existed.
async fn stored_before(world: &World, store: &SessionStore<Consents>) -> SessionId {
    let mut session = store.create();
    session.note = "kept".to_owned();
    let _ = session.commit().await.unwrap();
    let mut item = world.item(store, session.id()).await.unwrap();
    item.retain(|name, _| {
        ["id", "expires_at", "note", "_seq", "_commits"].contains(&name.as_str())
    });
    world.put(store, item).await;
    session.id().clone()
}

type Change = fn(&mut Consents);

fn changes() -> Vec<(&'static str, Change)> {
    vec![
        ("a key of a map", |session| {
            session.consents.remove("tracking");
        }),
        ("a key beside one that is set", |session| {
            session.consents.remove("tracking");
            session.consents.insert("adverts".to_owned(), false);
        }),
        ("a key beside one that is added", |session| {
            session.consents.remove("tracking");
            session.consents.insert("mail".to_owned(), true);
        }),
        ("all keys", |session| session.consents.clear()),
        ("a key of a map of counters", |session| {
            session.quotas.remove("uploads");
        }),
        ("a key of counters beside one that counts", |session| {
            session.quotas.remove("uploads");
            *session.quotas.get_mut("exports").unwrap() -= 1;
        }),
        ("all counters", |session| session.quotas.clear()),
        ("a key of a nested map", |session| {
            session.shelves.get_mut("left").unwrap().remove("a");
        }),
        ("a nested map", |session| {
            session.shelves.remove("left");
        }),
        ("a key of an optional map", |session| {
            session.offers.as_mut().unwrap().remove("tracking");
        }),
        ("an optional map", |session| session.offers = None),
        ("a key of a map with an older name", |session| {
            session.switches.remove("tracking");
        }),
        ("a member of a set", |session| {
            session.levels.remove(&1);
        }),
        ("all members", |session| session.levels.clear()),
        ("the first element of a list", |session| {
            session.log.remove(0);
        }),
        ("all elements", |session| session.log.clear()),
        ("one of each", |session| {
            session.consents.remove("tracking");
            session.quotas.remove("uploads");
            session.shelves.get_mut("left").unwrap().remove("a");
            session.offers.as_mut().unwrap().remove("tracking");
            session.switches.remove("tracking");
            session.levels.remove(&1);
            session.log.remove(0);
        }),
    ]
}

/// Everything but the header.
fn content(session: &Consents) -> String {
    format!(
        "{:?}",
        (
            &session.consents,
            &session.quotas,
            &session.shelves,
            &session.offers,
            &session.switches,
            &session.levels,
            &session.log,
            &session.note,
        )
    )
}

#[tokio::test]
async fn from_a_default_by_a_commit() {
    for (what, change) in changes() {
        let (world, store) = World::with_store::<Consents>().await;
        let id = stored_before(&world, &store).await;
        let mut session = world.load(&store, &id).await;
        change(&mut session);
        let wanted = content(&session);
        assert_eq!(session.commit().await.unwrap(), Committed::Updated, "{what}");
        assert_eq!(content(&*world.load(&store, &id).await), wanted, "{what}");
        assert_eq!(session.commit().await.unwrap(), Committed::Unchanged, "{what}");
    }
}

#[tokio::test]
async fn from_a_default_by_an_update() {
    for (what, change) in changes() {
        let (world, store) = World::with_store::<Consents>().await;
        let id = stored_before(&world, &store).await;
        let update = store.update(&id, |session| {
            change(session);
            content(session)
        });
        let wanted = update.await.unwrap();
        assert_eq!(content(&*world.load(&store, &id).await), wanted, "{what}");
    }
}

#[tokio::test]
async fn from_a_default_by_a_renewal() {
    for (what, change) in changes() {
        let (world, store) = World::with_store::<Consents>().await;
        let id = stored_before(&world, &store).await;
        let mut session = world.load(&store, &id).await;
        change(&mut session);
        let wanted = content(&session);
        session.renew().await.unwrap();
        assert_eq!(content(&session), wanted, "{what}");
        assert_eq!(content(&*world.load(&store, session.id()).await), wanted, "{what}");
    }
}

/// The other commit comes first, with a change to another field, or as many as close the window.
#[tokio::test]
async fn from_a_default_after_commits_of_others() {
    for others in [1, 12] {
        for (what, change) in changes() {
            let (world, store) = World::with_store::<Consents>().await;
            let id = stored_before(&world, &store).await;
            let mut session = world.load(&store, &id).await;
            for number in 0..others {
                let mut other = world.load(&store, &id).await;
                other.note = format!("{number}");
                let _ = other.commit().await.unwrap();
            }
            change(&mut session);
            assert_eq!(session.commit().await.unwrap(), Committed::Updated, "{what}");
            session.note = format!("{}", others - 1);
            let wanted = content(&session);
            assert_eq!(content(&*world.load(&store, &id).await), wanted, "{what}");
        }
    }
}

#[tokio::test]
async fn two_from_one_default() {
    let (world, store) = World::with_store::<Consents>().await;
    let id = stored_before(&world, &store).await;
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    one.consents.remove("tracking");
    one.quotas.remove("uploads");
    one.shelves.get_mut("left").unwrap().remove("a");
    other.consents.remove("adverts");
    other.quotas.remove("exports");
    other.shelves.get_mut("left").unwrap().remove("b");
    let _ = one.commit().await.unwrap();
    let _ = other.commit().await.unwrap();
    let loaded = world.load(&store, &id).await;
    assert!(loaded.consents.is_empty(), "{:?}", loaded.consents);
    assert!(loaded.quotas.is_empty(), "{:?}", loaded.quotas);
    assert!(loaded.shelves["left"].is_empty(), "{:?}", loaded.shelves);
}

#[tokio::test]
async fn beside_what_another_makes_of_the_default() {
    let (world, store) = World::with_store::<Consents>().await;
    let id = stored_before(&world, &store).await;
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    one.consents.insert("mail".to_owned(), true);
    *one.quotas.get_mut("exports").unwrap() += 1;
    other.consents.remove("tracking");
    other.quotas.remove("uploads");
    let _ = one.commit().await.unwrap();
    let _ = other.commit().await.unwrap();
    let loaded = world.load(&store, &id).await;
    let consents: Vec<_> = loaded.consents.keys().map(String::as_str).collect();
    assert_eq!(consents, ["adverts", "mail"]);
    assert_eq!(loaded.quotas, BTreeMap::from([("exports".to_owned(), 3)]));
}

#[tokio::test]
async fn from_an_older_name() {
    let (world, store) = World::with_store::<Consents>().await;
    let id = stored_before(&world, &store).await;
    let mut item = world.item(&store, &id).await.unwrap();
    let flags = m([("tracking", AttributeValue::Bool(true)), ("mail", AttributeValue::Bool(true))]);
    item.insert("flags".to_owned(), flags);
    world.put(&store, item).await;
    let mut session = world.load(&store, &id).await;
    session.switches.remove("tracking");
    let _ = session.commit().await.unwrap();
    let item = world.item(&store, &id).await.unwrap();
    assert_eq!(item["switches"], m([("mail", AttributeValue::Bool(true))]));
    assert!(!item.contains_key("flags"));
}

async fn commit_note(session: &mut Session<Consents>, note: &str) {
    session.note = note.to_owned();
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
}

/// Someone changes attributes without a count of it, as programs do that are not ours.
async fn rewritten(
    world: &World,
    store: &SessionStore<Consents>,
    id: &SessionId,
    change: impl FnOnce(&mut HashMap<String, AttributeValue>),
) {
    let mut item = world.item(store, id).await.unwrap();
    change(&mut item);
    world.put(store, item).await;
}

/// The handle was rebased while the map was absent; by the time of the removal it is there again.
#[tokio::test]
async fn from_a_map_that_was_absent_at_an_earlier_commit() {
    for rebased in [false, true] {
        let (world, store) = World::with_store::<Consents>().await;
        let mut first = store.create();
        first.labels = Some(BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]));
        first.hits = BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]);
        let inner = BTreeMap::from([("x".to_owned(), 1), ("y".to_owned(), 2)]);
        first.boxes = BTreeMap::from([("a".to_owned(), inner)]);
        let _ = first.commit().await.unwrap();
        let id = first.id().clone();
        let full = world.item(&store, &id).await.unwrap();

        let mut session = world.load(&store, &id).await;
        rewritten(&world, &store, &id, |item| {
            item.remove("labels");
            item.remove("hits");
            item.remove("boxes");
        })
        .await;
        if rebased {
            for number in 0..12 {
                let mut other = world.load(&store, &id).await;
                commit_note(&mut other, &format!("other {number}")).await;
            }
        }
        commit_note(&mut session, "mine").await;
        rewritten(&world, &store, &id, |item| {
            for name in ["labels", "hits", "boxes"] {
                item.insert(name.to_owned(), full[name].clone());
            }
        })
        .await;

        let mut removed = false;
        if let Some(labels) = &mut session.labels {
            removed |= labels.remove("a").is_some();
        }
        removed |= session.hits.remove("a").is_some();
        if let Some(inner) = session.boxes.get_mut("a") {
            removed |= inner.remove("x").is_some();
        }
        if !removed {
            continue; // The handle took over that they are gone, and has nothing to remove.
        }
        let wanted =
            (session.labels.is_some(), !session.hits.is_empty(), !session.boxes.is_empty());
        let _ = session.commit().await.unwrap();
        let loaded = world.load(&store, &id).await;
        if wanted.0 {
            assert_eq!(loaded.labels, Some(BTreeMap::from([("b".to_owned(), 2)])), "{rebased}");
        }
        if wanted.1 {
            assert_eq!(loaded.hits, BTreeMap::from([("b".to_owned(), 2)]), "{rebased}");
        }
        if wanted.2 {
            assert_eq!(loaded.boxes["a"], BTreeMap::from([("y".to_owned(), 2)]), "{rebased}");
        }
    }
}

/// The same with sessions alone: one takes the optional map out, and makes it again.
#[tokio::test]
async fn from_an_optional_map_that_another_made_again() {
    let (world, store) = World::with_store::<Consents>().await;
    let mut first = store.create();
    first.labels = Some(BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]));
    let _ = first.commit().await.unwrap();
    let id = first.id().clone();

    let mut session = world.load(&store, &id).await;
    let mut other = world.load(&store, &id).await;
    other.labels = None;
    let _ = other.commit().await.unwrap();
    for number in 0..10 {
        commit_note(&mut other, &format!("other {number}")).await;
    }
    commit_note(&mut session, "mine").await;
    other.labels = Some(BTreeMap::from([("a".to_owned(), 3), ("b".to_owned(), 4)]));
    let _ = other.commit().await.unwrap();

    assert!(session.labels.as_mut().unwrap().remove("a").is_some());
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    let loaded = world.load(&store, &id).await;
    assert_eq!(loaded.labels, Some(BTreeMap::from([("b".to_owned(), 4)])));
}

/// A removal inside what someone else took out whole leaves it out.
#[tokio::test]
async fn from_a_map_that_another_took_out() {
    let (world, store) = World::with_store::<Consents>().await;
    let mut first = store.create();
    first.labels = Some(BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]));
    let _ = first.commit().await.unwrap();
    let mut session = world.load(&store, first.id()).await;
    first.labels = None;
    let _ = first.commit().await.unwrap();
    session.labels.as_mut().unwrap().remove("a");
    session.note = "mine".to_owned();
    let _ = session.commit().await.unwrap();
    let loaded = world.load(&store, first.id()).await;
    // The later commit has the map as it sees it, or the earlier one's absence stays: never what was removed.
    assert!(!loaded.labels.as_ref().is_some_and(|labels| labels.contains_key("a")));
    assert_eq!(loaded.note, "mine");
}

/// A default that is not there is written with the change, and nothing else of it is lost.
#[tokio::test]
async fn the_rest_of_the_default_is_stored() {
    let (world, store) = World::with_store::<Consents>().await;
    let id = stored_before(&world, &store).await;
    let mut session = world.load(&store, &id).await;
    session.consents.remove("tracking");
    session.quotas.remove("uploads");
    session.shelves.get_mut("left").unwrap().remove("a");
    let _ = session.commit().await.unwrap();
    let item = world.item(&store, &id).await.unwrap();
    assert_eq!(item["consents"], m([("adverts", AttributeValue::Bool(true))]));
    assert_eq!(item["quotas"], m([("exports", n(2))]));
    assert_eq!(item["shelves"], m([("left", m([("b", n(2))]))]));
    assert_eq!(item["note"], s("kept"));
    assert!(!item.contains_key("offers"), "what was not changed is not written");
}
