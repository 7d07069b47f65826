//! Each policy allows what its use sends to the table, and nothing else.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    TimeToLiveSpecification,
};
use dynamo_session::infrastructure::{Access, Infrastructure};
use dynamo_session::interop::ForeignStore;
use dynamo_session::table::TableOptions;
use dynamo_session::{Committed, ErrorKind, SessionStore};
use dynamo_session_tests::refusals::RECOVERY_OFF;
use dynamo_session_tests::{Device, Fault, Ledger, Sent, Visit, World, skip_pauses};
use serde_json::{Value, json};

const TABLE_ARN: &str = "arn:aws:dynamodb:*:*:table/ledger-sessions";

type Grants = BTreeSet<(String, String)>;

/// The pairs of action and resource that a policy allows.
fn allowed(policy: &str) -> Grants {
    let policy: Value = serde_json::from_str(policy).unwrap();
    assert_eq!(policy["Version"], "2012-10-17");
    let mut grants = Grants::new();
    for statement in policy["Statement"].as_array().unwrap() {
        assert_eq!(statement["Effect"], "Allow");
        for action in statement["Action"].as_array().unwrap() {
            for resource in statement["Resource"].as_array().unwrap() {
                let grant = (action.as_str().unwrap(), resource.as_str().unwrap());
                grants.insert((grant.0.to_owned(), grant.1.to_owned()));
            }
        }
    }
    grants
}

/// The pairs of action and resource that AWS asks for before it carries these requests out.
fn needed(store: &SessionStore<Ledger>, sent: &[Sent]) -> Grants {
    let table = format!("arn:aws:dynamodb:*:*:table/{}", store.table_name());
    let mut grants = Grants::new();
    for sent in sent {
        let mut need = |action: &str, resource: &str| {
            grants.insert((format!("dynamodb:{action}"), resource.to_owned()));
        };
        match &*sent.operation {
            "TransactWriteItems" => {
                for item in sent.body["TransactItems"].as_array().unwrap() {
                    for part in item.as_object().unwrap().keys() {
                        let action = match &**part {
                            "ConditionCheck" => "ConditionCheckItem".to_owned(),
                            part => format!("{part}Item"),
                        };
                        need(&action, &table);
                    }
                }
            }
            operation => {
                match sent.body["IndexName"].as_str() {
                    Some(index) => need(operation, &format!("{table}/index/{index}")),
                    None => need(operation, &table),
                }
                if operation == "CreateTable" && !sent.body["Tags"].is_null() {
                    need("TagResource", &table);
                }
            }
        }
    }
    grants
}

/// Compares what a policy for this use allows with what was sent since the last call.
#[track_caller]
fn assert_least(world: &World, store: &SessionStore<Ledger>, access: Access) {
    let policy = store.infrastructure().iam_policy([access]).unwrap();
    assert_eq!(allowed(&policy), needed(store, &world.network.take_sent()), "{access:?}");
}

async fn build(world: &World, options: TableOptions) -> SessionStore<Ledger> {
    let builder = world.builder::<Ledger>().table_options(options).auto_create(true);
    builder.build().await.unwrap()
}

#[tokio::test]
async fn run_allows_exactly_what_serving_sessions_sends() {
    skip_pauses();
    let world = World::new();
    let store = build(&world, TableOptions::new()).await;
    world.network.take_sent();

    let mut session = store.create();
    session.note = "first".to_owned();
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    session.note = "second".to_owned();
    session.tenant = Some(1);
    let _ = session.commit().await.unwrap();
    session.renew().await.unwrap();
    let id = session.id().clone();
    let mut other = world.load(&store, &id).await;
    other.tenant = Some(2);
    let _ = other.commit().await.unwrap();
    session.tenant = Some(3);
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Conflict);
    store.update(&id, |session| session.note.push('!')).await.unwrap();
    world.clock.advance(Duration::from_secs(600));
    let mut session = world.load(&store, &id).await;
    let _ = session.touch().await.unwrap();
    world.network.fail_next("UpdateItem", Fault::LoseResponse);
    session.note = "third".to_owned();
    let _ = session.commit().await.unwrap();
    world.network.fail_next("TransactWriteItems", Fault::LoseResponse);
    session.renew().await.unwrap();
    session.destroy().await.unwrap();
    store.destroy(&id).await.unwrap();

    let sent = world.network.operations();
    for operation in ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"] {
        assert!(sent.iter().any(|sent| sent == operation), "{operation} was not tried");
    }
    assert_least(&world, &store, Access::Run);
}

/// Options that make the most requests.
fn everything() -> TableOptions {
    TableOptions::new().deletion_protection(true).point_in_time_recovery(true).tag("team", "web")
}

