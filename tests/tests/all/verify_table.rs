//! `verify_table`: one finding for each way in which a live table can differ, as data and as text.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    TimeToLiveSpecification,
};
use dynamo_session::table::{
    FindingKind, Severity, TableChange, TableClass, TableOptions, TableReport,
};
use dynamo_session::{
    CreatedAt, DynamoSession, ErrorKind, Expires, Operation, SessionId, SessionStore,
};
use dynamo_session_tests::refusals::{
    DENIED, IN_USE, NOT_FOUND, RECOVERY_OFF, RECOVERY_ON, UNKNOWN,
};
use dynamo_session_tests::{Fault, Traces, World};
use serde_json::{Value, json};

#[derive(Debug, DynamoSession)]
#[session(table = "members")]
struct Member {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index = "by_user")]
    user: Option<String>,
}

/// A world with the table as declared, and its store.
async fn made(options: TableOptions) -> (World, SessionStore<Member>) {
    let world = World::new();
    let store = world.bare_store(options).await;
    store.create_table().await.unwrap();
    world.network.take_sent();
    (world, store)
}

/// What a description of the table looks like, changed at some places.
fn description(changes: &[(&str, Value)]) -> &'static str {
    let mut table = json!({
        "TableName": "members",
        "TableStatus": "ACTIVE",
        "BillingModeSummary": { "BillingMode": "PAY_PER_REQUEST" },
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "AttributeDefinitions": [
            { "AttributeName": "id", "AttributeType": "S" },
            { "AttributeName": "user", "AttributeType": "S" },
            { "AttributeName": "number", "AttributeType": "N" },
        ],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by_user",
            "IndexStatus": "ACTIVE",
            "KeySchema": [{ "AttributeName": "user", "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        }],
    });
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match table.pointer_mut(parent).unwrap() {
            Value::Array(parts) => parts[key.parse::<usize>().unwrap()] = value.clone(),
            parent => parent[key] = value.clone(),
        }
    }
    json!({ "Table": table }).to_string().leak()
}

async fn require_one(report: &TableReport, severity: Severity, kind: &FindingKind) {
    let [finding] = report.findings() else { panic!("not one finding: {report}") };
    assert_eq!((finding.severity(), finding.kind()), (severity, kind), "{report}");
    assert_eq!(report.is_sound(), severity == Severity::Advice);
    assert!(!finding.advice().is_empty());
    assert_eq!(
        finding.to_string(),
        format!("{severity}: {}; {}", finding.problem(), finding.advice())
    );
}

#[tokio::test]
async fn a_table_as_declared_has_no_findings_and_is_not_changed() {
    let options = TableOptions::new().deletion_protection(true).tag("team", "web");
    let (world, store) = made(options).await;
    let report = store.verify_table().await.unwrap();
    assert_eq!(report.findings(), []);
    assert!(report.is_sound());
    let name = store.table_name();
    assert_eq!(report.to_string(), format!("table `{name}`: as declared"));
    let sent = world.network.operations();
    assert_eq!(sent, ["DescribeTable", "DescribeTimeToLive", "ListTagsOfResource"]);
}

