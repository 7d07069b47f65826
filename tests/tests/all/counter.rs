//! `counter`: commits add differences.

use std::collections::BTreeMap;

use dynamo_session::{DynamoSession, Expires, SessionId};
use dynamo_session_tests::{Shop, World, stored};

#[tokio::test]
async fn a_counter_is_added_to_even_when_it_is_assigned() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    one.views = 3;
    other.views = 4;
    let _ = one.commit().await.unwrap();
    let _ = other.commit().await.unwrap();
    assert_eq!(world.load(&store, &id).await.views, 7);
}

#[tokio::test]
async fn a_counter_never_leaves_its_types_range() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    one.credits -= 8;
    other.credits -= 8;
    let _ = one.commit().await.unwrap();
    let error = other.commit().await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert_eq!(error.attribute(), Some("credits"));
    assert_eq!(other.latest().unwrap().credits, 2);

    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    one.credits += 200;
    other.credits += 200;
    let _ = one.commit().await.unwrap();
    assert!(other.commit().await.unwrap_err().is_conflict());
    assert_eq!(world.load(&store, &id).await.credits, 202);
}

#[tokio::test]
async fn counters_in_a_map_are_added_to_key_by_key_and_removed() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    one.hits.insert("home".to_owned(), 2);
    one.hits.insert("cart".to_owned(), 1);
    other.hits.insert("home".to_owned(), -5);
    one.commit().await.unwrap();
    other.commit().await.unwrap();
    assert_eq!(other.hits["home"], -3);
    other.hits.remove("home");
    other.commit().await.unwrap();
    let hits = &world.load(&store, &id).await.hits;
    assert_eq!(hits.iter().collect::<Vec<_>>(), [(&"cart".to_owned(), &1)]);
}

#[tokio::test]
async fn a_counter_that_the_item_lacks_starts_at_its_default() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut item = world.item(&store, &id).await.unwrap();
    item.remove("credits");
    world.put(&store, item).await;
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    one.credits -= 1;
    other.credits -= 2;
    one.commit().await.unwrap();
    other.commit().await.unwrap();
    assert_eq!(world.load(&store, &id).await.credits, 7);
}

#[derive(Debug, DynamoSession)]
#[session(table = "wide-counters")]
struct Wide {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(counter)]
    signed: i64,
    #[session(counter)]
    unsigned: u64,
    #[session(counter)]
    signed_by_key: BTreeMap<String, i64>,
    #[session(counter)]
    unsigned_by_key: BTreeMap<String, u64>,
}

/// Two sessions each make a change that fits, and that does not fit beside the other's: by a commit and by a renewal.
#[tokio::test]
async fn counters_of_64_bits_keep_within_their_range() {
    fn key(shop: &mut Wide) -> (&mut i64, &mut u64) {
        let signed = shop.signed_by_key.get_mut("k").unwrap();
        (signed, shop.unsigned_by_key.get_mut("k").unwrap())
    }
    type Step = fn(&mut Wide);
    let cases: [(&str, Step); 6] = [
        ("signed", |wide| wide.signed += 8),
        ("unsigned", |wide| wide.unsigned += 8),
        ("signed_by_key", |wide| *key(wide).0 += 8),
        ("unsigned_by_key", |wide| *key(wide).1 += 8),
        ("signed", |wide| wide.signed = i64::MIN + 8),
        ("unsigned", |wide| wide.unsigned = 0),
    ];
    for (name, step) in cases {
        for renews in [false, true] {
            let (world, store) = World::with_store::<Wide>().await;
            let mut session = store.create();
            (session.signed, session.unsigned) = (i64::MAX - 10, u64::MAX - 10);
            session.signed_by_key.insert("k".to_owned(), i64::MAX - 10);
            session.unsigned_by_key.insert("k".to_owned(), u64::MAX - 10);
            session.commit().await.unwrap();
            let id = session.id().clone();
            let mut one = world.load(&store, &id).await;
            let mut other = world.load(&store, &id).await;
            step(&mut one);
            step(&mut other);
            one.commit().await.unwrap();
            let before = world.item(&store, &id).await.unwrap();
            let result = match renews {
                false => other.commit().await.map(drop),
                true => other.renew().await,
            };
            let error = result.unwrap_err();
            assert!(error.is_conflict(), "{name}: {error}");
            assert_eq!(error.attribute(), Some(name));
            assert_eq!(world.item(&store, &id).await.unwrap(), before);
            assert!(store.load(&id).await.unwrap().is_some(), "it still can be read");
        }
    }
}
