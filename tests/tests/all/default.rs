//! `default`: the value of a new session, and of a field that an item lacks.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{Committed, DynamoSession, Expires, SessionId};
use dynamo_session_tests::World;
use serde::{Deserialize, Serialize};

fn two_shelves() -> BTreeMap<String, u32> {
    BTreeMap::from([("left".to_owned(), 1), ("right".to_owned(), 2)])
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct NoDefault(u32);

#[derive(Debug, DynamoSession)]
#[session(table = "defaults")]
struct Defaults {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(default)]
    plain: u32,
    #[session(default = 30)]
    page_size: u32,
    #[session(default = two_shelves())]
    shelves: BTreeMap<String, u32>,
    #[session(default = NoDefault(4))]
    custom: NoDefault,
    #[session(default = Some("light".to_owned()))]
    theme: Option<String>,
    #[session(counter, default = 100)]
    credits: u32,
    #[session(append, default = vec!["welcome".to_owned()])]
    log: Vec<String>,
    #[session(default = [7; 4])]
    salt: [u8; 4],
}

fn assert_defaults(session: &Defaults) {
    assert_eq!((session.plain, session.page_size, session.credits), (0, 30, 100));
    assert_eq!((&session.shelves, &session.custom), (&two_shelves(), &NoDefault(4)));
    assert_eq!(
        (session.theme.as_deref(), &session.log[..]),
        (Some("light"), &["welcome".to_owned()][..])
    );
    assert_eq!(session.salt, [7; 4]);
}

/// An item from before any of the fields existed.
fn bare(id: &SessionId) -> HashMap<String, AttributeValue> {
    HashMap::from([
        ("id".to_owned(), AttributeValue::S(Defaults::SCHEMA.table_key(id))),
        ("expires_at".to_owned(), AttributeValue::N("1800000100".to_owned())),
    ])
}

#[tokio::test]
async fn a_new_session_and_an_item_without_the_field_start_alike() {
    let (world, store) = World::with_store::<Defaults>().await;
    let mut session = store.create();
    assert_defaults(&session);
    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged, "a default is no change");

    let id = SessionId::generate();
    world.put(&store, bare(&id)).await;
    assert_defaults(&*world.load(&store, &id).await);
}

#[tokio::test]
async fn changes_to_a_missing_field_start_from_its_default() {
    let (world, store) = World::with_store::<Defaults>().await;
    let id = SessionId::generate();
    world.put(&store, bare(&id)).await;
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    one.shelves.insert("top".to_owned(), 3);
    one.credits -= 30;
    one.log.push("one".to_owned());
    let _ = one.commit().await.unwrap();
    other.shelves.remove("left");
    other.credits -= 30;
    other.log.push("other".to_owned());
    let _ = other.commit().await.unwrap();

    let loaded = world.load(&store, &id).await;
    assert_eq!(loaded.shelves.keys().collect::<Vec<_>>(), ["right", "top"]);
    assert_eq!(
        (loaded.credits, &loaded.log[..]),
        (40, &["welcome", "one", "other"].map(str::to_owned)[..])
    );
    assert_eq!((loaded.page_size, loaded.theme.as_deref()), (30, Some("light")));
    let item = world.item(&store, &id).await.unwrap();
    for untouched in ["plain", "page_size", "custom", "theme", "salt"] {
        assert!(!item.contains_key(untouched), "{untouched}");
    }
}

#[tokio::test]
async fn a_stored_value_wins_over_the_default_even_where_it_is_empty() {
    let (world, store) = World::with_store::<Defaults>().await;
    let mut session = store.create();
    session.page_size = 0;
    session.shelves.clear();
    session.theme = None;
    session.log.clear();
    session.credits = 0;
    let _ = session.commit().await.unwrap();
    let loaded = world.load(&store, session.id()).await;
    assert_eq!((loaded.page_size, loaded.credits, &loaded.theme), (0, 0, &None));
    assert!(loaded.shelves.is_empty() && loaded.log.is_empty());
}