#[tokio::test]
async fn each_difference_in_the_description_is_a_finding() {
    use FindingKind as Kind;
    use Severity::{Advice, Error};
    let index = || "by_user".to_owned();
    let on_demand = TableOptions::new;
    let cases = [
        (
            on_demand(),
            vec![("/TableStatus", json!("DELETING"))],
            Error,
            Kind::TableStatus { status: "DELETING".to_owned() },
        ),
        (
            on_demand(),
            vec![("/TableStatus", json!("CREATING"))],
            Error,
            Kind::TableStatus { status: "CREATING".to_owned() },
        ),
        (
            on_demand(),
            vec![("/KeySchema/0/AttributeName", json!("user"))],
            Error,
            Kind::KeyDiffers { found: "`user` (HASH, S)".to_owned() },
        ),
        (
            on_demand(),
            vec![("/AttributeDefinitions/0/AttributeType", json!("B"))],
            Error,
            Kind::KeyDiffers { found: "`id` (HASH, B)".to_owned() },
        ),
        (
            on_demand(),
            vec![(
                "/KeySchema",
                json!([{ "AttributeName": "id", "KeyType": "HASH" }, { "AttributeName": "number", "KeyType": "RANGE" }]),
            )],
            Error,
            Kind::KeyDiffers { found: "`id` (HASH, S) and `number` (RANGE, N)".to_owned() },
        ),
        (
            on_demand(),
            vec![("/GlobalSecondaryIndexes", json!([]))],
            Error,
            Kind::IndexMissing { index: index() },
        ),
        (
            on_demand(),
            vec![("/GlobalSecondaryIndexes/0/KeySchema/0/AttributeName", json!("number"))],
            Error,
            Kind::IndexKeyDiffers { index: index(), found: "`number` (HASH, N)".to_owned() },
        ),
        (
            on_demand(),
            vec![("/AttributeDefinitions/1/AttributeType", json!("N"))],
            Error,
            Kind::IndexKeyDiffers { index: index(), found: "`user` (HASH, N)".to_owned() },
        ),
        (
            on_demand(),
            vec![("/GlobalSecondaryIndexes/0/IndexStatus", json!("CREATING"))],
            Advice,
            Kind::IndexStatus { index: index(), status: "CREATING".to_owned() },
        ),
        (
            on_demand(),
            vec![
                ("/GlobalSecondaryIndexes/0/IndexStatus", json!("CREATING")),
                ("/GlobalSecondaryIndexes/0/Backfilling", json!(true)),
            ],
            Advice,
            Kind::IndexStatus { index: index(), status: "BACKFILLING".to_owned() },
        ),
        (
            on_demand(),
            vec![("/GlobalSecondaryIndexes/0/IndexStatus", json!("DELETING"))],
            Error,
            Kind::IndexStatus { index: index(), status: "DELETING".to_owned() },
        ),
        (
            on_demand(),
            vec![("/GlobalSecondaryIndexes/0/Projection/ProjectionType", json!("ALL"))],
            Advice,
            Kind::IndexProjection { index: index(), found: "ALL".to_owned() },
        ),
        (
            TableOptions::new().provisioned(5, 5),
            vec![],
            Advice,
            Kind::BillingDiffers { found: "on demand, without limits".to_owned() },
        ),
        (
            TableOptions::new().max_on_demand(100, 50),
            vec![(
                "/OnDemandThroughput",
                json!({ "MaxReadRequestUnits": 100, "MaxWriteRequestUnits": -1 }),
            )],
            Advice,
            Kind::BillingDiffers {
                found: "on demand, up to 100 read and any write units a second".to_owned(),
            },
        ),
        (
            on_demand(),
            // AWS says nothing of billing where a table was always provisioned.
            vec![
                ("/BillingModeSummary", Value::Null),
                (
                    "/ProvisionedThroughput",
                    json!({ "ReadCapacityUnits": 7, "WriteCapacityUnits": 3 }),
                ),
            ],
            Advice,
            Kind::BillingDiffers {
                found: "provisioned, 7 read and 3 write units a second".to_owned(),
            },
        ),
        (
            TableOptions::new().table_class(TableClass::StandardInfrequentAccess),
            vec![],
            Advice,
            Kind::TableClassDiffers { found: "STANDARD".to_owned() },
        ),
        (
            on_demand(),
            vec![("/TableClassSummary", json!({ "TableClass": "STANDARD_INFREQUENT_ACCESS" }))],
            Advice,
            Kind::TableClassDiffers { found: "STANDARD_INFREQUENT_ACCESS".to_owned() },
        ),
        (
            TableOptions::new().deletion_protection(true),
            vec![],
            Advice,
            Kind::DeletionProtectionOff,
        ),
        (
            TableOptions::new().aws_managed_key(),
            vec![],
            Advice,
            Kind::EncryptionDiffers { found: "a key that AWS owns".to_owned() },
        ),
        (
            TableOptions::new().kms_key("0a1b"),
            vec![(
                "/SSEDescription",
                json!({ "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": "arn:aws:kms:eu-west-1:1:key/ffff" }),
            )],
            Advice,
            Kind::EncryptionDiffers { found: "arn:aws:kms:eu-west-1:1:key/ffff".to_owned() },
        ),
        (
            on_demand(),
            vec![(
                "/SSEDescription",
                json!({ "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": "arn:aws:kms:eu-west-1:1:key/ffff" }),
            )],
            Advice,
            Kind::EncryptionDiffers { found: "arn:aws:kms:eu-west-1:1:key/ffff".to_owned() },
        ),
    ];
    let (world, store) = made(TableOptions::new()).await;
    for (options, changes, severity, kind) in cases {
        let store = world.builder::<Member>().table_name(store.table_name()).table_options(options);
        let store = store.build().await.unwrap();
        world.network.fail_next("DescribeTable", Fault::Answer(200, description(&changes)));
        require_one(&store.verify_table().await.unwrap(), severity, &kind).await;
    }
}

