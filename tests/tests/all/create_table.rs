//! `create_table`: the table as type and options say, resumed after failures, and nobody else's touched.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
    KeyType, PointInTimeRecoveryStatus, Projection, ProjectionType, ScalarAttributeType,
    TimeToLiveSpecification, TimeToLiveStatus,
};
use dynamo_session::table::{TableChange, TableClass, TableOptions, TableProgress};
use dynamo_session::{DynamoSession, ErrorKind, Expires, Operation, SessionId, SessionStore};
use dynamo_session_tests::refusals::{
    BACKUPS_UNAVAILABLE, DELETING, DENIED, IN_USE, LIMIT, NOT_FOUND, RECOVERY_OFF, RECOVERY_ON,
    THROTTLED, TTL_TOO_SOON,
};
use dynamo_session_tests::{Fault, Ledger, World, skip_pauses};
use serde_json::json;

#[derive(Debug, DynamoSession)]
#[session(table = "members")]
struct Member {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index = "by_user")]
    user: Option<String>,
    #[session(index = "by_tenant")]
    tenant: u32,
}

const CHANGES: [&str; 4] =
    ["CreateTable", "UpdateTable", "UpdateTimeToLive", "UpdateContinuousBackups"];

fn time_to_live() -> TableChange {
    TableChange::TimeToLive { attribute: "expires_at".to_owned() }
}

async fn is_time_to_live_on(world: &World, table: &str) -> bool {
    let found = world.direct.describe_time_to_live().table_name(table).send().await.unwrap();
    let found = found.time_to_live_description.unwrap();
    let is_on = matches!(
        found.time_to_live_status(),
        Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
    );
    is_on && found.attribute_name() == Some("expires_at")
}

