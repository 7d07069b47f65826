//! Each request to DynamoDB is a span, with the attributes that OpenTelemetry gives them.

use std::collections::BTreeMap;
use std::time::Duration;

use dynamo_session::{Session, SessionStore};
use dynamo_session_tests::refusals::{ACCOUNT_LIMIT, BROKEN, DENIED, HOT_KEY, THROTTLED};
use dynamo_session_tests::{Fault, Shop, TracedSpan, Traces, World, skip_pauses};

/// The spans of this crate, by the operation of DynamoDB that each is for.
fn requests(traces: &Traces) -> Vec<(String, BTreeMap<String, String>)> {
    let ours = |span: &TracedSpan| span.target.starts_with("dynamo_session::");
    let spans = traces.spans().into_iter().filter(ours);
    spans.map(|span| (span.fields["db.operation.name"].clone(), span.fields)).collect()
}

fn last(traces: &Traces) -> BTreeMap<String, String> {
    requests(traces).pop().unwrap().1
}

/// A session that was just stored.
async fn new(store: &SessionStore<Shop>) -> Session<Shop> {
    let mut session = store.create();
    session.views = 1;
    session.commit().await.unwrap();
    session
}

#[tokio::test]
async fn each_request_is_one() {
    let (world, store) = World::with_store::<Shop>().await;
    let traces = Traces::collect();
    let mut session = new(&store).await;
    session.views += 1;
    session.commit().await.unwrap();
    session.renew().await.unwrap();
    store.load(session.id()).await.unwrap().unwrap();
    session.destroy().await.unwrap();
    let requests = requests(&traces);
    let operations: Vec<_> = requests.iter().map(|(operation, _)| operation.as_str()).collect();
    let sent: Vec<_> = world.network.take_sent().into_iter().map(|sent| sent.operation).collect();
    assert_eq!(operations, sent);
    assert_eq!(
        operations,
        ["PutItem", "UpdateItem", "GetItem", "TransactWriteItems", "GetItem", "DeleteItem"]
    );
    for (operation, fields) in requests {
        assert_eq!(fields["otel.name"], format!("DynamoDB.{operation}"));
        assert_eq!(fields["otel.kind"], "client");
        assert_eq!(fields["db.system.name"], "aws.dynamodb");
        assert_eq!(fields["db.collection.name"], store.table_name());
        let units: f64 = fields["dynamo_session.capacity_units"].parse().unwrap();
        assert_eq!(units, if operation == "TransactWriteItems" { 4.0 } else { 1.0 }, "{operation}");
        assert!(!fields.contains_key("error.type"), "{fields:?}");
        assert!(!fields.contains_key("otel.status_code"), "{fields:?}");
    }
}

#[tokio::test]
async fn retries_of_the_sdk_are_counted() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let mut session = new(&store).await;
    let traces = Traces::collect();
    for operation in ["UpdateItem", "GetItem"] {
        world.network.fail_next(operation, Fault::Answer(400, THROTTLED));
        world.network.fail_next(operation, Fault::LoseRequest);
        session.views += 1;
        session.commit().await.unwrap();
        store.load(session.id()).await.unwrap().unwrap();
    }
    let retries: Vec<_> = requests(&traces)
        .into_iter()
        .map(|(operation, fields)| (operation, fields["dynamo_session.retries"].clone()))
        .collect();
    let counted = |operation: &str, retries: &str| (operation.to_owned(), retries.to_owned());
    assert_eq!(
        retries,
        [
            counted("UpdateItem", "2"),
            counted("GetItem", "0"),
            counted("UpdateItem", "0"),
            counted("GetItem", "2")
        ]
    );
}

#[tokio::test]
async fn a_condition_that_does_not_hold_is_an_answer() {
    let (_world, store) = World::with_store::<Shop>().await;
    let mut session = new(&store).await;
    store.destroy(session.id()).await.unwrap();
    let traces = Traces::collect();
    session.views += 1;
    assert!(session.commit().await.unwrap_err().is_gone());
    let fields = last(&traces);
    assert_eq!(fields["db.response.status_code"], "ConditionalCheckFailedException");
    assert!(!fields.contains_key("error.type"), "{fields:?}");
}

#[tokio::test]
async fn a_failure_is_named_as_dynamodb_names_it() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let mut session = new(&store).await;
    let cases = [
        (400, DENIED, "AccessDeniedException"),
        (500, BROKEN, "InternalServerError"),
        (502, "<html>Bad gateway</html>", "invalid_response"),
    ];
    for (status, body, error) in cases {
        let traces = Traces::collect();
        world.network.fail_by("UpdateItem", move || Some(Fault::Answer(status, body)));
        session.views += 1;
        session.commit().await.unwrap_err();
        let fields = last(&traces);
        assert_eq!(fields["error.type"], error);
        assert_eq!(fields["otel.status_code"], "ERROR");
        let status = fields.get("db.response.status_code").map(String::as_str);
        assert_eq!(status, (error != "invalid_response").then_some(error));
        assert!(!fields.contains_key("dynamo_session.throttling_reason"));
        world.network.forget_faults();
    }
    let traces = Traces::collect();
    world.network.fail_by("UpdateItem", || Some(Fault::LoseRequest));
    session.commit().await.unwrap_err();
    assert_eq!(last(&traces)["error.type"], "dispatch_failure");
}

#[tokio::test]
async fn throttling_has_the_reason_that_dynamodb_gives() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let mut session = new(&store).await;
    let cases = [
        (HOT_KEY, "TableWriteKeyRangeThroughputExceeded"),
        (ACCOUNT_LIMIT, "TableReadAccountLimitExceeded"),
        (THROTTLED, "unknown"),
    ];
    for (body, reason) in cases {
        let traces = Traces::collect();
        world.network.fail_by("UpdateItem", move || Some(Fault::Answer(400, body)));
        session.views += 1;
        let error = session.commit().await.unwrap_err();
        assert!(error.is_throttled(), "{error}");
        assert_eq!(error.to_string().contains(reason), reason != "unknown", "{error}");
        assert_eq!(last(&traces)["dynamo_session.throttling_reason"], reason);
        world.network.forget_faults();
    }
}

#[tokio::test]
async fn a_request_that_is_given_up_is_told_apart() {
    let (world, store) = World::with_store::<Shop>().await;
    let session = new(&store).await;
    let traces = Traces::collect();
    world.network.fail_next("GetItem", Fault::Slow(Duration::from_secs(3600), None));
    let load = store.load(session.id());
    assert!(tokio::time::timeout(Duration::from_millis(1), load).await.is_err());
    assert_eq!(last(&traces)["error.type"], "cancelled");
}

#[tokio::test]
async fn requests_about_the_table_are_some_too() {
    let world = World::new();
    let traces = Traces::collect();
    world.store::<Shop>().await;
    let operations: Vec<_> =
        requests(&traces).into_iter().map(|(operation, _)| operation).collect();
    for operation in ["CreateTable", "DescribeTable", "UpdateTimeToLive"] {
        assert!(operations.iter().any(|made| made == operation), "{operations:?}");
    }
}
