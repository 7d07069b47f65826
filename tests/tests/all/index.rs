//! `index`: what is stored for it. (The index itself belongs to the table.)

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::index::IndexKey;
use dynamo_session::schema::KeyType;
use dynamo_session::{Committed, DynamoSession, ErrorKind, Expires, SessionId, SessionStore};
use dynamo_session_tests::World;
use serde::{Deserialize, Serialize};

#[derive(Debug, DynamoSession)]
#[session(table = "members")]
struct Member {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index = "by_user")]
    user: Option<UserId>,
    #[session(index)]
    plan: Option<Plan>,
    #[session(index = "by_tenant")]
    tenant: u32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct UserId(String);

impl IndexKey for UserId {
    const KEY_TYPE: KeyType = KeyType::S;
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Plan {
    Free,
    Paid,
}

impl IndexKey for Plan {
    const KEY_TYPE: KeyType = KeyType::S;
}

#[test]
fn the_schema_names_index_attribute_and_type() {
    let indexes: Vec<_> = Member::SCHEMA
        .indexes()
        .map(|index| (index.name(), index.attribute(), index.key_type()))
        .collect();
    let expected = [
        ("by_user", "user", KeyType::S),
        ("plan", "plan", KeyType::S),
        ("by_tenant", "tenant", KeyType::N),
    ];
    assert_eq!(indexes, expected);
}

#[tokio::test]
async fn newtypes_and_unit_enums_are_plain_keys_and_none_is_absent() {
    let (world, store) = World::with_store::<Member>().await;
    let mut session = store.create();
    session.user = Some(UserId("u-1".to_owned()));
    session.tenant = 7;
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    let item = world.item(&store, session.id()).await.unwrap();
    assert_eq!(item["user"], AttributeValue::S("u-1".to_owned()));
    assert_eq!(item["tenant"], AttributeValue::N("7".to_owned()));
    assert!(!item.contains_key("plan"), "so the session is not in that index");

    session.user = None;
    session.plan = Some(Plan::Paid);
    session.commit().await.unwrap();
    let item = world.item(&store, session.id()).await.unwrap();
    assert!(!item.contains_key("user"));
    assert_eq!(item["plan"], AttributeValue::S("Paid".to_owned()));
    let loaded = world.load(&store, session.id()).await;
    assert_eq!((&loaded.user, &loaded.plan), (&None, &Some(Plan::Paid)));
    assert_ne!(loaded.plan, Some(Plan::Free));
}

#[tokio::test]
async fn an_empty_key_is_refused_before_it_is_sent() {
    let (world, store) = World::with_store::<Member>().await;
    let mut session = store.create();
    session.user = Some(UserId(String::new()));
    let error = session.commit().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Encode, Some("user")));
    assert!(error.to_string().contains("`by_user`"), "{error}");
    assert!(world.network.take_sent().is_empty());
}

#[derive(Debug, DynamoSession)]
#[session(table = "members")]
struct NeverEmpty {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index)]
    user: String,
}

#[tokio::test]
async fn a_default_that_is_an_empty_key_is_found_when_the_store_is_built() {
    let world = World::new();
    let store = SessionStore::<NeverEmpty>::builder().client(world.client.clone()).build().await;
    let error = store.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Encode, Some("user")));
}