#[tokio::test]
async fn an_attribute_has_one_type_in_all_indexes_so_another_name_for_the_index_is_no_advice() {
    let (world, store) = made(TableOptions::new()).await;
    let cases = [
        ("/AttributeDefinitions/1/AttributeType", json!("N"), false),
        ("/GlobalSecondaryIndexes/0/KeySchema/0/AttributeName", json!("number"), true),
    ];
    for (pointer, value, would_do) in cases {
        let changed = description(&[(pointer, value)]);
        world.network.fail_next("DescribeTable", Fault::Answer(200, changed));
        let report = store.verify_table().await.unwrap();
        assert_eq!(report.findings()[0].advice().contains("another name"), would_do, "{report}");
        world.network.fail_next("DescribeTable", Fault::Answer(200, changed));
        let error = store.update_table().await.unwrap_err().to_string();
        assert_eq!(error.contains("another name"), would_do, "{error}");
    }
}

/// A type of which each index was made before it had a sort key.
#[derive(Debug, DynamoSession)]
#[session(table = "members")]
struct Dated {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(index = "by_user")]
    user: Option<String>,
}

/// The same type, as it is to be to move to an index with the sort key.
#[derive(Debug, DynamoSession)]
#[session(table = "members")]
struct Moved {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(index = "by_user_newest_first")]
    user: Option<String>,
}

#[tokio::test]
async fn an_index_without_the_sort_key_is_reported_with_what_to_do_and_that_works() {
    let (world, old) = made(TableOptions::new()).await;
    let store = world.builder::<Dated>().table_name(old.table_name()).build().await.unwrap();
    let report = store.verify_table().await.unwrap();
    let found = "`user` (HASH, S)".to_owned();
    let kind = FindingKind::IndexKeyDiffers { index: "by_user".to_owned(), found };
    require_one(&report, Severity::Error, &kind).await;
    let finding = &report.findings()[0];
    assert!(finding.problem().contains("`user` (HASH, S) and `created_at` (RANGE, N)"), "{report}");
    for words in ["cannot change", "another name", "`store.update_table()`", "delete this one"] {
        assert!(finding.advice().contains(words), "{words}: {report}");
    }
    for error in [store.create_table().await.unwrap_err(), store.update_table().await.unwrap_err()]
    {
        assert_eq!((error.kind(), error.attribute()), (ErrorKind::Configuration, Some("user")));
        assert!(error.to_string().contains("another name"), "{error}");
        assert!(error.to_string().contains("not touched"), "{error}");
    }

    let store = world.builder::<Moved>().table_name(old.table_name()).build().await.unwrap();
    let index = "by_user_newest_first".to_owned();
    assert_eq!(store.update_table().await.unwrap(), [TableChange::Index { index }]);
    assert_eq!(store.verify_table().await.unwrap().findings(), []);
    assert_eq!(old.verify_table().await.unwrap().findings(), [], "nor for what still runs");
}