#[tokio::test]
async fn the_table_has_the_sessions_key_indexes_and_ttl() {
    let world = World::new();
    let store = world.bare_store::<Member>(TableOptions::new()).await;
    assert_eq!(store.create_table().await.unwrap(), [TableChange::Table, time_to_live()]);

    let sent = world.network.take_sent();
    let request = &sent.iter().find(|sent| sent.operation == "CreateTable").unwrap().body;
    assert_eq!(request["BillingMode"], "PAY_PER_REQUEST");
    assert_eq!(request["KeySchema"], json!([{ "AttributeName": "id", "KeyType": "HASH" }]));
    let index = |name: &str, attribute: &str| {
        json!({
            "IndexName": name,
            "KeySchema": [{ "AttributeName": attribute, "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        })
    };
    let indexes = json!([index("by_user", "user"), index("by_tenant", "tenant")]);
    assert_eq!(request["GlobalSecondaryIndexes"], indexes);
    let operations: Vec<_> = sent.iter().map(|sent| sent.operation.as_str()).collect();
    let only = ["DescribeTable", "CreateTable", "DescribeTimeToLive", "UpdateTimeToLive"];
    assert!(operations.iter().all(|sent| only.contains(sent)), "least rights: {operations:?}");
    for unset in ["Tags", "TableClass", "SSESpecification", "OnDemandThroughput"] {
        assert!(request.get(unset).is_none(), "{unset} is left to AWS");
    }

    let table = world.direct.describe_table().table_name(store.table_name()).send().await.unwrap();
    let table = table.table.unwrap();
    let kind = |name: &str| {
        let mut definitions = table.attribute_definitions().iter();
        let definition = definitions.find(|definition| definition.attribute_name() == name);
        definition.map(|definition| definition.attribute_type().as_str())
    };
    assert_eq!((kind("id"), kind("user"), kind("tenant")), (Some("S"), Some("S"), Some("N")));
    assert_eq!(table.global_secondary_indexes().len(), 2);
    assert!(is_time_to_live_on(&world, store.table_name()).await);

    let mut session = store.create();
    session.user = Some("ada".to_owned());
    let _ = session.commit().await.unwrap();
    let found = world.direct.query().table_name(store.table_name()).index_name("by_user");
    let found = found.key_condition_expression("#u = :u").expression_attribute_names("#u", "user");
    let ada = AttributeValue::S("ada".to_owned());
    let found = found.expression_attribute_values(":u", ada).send().await.unwrap();
    assert_eq!(found.count(), 1, "the index can be read");
}

#[tokio::test]
async fn an_index_is_sorted_by_the_creation_where_the_type_has_one() {
    let world = World::new();
    let store = world.bare_store::<Ledger>(TableOptions::new()).await;
    store.create_table().await.unwrap();
    let sent = world.network.take_sent();
    let request = &sent.iter().find(|sent| sent.operation == "CreateTable").unwrap().body;
    let index = |name: &str, attribute: &str| {
        json!({
            "IndexName": name,
            "KeySchema": [
                { "AttributeName": attribute, "KeyType": "HASH" },
                { "AttributeName": "created", "KeyType": "RANGE" },
            ],
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        })
    };
    assert_eq!(
        request["GlobalSecondaryIndexes"],
        json!([
            index("by_user", "user"),
            index("by_tenant", "tenant"),
            index("by_device", "device")
        ])
    );
    let definitions = request["AttributeDefinitions"].as_array().unwrap();
    let numbers: Vec<_> = definitions
        .iter()
        .filter(|definition| definition["AttributeType"] == "N")
        .map(|definition| definition["AttributeName"].as_str().unwrap())
        .collect();
    assert_eq!((definitions.len(), &numbers[..]), (5, &["created", "tenant"][..]), "each once");
    assert_eq!(store.verify_table().await.unwrap().findings(), []);
    assert_eq!(store.create_table().await.unwrap(), [], "its own table is not refused");
}

#[tokio::test]
async fn each_option_arrives_in_the_request() {
    let new = TableOptions::new;
    let cases = [
        (
            new().provisioned(7, 3),
            vec![
                ("/BillingMode", json!("PROVISIONED")),
                ("/ProvisionedThroughput/ReadCapacityUnits", json!(7)),
                ("/ProvisionedThroughput/WriteCapacityUnits", json!(3)),
                ("/GlobalSecondaryIndexes/0/ProvisionedThroughput/ReadCapacityUnits", json!(7)),
                ("/GlobalSecondaryIndexes/1/ProvisionedThroughput/WriteCapacityUnits", json!(3)),
            ],
        ),
        (
            new().max_on_demand(4_000, 1_000),
            vec![
                ("/BillingMode", json!("PAY_PER_REQUEST")),
                ("/OnDemandThroughput/MaxReadRequestUnits", json!(4_000)),
                ("/OnDemandThroughput/MaxWriteRequestUnits", json!(1_000)),
                (
                    "/GlobalSecondaryIndexes/1/OnDemandThroughput",
                    json!({ "MaxReadRequestUnits": 4_000, "MaxWriteRequestUnits": 1_000 }),
                ),
            ],
        ),
        (
            new().tag("team", "web").tag("stage", "test"),
            vec![(
                "/Tags",
                json!([{ "Key": "team", "Value": "web" }, { "Key": "stage", "Value": "test" }]),
            )],
        ),
        (
            new().table_class(TableClass::StandardInfrequentAccess),
            vec![("/TableClass", json!("STANDARD_INFREQUENT_ACCESS"))],
        ),
        (new().deletion_protection(true), vec![("/DeletionProtectionEnabled", json!(true))]),
        (
            new().aws_managed_key(),
            vec![("/SSESpecification", json!({ "Enabled": true, "SSEType": "KMS" }))],
        ),
        (
            new().kms_key("alias/sessions"),
            vec![(
                "/SSESpecification",
                json!({ "Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": "alias/sessions" }),
            )],
        ),
    ];
    for (options, expected) in cases {
        let world = World::new();
        let store = world.bare_store::<Member>(options.clone()).await;
        store.create_table().await.unwrap();
        let sent = world.network.take_sent();
        let request = &sent.iter().find(|sent| sent.operation == "CreateTable").unwrap().body;
        for (pointer, value) in expected {
            assert_eq!(request.pointer(pointer), Some(&value), "{pointer} of {options:?}");
        }
        let report = store.verify_table().await.unwrap();
        assert_eq!(report.findings(), [], "the live table has it: {options:?}");
    }
}

#[tokio::test]
async fn ttl_is_left_off_by_option() {
    let world = World::new();
    let store = world.bare_store::<Member>(TableOptions::new().time_to_live(false)).await;
    assert_eq!(store.create_table().await.unwrap(), [TableChange::Table]);
    assert!(!is_time_to_live_on(&world, store.table_name()).await);
}

#[tokio::test]
async fn point_in_time_recovery_is_enabled_after_the_table_and_waited_for() {
    skip_pauses();
    let world = World::new();
    let options = TableOptions::new().point_in_time_recovery(true);
    let store = world.bare_store::<Member>(options).await;
    world.network.fail_next("DescribeContinuousBackups", Fault::Answer(200, RECOVERY_OFF));
    world.network.fail_next("UpdateContinuousBackups", Fault::Answer(400, BACKUPS_UNAVAILABLE));
    world.network.fail_next("UpdateContinuousBackups", Fault::Answer(200, RECOVERY_ON));
    let changes = store.create_table().await.unwrap();
    assert_eq!(changes, [TableChange::Table, time_to_live(), TableChange::PointInTimeRecovery]);
    let sent = world.network.take_sent();
    let update = sent.iter().rfind(|sent| sent.operation == "UpdateContinuousBackups").unwrap();
    let specification = &update.body["PointInTimeRecoverySpecification"];
    assert_eq!(specification["PointInTimeRecoveryEnabled"], true);

    world.network.fail_next("DescribeContinuousBackups", Fault::Answer(200, RECOVERY_ON));
    assert_eq!(store.create_table().await.unwrap(), [], "it is on");
}

#[tokio::test]
async fn an_engine_that_has_point_in_time_recovery_enables_it_and_one_without_does_not_fail() {
    let world = World::new();
    let options = TableOptions::new().point_in_time_recovery(true);
    let store = world.bare_store::<Member>(options).await;
    let changes = store.create_table().await.unwrap();
    let has_backups = world.embedded().is_none();
    assert_eq!(changes.contains(&TableChange::PointInTimeRecovery), has_backups);
    if has_backups {
        let found = world.direct.describe_continuous_backups().table_name(store.table_name());
        let found = found.send().await.unwrap().continuous_backups_description.unwrap();
        let recovery = found.point_in_time_recovery_description.unwrap();
        let status = recovery.point_in_time_recovery_status.unwrap();
        assert_eq!(status, PointInTimeRecoveryStatus::Enabled);
    }
}

#[tokio::test]
async fn once_created_it_is_only_looked_at() {
    let world = World::new();
    let store = world.bare_store::<Member>(TableOptions::new()).await;
    store.create_table().await.unwrap();
    world.network.take_sent();
    assert_eq!(store.create_table().await.unwrap(), []);
    assert_eq!(world.network.operations(), ["DescribeTable", "DescribeTimeToLive"]);
}

#[tokio::test]
async fn of_ten_at_once_one_creates_and_all_succeed() {
    let world = World::new();
    let store = world.bare_store::<Member>(TableOptions::new()).await;
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.create_table().await })
        })
        .collect();
    let mut creators = 0;
    for call in calls {
        creators += usize::from(call.await.unwrap().unwrap().contains(&TableChange::Table));
    }
    assert_eq!(creators, 1);
    assert!(is_time_to_live_on(&world, store.table_name()).await);
}

