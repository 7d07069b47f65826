//! `update_table`: indexes, TTL, recovery and protection for a live table, one after the other and safe beside others.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, TimeToLiveStatus};
use dynamo_session::table::{TableChange, TableOptions, TableProgress};
use dynamo_session::{DynamoSession, ErrorKind, Expires, Operation, SessionId, SessionStore};
use dynamo_session_tests::refusals::{
    DELETING, DENIED, IN_USE, LIMIT, RECOVERY_OFF, RECOVERY_ON, TTL_TOO_SOON,
};
use dynamo_session_tests::{Fault, World, skip_pauses};
use serde_json::json;
use tokio::sync::Notify;

#[derive(Debug, DynamoSession)]
#[session(table = "members", key_prefix = "member#")]
struct Before {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    user: Option<String>,
    tenant: u32,
}

#[derive(Debug, DynamoSession)]
#[session(table = "members", key_prefix = "member#")]
struct After {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index = "by_user")]
    user: Option<String>,
    #[session(index = "by_tenant")]
    tenant: u32,
}

fn index(name: &str) -> TableChange {
    TableChange::Index { index: name.to_owned() }
}

fn time_to_live() -> TableChange {
    TableChange::TimeToLive { attribute: "expires_at".to_owned() }
}

/// A world with the table as the older version made it, and the newer version's store.
async fn grown(options: TableOptions) -> (World, SessionStore<After>) {
    let world = World::new();
    world.bare_store::<Before>(options.clone()).await.create_table().await.unwrap();
    let store = world.bare_store(options).await;
    world.network.take_sent();
    (world, store)
}

fn off() -> TableOptions {
    TableOptions::new().time_to_live(false)
}

async fn indexes(world: &World, store: &SessionStore<After>) -> Vec<String> {
    let found = world.direct.describe_table().table_name(store.table_name()).send().await.unwrap();
    let found = found.table.unwrap();
    let names = found.global_secondary_indexes().iter().filter_map(|index| index.index_name());
    names.map(str::to_owned).collect()
}

