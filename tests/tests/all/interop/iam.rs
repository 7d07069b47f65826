//! The policy for adopting allows what that sends to the two tables, and nothing else.

use std::collections::BTreeSet;

use dynamo_session::ErrorKind;
use dynamo_session::infrastructure::{Access, Infrastructure};
use dynamo_session::interop::ForeignStore;
use dynamo_session_tests::Fault;
use serde_json::Value as Json;

use super::{DATA, Member, Move, SID, legacy, legacy_row};

/// The row is not as it was read, so it is read again.
const ROW_CHANGED: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled [None, None, ConditionalCheckFailed]","CancellationReasons":[{"Code":"None"},{"Code":"None"},{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"}]}"#;

type Grants = BTreeSet<(String, String)>;

/// The pairs of action and table that a policy allows.
fn allowed(infrastructure: &Infrastructure, uses: &[Access]) -> Grants {
    let policy = infrastructure.iam_policy(uses.iter().copied()).unwrap();
    let policy: Json = serde_json::from_str(&policy).unwrap();
    let mut grants = Grants::new();
    for statement in policy["Statement"].as_array().unwrap() {
        for action in statement["Action"].as_array().unwrap() {
            for resource in statement["Resource"].as_array().unwrap() {
                let table = resource.as_str().unwrap().rsplit('/').next().unwrap();
                grants.insert((action.as_str().unwrap().to_owned(), table.to_owned()));
            }
        }
    }
    grants
}

/// The pairs that AWS asks for before it carries out what was sent since the last call.
fn needed(moved: &Move) -> Grants {
    let mut grants = Grants::new();
    for sent in moved.world.network.take_sent() {
        let mut need = |action: &str, body: &Json| {
            let table = body["TableName"].as_str().unwrap().to_owned();
            grants.insert((format!("dynamodb:{action}"), table));
        };
        match sent.body["TransactItems"].as_array() {
            None => need(&sent.operation, &sent.body),
            Some(items) => {
                for (part, body) in items.iter().flat_map(|item| item.as_object().unwrap()) {
                    need(&format!("{part}Item"), body);
                }
            }
        }
    }
    grants
}

fn of_table(grants: Grants, table: &str) -> Grants {
    grants.into_iter().filter(|(_, of)| of == table).collect()
}

#[tokio::test]
async fn serving_what_is_adopted_takes_two_actions_on_the_other_table() {
    let (moved, foreign) = legacy().await;
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.n += 1;
    session.commit().await.unwrap();
    moved.put(legacy_row(DATA)).await;
    moved.store.adopt(&foreign, SID).await.unwrap().unwrap().destroy().await.unwrap();
    moved.put(legacy_row(DATA)).await;
    assert!(moved.store.adopt(&foreign, SID).await.unwrap().is_none());

    let infrastructure = moved.store.infrastructure().adopt(&foreign);
    let allowed = allowed(&infrastructure, &[Access::Run, Access::Verify]);
    let needed = needed(&moved);
    assert_eq!(of_table(allowed.clone(), &moved.table), of_table(needed.clone(), &moved.table));
    assert!(needed.is_subset(&allowed), "{needed:?} {allowed:?}");
}

#[tokio::test]
async fn migrating_takes_three_and_writes_to_the_sessions_table() {
    let (moved, foreign) = legacy().await;
    moved.world.network.fail_next("TransactWriteItems", Fault::Answer(400, ROW_CHANGED));
    let migrated = moved.store.migrate(&foreign).await.unwrap();
    assert_eq!(migrated.adopted, 1);
    moved.put(legacy_row(DATA)).await;
    let migrated = moved.store.migrate(&foreign).await.unwrap();
    assert_eq!(migrated.already_adopted, 1);

    let infrastructure = moved.store.infrastructure().adopt(&foreign);
    assert_eq!(allowed(&infrastructure, &[Access::Migrate]), needed(&moved));
}

#[test]
fn the_other_table_may_be_elsewhere_and_other_uses_leave_it_alone() {
    let arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/legacy";
    let here = Infrastructure::of::<Member>().region("us-east-1").account("444455556666");
    let policy = here.clone().adopt(&ForeignStore::koa("legacy"));
    let policy = policy.iam_policy([Access::Run]).unwrap();
    assert!(policy.contains("arn:aws:dynamodb:us-east-1:444455556666:table/legacy"), "{policy}");
    let apart = here.adopt(&ForeignStore::koa(arn));
    let policy = apart.iam_policy([Access::Run]).unwrap();
    assert!(policy.contains(arn), "{policy}");
    let policy = apart.iam_policy([Access::Count, Access::Purge, Access::Create]).unwrap();
    assert!(!policy.contains("legacy"), "{policy}");
}

#[test]
fn migrating_without_a_store_to_migrate_from_is_refused() {
    let infrastructure = Infrastructure::of::<Member>();
    let error = infrastructure.iam_policy([Access::Migrate]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains(".adopt(&foreign_store)"), "{error}");
    let nameless = infrastructure.adopt(&ForeignStore::koa("x"));
    let error = nameless.iam_policy([Access::Run]).unwrap_err();
    assert!(error.to_string().contains("3 to 255"), "{error}");
}