#[tokio::test]
async fn a_refusal_of_any_call_names_the_permission_and_the_next_call_resumes() {
    let denied = [
        ("DescribeTable", vec![]),
        ("CreateTable", vec![]),
        ("DescribeTimeToLive", vec![TableChange::Table]),
        ("DescribeContinuousBackups", vec![TableChange::Table]),
        ("UpdateTimeToLive", vec![TableChange::Table]),
        ("UpdateContinuousBackups", vec![TableChange::Table, time_to_live()]),
    ];
    for (operation, done) in denied {
        let world = World::new();
        let options = TableOptions::new().point_in_time_recovery(true);
        let store = world.bare_store::<Member>(options).await;
        world.network.fail_next(operation, Fault::Answer(400, DENIED));
        world.network.fail_next("DescribeContinuousBackups", Fault::Answer(200, RECOVERY_OFF));
        let error = store.create_table().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::AccessDenied, Some(Operation::CreateTable))
        );
        let text = error.to_string();
        assert!(text.contains(&format!("`dynamodb:{operation}`")), "{text}");
        if operation != "DescribeTable" {
            let list: Vec<String> = done.iter().map(TableChange::to_string).collect();
            let list = if list.is_empty() { "nothing".to_owned() } else { list.join(", ") };
            assert!(text.contains(&format!("done: {list};")), "{text}");
            assert!(text.contains("not done: "), "{text}");
        }

        world.network.forget_faults();
        world.network.fail_next("DescribeContinuousBackups", Fault::Answer(200, RECOVERY_OFF));
        world.network.fail_next("UpdateContinuousBackups", Fault::Answer(200, RECOVERY_ON));
        let mut all = vec![TableChange::Table, time_to_live(), TableChange::PointInTimeRecovery];
        all.retain(|change| !done.contains(change));
        assert_eq!(store.create_table().await.unwrap(), all, "after {operation}");
        assert!(is_time_to_live_on(&world, store.table_name()).await);
    }
}