#[tokio::test]
async fn a_creation_that_another_key_of_the_table_has_as_another_type_is_named() {
    let (world, old) = made(TableOptions::new()).await;
    let store = world.builder::<Moved>().table_name(old.table_name()).build().await.unwrap();
    let changes = [(
        "/AttributeDefinitions/2",
        json!({ "AttributeName": "created_at", "AttributeType": "S" }),
    )];
    world.network.fail_next("DescribeTable", Fault::Answer(200, description(&changes)));
    let report = store.verify_table().await.unwrap();
    let kind = FindingKind::IndexMissing { index: "by_user_newest_first".to_owned() };
    require_one(&report, Severity::Error, &kind).await;
    assert!(report.findings()[0].advice().contains("`created_at` as S"), "{report}");
    world.network.fail_next("DescribeTable", Fault::Answer(200, description(&changes)));
    let error = store.update_table().await.unwrap_err();
    assert!(error.is_configuration() && error.to_string().contains("`created_at` as S"), "{error}");
}

#[tokio::test]
async fn a_key_in_kms_is_recognized_by_arn_and_id_and_an_alias_may_stand_for_any() {
    const ARN: &str = "arn:aws:kms:eu-west-1:1:key/0a1b";
    let encrypted = json!({ "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": ARN });
    let (world, store) = made(TableOptions::new()).await;
    let keys = [ARN, "0a1b", "alias/sessions", "arn:aws:kms:eu-west-1:1:alias/sessions"];
    let mut options: Vec<_> = keys.map(|key| TableOptions::new().kms_key(key)).to_vec();
    options.push(TableOptions::new().aws_managed_key());
    for options in options {
        let store = world.builder::<Member>().table_name(store.table_name()).table_options(options);
        let store = store.build().await.unwrap();
        let changes = [("/SSEDescription", encrypted.clone())];
        world.network.fail_next("DescribeTable", Fault::Answer(200, description(&changes)));
        assert_eq!(store.verify_table().await.unwrap().findings(), []);
    }
}

fn ttl(status: &str, attribute: &str) -> &'static str {
    json!({ "TimeToLiveDescription": { "TimeToLiveStatus": status, "AttributeName": attribute } })
        .to_string()
        .leak()
}

#[tokio::test]
async fn ttl_is_compared_with_the_expiry_and_the_options() {
    let (world, on) = made(TableOptions::new()).await;
    let off = world.builder::<Member>().table_options(TableOptions::new().time_to_live(false));
    let off = off.build().await.unwrap();
    let changing = |status: &str| {
        Some((Severity::Advice, FindingKind::TimeToLiveChanging { status: status.to_owned() }))
    };
    let elsewhere = || {
        let found = "deadline".to_owned();
        Some((Severity::Error, FindingKind::TimeToLiveAttribute { found }))
    };
    let is_off = Some((Severity::Advice, FindingKind::TimeToLiveOff));
    let is_on = Some((Severity::Advice, FindingKind::TimeToLiveOn));
    let cases = [
        (&on, "DISABLED", "", is_off.clone()),
        (&on, "DISABLED", "deadline", is_off),
        (&on, "ENABLED", "expires_at", None),
        (&on, "ENABLING", "expires_at", changing("ENABLING")),
        (&on, "DISABLING", "expires_at", changing("DISABLING")),
        (&on, "ENABLED", "deadline", elsewhere()),
        (&on, "ENABLING", "deadline", elsewhere()),
        (&on, "DISABLING", "deadline", elsewhere()),
        (&off, "DISABLED", "", None),
        (&off, "ENABLED", "expires_at", is_on),
        (&off, "ENABLED", "deadline", elsewhere()),
    ];
    for (store, status, attribute, expected) in cases {
        world.network.fail_next("DescribeTimeToLive", Fault::Answer(200, ttl(status, attribute)));
        let report = store.verify_table().await.unwrap();
        match expected {
            Some((severity, kind)) => require_one(&report, severity, &kind).await,
            None => assert_eq!(report.findings(), [], "{status}"),
        }
    }
}

