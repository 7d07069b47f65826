//! `auto_create`: the table with its key, on-demand billing and TTL, however many start at once.

use std::sync::Arc;

use aws_sdk_dynamodb::types::{BillingMode, KeyType, TimeToLiveSpecification};
use dynamo_session::table::TableOptions;
use dynamo_session::{Error, ErrorKind, Operation, SessionStore};
use dynamo_session_tests::refusals::DENIED;
use dynamo_session_tests::{Fault, Shop, World, stored};
use tokio::sync::Notify;

const TABLE: &str = "shop-sessions-made";

async fn build(world: &World) -> Result<SessionStore<Shop>, Error> {
    let builder = SessionStore::builder().client(world.client.clone()).clock(world.clock.clone());
    builder.table_name(TABLE).auto_create(true).build().await
}

async fn set_time_to_live(world: &World, attribute: &str) {
    let specification =
        TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build().unwrap();
    let update = world.direct.update_time_to_live().table_name(TABLE);
    update.time_to_live_specification(specification).send().await.unwrap();
}

#[tokio::test]
async fn the_table_has_the_sessions_key_on_demand_billing_and_ttl() {
    let world = World::new();
    let store = build(&world).await.unwrap();
    let table = world.direct.describe_table().table_name(TABLE).send().await.unwrap();
    let table = table.table.unwrap();
    assert_eq!(table.key_schema().len(), 1);
    assert_eq!(table.key_schema()[0].attribute_name(), "id");
    assert_eq!(table.key_schema()[0].key_type(), &KeyType::Hash);
    let billing = table.billing_mode_summary().and_then(|summary| summary.billing_mode());
    assert_eq!(billing, Some(&BillingMode::PayPerRequest));
    let ttl = world.direct.describe_time_to_live().table_name(TABLE).send().await.unwrap();
    assert_eq!(ttl.time_to_live_description.unwrap().attribute_name(), Some("expires_at"));

    let id = stored(&store).await;
    let again = build(&world).await.unwrap();
    assert!(again.load(&id).await.unwrap().is_some(), "a table that is there is left as it is");
}

#[tokio::test]
async fn it_is_created_with_the_options_of_the_store() {
    let world = World::new();
    let options = TableOptions::new().deletion_protection(true).tag("team", "web");
    let builder = SessionStore::<Shop>::builder().client(world.client.clone()).table_name(TABLE);
    let store = builder.auto_create(true).table_options(options).build().await.unwrap();
    assert_eq!(store.verify_table().await.unwrap().findings(), []);
    let weaker = build(&world).await.unwrap();
    assert_eq!(store.verify_table().await.unwrap().findings(), [], "{weaker:?} changes nothing");
}

#[tokio::test]
async fn what_an_interrupted_start_left_is_finished_by_the_next() {
    let world = World::new();
    world.network.fail_next("UpdateTimeToLive", Fault::Answer(400, DENIED));
    let error = build(&world).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::AccessDenied, Some(Operation::AutoCreate))
    );
    let store = build(&world).await.unwrap();
    assert_eq!(store.verify_table().await.unwrap().findings(), []);
}

#[tokio::test]
async fn many_that_start_at_once_all_succeed() {
    let world = Arc::new(World::new());
    let starts: Vec<_> = (0..8)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move { build(&world).await.map(drop) })
        })
        .collect();
    for start in starts {
        start.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn one_that_finds_the_table_just_made_waits_for_it() {
    let world = Arc::new(World::new());
    let gate = Arc::new(Notify::new());
    world.network.fail_next("CreateTable", Fault::Hold(gate.clone()));
    let late = tokio::spawn({
        let world = world.clone();
        async move { build(&world).await.map(drop) }
    });
    while !world.network.operations().contains(&"CreateTable".to_owned()) {
        tokio::task::yield_now().await;
    }
    build(&world).await.unwrap();
    gate.notify_one();
    late.await.unwrap().unwrap();
}

#[tokio::test]
async fn ttl_that_someone_else_has_just_enabled_is_no_error() {
    const REFUSED: &str = r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"TimeToLive is already enabled"}"#;
    let world = Arc::new(World::new());
    build(&world).await.unwrap();
    let table = world.direct.update_time_to_live().table_name(TABLE);
    let off = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(false);
    table.time_to_live_specification(off.build().unwrap()).send().await.unwrap();

    world.network.take_sent();
    world.network.fail_next("UpdateTimeToLive", Fault::Answer(400, REFUSED));
    let error = build(&world).await.unwrap_err();
    assert_eq!(error.attribute(), Some("expires_at"), "nobody has enabled it: {error}");

    world.network.take_sent();
    let (first_look, second_look) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    for look in [&first_look, &second_look] {
        world.network.fail_next("DescribeTimeToLive", Fault::Hold(look.clone()));
    }
    world.network.fail_next("UpdateTimeToLive", Fault::Answer(400, REFUSED));
    let late = tokio::spawn({
        let world = world.clone();
        async move { build(&world).await.map(drop) }
    });
    first_look.notify_one();
    while !world.network.operations().contains(&"UpdateTimeToLive".to_owned()) {
        tokio::task::yield_now().await;
    }
    set_time_to_live(&world, "expires_at").await;
    second_look.notify_one();
    late.await.unwrap().unwrap();
}

#[tokio::test]
async fn ttl_on_another_attribute_is_an_error_that_names_both() {
    let world = World::new();
    build(&world).await.unwrap();
    let off = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(false);
    let update = world.direct.update_time_to_live().table_name(TABLE);
    update.time_to_live_specification(off.build().unwrap()).send().await.unwrap();
    set_time_to_live(&world, "other").await;

    let error = build(&world).await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert_eq!(error.attribute(), Some("expires_at"));
    assert!(error.to_string().contains("`other`"), "{error}");
}