#[tokio::test]
async fn a_lost_answer_of_any_call_does_no_harm() {
    skip_pauses();
    for operation in ["DescribeTable", "CreateTable", "DescribeTimeToLive", "UpdateTimeToLive"] {
        let world = World::new();
        let store = world.bare_store::<Member>(TableOptions::new()).await;
        for _ in 0..3 {
            world.network.fail_next(operation, Fault::LoseResponse);
        }
        if let Err(error) = store.create_table().await {
            assert!(error.is_unavailable(), "{operation}: {error}");
            world.network.forget_faults();
            store.create_table().await.unwrap();
        }
        assert!(is_time_to_live_on(&world, store.table_name()).await, "{operation}");
    }
}

#[tokio::test]
async fn what_is_refused_for_now_is_tried_again() {
    skip_pauses();
    let world = World::new();
    let store = world.bare_store::<Member>(TableOptions::new()).await;
    for _ in 0..3 {
        // The SDK itself tries so often.
        world.network.fail_next("CreateTable", Fault::Answer(400, LIMIT));
    }
    world.network.fail_next("UpdateTimeToLive", Fault::Answer(400, IN_USE));
    let mut steps = Vec::new();
    let create = store.create_table().on_progress(|step| steps.push(step.clone()));
    assert_eq!(create.await.unwrap(), [TableChange::Table, time_to_live()]);
    let is_retry = |step: &&TableProgress| matches!(step, TableProgress::Retrying { .. });
    assert_eq!(steps.iter().filter(is_retry).count(), 2, "{steps:?}");
    assert_eq!(steps.last(), Some(&TableProgress::Ready));
    assert_eq!(steps[0].to_string(), "creating the table");
}

const CREATING: &str = r#"{"Table":{"TableName":"members","TableStatus":"CREATING",
    "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
    "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},
        {"AttributeName":"user","AttributeType":"S"},{"AttributeName":"tenant","AttributeType":"N"}],
    "GlobalSecondaryIndexes":[
        {"IndexName":"by_user","IndexStatus":"CREATING","KeySchema":[{"AttributeName":"user","KeyType":"HASH"}]},
        {"IndexName":"by_tenant","IndexStatus":"CREATING","KeySchema":[{"AttributeName":"tenant","KeyType":"HASH"}]}]}}"#;
const INDEX_CREATING: &str = r#"{"Table":{"TableName":"members","TableStatus":"ACTIVE",
    "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
    "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},
        {"AttributeName":"user","AttributeType":"S"},{"AttributeName":"tenant","AttributeType":"N"}],
    "GlobalSecondaryIndexes":[
        {"IndexName":"by_user","IndexStatus":"ACTIVE","KeySchema":[{"AttributeName":"user","KeyType":"HASH"}]},
        {"IndexName":"by_tenant","IndexStatus":"CREATING","KeySchema":[{"AttributeName":"tenant","KeyType":"HASH"}]}]}}"#;