/// Answers for what local engines do not have.
fn answer_for_backups(world: &World, times: usize) {
    for _ in 0..times {
        world.network.fail_next("DescribeContinuousBackups", Fault::Answer(200, RECOVERY_OFF));
        world.network.fail_next("UpdateContinuousBackups", Fault::Answer(200, RECOVERY_OFF));
        world.network.fail_next("ListTagsOfResource", Fault::Answer(200, r#"{"Tags":[]}"#));
    }
}

async fn disable_time_to_live(world: &World, store: &SessionStore<Ledger>) {
    let specification = TimeToLiveSpecification::builder().attribute_name("expires").enabled(false);
    let update = world.direct.update_time_to_live().table_name(store.table_name());
    update.time_to_live_specification(specification.build().unwrap()).send().await.unwrap();
}

#[tokio::test]
async fn create_allows_exactly_what_creating_and_resuming_send() {
    for options in [TableOptions::new(), everything(), TableOptions::new().time_to_live(false)] {
        let world = World::new();
        answer_for_backups(&world, 2);
        let store = build(&world, options.clone()).await;
        if options != TableOptions::new().time_to_live(false) {
            disable_time_to_live(&world, &store).await;
        }
        store.create_table().await.unwrap();
        assert_least(&world, &store, Access::Create);
    }
}

#[tokio::test]
async fn update_allows_exactly_what_updating_sends() {
    for options in [TableOptions::new(), everything(), TableOptions::new().time_to_live(false)] {
        let world = World::new();
        let store = world.bare_store::<Ledger>(options).await;
        let create = world.direct.create_table().table_name(store.table_name());
        let key = KeySchemaElement::builder().attribute_name("key").key_type(KeyType::Hash);
        let attribute = AttributeDefinition::builder().attribute_name("key");
        let attribute = attribute.attribute_type(ScalarAttributeType::S).build().unwrap();
        let create = create.key_schema(key.build().unwrap()).attribute_definitions(attribute);
        create.billing_mode(BillingMode::PayPerRequest).send().await.unwrap();

        answer_for_backups(&world, 1);
        store.update_table().await.unwrap();
        assert_least(&world, &store, Access::Update);
    }
}

#[tokio::test]
async fn verify_allows_exactly_what_verifying_sends() {
    for options in [TableOptions::new(), everything()] {
        let world = World::new();
        let store = build(&world, options).await;
        world.network.take_sent();
        answer_for_backups(&world, 1);
        store.verify_table().await.unwrap();
        assert_least(&world, &store, Access::Verify);
    }
}

#[tokio::test]
async fn list_allows_exactly_what_listing_and_ending_send() {
    let world = World::new();
    let store = build(&world, TableOptions::new()).await;
    let mut others = [store.create(), store.create(), store.create()];
    world.clock.advance(Duration::from_secs(1));
    let mut kept = store.create();
    for session in others.iter_mut().chain([&mut kept]) {
        session.user = Some("ada".to_owned());
        session.tenant = Some(7);
        session.device = Some(Device(vec![7]));
        let _ = session.commit().await.unwrap();
    }
    world.network.take_sent();

    let listed = store.by(Ledger::DEVICE).list(&Device(vec![7])).all().await.unwrap();
    assert_eq!(listed.len(), 4);
    let other = listed.iter().find(|listed| !listed.is(&kept)).unwrap();
    assert!(other.end().await.unwrap());
    assert_eq!(store.by(Ledger::TENANT).keep_newest(&7, 2, &kept).await.unwrap(), 1);
    assert_eq!(store.by(Ledger::USER).end_all("ada").except(&kept).await.unwrap(), 1);
    assert_least(&world, &store, Access::List);
}

#[tokio::test]
async fn purge_and_count_allow_exactly_what_they_send() {
    let world = World::new();
    let store = build(&world, TableOptions::new()).await;
    let mut session = store.create();
    session.note = "old".to_owned();
    let _ = session.commit().await.unwrap();
    world.clock.advance(Duration::from_secs(86_400));
    world.network.take_sent();

    assert_eq!(store.count_sessions().measure_sizes(true).await.unwrap().expired, 1);
    assert_least(&world, &store, Access::Count);
    assert_eq!(store.purge_expired().await.unwrap().deleted, 1);
    assert_least(&world, &store, Access::Purge);
    let mut session = store.create();
    session.note = "x".to_owned();
    let _ = session.commit().await.unwrap();
    world.network.take_sent();
    store.end_everyone().await.unwrap();
    assert_least(&world, &store, Access::EndEveryone);
}

#[test]
fn a_policy_for_several_uses_allows_what_each_allows() {
    let ledger = Infrastructure::of::<Ledger>().adopt(&ForeignStore::koa("koa-sessions"));
    for one in Access::ALL {
        for other in Access::ALL {
            let both = allowed(&ledger.iam_policy([*one, *other]).unwrap());
            let each: Grants = [one, other]
                .iter()
                .flat_map(|access| allowed(&ledger.iam_policy([**access]).unwrap()))
                .collect();
            assert_eq!(both, each, "{one:?} and {other:?}");
        }
    }
}

#[test]
fn the_arns_are_those_of_the_table() {
    let ledger = Infrastructure::of::<Ledger>();
    let resources = |infrastructure: Infrastructure| -> BTreeSet<String> {
        let grants = allowed(&infrastructure.iam_policy([Access::List]).unwrap());
        grants.into_iter().map(|(_, resource)| resource).collect()
    };
    let expected = |table: &str| {
        let index = |name: &str| format!("{table}/index/{name}");
        BTreeSet::from([table.to_owned(), index("by_user"), index("by_tenant"), index("by_device")])
    };
    assert_eq!(resources(ledger.clone()), expected(TABLE_ARN));
    let here = ledger.clone().region("cn-north-1").account("111122223333").table_name("x-1");
    assert_eq!(resources(here), expected("arn:aws-cn:dynamodb:cn-north-1:111122223333:table/x-1"));
    let arn = "arn:aws-us-gov:dynamodb:us-gov-west-1:111122223333:table/shared";
    assert_eq!(resources(ledger.clone().table_name(arn)), expected(arn));
    let template = ledger.clone().table_name(arn).cloudformation().unwrap();
    assert!(template.contains("Default: \"shared\""), "{template}");

    for wrong in
        [ledger.clone().region("eu west"), ledger.clone().region(""), ledger.account("1234")]
    {
        let error = wrong.iam_policy([Access::Run]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
}

#[test]
fn a_policy_for_more_than_one_table_says_so() {
    let ledger = Infrastructure::of::<Ledger>();
    let arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/ledger";
    let open = [
        (ledger.clone(), Some("every Region and account")),
        (ledger.clone().region("eu-west-1"), Some("every account")),
        (ledger.clone().account("111122223333"), Some("every Region")),
        (ledger.clone().region("eu-west-1").account("111122223333"), None),
        (ledger.table_name(arn), None),
    ];
    for (infrastructure, expected) in open {
        let warning = infrastructure.iam_warning();
        assert_eq!(warning.is_some(), expected.is_some(), "{warning:?}");
        assert!(warning.unwrap_or_default().contains(expected.unwrap_or_default()));
        let policy = infrastructure.iam_policy([Access::Run]).unwrap();
        assert_eq!(policy.contains(":*:"), expected.is_some(), "{policy}");
    }
}

#[test]
fn what_no_policy_can_be_made_of_is_refused() {
    let unnamed = Infrastructure::of::<Visit>();
    let named = unnamed.clone().table_name("visits");
    for result in
        [unnamed.iam_policy([Access::Run]), named.iam_policy([]), named.iam_policy([Access::List])]
    {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Configuration);
    }
}

#[test]
fn a_key_of_the_account_may_be_used_by_way_of_dynamodb_only() {
    let key_statement = |key: &str, access: Access| -> Option<Value> {
        let ledger = Infrastructure::of::<Ledger>().region("eu-west-1").account("111122223333");
        let policy = ledger.table_options(TableOptions::new().kms_key(key)).iam_policy([access]);
        let policy: Value = serde_json::from_str(&policy.unwrap()).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        statements.iter().find(|statement| statement["Sid"] == "Key").cloned()
    };
    let via = json!({ "kms:ViaService": "dynamodb.eu-west-1.amazonaws.com" });

    let arn = "arn:aws:kms:eu-west-1:444455556666:key/1234abcd";
    let statement = key_statement(arn, Access::Run).unwrap();
    assert_eq!(statement["Resource"], json!([arn]));
    assert_eq!(statement["Action"], json!(["kms:Decrypt"]));
    assert_eq!(statement["Condition"], json!({ "StringLike": via }));

    let statement = key_statement("1234abcd", Access::Count).unwrap();
    assert_eq!(statement["Resource"], json!(["arn:aws:kms:eu-west-1:111122223333:key/1234abcd"]));

    let statement = key_statement("alias/sessions", Access::Create).unwrap();
    assert_eq!(statement["Resource"], json!(["arn:aws:kms:eu-west-1:111122223333:key/*"]));
    assert_eq!(
        statement["Condition"],
        json!({ "StringLike": via, "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/sessions" } })
    );
    assert!(statement["Action"].as_array().unwrap().contains(&json!("kms:CreateGrant")));
    assert_eq!(key_statement(arn, Access::Verify), None, "no item is read");
}
