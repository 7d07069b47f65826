//! `rename` and `rename_all`: the names in the table.

use std::collections::BTreeMap;
use std::time::Duration;

use dynamo_session::{Committed, CreatedAt, DynamoSession, Expires, SessionId};
use dynamo_session_tests::World;

/// Every name in the table is a reserved word, or looks like a part of an expression.
#[derive(Debug, DynamoSession)]
#[session(table = "reserved", absolute_timeout = "12h")]
struct Reserved {
    #[session(hash_key, rename = "KEY")]
    id: SessionId,
    #[session(ttl, rename = "ttl")]
    expires_at: Expires,
    #[session(created, rename = "TIME")]
    created_at: CreatedAt,
    #[session(rename = "size")]
    user: Option<String>,
    #[session(rename = "a.b[0] AND #c = :d")]
    cart: BTreeMap<String, u32>,
    #[session(counter, rename = "COUNT")]
    views: u32,
}

#[tokio::test]
async fn any_name_works_for_every_operation() {
    let (world, store) = World::with_store::<Reserved>().await;
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    let _ = session.commit().await.unwrap();
    session.cart.insert("x".to_owned(), 1);
    session.views += 1;
    session.user = None;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    store.update(session.id(), |session| session.views += 1).await.unwrap();
    session.renew().await.unwrap();
    let loaded = world.load(&store, session.id()).await;
    assert_eq!((loaded.views, loaded.cart["x"]), (2, 1));

    let item = world.item(&store, session.id()).await.unwrap();
    let mut names: Vec<&str> = item.keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = ["COUNT", "KEY", "TIME", "_commits", "_seq", "a.b[0] AND #c = :d", "ttl"];
    assert_eq!(names, expected);
    let Some(engine) = world.embedded() else { return };
    assert_eq!(engine.delete_expired().unwrap(), 1, "the tombstone of the renewal");
    world.clock.advance(Duration::from_secs(3600));
    assert_eq!(engine.delete_expired().unwrap(), 1, "TTL is on the renamed attribute");
}

#[derive(Debug, DynamoSession)]
#[session(table = "camels", rename_all = "camelCase")]
struct Camels {
    #[session(hash_key)]
    session_id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    last_page: Option<String>,
    #[session(rename = "kept_as_it_is")]
    first_page: Option<String>,
}

#[tokio::test]
async fn rename_all_names_every_field_but_those_that_are_renamed() {
    let (world, store) = World::with_store::<Camels>().await;
    let mut session = store.create();
    session.last_page = Some("/end".to_owned());
    session.first_page = Some("/".to_owned());
    let _ = session.commit().await.unwrap();
    let item = world.item(&store, session.id()).await.unwrap();
    let mut names: Vec<&str> = item.keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected =
        ["_commits", "_seq", "createdAt", "expiresAt", "kept_as_it_is", "lastPage", "sessionId"];
    assert_eq!(names, expected);
    assert_eq!(world.load(&store, session.id()).await.last_page.as_deref(), Some("/end"));
}