#[tokio::test]
async fn requests_of_which_aws_takes_few_are_made_patiently() {
    skip_pauses();
    let world = World::new();
    let options = TableOptions::new().point_in_time_recovery(true).tag("team", "web");
    let throttle = |operation: &str, answer| {
        for _ in 0..6 {
            world.network.fail_next(operation, Fault::Answer(400, THROTTLED));
        }
        if let Some(answer) = answer {
            world.network.fail_next(operation, Fault::Answer(200, answer));
        }
    };
    for operation in ["DescribeTable", "CreateTable", "DescribeTimeToLive", "UpdateTimeToLive"] {
        throttle(operation, None);
    }
    throttle("DescribeContinuousBackups", Some(RECOVERY_OFF));
    throttle("UpdateContinuousBackups", Some(RECOVERY_ON));
    let store = world.bare_store::<Member>(options).await;
    let changes = store.create_table().await.unwrap();
    assert_eq!(changes, [TableChange::Table, time_to_live(), TableChange::PointInTimeRecovery]);

    throttle("DescribeTimeToLive", None);
    throttle("DescribeContinuousBackups", Some(RECOVERY_ON));
    throttle("ListTagsOfResource", None);
    assert_eq!(store.verify_table().await.unwrap().findings(), []);
}

#[tokio::test]
async fn ttl_waits_until_table_and_indexes_are_active() {
    skip_pauses();
    let world = World::new();
    let store = world.bare_store::<Member>(TableOptions::new()).await;
    for look in [NOT_FOUND, NOT_FOUND] {
        world.network.fail_next("DescribeTable", Fault::Answer(400, look));
    }
    for look in [CREATING, CREATING, INDEX_CREATING] {
        world.network.fail_next("DescribeTable", Fault::Answer(200, look));
    }
    let mut steps = Vec::new();
    let create = store.create_table().on_progress(|step| steps.push(step.to_string()));
    create.await.unwrap();
    assert_eq!(
        steps,
        [
            "creating the table",
            "waiting for the table (not visible yet)",
            "waiting for the table (CREATING)",
            "waiting for the table (CREATING)",
            "waiting for index `by_tenant` (CREATING)",
            "enabling TTL on `expires_at`",
            "ready",
        ]
    );
}

#[tokio::test]
async fn a_passed_deadline_says_what_was_waited_for_and_the_next_call_resumes() {
    skip_pauses();
    let world = World::new();
    let store = world.bare_store::<Member>(TableOptions::new()).await;
    world.network.fail_next("DescribeTable", Fault::Answer(400, NOT_FOUND));
    for _ in 0..100 {
        world.network.fail_next("DescribeTable", Fault::Answer(200, CREATING));
    }
    let error = store.create_table().deadline(Duration::from_secs(3)).await.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    let text = error.to_string();
    assert!(text.contains("3 seconds, while waiting for the table (CREATING)"), "{text}");
    world.network.forget_faults();
    assert_eq!(store.create_table().await.unwrap(), [time_to_live()]);
}

#[tokio::test]
async fn one_failed_look_does_not_end_the_waiting() {
    skip_pauses();
    let world = World::new();
    let store = world.bare_store::<Member>(TableOptions::new()).await;
    world.network.fail_next("DescribeTable", Fault::Answer(400, NOT_FOUND));
    world.network.fail_next("DescribeTable", Fault::Answer(200, CREATING));
    for _ in 0..6 {
        world.network.fail_next("DescribeTable", Fault::LoseRequest);
    }
    store.create_table().await.unwrap();
}

#[tokio::test]
async fn a_table_that_is_being_deleted_is_an_error_and_is_not_touched() {
    let world = World::new();
    let store = world.bare_store::<Member>(TableOptions::new()).await;
    world.network.fail_next("DescribeTable", Fault::Answer(200, DELETING));
    let error = store.create_table().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert!(error.to_string().contains("DELETING"), "{error}");
    assert_eq!(world.network.operations(), ["DescribeTable"]);
}

#[tokio::test]
async fn a_table_that_is_deleted_while_it_is_waited_for_is_missing() {
    skip_pauses();
    let world = World::new();
    let store = world.bare_store::<Member>(TableOptions::new()).await;
    world.network.fail_next("DescribeTable", Fault::Answer(200, CREATING));
    let error = store.create_table().await.unwrap_err();
    assert!(error.is_table_missing(), "{error}");
}

