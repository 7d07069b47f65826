//! What DynamoDB has no room for is refused before anything is sent; constants are checked as literals are.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dynamo_session::private::{Schema, Timeouts};
use dynamo_session::{DynamoSession, ErrorKind, Expires};
use dynamo_session_tests::World;

#[derive(Debug, DynamoSession)]
#[session(table = "twice", key_prefix = "sess:", sort_key = "sk")]
struct Twice {
    #[session(hash_key)]
    id: String,
    #[session(ttl)]
    expires_at: Expires,
}

#[derive(Debug, DynamoSession)]
#[session(table = "once", key_prefix = "sess:", sort_key = "sk", sort_key_value = "SESSION")]
struct Once {
    #[session(hash_key)]
    id: String,
    #[session(ttl)]
    expires_at: Expires,
}

async fn has_room_for<S: DynamoSession<Key = String> + std::fmt::Debug>(most: usize) {
    let (world, store) = World::with_store::<S>().await;
    assert!(store.load(&"a".repeat(most)).await.unwrap().is_none());
    store.destroy(&"a".repeat(most)).await.unwrap();
    world.network.take_sent();
    let id = "a".repeat(most + 1);
    assert_eq!(store.load(&id).await.unwrap_err().kind(), ErrorKind::InvalidId);
    assert_eq!(store.destroy(&id).await.unwrap_err().kind(), ErrorKind::InvalidId);
    assert!(world.network.take_sent().is_empty());
}

#[tokio::test]
async fn a_key_is_as_long_as_its_narrower_half_can_be() {
    has_room_for::<Twice>(1024 - 5).await;
    has_room_for::<Once>(2048 - 5).await;
}

fn refusal(schema: impl Fn(Schema) -> Schema) -> Option<String> {
    let plain = Schema::new("id", "ttl", Timeouts::from_secs(1, None, 1), &[]);
    let panic = catch_unwind(AssertUnwindSafe(|| schema(plain))).err()?;
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
}

#[test]
fn constants_that_no_table_can_hold_are_refused() {
    let fixed = |value: &'static str| refusal(move |it| it.with_fixed_sort_key("sk", value));
    let text = |length: usize| -> &'static str { "s".repeat(length).leak() };
    assert_eq!(fixed("SESSION"), None);
    assert_eq!(fixed(text(1024)), None);
    assert!(fixed(text(1025)).unwrap().contains("at most 1024 bytes"));
    assert!(fixed("").unwrap().contains("empty"));
    assert!(fixed("a\nb").unwrap().contains("control character"));
    assert!(fixed("a\u{85}b").unwrap().contains("control character"));

    let same = |prefix: &'static str| {
        refusal(move |schema| schema.with_key_prefix(prefix).with_sort_key("sk"))
    };
    assert_eq!(same(text(981)), None);
    assert!(same(text(982)).unwrap().contains("at most 981"));
}
