//! An index that is missing, is another one, is being built, or may not be read: each is told apart.

use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
    KeyType, Projection, ProjectionType, ScalarAttributeType,
};
use dynamo_session::{Error, ErrorKind, SessionStore};
use dynamo_session_tests::refusals::{DENIED, INVALID};
use dynamo_session_tests::{Fault, Login, World};

/// A table that someone else made, with an index `by_user`, if any, on these attributes: a partition key, and a sort key.
async fn table(world: &World, name: &str, key: &str, index: &[(&str, ScalarAttributeType)]) {
    let definition = |name: &str, kind| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
    };
    let part = |name: &str, role| {
        KeySchemaElement::builder().attribute_name(name).key_type(role).build().unwrap()
    };
    let mut table = world
        .direct
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(definition(key, ScalarAttributeType::S))
        .key_schema(part(key, KeyType::Hash));
    if !index.is_empty() {
        let keys_only = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
        let mut by_user =
            GlobalSecondaryIndex::builder().index_name("by_user").projection(keys_only);
        for ((attribute, kind), role) in index.iter().zip([KeyType::Hash, KeyType::Range]) {
            by_user = by_user.key_schema(part(attribute, role));
            table = table.attribute_definitions(definition(attribute, kind.clone()));
        }
        table = table.global_secondary_indexes(by_user.build().unwrap());
    }
    table.send().await.unwrap();
}

async fn store(world: &World, table: &str) -> SessionStore<Login> {
    let builder = SessionStore::builder().client(world.client.clone()).table_name(table);
    builder.clock(world.clock.clone()).build().await.unwrap()
}

/// What each of the three calls says.
async fn errors(store: &SessionStore<Login>) -> [Error; 3] {
    let by_user = store.by(Login::USER);
    [
        by_user.list("ada").all().await.unwrap_err(),
        by_user.end_all("ada").await.unwrap_err(),
        by_user.keep_newest("ada", 1, &store.create()).await.unwrap_err(),
    ]
}

#[tokio::test]
async fn an_index_that_is_missing_is_named_with_what_to_do() {
    let world = World::new();
    let name = format!("without-index-{}", uuid::Uuid::new_v4());
    table(&world, &name, "id", &[]).await;
    for error in errors(&store(&world, &name).await).await {
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        assert_eq!(error.table(), Some(&*name));
        for word in ["`by_user`", "`user`", "update_table"] {
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}

#[tokio::test]
async fn an_index_on_something_else_is_told_from_a_missing_one() {
    let world = World::new();
    for (attribute, kind) in [("owner", ScalarAttributeType::S), ("user", ScalarAttributeType::N)] {
        let name = format!("other-index-{}", uuid::Uuid::new_v4());
        table(&world, &name, "id", &[(attribute, kind.clone())]).await;
        for error in errors(&store(&world, &name).await).await {
            assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
            assert!(
                error.to_string().contains(&format!("`{attribute}` (HASH, {kind})")),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn an_index_that_is_not_sorted_by_the_creation_does_not_pretend_to_be() {
    let user = ("user", ScalarAttributeType::S);
    let another_name = ["another name", "update_table"];
    let another_type = ["change the field's type", "another table"];
    let indexes = [
        (vec![user.clone()], another_name),
        (vec![user.clone(), ("expires_at", ScalarAttributeType::N)], another_name),
        (vec![user, ("created_at", ScalarAttributeType::S)], another_type),
    ];
    let world = World::new();
    for (index, advice) in indexes {
        let name = format!("unsorted-index-{}", uuid::Uuid::new_v4());
        table(&world, &name, "id", &index).await;
        let store = store(&world, &name).await;
        let by_user = store.by(Login::USER);
        for error in [
            by_user.list("ada").all().await.unwrap_err(),
            by_user.keep_newest("ada", 1, &store.create()).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
            for words in ["`by_user`", "`created_at` (RANGE, N)"].into_iter().chain(advice) {
                assert!(error.to_string().contains(words), "{error}");
            }
        }
        assert_eq!(by_user.end_all("ada").await.unwrap(), 0, "which needs no order");
    }
}

#[tokio::test]
async fn a_table_with_another_key_does_not_look_empty() {
    let world = World::new();
    let name = format!("other-key-{}", uuid::Uuid::new_v4());
    let by_user = [("user", ScalarAttributeType::S), ("created_at", ScalarAttributeType::N)];
    table(&world, &name, "session_id", &by_user).await;
    let put = world.direct.put_item().table_name(&name);
    let put = put.item("session_id", AttributeValue::S("x".to_owned()));
    let put = put.item("user", AttributeValue::S("ada".to_owned()));
    put.item("created_at", AttributeValue::N("1".to_owned())).send().await.unwrap();
    for error in errors(&store(&world, &name).await).await {
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        assert_eq!(error.attribute(), Some("id"), "{error}");
    }
}

#[tokio::test]
async fn a_table_that_is_missing_is_that() {
    let world = World::new();
    for error in errors(&store(&world, &format!("missing-{}", uuid::Uuid::new_v4())).await).await {
        assert!(error.is_table_missing(), "{error}");
    }
}

#[tokio::test]
async fn an_index_that_is_being_built_is_waited_for() {
    let (world, store) = World::with_store::<Login>().await;
    for (status, kind) in
        [("CREATING", ErrorKind::Unavailable), ("DELETING", ErrorKind::Configuration)]
    {
        let description = serde_json::json!({"Table": {
            "TableName": store.table_name(),
            "TableStatus": "UPDATING",
            "AttributeDefinitions": [
                {"AttributeName": "id", "AttributeType": "S"},
                {"AttributeName": "user", "AttributeType": "S"},
                {"AttributeName": "created_at", "AttributeType": "N"},
            ],
            "GlobalSecondaryIndexes": [{
                "IndexName": "by_user",
                "IndexStatus": status,
                "Backfilling": status == "CREATING",
                "KeySchema": [
                    {"AttributeName": "user", "KeyType": "HASH"},
                    {"AttributeName": "created_at", "KeyType": "RANGE"},
                ],
            }],
        }});
        let description: &str = description.to_string().leak();
        world.network.fail_next("Query", Fault::Answer(400, INVALID));
        world.network.fail_next("DescribeTable", Fault::Answer(200, description));
        let error = store.by(Login::USER).end_all("ada").await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains("`by_user`"), "{error}");
    }
    world.network.fail_next("Query", Fault::Answer(400, INVALID));
    let error = store.by(Login::USER).end_all("ada").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected, "it is there and ACTIVE: {error}");
}

#[tokio::test]
async fn without_the_right_to_look_the_error_says_what_is_likely() {
    let (world, store) = World::with_store::<Login>().await;
    world.network.fail_next("Query", Fault::Answer(400, INVALID));
    world.network.fail_next("DescribeTable", Fault::Answer(400, DENIED));
    let error = store.by(Login::USER).end_all("ada").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
    assert!(error.to_string().contains("index `by_user` is missing"), "{error}");
}

#[tokio::test]
async fn a_right_that_is_lacking_is_named() {
    let (world, store) = World::with_store::<Login>().await;
    world.clock.advance(Duration::from_secs(1));
    world.network.fail_next("Query", Fault::Answer(400, DENIED));
    let error = store.by(Login::USER).end_all("ada").await.unwrap_err();
    assert!(error.is_access_denied(), "{error}");
    let resource = format!("table/{}/index/by_user", store.table_name());
    assert!(error.to_string().contains("dynamodb:Query"), "{error}");
    assert!(error.to_string().contains(&resource), "{error}");
    assert_eq!(error.to_string().matches("dynamodb:Query").count(), 1, "{error}");
}