#[tokio::test]
async fn missing_indexes_are_added_one_by_one_and_hold_the_sessions_that_were_there() {
    let (world, store) = grown(TableOptions::new()).await;
    let mut session = world.bare_store::<Before>(TableOptions::new()).await.create();
    session.user = Some("ada".to_owned());
    let _ = session.commit().await.unwrap();

    world.network.take_sent();
    let mut steps = Vec::new();
    let update = store.update_table().on_progress(|step| steps.push(step.to_string()));
    assert_eq!(update.await.unwrap(), [index("by_user"), index("by_tenant")]);
    assert_eq!(steps, ["adding index `by_user`", "adding index `by_tenant`", "ready"]);

    let sent = world.network.take_sent();
    let updates: Vec<_> = sent.iter().filter(|sent| sent.operation == "UpdateTable").collect();
    assert_eq!(updates.len(), 2);
    assert_eq!(
        updates[1].body["GlobalSecondaryIndexUpdates"],
        json!([{ "Create": {
            "IndexName": "by_tenant",
            "KeySchema": [{ "AttributeName": "tenant", "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        }}])
    );
    let definitions = json!([{ "AttributeName": "tenant", "AttributeType": "N" }]);
    assert_eq!(updates[1].body["AttributeDefinitions"], definitions);
    assert!(updates[1].body.get("BillingMode").is_none(), "billing is left as it is");

    let found = world.direct.query().table_name(store.table_name()).index_name("by_user");
    let found = found.key_condition_expression("#u = :u").expression_attribute_names("#u", "user");
    let ada = AttributeValue::S("ada".to_owned());
    let found = found.expression_attribute_values(":u", ada).send().await.unwrap();
    assert_eq!(found.count(), 1);

    assert_eq!(store.update_table().await.unwrap(), [], "all is there");
    assert!(!world.network.operations().contains(&"UpdateTable".to_owned()));
    assert!(store.verify_table().await.unwrap().is_sound());
}

#[tokio::test]
async fn a_new_index_has_the_units_or_limits_of_the_options_if_they_fit_the_table() {
    let new = TableOptions::new;
    let units =
        |read: u64, write: u64| json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": write });
    let limits = json!({ "MaxReadRequestUnits": 40, "MaxWriteRequestUnits": 10 });
    let null = json!(null);
    let cases = [
        (new().provisioned(5, 5), new().provisioned(9, 4), units(9, 4), null.clone()),
        (new().provisioned(5, 5), new().max_on_demand(40, 10), units(5, 5), null.clone()),
        (new(), new().max_on_demand(40, 10), null.clone(), limits),
        (new(), new().provisioned(9, 4), null.clone(), null),
    ];
    for (of_table, options, units, limits) in cases {
        let (world, _) = grown(of_table).await;
        let store = world.bare_store::<After>(options).await;
        store.update_table().await.unwrap();
        let sent = world.network.take_sent();
        let update = sent.iter().find(|sent| sent.operation == "UpdateTable").unwrap();
        let create = &update.body["GlobalSecondaryIndexUpdates"][0]["Create"];
        assert_eq!(create["ProvisionedThroughput"], units);
        assert_eq!(create["OnDemandThroughput"], limits);
    }
}

#[tokio::test]
async fn what_is_off_and_asked_for_is_enabled_and_never_the_other_way_round() {
    let (world, _) = grown(off()).await;
    let options = TableOptions::new().deletion_protection(true).point_in_time_recovery(true);
    let store = world.bare_store::<Before>(options).await;
    world.network.fail_next("DescribeContinuousBackups", Fault::Answer(200, RECOVERY_OFF));
    world.network.fail_next("UpdateContinuousBackups", Fault::Answer(200, RECOVERY_ON));
    let all = [TableChange::DeletionProtection, time_to_live(), TableChange::PointInTimeRecovery];
    assert_eq!(store.update_table().await.unwrap(), all);
    let table = world.direct.describe_table().table_name(store.table_name()).send().await.unwrap();
    assert_eq!(table.table.unwrap().deletion_protection_enabled(), Some(true));
    let ttl = world.direct.describe_time_to_live().table_name(store.table_name());
    let ttl = ttl.send().await.unwrap().time_to_live_description.unwrap();
    assert_eq!(ttl.time_to_live_status(), Some(&TimeToLiveStatus::Enabled));

    world.network.take_sent();
    let weaker = world.bare_store::<Before>(off()).await;
    assert_eq!(weaker.update_table().await.unwrap(), []);
    assert_eq!(
        world.network.operations(),
        ["DescribeTable", "DescribeTimeToLive", "DescribeTable", "DescribeTable"]
    );
}

const BACKFILLING: &str = r#"{"Table":{"TableName":"members","TableStatus":"UPDATING",
    "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
    "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"user","AttributeType":"S"}],
    "GlobalSecondaryIndexes":[{"IndexName":"by_user","IndexStatus":"CREATING","Backfilling":true,
        "KeySchema":[{"AttributeName":"user","KeyType":"HASH"}]}]}}"#;
const ALLOCATING: &str = r#"{"Table":{"TableName":"members","TableStatus":"UPDATING",
    "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
    "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"user","AttributeType":"S"}],
    "GlobalSecondaryIndexes":[{"IndexName":"by_user","IndexStatus":"CREATING","Backfilling":false,
        "KeySchema":[{"AttributeName":"user","KeyType":"HASH"}]}]}}"#;

#[tokio::test]
async fn an_index_that_is_being_filled_already_is_waited_for() {
    skip_pauses();
    let (world, store) = grown(off()).await;
    // A long time of it, and one look that fails.
    for look in [ALLOCATING, ALLOCATING, ALLOCATING, BACKFILLING] {
        world.network.fail_next("DescribeTable", Fault::Answer(200, look));
    }
    for _ in 0..4 {
        world.network.fail_next("DescribeTable", Fault::LoseRequest);
    }
    let looks = if world.embedded().is_some() { 500 } else { 10 };
    for _ in 0..looks {
        world.network.fail_next("DescribeTable", Fault::Answer(200, BACKFILLING));
    }
    let mut steps: Vec<TableProgress> = Vec::new();
    let update = store.update_table().on_progress(|step| {
        if steps.last() != Some(step) {
            steps.push(step.clone());
        }
    });
    update.await.unwrap();
    let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
    assert_eq!(
        steps,
        [
            "waiting for index `by_user` (CREATING)",
            "backfilling index `by_user`",
            "adding index `by_user`",
            "adding index `by_tenant`",
            "ready",
        ],
        "nothing is added meanwhile"
    );
}

#[tokio::test]
async fn a_deadline_ends_the_waiting_and_not_the_filling() {
    skip_pauses();
    let (world, store) = grown(off()).await;
    for _ in 0..100 {
        world.network.fail_next("DescribeTable", Fault::Answer(200, BACKFILLING));
    }
    let error = store.update_table().deadline(Duration::from_millis(2500)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::Unavailable, Some(Operation::UpdateTable))
    );
    assert!(
        error.to_string().contains("2.5 seconds, while backfilling index `by_user`"),
        "{error}"
    );
    world.network.forget_faults();
    store.update_table().await.unwrap();
    assert_eq!(indexes(&world, &store).await.len(), 2);
}

#[tokio::test]
async fn ten_at_once_add_each_index_once() {
    let (world, store) = grown(TableOptions::new()).await;
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.update_table().await })
        })
        .collect();
    let mut changes = Vec::new();
    for call in calls {
        changes.extend(call.await.unwrap().unwrap());
    }
    changes.sort_by_key(ToString::to_string);
    assert_eq!(changes, [index("by_tenant"), index("by_user")]);
    assert_eq!(indexes(&world, &store).await.len(), 2);
}