#[tokio::test]
async fn a_table_that_someone_else_puts_in_its_place_while_it_is_waited_for_is_not_touched() {
    const OTHER: &str = r#"{"Table":{"TableName":"members","TableStatus":"ACTIVE",
        "KeySchema":[{"AttributeName":"sku","KeyType":"HASH"}],
        "AttributeDefinitions":[{"AttributeName":"sku","AttributeType":"S"}]}}"#;
    skip_pauses();
    let world = World::new();
    let store = world.bare_store::<Member>(TableOptions::new()).await;
    world.network.fail_next("DescribeTable", Fault::Answer(400, NOT_FOUND));
    for look in [CREATING, OTHER] {
        world.network.fail_next("DescribeTable", Fault::Answer(200, look));
    }
    let error = store.create_table().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Configuration, Some("id")));
    assert!(!is_time_to_live_on(&world, store.table_name()).await);
}

#[tokio::test]
async fn ttl_that_was_changed_within_the_hour_says_when_it_can_be_enabled() {
    let world = World::new();
    let store = world.bare_store::<Member>(TableOptions::new()).await;
    world.network.fail_next("UpdateTimeToLive", Fault::Answer(400, TTL_TOO_SOON));
    let error = store.create_table().await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
    assert_eq!(error.attribute(), Some("expires_at"));
    // The world's clock stands at 08:00:00 UTC.
    let text = error.to_string();
    assert!(text.contains("60 minutes, at 09:00 UTC, at the latest"), "{text}");
    assert_eq!(store.create_table().await.unwrap(), [time_to_live()]);
}

#[tokio::test]
async fn ttl_that_someone_else_enabled_is_believed_although_it_is_not_visible_at_once() {
    const NOT_YET: &str = r#"{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}"#;
    skip_pauses();
    let world = World::new();
    let store = world.bare_store::<Member>(TableOptions::new()).await;
    store.create_table().await.unwrap();
    for _ in 0..4 {
        world.network.fail_next("DescribeTimeToLive", Fault::Answer(200, NOT_YET));
    }
    world.network.fail_next("UpdateTimeToLive", Fault::Answer(400, TTL_TOO_SOON));
    assert_eq!(store.create_table().await.unwrap(), []);
}

/// A table with this key that is not ours, and perhaps an index `by_user` on this attribute.
async fn make(world: &World, table: &str, key: &[(&str, &str)], index: Option<(&str, &str)>) {
    let element = |name: &str, role: KeyType| {
        KeySchemaElement::builder().attribute_name(name).key_type(role).build().unwrap()
    };
    let mut request = world.direct.create_table().table_name(table);
    request = request.billing_mode(BillingMode::PayPerRequest);
    for ((name, _), role) in key.iter().zip([KeyType::Hash, KeyType::Range]) {
        request = request.key_schema(element(name, role));
    }
    for (name, kind) in key.iter().chain(&index) {
        let definition = AttributeDefinition::builder().attribute_name(*name);
        let definition = definition.attribute_type(ScalarAttributeType::from(*kind));
        request = request.attribute_definitions(definition.build().unwrap());
    }
    if let Some((name, _)) = index {
        let keys_only = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
        let index = GlobalSecondaryIndex::builder().index_name("by_user").projection(keys_only);
        let index = index.key_schema(element(name, KeyType::Hash)).build().unwrap();
        request = request.global_secondary_indexes(index);
    }
    request.send().await.unwrap();
}

async fn require_untouched(world: &World, store: &SessionStore<impl DynamoSession>, what: &str) {
    world.network.take_sent();
    for error in [store.create_table().await.unwrap_err(), store.update_table().await.unwrap_err()]
    {
        assert!(error.is_configuration(), "{what}: {error}");
        assert!(error.to_string().contains("not touched"), "{what}: {error}");
    }
    let operations = world.network.operations();
    assert!(!operations.iter().any(|sent| CHANGES.contains(&sent.as_str())), "{operations:?}");
}

#[derive(Debug, DynamoSession)]
#[session(table = "logins")]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index = "by_user")]
    user: Option<String>,
}

