//! Tables of another shape, and no table.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};

use super::*;

async fn create(world: &World, keys: &[(&str, KeyType, ScalarAttributeType)]) {
    let mut create = world
        .direct
        .create_table()
        .table_name("shop-sessions")
        .billing_mode(BillingMode::PayPerRequest);
    for (name, key_type, attribute_type) in keys {
        let key = KeySchemaElement::builder().attribute_name(*name).key_type(key_type.clone());
        let attribute = AttributeDefinition::builder()
            .attribute_name(*name)
            .attribute_type(attribute_type.clone());
        create = create
            .key_schema(key.build().unwrap())
            .attribute_definitions(attribute.build().unwrap());
    }
    create.send().await.unwrap();
}

async fn description(world: &World) -> String {
    let client = world.direct.clone();
    let table = client.describe_table().table_name("shop-sessions").send().await.unwrap();
    let ttl = client.describe_time_to_live().table_name("shop-sessions").send().await.unwrap();
    format!("{:?} {:?}", table.table, ttl.time_to_live_description)
}

async fn store(world: &World) -> SessionStore<Shop> {
    let builder = SessionStore::<Shop>::builder().client(world.client.clone());
    builder.clock(world.clock.clone()).build().await.unwrap()
}

#[tokio::test]
async fn a_table_with_another_key() {
    use ScalarAttributeType::{B, N, S};
    let cases: [&[(&str, KeyType, ScalarAttributeType)]; 4] = [
        &[("pk", KeyType::Hash, S)],
        &[("id", KeyType::Hash, N)],
        &[("id", KeyType::Hash, B)],
        &[("id", KeyType::Hash, S), ("sort", KeyType::Range, S)],
    ];
    for keys in cases {
        let world = World::new();
        create(&world, keys).await;
        let before = description(&world).await;
        let store = store(&world).await;
        let id = SessionId::generate();
        let mut session = store.create();
        session.user = Some("ada".to_owned());
        for error in [
            store.load(&id).await.map(drop).unwrap_err(),
            store.update(&id, |session| session.views += 1).await.unwrap_err(),
            store.destroy(&id).await.unwrap_err(),
            session.commit().await.map(drop).unwrap_err(),
        ] {
            assert!(error.is_configuration(), "{error}");
            assert_eq!(error.attribute(), Some("id"), "{error}");
            assert_says(&error, &["the table's key is not", "`id`", "hash_key"]);
        }

        let builder = SessionStore::<Shop>::builder().client(world.client.clone());
        let error = builder.auto_create(true).build().await.unwrap_err();
        assert!(error.is_configuration(), "{error}");
        assert_eq!(error.attribute(), Some("id"));
        for (name, key_type, attribute_type) in keys {
            assert_says(&error, &[&format!("`{name}` ({key_type}, {attribute_type})")]);
        }
        assert_says(&error, &["`id` (HASH, S)", "was not touched", "another table"]);
        assert_eq!(description(&world).await, before);
    }
}

#[tokio::test]
async fn a_table_whose_ttl_is_on_another_attribute() {
    let world = World::new();
    create(&world, &[("id", KeyType::Hash, ScalarAttributeType::S)]).await;
    let specification = aws_sdk_dynamodb::types::TimeToLiveSpecification::builder()
        .attribute_name("valid_until")
        .enabled(true)
        .build()
        .unwrap();
    let client = world.direct.clone();
    let update = client.update_time_to_live().table_name("shop-sessions");
    update.time_to_live_specification(specification).send().await.unwrap();
    let before = description(&world).await;
    let builder = SessionStore::<Shop>::builder().client(world.client.clone());
    let error = builder.auto_create(true).build().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert_says(&error, &["`valid_until`", "`expires_at`", "field marked `ttl`"]);
    assert_eq!(description(&world).await, before);
}

#[tokio::test]
async fn no_table() {
    let world = World::new();
    let store = store(&world).await;
    assert!(world.network.take_sent().is_empty(), "building asks for nothing");
    let id = SessionId::generate();
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    for error in [
        store.load(&id).await.map(drop).unwrap_err(),
        session.commit().await.map(drop).unwrap_err(),
        store.update(&id, |session| session.views += 1).await.unwrap_err(),
        store.destroy(&id).await.unwrap_err(),
    ] {
        assert!(error.is_table_missing(), "{error}");
        assert_eq!(error.table(), Some("shop-sessions"));
        assert_says(&error, &["`shop-sessions`", "does not exist", "`.auto_create(true)`"]);
    }
    assert!(session.is_new());
    let tables = world.direct.clone().list_tables().send().await.unwrap();
    assert!(tables.table_names().is_empty(), "no table is made unasked");
}

#[derive(Debug, DynamoSession)]
struct Nameless {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
}

#[tokio::test]
async fn no_table_name_or_one_that_aws_refuses() {
    let world = World::new();
    let builder = SessionStore::<Nameless>::builder().client(world.client.clone());
    let error = builder.auto_create(true).build().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert_says(&error, &["#[session(table = \"...\")]", ".table_name(\"...\")"]);

    let long = "t".repeat(256);
    let bad = ["", "ab", "with space", "slash/", "ключи", "a\0b", "semi;colon", &long];
    for name in bad {
        let builder = SessionStore::<Nameless>::builder().client(world.client.clone());
        let error = builder.table_name(name).auto_create(true).build().await.unwrap_err();
        assert!(error.is_configuration(), "{error}");
        assert_eq!(error.table(), Some(name));
        assert_says(&error, &["3 to 255", "a-z, A-Z, 0-9"]);
    }
    assert!(world.network.take_sent().is_empty());

    let longest = "t".repeat(255);
    for name in ["abc", "A.b_c-9", &longest] {
        let builder = SessionStore::<Nameless>::builder().client(world.client.clone());
        let store = builder.table_name(name).auto_create(true).build().await.unwrap();
        assert_eq!(store.table_name(), name);
    }
}
