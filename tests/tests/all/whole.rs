//! `whole`, and enums with data: replaced as one value.

use std::collections::BTreeMap;

use dynamo_session_tests::{Payment, Shop, World, stored};

#[tokio::test]
async fn an_enum_with_data_is_replaced_as_one_value() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut one = world.load(&store, &id).await;
    one.payment = Payment::Card { digits: "1".to_owned(), month: 1 };
    let _ = one.commit().await.unwrap();

    let mut other = world.load(&store, &id).await;
    one.payment = Payment::Card { digits: "1".to_owned(), month: 2 };
    other.payment = Payment::Invoice("acme".to_owned());
    let _ = other.commit().await.unwrap();
    let _ = one.commit().await.unwrap();

    let last = Payment::Card { digits: "1".to_owned(), month: 2 };
    assert_eq!(world.load(&store, &id).await.payment, last);
}

#[tokio::test]
async fn a_whole_field_is_replaced_as_one_value() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    one.layout.insert("left".to_owned(), 1);
    other.layout.insert("right".to_owned(), 2);
    let _ = one.commit().await.unwrap();
    let _ = other.commit().await.unwrap();
    assert_eq!(world.load(&store, &id).await.layout, BTreeMap::from([("right".to_owned(), 2)]));
}
