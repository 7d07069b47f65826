//! Keys of other types, for tables that others made: stored as they are.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{Committed, DynamoSession, Expires, SessionKey};
use dynamo_session_tests::World;
use uuid::Uuid;

macro_rules! session_keyed_by {
    ($name:ident, $key:ty) => {
        #[derive(Debug, DynamoSession)]
        #[session(table = "foreign")]
        struct $name {
            #[session(hash_key, rename = "pk")]
            id: $key,
            #[session(ttl)]
            expires_at: Expires,
            user: Option<String>,
        }
    };
}

session_keyed_by!(ByText, String);
session_keyed_by!(ByUuid, Uuid);

async fn works_under_its_own_text<S: DynamoSession>(key: S::Key, text: &str) {
    let (world, store) = World::with_store::<S>().await;
    let item = HashMap::from([
        ("pk".to_owned(), AttributeValue::S(text.to_owned())),
        ("expires_at".to_owned(), AttributeValue::N("1800000100".to_owned())),
        ("user".to_owned(), AttributeValue::S("ada".to_owned())),
    ]);
    world.put(&store, item).await;
    let mut session = world.load(&store, &key).await;
    assert_eq!(session.id().attribute_value(), text);
    session.renew().await.unwrap();
    assert!(store.load(&key).await.unwrap().is_none());
    let item = world.item(&store, session.id()).await.unwrap();
    assert_eq!(item["pk"], AttributeValue::S(session.id().expose_secret()));
    assert_eq!(item["user"], AttributeValue::S("ada".to_owned()));

    let parsed = S::Key::parse(&session.id().expose_secret()).unwrap();
    assert!(parsed == *session.id());
    store.destroy(&parsed).await.unwrap();
    assert!(world.item(&store, &parsed).await.is_none());
}

#[tokio::test]
async fn a_text_key() {
    works_under_its_own_text::<ByText>("sess:1".to_owned(), "sess:1").await;
}

#[tokio::test]
async fn a_uuid_key() {
    let text = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    works_under_its_own_text::<ByUuid>(text.parse().unwrap(), text).await;
}

#[tokio::test]
async fn generated_keys_are_unguessable_and_new_each_time() {
    let world = World::new();
    let (texts, uuids) = (world.store::<ByText>().await, world.store::<ByUuid>().await);
    let generated: HashSet<String> = (0..200).map(|_| texts.create().id().clone()).collect();
    assert_eq!(generated.len(), 200);
    assert!(generated.iter().all(|text| text.len() == 43), "256 bits, as a SessionId has");
    let generated: HashSet<Uuid> = (0..200).map(|_| *uuids.create().id()).collect();
    assert_eq!(generated.len(), 200);
    assert!(generated.iter().all(|uuid| uuid.get_version_num() == 4));

    let mut session = uuids.create();
    session.user = Some("ada".to_owned());
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    let item = world.item(&uuids, session.id()).await.unwrap();
    assert_eq!(item["pk"], AttributeValue::S(session.id.to_string()));
}

#[tokio::test]
async fn errors_and_traces_name_a_key_by_its_fingerprint() {
    let store = World::new().store::<ByText>().await;
    let key = "a-secret-that-another-program-chose".to_owned();
    let error = store.update(&key, |session| session.user = None).await.unwrap_err();
    let shown = format!("{error} {error:?} {store:?}");
    assert!(!shown.contains(&key), "{shown}");
    assert!(shown.contains(&SessionKey::fingerprint(&key)), "{shown}");
}
