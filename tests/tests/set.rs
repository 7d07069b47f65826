//! `set`: members are added and removed.

#![allow(clippy::unwrap_used)]

use dynamo_session::Committed;
use dynamo_session_tests::{Shop, World, stored};

#[tokio::test]
async fn emptied_and_refilled_sets_come_back() {
    let world = World::new();
    let store = world.store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    for roles in [&["a", "b"][..], &["b"], &[], &["c"], &["d", "e"]] {
        session.roles = roles.iter().map(|role| (*role).to_owned()).collect();
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
        assert_eq!(world.load(&store, &id).await.roles, session.roles);
    }
    for levels in [&[1, 2][..], &[], &[1], &[7, 8]] {
        session.levels = levels.iter().copied().collect();
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
        assert_eq!(world.load(&store, &id).await.levels, session.levels);
    }
}

#[tokio::test]
async fn members_are_added_and_removed_without_looking_at_the_others() {
    let world = World::new();
    let store = world.store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.roles = ["a", "b"].map(str::to_owned).into();
    session.commit().await.unwrap();
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    one.roles.remove("a");
    other.roles.insert("c".to_owned());
    world.network.take_sent();
    one.commit().await.unwrap();
    other.commit().await.unwrap();
    let sent = world.network.take_sent();
    assert!(sent[0].text("UpdateExpression").contains("DELETE "));
    assert!(sent[1].text("UpdateExpression").contains("ADD "));
    assert_eq!(sent.len(), 2);
    assert_eq!(other.roles, ["b", "c"].map(str::to_owned).into());
    assert_eq!(world.load(&store, &id).await.roles, other.roles);
}
