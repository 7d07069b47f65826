//! `alias`: older names are read, and a commit moves the value to its name.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{Committed, DynamoSession, Expires, SessionId};
use dynamo_session_tests::World;

#[derive(Debug, DynamoSession)]
#[session(table = "aliased", key_prefix = "aliased#")]
struct Old {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    prefs: BTreeMap<String, u32>,
    nick: Option<String>,
    #[session(counter)]
    hits: u32,
    #[session(set)]
    tags: BTreeSet<String>,
    #[session(append)]
    seen: Vec<u32>,
    other: u32,
}

#[derive(Debug, DynamoSession)]
#[session(table = "aliased", key_prefix = "aliased#")]
struct New {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(alias = "prefs", alias = "settings")]
    preferences: BTreeMap<String, u32>,
    #[session(alias = "nick")]
    name: Option<String>,
    #[session(counter, alias = "hits")]
    views: u32,
    #[session(set, alias = "tags")]
    labels: BTreeSet<String>,
    #[session(append, alias = "seen")]
    visited: Vec<u32>,
    other: u32,
}

const OLD_NAMES: [&str; 5] = ["prefs", "nick", "hits", "tags", "seen"];

/// A session that the old deployment stored.
async fn stored_by_old(world: &World) -> SessionId {
    let old = world.store::<Old>().await;
    let mut session = old.create();
    session.prefs.insert("size".to_owned(), 1);
    session.nick = Some("ada".to_owned());
    session.hits = 5;
    session.tags.insert("a".to_owned());
    session.seen.push(1);
    let _ = session.commit().await.unwrap();
    session.id().clone()
}

#[tokio::test]
async fn older_names_are_read_and_any_commit_moves_them() {
    let world = World::new();
    let id = stored_by_old(&world).await;
    let store = world.store::<New>().await;
    let before = world.item(&store, &id).await.unwrap();
    let mut session = world.load(&store, &id).await;
    assert_eq!(session.preferences["size"], 1);
    assert_eq!((session.name.as_deref(), session.views), (Some("ada"), 5));
    assert_eq!((session.labels.len(), &session.visited[..]), (1, &[1][..]));

    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged, "a read moves nothing");
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    let touched = world.item(&store, &id).await.unwrap();
    assert!(OLD_NAMES.iter().all(|name| touched[*name] == before[*name]));

    session.other = 1;
    world.network.take_sent();
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_eq!(world.network.operations(), ["UpdateItem"]);
    let after = world.item(&store, &id).await.unwrap();
    let names = ["preferences", "name", "views", "labels", "visited"];
    for (old, new) in OLD_NAMES.iter().zip(names) {
        assert!(!after.contains_key(*old), "{old}");
        assert_eq!(after[new], before[*old]);
    }
    session.views += 1;
    session.preferences.insert("color".to_owned(), 2);
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    let loaded = world.load(&store, &id).await;
    assert_eq!((loaded.views, loaded.preferences.len()), (6, 2));
}

#[tokio::test]
async fn what_the_old_deployment_writes_meanwhile_is_not_lost() {
    let world = World::new();
    let id = stored_by_old(&world).await;
    let (old, new) = (world.store::<Old>().await, world.store::<New>().await);
    let mut theirs = world.load(&old, &id).await;
    let mut mine = world.load(&new, &id).await;
    theirs.prefs.insert("theirs".to_owned(), 2);
    theirs.nick = Some("grace".to_owned());
    theirs.hits += 10;
    theirs.tags.insert("b".to_owned());
    theirs.seen.push(2);
    let _ = theirs.commit().await.unwrap();

    mine.preferences.insert("mine".to_owned(), 3);
    mine.views += 1;
    mine.labels.insert("c".to_owned());
    mine.visited.push(3);
    assert_eq!(mine.commit().await.unwrap(), Committed::Updated);

    let loaded = world.load(&new, &id).await;
    assert_eq!(loaded.preferences.keys().collect::<Vec<_>>(), ["mine", "size", "theirs"]);
    assert_eq!((loaded.name.as_deref(), loaded.views), (Some("grace"), 16));
    assert_eq!(loaded.labels, ["a", "b", "c"].map(str::to_owned).into());
    assert_eq!(loaded.visited, [1, 2, 3]);
    assert_eq!((mine.views, &mine.visited[..]), (16, &[1, 2, 3][..]));
    let item = world.item(&new, &id).await.unwrap();
    assert!(OLD_NAMES.iter().all(|name| !item.contains_key(*name)));
}