#[tokio::test]
async fn what_is_refused_for_now_is_tried_again() {
    skip_pauses();
    let (world, _) = grown(off()).await;
    let store = world.bare_store::<After>(off().deletion_protection(true)).await;
    world.network.fail_next("UpdateTable", Fault::Answer(400, IN_USE));
    world.network.fail_next("UpdateTable", Fault::Answer(400, IN_USE));
    for _ in 0..6 {
        world.network.fail_next("UpdateTable", Fault::Answer(400, LIMIT));
    }
    let changes = store.update_table().await.unwrap();
    assert_eq!(changes, [TableChange::DeletionProtection, index("by_user"), index("by_tenant")]);
}

#[tokio::test]
async fn an_index_that_someone_else_adds_first_is_no_error() {
    let (world, store) = grown(off()).await;
    let world = Arc::new(world);
    let gate = Arc::new(Notify::new());
    world.network.fail_next("UpdateTable", Fault::Hold(gate.clone()));
    let late = tokio::spawn({
        let store = store.clone();
        async move { store.update_table().await }
    });
    while !world.network.operations().contains(&"UpdateTable".to_owned()) {
        tokio::task::yield_now().await;
    }
    store.update_table().await.unwrap();
    gate.notify_one();
    assert_eq!(late.await.unwrap().unwrap(), []);
}

#[tokio::test]
async fn a_lost_answer_adds_nothing_twice() {
    skip_pauses();
    let (world, store) = grown(off()).await;
    for _ in 0..3 {
        world.network.fail_next("UpdateTable", Fault::LoseResponse);
    }
    store.update_table().await.unwrap();
    assert_eq!(indexes(&world, &store).await, ["by_user", "by_tenant"]);
}

#[tokio::test]
async fn a_refusal_of_any_call_names_the_permission_and_the_next_call_resumes() {
    let after_ttl = [TableChange::DeletionProtection, time_to_live()];
    let denied: [(&str, &[TableChange]); 5] = [
        ("DescribeTimeToLive", &[]),
        ("Scan", &[]),
        ("UpdateTable", &[]),
        ("UpdateTimeToLive", &after_ttl[..1]),
        ("UpdateContinuousBackups", &after_ttl),
    ];
    for (operation, done) in denied {
        let (world, _) = grown(off()).await;
        let options = TableOptions::new().deletion_protection(true).point_in_time_recovery(true);
        let store = world.bare_store::<After>(options).await;
        world.network.fail_next(operation, Fault::Answer(400, DENIED));
        world.network.fail_next("DescribeContinuousBackups", Fault::Answer(200, RECOVERY_OFF));
        let error = store.update_table().await.unwrap_err();
        assert!(error.is_access_denied(), "{operation}: {error}");
        let text = error.to_string();
        assert!(text.contains(&format!("`dynamodb:{operation}`")), "{text}");
        let list: Vec<String> = done.iter().map(TableChange::to_string).collect();
        let list = if list.is_empty() { "nothing".to_owned() } else { list.join(", ") };
        assert!(text.contains(&format!("done: {list};")), "{text}");

        world.network.forget_faults();
        world.network.fail_next("DescribeContinuousBackups", Fault::Answer(200, RECOVERY_OFF));
        world.network.fail_next("UpdateContinuousBackups", Fault::Answer(200, RECOVERY_ON));
        let mut rest = after_ttl.to_vec();
        rest.extend([TableChange::PointInTimeRecovery, index("by_user"), index("by_tenant")]);
        rest.retain(|change| !done.contains(change));
        assert_eq!(store.update_table().await.unwrap(), rest, "after {operation}");
    }
}

#[tokio::test]
async fn the_second_index_that_fails_leaves_the_first() {
    let (world, store) = grown(off()).await;
    let update = store.update_table().on_progress(|step| {
        if step.to_string() == "adding index `by_tenant`" {
            world.network.fail_next("UpdateTable", Fault::Answer(400, DENIED));
        }
    });
    let error = update.await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::AccessDenied, Some("tenant")));
    let text = error.to_string();
    assert!(text.contains("done: index `by_user`; not done: index `by_tenant`"), "{text}");
    assert_eq!(store.update_table().await.unwrap(), [index("by_tenant")]);
}

#[tokio::test]
async fn a_missing_table_is_left_to_create_table() {
    let world = World::new();
    let store = world.bare_store::<After>(TableOptions::new()).await;
    let error = store.update_table().await.unwrap_err();
    assert!(error.is_table_missing(), "{error}");
    assert!(error.to_string().contains("create_table"), "{error}");
    assert_eq!(world.network.operations(), ["DescribeTable"]);
}

