//! Keys of `String` type with the prefixes that other programs write, without a sort key and with one.

use dynamo_session::{DynamoSession, Expires, Session};
use dynamo_session_tests::attribute::{Item, n, s};
use dynamo_session_tests::{World, key_of};

macro_rules! foreign {
    ($name:ident, $($option:tt)*) => {
        #[derive(Debug, DynamoSession)]
        #[session(table = "foreign", $($option)*)]
        struct $name {
            #[session(hash_key, rename = "pk")]
            id: String,
            #[session(ttl, rename = "expires")]
            expires_at: Expires,
            user: Option<String>,
        }

        impl Named for $name {
            fn user(session: &mut Session<Self>) -> &mut Option<String> {
                &mut session.user
            }
        }
    };
}

trait Named: DynamoSession<Key = String> + Sized {
    fn user(session: &mut Session<Self>) -> &mut Option<String>;
}

foreign!(Bare, key_prefix = "");
foreign!(Express, key_prefix = "sess:");
foreign!(Cyclic, key_prefix = "session-store#", sort_key = "sk");
foreign!(BareAndSorted, sort_key = "sk");
foreign!(OneTable, key_prefix = "SESSION#", sort_key = "sk", sort_key_value = "SESSION");

const SID: &str = "GMs3NV8T6uoKTxjqTEjd1pwihEAdSe1v";

async fn lives_where_others_left_it<S: Named>(hash: &str, sort: Option<&str>) {
    let (world, store) = World::with_store::<S>().await;
    let id = SID.to_owned();
    let mut key: Item = [("pk".to_owned(), s(hash))].into();
    key.extend(sort.map(|sort| ("sk".to_owned(), s(sort))));
    assert_eq!(key_of::<S>(&id), key);
    let mut item = key;
    item.insert("expires".to_owned(), n(1_800_000_600));
    item.insert("user".to_owned(), s("ada"));
    item.insert("unknown".to_owned(), s("kept"));
    world.put(&store, item).await;

    let mut session = world.load(&store, &id).await;
    assert_eq!(S::user(&mut session).as_deref(), Some("ada"));
    *S::user(&mut session) = Some("eve".to_owned());
    session.commit().await.unwrap();
    let item = world.item(&store, &id).await.unwrap();
    assert_eq!((&item["user"], &item["unknown"]), (&s("eve"), &s("kept")));
    assert_eq!(store.count_sessions().await.unwrap().alive, 1);

    session.renew().await.unwrap();
    let item = world.item(&store, session.id()).await.unwrap();
    assert_eq!((&item["user"], &item["unknown"]), (&s("eve"), &s("kept")));
    assert_eq!(item.contains_key("sk"), sort.is_some());
    assert!(store.load(&id).await.unwrap().is_none());
    store.destroy(&id).await.unwrap();
    assert!(world.items(&store).await.is_empty());
}

#[tokio::test]
async fn without_a_prefix() {
    lives_where_others_left_it::<Bare>(SID, None).await;
}

#[tokio::test]
async fn with_a_prefix() {
    lives_where_others_left_it::<Express>(&format!("sess:{SID}"), None).await;
}

#[tokio::test]
async fn with_a_prefix_and_the_same_value_twice() {
    let key = format!("session-store#{SID}");
    lives_where_others_left_it::<Cyclic>(&key, Some(&key)).await;
}

#[tokio::test]
async fn without_a_prefix_and_the_same_value_twice() {
    lives_where_others_left_it::<BareAndSorted>(SID, Some(SID)).await;
}

#[tokio::test]
async fn with_a_prefix_and_a_text() {
    lives_where_others_left_it::<OneTable>(&format!("SESSION#{SID}"), Some("SESSION")).await;
}