#[tokio::test]
async fn two_new_sessions_that_move_at_once_keep_both_changes() {
    let world = World::new();
    let id = stored_by_old(&world).await;
    let store = world.store::<New>().await;
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    one.views += 1;
    one.preferences.insert("one".to_owned(), 1);
    other.views += 1;
    other.preferences.insert("other".to_owned(), 1);
    let _ = one.commit().await.unwrap();
    let _ = other.commit().await.unwrap();
    let loaded = world.load(&store, &id).await;
    assert_eq!((loaded.views, loaded.preferences.len()), (7, 3));
}

#[tokio::test]
async fn the_name_wins_and_then_the_aliases_in_their_order() {
    let world = World::new();
    let id = stored_by_old(&world).await;
    let store = world.store::<New>().await;
    let map =
        |key: &str| AttributeValue::M([(key.to_owned(), AttributeValue::N("1".to_owned()))].into());
    let mut item = world.item(&store, &id).await.unwrap();
    item.insert("settings".to_owned(), map("from settings"));
    let key = |session: &New| session.preferences.keys().next().unwrap().clone();

    world.put(&store, item.clone()).await;
    assert_eq!(key(&*world.load(&store, &id).await), "size");
    item.remove("prefs");
    world.put(&store, item.clone()).await;
    assert_eq!(key(&*world.load(&store, &id).await), "from settings");
    item.insert("preferences".to_owned(), map("from the name"));
    world.put(&store, item.clone()).await;
    let mut session = world.load(&store, &id).await;
    assert_eq!(key(&session), "from the name");

    session.other = 1;
    let _ = session.commit().await.unwrap();
    let after = world.item(&store, &id).await.unwrap();
    assert_eq!(after["settings"], item["settings"], "what was not read is left alone");
}

/// The first of two deployments: the field has its new name in the code, and the old one in the table.
#[derive(Debug, DynamoSession)]
#[session(table = "aliased", key_prefix = "aliased#")]
struct Between {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(rename = "prefs", alias = "preferences")]
    preferences: BTreeMap<String, u32>,
    other: u32,
}

#[tokio::test]
async fn two_deployments_rename_a_field_without_hiding_it_from_servers_of_the_one_before() {
    let world = World::new();
    let (old, between) = (world.store::<Old>().await, world.store::<Between>().await);
    let new = world.store::<New>().await;
    let id = stored_by_old(&world).await;

    let mut first = world.load(&between, &id).await;
    first.preferences.insert("between".to_owned(), 2);
    assert_eq!(first.commit().await.unwrap(), Committed::Updated);
    assert_eq!(world.load(&old, &id).await.prefs["between"], 2, "the old servers see it");

    let mut last = world.load(&new, &id).await;
    last.preferences.insert("new".to_owned(), 3);
    assert_eq!(last.commit().await.unwrap(), Committed::Updated);
    let seen = world.load(&between, &id).await;
    let expected = [("between", 2), ("new", 3), ("size", 1)];
    let expected: BTreeMap<_, _> = expected.map(|(key, value)| (key.to_owned(), value)).into();
    assert_eq!(seen.preferences, expected, "the servers between see what the last ones moved");
    assert!(world.load(&old, &id).await.prefs.is_empty(), "which is why they come last");
}
