//! `counter`: commits add differences.

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
