//! `append`: a list that only grew is appended to.

use dynamo_session_tests::{Shop, World, stored};

#[tokio::test]
async fn a_list_that_did_not_only_grow_is_replaced() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.seen = vec!["a".to_owned(), "b".to_owned()];
    let _ = session.commit().await.unwrap();
    session.seen.remove(0);
    let _ = session.commit().await.unwrap();
    assert_eq!(world.load(&store, &id).await.seen, ["b"]);
    session.seen.clear();
    let _ = session.commit().await.unwrap();
    assert!(world.load(&store, &id).await.seen.is_empty());
}

#[tokio::test]
async fn what_two_requests_append_is_all_there() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    one.seen.extend(["a", "b"].map(str::to_owned));
    other.seen.push("c".to_owned());
    world.network.take_sent();
    one.commit().await.unwrap();
    other.commit().await.unwrap();
    assert!(world.network.take_sent()[1].text("UpdateExpression").contains("list_append"));
    assert_eq!(other.seen, ["a", "b", "c"]);
    assert_eq!(world.load(&store, &id).await.seen, other.seen);
}

#[tokio::test]
async fn a_list_without_it_is_one_value() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    one.recent.push(1);
    other.recent.push(2);
    one.commit().await.unwrap();
    other.commit().await.unwrap();
    assert_eq!(world.load(&store, &id).await.recent, [2]);
}