#[tokio::test]
async fn a_table_with_other_keys_is_not_touched() {
    type Keys = (
        &'static str,
        &'static [(&'static str, &'static str)],
        Option<(&'static str, &'static str)>,
    );
    let cases: [Keys; 5] = [
        ("another key", &[("pk", "S")], None),
        ("a key of another type", &[("id", "N")], None),
        ("a sort key", &[("id", "S"), ("at", "S")], None),
        ("an index on another attribute", &[("id", "S")], Some(("account", "S"))),
        ("an index of another type", &[("id", "S")], Some(("user", "N"))),
    ];
    for (what, key, index) in cases {
        let world = World::new();
        let store = world.bare_store::<Login>(TableOptions::new()).await;
        make(&world, store.table_name(), key, index).await;
        require_untouched(&world, &store, what).await;
    }
}

#[tokio::test]
async fn a_table_with_ttl_on_another_attribute_is_not_touched() {
    for time_to_live in [true, false] {
        let world = World::new();
        let options = TableOptions::new().time_to_live(time_to_live);
        let store = world.bare_store::<Login>(options).await;
        make(&world, store.table_name(), &[("id", "S")], Some(("user", "S"))).await;
        let other = TimeToLiveSpecification::builder().attribute_name("deadline").enabled(true);
        let update = world.direct.update_time_to_live().table_name(store.table_name());
        update.time_to_live_specification(other.build().unwrap()).send().await.unwrap();
        require_untouched(&world, &store, "TTL elsewhere").await;
    }
}

#[tokio::test]
async fn ttl_is_not_enabled_on_items_that_are_not_sessions() {
    let values =
        [("no attribute", None), ("a text", Some(AttributeValue::S("2026-11-01".to_owned())))];
    for (what, value) in values {
        let world = World::new();
        let store = world.bare_store::<Login>(TableOptions::new()).await;
        make(&world, store.table_name(), &[("id", "S")], Some(("user", "S"))).await;
        let mut item = HashMap::from([("id".to_owned(), AttributeValue::S("invoice".to_owned()))]);
        item.extend(value.map(|value| ("expires_at".to_owned(), value)));
        world.put(&store, item).await;
        require_untouched(&world, &store, what).await;
        assert!(!is_time_to_live_on(&world, store.table_name()).await);
    }
}

#[tokio::test]
async fn ttl_is_enabled_on_sessions_that_are_there_already() {
    let world = World::new();
    let store = world.bare_store::<Login>(TableOptions::new()).await;
    make(&world, store.table_name(), &[("id", "S")], Some(("user", "S"))).await;
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    let _ = session.commit().await.unwrap();
    world.network.fail_next("Scan", Fault::Answer(400, DENIED));
    let error = store.create_table().await.unwrap_err();
    assert!(error.is_access_denied(), "without a look, TTL stays off: {error}");
    assert!(error.to_string().contains("`dynamodb:Scan`"), "{error}");
    assert!(!is_time_to_live_on(&world, store.table_name()).await);

    world.network.take_sent();
    assert_eq!(store.create_table().await.unwrap(), [time_to_live()]);
    let sent = world.network.take_sent();
    let scans: Vec<_> = sent.iter().filter(|sent| sent.operation == "Scan").collect();
    assert_eq!(scans.len(), 1);
    assert_eq!(scans[0].body["Limit"], 25, "a few items are enough");
    assert!(world.load(&store, session.id()).await.user.is_some());
}

#[tokio::test]
async fn an_index_that_a_live_table_lacks_is_left_to_update_table() {
    let world = World::new();
    let store = world.bare_store::<Login>(TableOptions::new()).await;
    make(&world, store.table_name(), &[("id", "S")], None).await;
    let error = store.create_table().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    for word in ["`by_user`", "`store.update_table()`"] {
        assert!(error.to_string().contains(word), "{error}");
    }
    assert_eq!(world.network.operations(), ["DescribeTable"]);
}

#[tokio::test]
async fn a_call_that_is_dropped_is_resumed_by_the_next() {
    let world = Arc::new(World::new());
    let store = world.bare_store::<Login>(TableOptions::new()).await;
    world.network.fail_next("UpdateTimeToLive", Fault::Hold(Arc::default()));
    let call = tokio::spawn({
        let store = store.clone();
        async move { store.create_table().await }
    });
    while !world.network.operations().contains(&"UpdateTimeToLive".to_owned()) {
        tokio::task::yield_now().await;
    }
    call.abort();
    assert_eq!(store.create_table().await.unwrap(), [time_to_live()]);
}