#[tokio::test]
async fn a_live_table_that_differs_in_everything_is_found_out() {
    let world = World::new();
    let options = TableOptions::new().deletion_protection(true).tag("team", "web");
    let store = world.bare_store::<Member>(options).await;
    let create = world.direct.create_table().table_name(store.table_name());
    let key = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash);
    let kind = AttributeDefinition::builder().attribute_name("pk");
    let kind = kind.attribute_type(ScalarAttributeType::S).build().unwrap();
    let create = create.key_schema(key.build().unwrap()).attribute_definitions(kind);
    create.billing_mode(BillingMode::PayPerRequest).send().await.unwrap();
    let other = TimeToLiveSpecification::builder().attribute_name("deadline").enabled(true);
    let update = world.direct.update_time_to_live().table_name(store.table_name());
    update.time_to_live_specification(other.build().unwrap()).send().await.unwrap();

    let report = store.verify_table().await.unwrap();
    let kinds: Vec<_> = report.findings().iter().map(|finding| finding.kind().clone()).collect();
    assert_eq!(
        kinds,
        [
            FindingKind::KeyDiffers { found: "`pk` (HASH, S)".to_owned() },
            FindingKind::IndexMissing { index: "by_user".to_owned() },
            FindingKind::TimeToLiveAttribute { found: "deadline".to_owned() },
            FindingKind::DeletionProtectionOff,
            FindingKind::TagDiffers { key: "team".to_owned(), found: None },
        ],
        "errors first"
    );
    let name = store.table_name();
    let expected = format!(
        "table `{name}`: 3 errors, 2 recommendations
  error: the table's key is `pk` (HASH, S), the session's is `id` (HASH, S); name another table, or change the field marked `hash_key`
  error: the index `by_user` on `user` (HASH, S) is missing; add it with `store.update_table()`
  error: TTL is on the attribute `deadline`, the session's expiry is `expires_at`; move it by hand: disable it, then enable it an hour later (AWS accepts one change an hour); or change the field marked `ttl`
  advice: deletion protection is off; enable it with `store.update_table()`
  advice: the tag `team` is missing; the options say `web`; set it by hand"
    );
    assert_eq!(report.to_string(), expected);
}

#[tokio::test]
async fn point_in_time_recovery_is_looked_at_where_it_is_asked_for() {
    let (world, _) = made(TableOptions::new()).await;
    let store = world.bare_store::<Member>(TableOptions::new().point_in_time_recovery(true)).await;
    world.network.fail_next("DescribeContinuousBackups", Fault::Answer(200, RECOVERY_ON));
    assert_eq!(store.verify_table().await.unwrap().findings(), []);
    world.network.fail_next("DescribeContinuousBackups", Fault::Answer(200, RECOVERY_OFF));
    let report = store.verify_table().await.unwrap();
    require_one(&report, Severity::Advice, &FindingKind::PointInTimeRecoveryOff).await;
}

#[tokio::test]
async fn a_tag_with_another_value_is_a_finding() {
    let (world, _) = made(TableOptions::new().tag("team", "web").tag("stage", "test")).await;
    let store = world.bare_store::<Member>(TableOptions::new().tag("team", "shop")).await;
    let report = store.verify_table().await.unwrap();
    let kind = FindingKind::TagDiffers { key: "team".to_owned(), found: Some("web".to_owned()) };
    require_one(&report, Severity::Advice, &kind).await;
}

#[tokio::test]
async fn what_may_not_be_looked_at_is_advice_and_not_a_failure() {
    let options = TableOptions::new().point_in_time_recovery(true).tag("team", "web");
    let (world, store) = made(options).await;
    let cases = [
        ("DescribeTimeToLive", "TTL"),
        ("DescribeContinuousBackups", "point-in-time recovery"),
        ("ListTagsOfResource", "tags"),
    ];
    for (operation, what) in cases {
        for refusal in [DENIED, UNKNOWN] {
            world.network.fail_next(operation, Fault::Answer(400, refusal));
            world.network.fail_next("DescribeContinuousBackups", Fault::Answer(200, RECOVERY_ON));
            let report = store.verify_table().await.unwrap();
            require_one(&report, Severity::Advice, &FindingKind::Unchecked { what }).await;
            let needed = format!("`dynamodb:{operation}`");
            assert!(report.findings()[0].advice().contains(&needed), "{report}");
            world.network.forget_faults();
        }
        world.network.fail_next(operation, Fault::Answer(400, IN_USE));
        world.network.fail_next("DescribeContinuousBackups", Fault::Answer(200, RECOVERY_ON));
        let error = store.verify_table().await.unwrap_err();
        assert_eq!(error.operation(), Some(Operation::VerifyTable), "anything else is a failure");
        world.network.forget_faults();
    }
}

