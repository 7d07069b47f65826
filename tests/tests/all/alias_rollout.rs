//! Renaming an attribute while servers of two versions run: first one that reads the new name and keeps the old, then
//! one that writes the new.

use std::collections::{BTreeMap, BTreeSet};

use dynamo_session::{DynamoSession, Expires, Session, SessionId, SessionStore};
use dynamo_session_tests::World;

/// What ran before.
#[derive(Debug, DynamoSession)]
#[session(table = "renamed", key_prefix = "renamed#")]
struct Before {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    nick: Option<String>,
    #[session(counter)]
    hits: u32,
    prefs: BTreeMap<String, u32>,
    #[session(set)]
    tags: BTreeSet<String>,
    #[session(append)]
    seen: Vec<u32>,
}

/// Deployed first: it reads both names, and writes the old one.
#[derive(Debug, DynamoSession)]
#[session(table = "renamed", key_prefix = "renamed#")]
struct First {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(rename = "nick", alias = "name")]
    name: Option<String>,
    #[session(counter, rename = "hits", alias = "views")]
    views: u32,
    #[session(rename = "prefs", alias = "preferences")]
    preferences: BTreeMap<String, u32>,
    #[session(set, rename = "tags", alias = "labels")]
    labels: BTreeSet<String>,
    #[session(append, rename = "seen", alias = "visited")]
    visited: Vec<u32>,
}

/// Deployed when no server runs the version before the first any more.
#[derive(Debug, DynamoSession)]
#[session(table = "renamed", key_prefix = "renamed#")]
struct Second {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(alias = "nick")]
    name: Option<String>,
    #[session(counter, alias = "hits")]
    views: u32,
    #[session(alias = "prefs")]
    preferences: BTreeMap<String, u32>,
    #[session(set, alias = "tags")]
    labels: BTreeSet<String>,
    #[session(append, alias = "seen")]
    visited: Vec<u32>,
}

/// What the tests do to a session of any version, each writer in its own way.
trait Version: DynamoSession<Key = SessionId> {
    fn write(&mut self, writer: u32);
    fn read(&self) -> Content;
}

#[derive(Clone, Debug, PartialEq)]
struct Content {
    name: Option<String>,
    views: u32,
    preferences: BTreeMap<String, u32>,
    labels: BTreeSet<String>,
    visited: Vec<u32>,
}

macro_rules! version {
    ($version:ident: $name:ident, $views:ident, $preferences:ident, $labels:ident, $visited:ident) => {
        impl Version for $version {
            fn write(&mut self, writer: u32) {
                self.$name = Some(format!("writer-{writer}"));
                self.$views += 10_u32.pow(writer);
                self.$preferences.insert(format!("writer-{writer}"), writer);
                self.$labels.insert(format!("writer-{writer}"));
                self.$visited.push(writer);
            }

            fn read(&self) -> Content {
                Content {
                    name: self.$name.clone(),
                    views: self.$views,
                    preferences: self.$preferences.clone(),
                    labels: self.$labels.clone(),
                    visited: self.$visited.clone(),
                }
            }
        }
    };
}

version!(Before: nick, hits, prefs, tags, seen);
version!(First: name, views, preferences, labels, visited);
version!(Second: name, views, preferences, labels, visited);

async fn read<S: Version>(world: &World, store: &SessionStore<S>, id: &SessionId) -> Content {
    world.load(store, id).await.read()
}

/// Every change of the writers 0, 1, .. is there, in the order of their commits, and the last one's name.
fn assert_all(content: &Content, writers: &[u32]) {
    let names: Vec<_> = writers.iter().map(|writer| format!("writer-{writer}")).collect();
    assert_eq!(content.name.as_ref(), names.last());
    let views: u32 = writers.iter().map(|writer| 10_u32.pow(*writer)).sum();
    assert_eq!(content.views, views);
    assert_eq!(content.labels, names.iter().cloned().collect());
    assert!(content.preferences.keys().eq(&content.labels), "{:?}", content.preferences);
    assert_eq!(content.visited, writers);
}

