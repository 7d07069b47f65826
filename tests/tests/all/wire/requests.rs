//! Bodies of requests, and what responses tell of them.

use std::collections::{BTreeMap, BTreeSet};

use dynamo_session::{
    DynamoSession, Expires, ManualClock, Session, SessionId, SessionKey as _, SessionStore,
};
use dynamo_session_tests::Traces;
use serde_json::{Value, json};

use super::client::{Answering, Sent};

const NOW: i64 = 1_800_000_000;
const ODD: &str = "\u{1}\"\\/\n\u{7f}\u{2028}\u{1f600}";

#[derive(DynamoSession)]
#[session(table = "wire", idle_timeout = "1h")]
struct Visit {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    name: String,
    is_new: bool,
    nothing: Vec<Option<i32>>,
    #[session(set)]
    roles: BTreeSet<String>,
    #[session(set)]
    scores: BTreeSet<i64>,
    #[session(with = serde_bytes)]
    avatar: Vec<u8>,
    cart: BTreeMap<String, Line>,
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Line {
    title: String,
    price: f64,
}

async fn store(answering: &Answering) -> SessionStore<Visit> {
    answering.with(b"{}");
    SessionStore::builder()
        .client(answering.client())
        .clock(ManualClock::at_epoch_seconds(NOW))
        .build()
        .await
        .unwrap()
}

fn fill(session: &mut Session<Visit>) {
    session.name = ODD.to_owned();
    session.is_new = true;
    session.nothing = vec![None, Some(-7)];
    session.roles = [ODD.to_owned()].into();
    session.scores = [i64::MIN, 3].into();
    session.avatar = vec![0, 255, 254];
    session.cart.insert(ODD.to_owned(), Line { title: ODD.to_owned(), price: -0.5 });
}

fn values() -> Value {
    json!({
        "name": { "S": ODD },
        "is_new": { "BOOL": true },
        "nothing": { "L": [{ "NULL": true }, { "N": "-7" }] },
        "roles": { "SS": [ODD] },
        "scores": { "NS": ["-9223372036854775808", "3"] },
        "avatar": { "B": "AP/+" },
        "cart": { "M": { ODD: { "M": { "title": { "S": ODD }, "price": { "N": "-0.5" } } } } },
    })
}

fn key(id: &SessionId) -> Value {
    json!({ "S": format!("Visit#{}", id.attribute_value()) })
}

/// The only request that went out, of this operation.
fn only(answering: &Answering, operation: &str) -> Value {
    let sent = answering.take_sent();
    let [Sent { target, content_length, body }] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(target, &format!("DynamoDB_20120810.{operation}"));
    assert_eq!(content_length, &body.len().to_string());
    serde_json::from_slice(body).unwrap()
}

#[tokio::test]
async fn a_new_session_is_written_as_dynamodb_reads_it() {
    let answering = Answering::default();
    let mut session = store(&answering).await.create();
    fill(&mut session);
    session.commit().await.unwrap();
    let mut sent = only(&answering, "PutItem");
    let item = sent["Item"].as_object_mut().unwrap();
    for bookkeeping in ["_seq", "_commits"] {
        assert!(item.remove(bookkeeping).is_some(), "{bookkeeping}");
    }
    let mut expected = values();
    expected["id"] = key(session.id());
    expected["expires_at"] = json!({ "N": (NOW + 3600).to_string() });
    assert_eq!(sent["Item"], expected);
    assert_eq!(sent["TableName"], "wire");
    assert_eq!(sent["ConditionExpression"], "attribute_not_exists(#0)");
    assert_eq!(sent["ExpressionAttributeNames"], json!({ "#0": "id" }));
    assert_eq!(sent["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
}

#[tokio::test]
async fn a_change_is_written_as_dynamodb_reads_it() {
    let answering = Answering::default();
    let mut session = store(&answering).await.create();
    session.name = "ada".to_owned();
    session.commit().await.unwrap();
    answering.take_sent();
    fill(&mut session);
    session.commit().await.unwrap();
    let sent = only(&answering, "UpdateItem");
    assert_eq!(sent["Key"], json!({ "id": key(session.id()) }));
    assert_eq!(sent["TableName"], "wire");
    assert_eq!(sent["ReturnValues"], "UPDATED_NEW");
    assert_eq!(sent["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
    // What stands in the expressions has its name or its value, and nothing else has.
    let expressions = format!("{} {}", sent["UpdateExpression"], sent["ConditionExpression"]);
    let used = |sigil: char| -> BTreeSet<String> {
        let parts = expressions.split(sigil).skip(1);
        let digits = parts.map(|part| part.chars().take_while(char::is_ascii_alphanumeric));
        digits.map(|digits| sigil.to_string() + &digits.collect::<String>()).collect()
    };
    let given = |member: &str| -> BTreeSet<String> {
        sent[member].as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(used('#'), given("ExpressionAttributeNames"));
    assert_eq!(used(':'), given("ExpressionAttributeValues"));
    let written: Vec<&Value> =
        sent["ExpressionAttributeValues"].as_object().unwrap().values().collect();
    let expected = values();
    for field in ["name", "is_new", "nothing", "roles", "scores", "avatar"] {
        assert!(written.contains(&&expected[field]), "{field}: {written:?}");
    }
    assert!(written.contains(&&expected["cart"]["M"][ODD]), "{written:?}");
    let names = sent["ExpressionAttributeNames"].as_object().unwrap();
    assert!(names.values().any(|name| name == ODD), "{names:?}");
}

#[tokio::test]
async fn reads_and_logouts_name_the_item() {
    let answering = Answering::default();
    let store = store(&answering).await;
    let id = SessionId::generate();
    let key = json!({ "id": key(&id) });
    assert!(store.load(&id).await.unwrap().is_none());
    let read = only(&answering, "GetItem");
    assert_eq!((&read["Key"], &read["ConsistentRead"]), (&key, &json!(true)));
    store.destroy(&id).await.unwrap();
    let deleted = only(&answering, "DeleteItem");
    assert_eq!((&deleted["Key"], &deleted["TableName"]), (&key, &json!("wire")));
}

#[tokio::test]
async fn the_units_of_a_read_are_found_before_the_item_and_after_it() {
    let units = r#""ConsumedCapacity":{"TableName":"wire","CapacityUnits":2.5}"#;
    let item = r#""Item":{"expires_at":{"N":"1800000060"},"ConsumedCapacity":{"M":{"CapacityUnits":{"N":"9"}}},
        "name":{"S":"\"ConsumedCapacity\":{\"CapacityUnits\":8}"}}"#;
    let whole = |first: &str, second: &str| format!("{{ {first},{second} }}");
    for (body, told) in [
        (whole(units, item), Some("2.5")),
        (whole(item, units), Some("2.5")),
        (format!("{{{units}}}"), Some("2.5")),
        (format!("{{{item}}}"), None),
    ] {
        let answering = Answering::default();
        let store = store(&answering).await;
        answering.with(body.as_bytes());
        let traces = Traces::collect();
        let found = store.load(&SessionId::generate()).await.unwrap();
        assert_eq!(found.is_some(), body.contains("Item"));
        let span =
            traces.spans().into_iter().rfind(|span| span.fields.contains_key("db.operation.name"));
        let span = span.unwrap();
        let units = span.fields.get("dynamo_session.capacity_units");
        assert_eq!(units.map(String::as_str), told, "{body}");
    }
}