#[tokio::test]
async fn what_aws_does_not_tell_of_a_table_that_is_not_active_is_not_checked() {
    let options = TableOptions::new().point_in_time_recovery(true).tag("team", "web");
    let (world, store) = made(options).await;
    for status in ["CREATING", "DELETING"] {
        let changes = [("/TableStatus", json!(status))];
        world.network.fail_next("DescribeTable", Fault::Answer(200, description(&changes)));
        for operation in ["DescribeTimeToLive", "DescribeContinuousBackups", "ListTagsOfResource"] {
            world.network.fail_next(operation, Fault::Answer(400, NOT_FOUND));
        }
        let report = store.verify_table().await.unwrap();
        let kinds: Vec<_> = report.findings().iter().map(|it| it.kind().clone()).collect();
        let unchecked = |what| FindingKind::Unchecked { what };
        assert_eq!(
            kinds,
            [
                FindingKind::TableStatus { status: status.to_owned() },
                unchecked("TTL"),
                unchecked("point-in-time recovery"),
                unchecked("tags"),
            ],
            "{report}"
        );
    }
}

#[tokio::test]
async fn the_description_is_required() {
    let (world, store) = made(TableOptions::new()).await;
    world.network.fail_next("DescribeTable", Fault::Answer(400, DENIED));
    let error = store.verify_table().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::AccessDenied, Some(Operation::VerifyTable))
    );
    assert!(error.to_string().contains("`dynamodb:DescribeTable`"), "{error}");
}

#[tokio::test]
async fn a_missing_table_is_a_finding() {
    let world = World::new();
    let store = world.bare_store::<Member>(TableOptions::new()).await;
    let report = store.verify_table().await.unwrap();
    require_one(&report, Severity::Error, &FindingKind::TableMissing).await;
}

#[tokio::test]
async fn a_store_is_not_built_on_a_table_with_errors() {
    let world = World::new();
    let build = || world.builder::<Member>().verify_table(true).build();
    let error = build().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::TableMissing, Some(Operation::VerifyTable))
    );

    let store = world.builder::<Member>().verify_table(true).auto_create(true).build().await;
    assert!(store.is_ok(), "it is created first: {store:?}");
    let changes =
        [("/KeySchema/0/AttributeName", json!("user")), ("/GlobalSecondaryIndexes", json!([]))];
    world.network.fail_next("DescribeTable", Fault::Answer(200, description(&changes)));
    let error = build().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::Configuration, Some(Operation::VerifyTable))
    );
    let text = error.to_string();
    assert!(text.contains("the table's key is `user`") && text.contains("`by_user`"), "{text}");
}

#[tokio::test]
async fn a_store_is_built_on_a_table_with_advice_which_is_traced() {
    let (world, _) = made(TableOptions::new()).await;
    let options = TableOptions::new().deletion_protection(true);
    let traces = Traces::collect();
    let store = world.builder::<Member>().table_options(options).verify_table(true).build().await;
    assert!(store.is_ok(), "{store:?}");
    let text = traces.text();
    let warning = text.lines().find(|line| line.contains("WARN")).unwrap_or_default();
    assert!(warning.contains("deletion protection is off"), "{text}");
}

#[tokio::test]
async fn nothing_is_asked_unless_it_is_asked_for() {
    let world = World::new();
    world.builder::<Member>().build().await.unwrap();
    assert!(world.network.take_sent().is_empty());
}