/// One version's session is loaded, the other's commits, and then the first one commits: in each order of the two, from a
/// session that either has stored, or that holds none of the fields yet.
async fn assert_together<A: Version, B: Version>() {
    let world = World::new();
    let (a, b) = (world.store::<A>().await, world.store::<B>().await);
    for stored_by in 0..3 {
        let mut writers = Vec::new();
        let id = match stored_by {
            0 => {
                let mut session = a.create();
                session.write(0);
                writers.push(0);
                let _ = session.commit().await.unwrap();
                session.id().clone()
            }
            1 => {
                let mut session = b.create();
                session.write(0);
                writers.push(0);
                let _ = session.commit().await.unwrap();
                session.id().clone()
            }
            _ => {
                let mut session = a.create();
                session.write(0);
                let _ = session.commit().await.unwrap();
                let id = session.id().clone();
                let mut item = world.item(&a, &id).await.unwrap();
                item.retain(|name, _| ["id", "expires_at", "_seq", "_commits"].contains(&&**name));
                world.put(&a, item).await;
                id
            }
        };
        let mut first: Session<A> = world.load(&a, &id).await;
        let mut second: Session<B> = world.load(&b, &id).await;
        second.write(1);
        let _ = second.commit().await.unwrap();
        first.write(2);
        let _ = first.commit().await.unwrap();
        writers.extend([1, 2]);
        assert_all(&read(&world, &a, &id).await, &writers);
        assert_all(&read(&world, &b, &id).await, &writers);
        second.write(3);
        let _ = second.commit().await.unwrap();
        writers.push(3);
        assert_all(&read(&world, &a, &id).await, &writers);
        assert_all(&read(&world, &b, &id).await, &writers);
    }
}

#[tokio::test]
async fn the_first_deployment_and_what_ran_before_see_each_others_changes() {
    assert_together::<Before, First>().await;
    assert_together::<First, Before>().await;
}

#[tokio::test]
async fn both_deployments_see_each_others_changes() {
    assert_together::<First, Second>().await;
    assert_together::<Second, First>().await;
}

/// What is removed under one name does not come back under the other.
#[tokio::test]
async fn a_removal_beside_the_other_deployment_stays() {
    let world = World::new();
    let (first, second) = (world.store::<First>().await, world.store::<Second>().await);
    let mut session = first.create();
    session.write(0);
    let _ = session.commit().await.unwrap();
    let id = session.id().clone();
    let mut stale = world.load(&first, &id).await;
    let mut other = world.load(&second, &id).await;
    other.views += 1;
    let _ = other.commit().await.unwrap();
    stale.name = None;
    stale.preferences.clear();
    stale.labels.clear();
    stale.visited.clear();
    let _ = stale.commit().await.unwrap();
    for content in [read(&world, &first, &id).await, read(&world, &second, &id).await] {
        assert_eq!((content.name, content.views), (None, 2));
        assert_eq!((content.preferences.len(), content.labels.len()), (0, 0));
        assert_eq!(content.visited, [0_u32; 0]);
    }
}

/// A map that both versions begin, where no other field of the commits could tell that the other one was there.
#[tokio::test]
async fn a_map_that_both_deployments_begin_is_one() {
    let world = World::new();
    let (first, second) = (world.store::<First>().await, world.store::<Second>().await);
    let mut session = first.create();
    session.write(0);
    let _ = session.commit().await.unwrap();
    let id = session.id().clone();
    let mut item = world.item(&first, &id).await.unwrap();
    item.remove("prefs");
    world.put(&first, item).await;
    let mut of_first = world.load(&first, &id).await;
    let mut of_second = world.load(&second, &id).await;
    of_second.preferences.insert("second".to_owned(), 2);
    let _ = of_second.commit().await.unwrap();
    of_first.preferences.insert("first".to_owned(), 1);
    let _ = of_first.commit().await.unwrap();
    for content in [read(&world, &first, &id).await, read(&world, &second, &id).await] {
        assert!(content.preferences.keys().eq(["first", "second"]), "{:?}", content.preferences);
    }
}

/// Why there are two: one deployment alone hides its changes from the servers that still run.
#[tokio::test]
async fn the_second_deployment_alone_hides_its_changes_from_what_ran_before() {
    let world = World::new();
    let (before, second) = (world.store::<Before>().await, world.store::<Second>().await);
    let mut session = before.create();
    session.write(0);
    let _ = session.commit().await.unwrap();
    second.update(session.id(), |session| session.views += 1).await.unwrap();
    assert_eq!(read(&world, &before, session.id()).await.name, None);
    assert_eq!(read(&world, &second, session.id()).await.name.as_deref(), Some("writer-0"));
}