#[tokio::test]
async fn a_table_that_is_being_deleted_is_not_touched() {
    let (world, store) = grown(TableOptions::new()).await;
    world.network.fail_next("DescribeTable", Fault::Answer(200, DELETING));
    let error = store.update_table().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert_eq!(world.network.operations(), ["DescribeTable"]);
}

#[tokio::test]
async fn a_table_that_is_deleted_meanwhile_ends_the_call() {
    skip_pauses();
    let (world, store) = grown(off()).await;
    for _ in 0..8 {
        world.network.fail_next("DescribeTable", Fault::Answer(200, BACKFILLING));
    }
    let gate = Arc::new(Notify::new());
    let deleted = tokio::spawn({
        let delete = world.direct.delete_table().table_name(store.table_name());
        let gate = gate.clone();
        async move {
            gate.notified().await;
            delete.send().await
        }
    });
    let update = store.update_table().on_progress(|step| {
        if matches!(step, TableProgress::BackfillingIndex { .. }) {
            gate.notify_one();
        }
    });
    let error = update.await.unwrap_err();
    deleted.await.unwrap().unwrap();
    assert!(error.is_table_missing(), "{error}");
    assert!(error.to_string().contains("deleted in the meantime"), "{error}");
}

#[tokio::test]
async fn a_table_that_begins_to_be_deleted_ends_the_call() {
    skip_pauses();
    let (world, store) = grown(off()).await;
    for look in [BACKFILLING, BACKFILLING, BACKFILLING, DELETING] {
        world.network.fail_next("DescribeTable", Fault::Answer(200, look));
    }
    let error = store.update_table().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert!(error.to_string().contains("DELETING"), "{error}");
}

#[tokio::test]
async fn an_index_is_not_asked_for_while_someone_changes_the_table() {
    const UPDATING: &str = r#"{"Table":{"TableName":"members","TableStatus":"UPDATING",
        "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
        "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]}}"#;
    skip_pauses();
    let (world, store) = grown(off()).await;
    for _ in 0..4 {
        world.network.fail_next("DescribeTable", Fault::Answer(200, UPDATING));
    }
    let mut steps = Vec::new();
    let update = store.update_table().on_progress(|step| steps.push(step.to_string()));
    update.await.unwrap();
    let expected = ["waiting for the table (UPDATING)", "waiting for the table (UPDATING)"];
    assert_eq!(steps[..2], expected, "then: {steps:?}");
}

#[tokio::test]
async fn ttl_that_was_changed_within_the_hour_says_when_and_leaves_the_rest_for_later() {
    let (world, _) = grown(off()).await;
    let store = world.bare_store::<After>(TableOptions::new()).await;
    world.network.fail_next("UpdateTimeToLive", Fault::Answer(400, TTL_TOO_SOON));
    let error = store.update_table().await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
    assert!(error.to_string().contains("09:00 UTC"), "{error}");
    let changes = [time_to_live(), index("by_user"), index("by_tenant")];
    assert_eq!(store.update_table().await.unwrap(), changes);
}

#[derive(Debug, DynamoSession)]
#[session(table = "members")]
struct Clash {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index = "by_customer")]
    user: u64,
}

#[tokio::test]
async fn an_attribute_that_another_index_has_with_another_type_is_refused() {
    let world = World::new();
    let made = world.bare_store::<After>(TableOptions::new()).await;
    made.create_table().await.unwrap();
    world.network.take_sent();
    let error = world.bare_store::<Clash>(off()).await.update_table().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Configuration, Some("user")));
    assert_eq!(world.network.operations(), ["DescribeTable"]);
}

#[tokio::test]
async fn a_table_with_all_indexes_that_aws_allows_is_a_clear_error() {
    skip_pauses();
    let (world, store) = grown(off()).await;
    let indexes: Vec<_> = (0..20)
        .map(|n| {
            json!({ "IndexName": format!("other_{n}"), "IndexStatus": "ACTIVE",
                "KeySchema": [{ "AttributeName": "other", "KeyType": "HASH" }] })
        })
        .collect();
    let full = json!({ "Table": { "TableName": "members", "TableStatus": "ACTIVE",
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" },
            { "AttributeName": "other", "AttributeType": "S" }],
        "GlobalSecondaryIndexes": indexes } });
    let full: &'static str = full.to_string().leak();
    for _ in 0..10 {
        world.network.fail_next("DescribeTable", Fault::Answer(200, full));
    }
    for _ in 0..3 {
        world.network.fail_next("UpdateTable", Fault::Answer(400, LIMIT));
    }
    let error = store.update_table().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Configuration, Some("user")));
    assert!(error.to_string().contains("20 indexes"), "{error}");
}
