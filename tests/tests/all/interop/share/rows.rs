//! What a commit leaves in a row: the keys that have changed, and all else as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{DynamoSession, ErrorKind, Expires, SessionId};
use dynamo_session_tests::attribute::{n, s};
use serde_json::{Value as Json, json};

use super::{data, legacy, legacy_row_text, load, only_row, shared, shared_with, sharing};
use crate::interop::systems::SYSTEMS;
use crate::interop::{SID, legacy_row};

/// Less what the framework and this library note of a write.
fn without_notes(mut data: Json) -> Json {
    for note in ["dynamoSession", "updated", "lastModified", "_expire"] {
        data.as_object_mut().unwrap().remove(note);
    }
    if let Some(cookie) = data.get_mut("cookie") {
        cookie["expires"].take();
    }
    data
}

#[tokio::test]
async fn each_of_the_ten_is_read_changed_and_read_again() {
    for system in &SYSTEMS {
        let name = system.name;
        let (moved, store) = shared_with(system).await;
        let mut beside = only_row(&moved).await;
        beside.insert("beside".to_owned(), s("of another program"));
        moved.put(beside.clone()).await;
        let mut session = store.load_shared(system.sid).await.unwrap().unwrap();
        assert_eq!(moved.operations(), ["GetItem"], "{name}");
        session.n += 1;
        session.roles.push("b".to_owned());
        session.user = None;
        session.commit().await.unwrap();
        assert_eq!(moved.operations(), ["UpdateItem"], "{name}: no read more");

        let row = only_row(&moved).await;
        let mut expected = without_notes(data(system, &beside));
        expected["n"] = json!(2);
        expected["roles"] = json!(["a", "b"]);
        expected.as_object_mut().unwrap().remove("userId");
        assert_eq!(without_notes(data(system, &row)), expected, "{name}");
        let inside = ["Session", "session", "content", "sess"];
        for (attribute, value) in &beside {
            let is_changed = inside.contains(&&**attribute)
                || ["n", "roles", "userId", "expires", "Expires", "_ttl"].contains(&&**attribute);
            assert!(is_changed || row[attribute] == *value, "{name}: {attribute}");
        }
        assert!(row.keys().all(|name| beside.contains_key(name) || name == "dynamoSession"));

        let again = store.load_shared(system.sid).await.unwrap().unwrap();
        assert_eq!(
            (again.n, &again.roles[..], &again.user),
            (2, &["a".to_owned(), "b".to_owned()][..], &None)
        );
    }
}

#[tokio::test]
async fn a_second_commit_needs_no_read_either() {
    for system in &SYSTEMS {
        let (moved, store) = shared_with(system).await;
        let mut session = store.load_shared(system.sid).await.unwrap().unwrap();
        for _ in 0..3 {
            session.n += 1;
            session.commit().await.unwrap();
        }
        assert_eq!(moved.operations(), ["GetItem", "UpdateItem", "UpdateItem", "UpdateItem"]);
        assert_eq!(store.load_shared(system.sid).await.unwrap().unwrap().n, 4, "{}", system.name);
    }
}

#[tokio::test]
async fn nothing_is_written_without_a_change() {
    for system in SYSTEMS.iter().filter(|system| system.name != "mre") {
        let (moved, store) = shared_with(system).await;
        let mut session = store.load_shared(system.sid).await.unwrap().unwrap();
        session.n += 0;
        session.commit().await.unwrap();
        let _ = moved.operations();
        let before = only_row(&moved).await;
        // Less than the touch interval.
        moved.clock.advance(Duration::from_secs(30));
        let mut session = store.load_shared(system.sid).await.unwrap().unwrap();
        session.n += 0;
        session.commit().await.unwrap();
        session.touch().await.unwrap();
        assert_eq!(moved.operations(), ["GetItem"], "{}", system.name);
        assert_eq!(only_row(&moved).await, before);
    }
}

#[tokio::test]
async fn the_text_of_other_keys_stays_byte_for_byte() {
    let (moved, store) = shared().await;
    let others = r#""z":1.50,"a":{"b": [1e3, -0, "é\u0041"]},"__proto__":{"x":1},"big":12345678901234567890123"#;
    moved
        .put(legacy_row(&format!(r#"{{{others},"n":1,"userId":"u","roles":["a"],"last":null}}"#)))
        .await;
    let mut session = load(&store).await;
    session.n += 1;
    session.commit().await.unwrap();
    let text = only_row(&moved).await["sess"].as_s().unwrap().clone();
    assert!(text.starts_with(&format!(r#"{{{others},"n":2,"userId":"u""#)), "{text}");
    assert!(text.contains(r#""last":null,"#), "{text}");
    let _ = serde_json::from_str::<Json>(&text).unwrap();
}

#[derive(DynamoSession, Debug)]
#[session(rename_all = "camelCase", idle_timeout = "1 day")]
struct Rich {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(alias = "user")]
    user_id: Option<String>,
    cart: BTreeMap<String, u64>,
    #[session(set)]
    tags: BTreeSet<String>,
    price: f64,
    large: u64,
    bytes: Option<serde_bytes::ByteBuf>,
}

const RICH: &str =
    r#"{"user": "ada", "cart": {"a": 1, "b": 2}, "tags": ["x", "y"], "price": 0.1, "large": 7}"#;

#[tokio::test]
async fn values_keep_the_form_that_javascript_knows() {
    let (moved, foreign) = legacy().await;
    moved.put(legacy_row(RICH)).await;
    let store = sharing::<Rich>(&moved, foreign).await;
    let mut session = store.load_shared(SID).await.unwrap().unwrap();
    assert_eq!(session.tags.len(), 2);
    session.tags.insert("z".to_owned());
    session.cart.insert("c".to_owned(), 3);
    session.price = 2.5;
    session.user_id = Some("eve".to_owned());
    session.commit().await.unwrap();
    let stored = legacy_row_text(&moved).await;
    assert_eq!(stored["tags"], json!(["x", "y", "z"]), "a set is an array");
    assert_eq!(stored["cart"], json!({"a": 1, "b": 2, "c": 3}));
    assert_eq!(stored["price"], json!(2.5));
    assert_eq!(
        (&stored["user"], stored.get("userId")),
        (&json!("eve"), None),
        "under its name there"
    );
}

#[tokio::test]
async fn entries_that_the_other_service_has_written_meanwhile_stay() {
    let (moved, foreign) = legacy().await;
    moved.put(legacy_row(RICH)).await;
    let store = sharing::<Rich>(&moved, foreign).await;
    let mut session = store.load_shared(SID).await.unwrap().unwrap();
    moved.put(legacy_row(&RICH.replace(r#""a": 1"#, r#""a": 5, "new": 9"#))).await;
    session.cart.insert("c".to_owned(), 3);
    session.tags.remove("x");
    session.commit().await.unwrap();
    let stored = legacy_row_text(&moved).await;
    assert_eq!(stored["cart"], json!({"a": 5, "b": 2, "c": 3, "new": 9}));
    assert_eq!(stored["tags"], json!(["y"]));
}

#[tokio::test]
async fn what_the_other_service_could_not_read_is_an_error_and_nothing_is_written() {
    let (moved, foreign) = legacy().await;
    moved.put(legacy_row(RICH)).await;
    let store = sharing::<Rich>(&moved, foreign).await;
    let before = only_row(&moved).await;
    let mut session = store.load_shared(SID).await.unwrap().unwrap();
    session.large = u64::MAX;
    let error = session.commit().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Encode, Some("large")));
    session.large = 9_007_199_254_740_991;
    session.bytes = Some(serde_bytes::ByteBuf::from(vec![1, 2]));
    let error = session.commit().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Encode, Some("bytes")));
    assert_eq!(only_row(&moved).await, before);
    session.bytes = None;
    session.commit().await.unwrap();
    assert_eq!(legacy_row_text(&moved).await["large"], json!(9_007_199_254_740_991_u64));
}

#[tokio::test]
async fn attributes_that_the_other_service_adds_meanwhile_stay() {
    for system in SYSTEMS.iter().filter(|system| ["geo", "arc", "svs"].contains(&system.name)) {
        let (moved, store) = shared_with(system).await;
        let mut session = store.load_shared(system.sid).await.unwrap().unwrap();
        let mut row = only_row(&moved).await;
        row.insert("added".to_owned(), n(7));
        moved.put(row).await;
        session.n += 1;
        session.commit().await.unwrap();
        let row = only_row(&moved).await;
        assert_eq!((&row["added"], &row["n"]), (&n(7), &n(2)), "{}", system.name);

        let mut session = store.load_shared(system.sid).await.unwrap().unwrap();
        let mut row = row.clone();
        row.insert("more".to_owned(), n(8));
        moved.put(row).await;
        session.renew().await.unwrap();
        let row = only_row(&moved).await;
        assert_eq!((&row["added"], &row["more"]), (&n(7), &n(8)), "{}: with a new id", system.name);
    }
}

#[tokio::test]
async fn an_adoption_after_it_takes_everything_along_but_the_note() {
    let (moved, foreign) = legacy().await;
    let store = sharing(&moved, foreign.clone()).await;
    let mut session = load(&store).await;
    session.n += 1;
    session.commit().await.unwrap();
    let mut adopted = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    adopted.n += 1;
    adopted.commit().await.unwrap();
    let item = moved.items().await.pop().unwrap();
    assert_eq!((&item["n"], &item["userId"]), (&n(3), &s("u-000042")));
    assert!(!item.contains_key("dynamoSession"));
    assert!(moved.rows().await.is_empty());
    assert!(store.load_shared(SID).await.unwrap().is_none());
}

#[tokio::test]
async fn empty_text_that_cyclic_stored_as_null_stays() {
    let system = SYSTEMS.iter().find(|system| system.name == "cyc").unwrap();
    let (moved, store) = shared_with(system).await;
    let mut row = only_row(&moved).await;
    let AttributeValue::M(sess) = row.get_mut("sess").unwrap() else { panic!("no Map") };
    sess.insert("note".to_owned(), AttributeValue::Null(true));
    moved.put(row).await;
    let mut session = store.load_shared(system.sid).await.unwrap().unwrap();
    session.n += 1;
    session.commit().await.unwrap();
    let stored = data(system, &only_row(&moved).await);
    assert_eq!((&stored["note"], &stored["n"]), (&Json::Null, &json!(2)));
}

#[derive(DynamoSession, Debug)]
#[session(idle_timeout = "1 day")]
struct Nested {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(merge)]
    view: View,
    cart: Vec<Line>,
}

#[derive(serde::Serialize, serde::Deserialize, Debug, Default)]
struct View {
    dark: bool,
}

#[derive(serde::Serialize, serde::Deserialize, Debug)]
struct Line {
    sku: String,
    #[serde(flatten)]
    others: BTreeMap<String, Json>,
}

#[tokio::test]
async fn what_the_other_service_keeps_inside_an_object_stays_by_merge_or_in_the_struct() {
    let (moved, foreign) = legacy().await;
    moved
        .put(legacy_row(
            r#"{"view": {"dark": false, "zoom": 1.5}, "cart": [{"sku": "a", "gift": true}]}"#,
        ))
        .await;
    let store = sharing::<Nested>(&moved, foreign).await;
    let mut session = store.load_shared(SID).await.unwrap().unwrap();
    session.view.dark = true;
    session.cart.push(Line { sku: "b".to_owned(), others: BTreeMap::new() });
    session.commit().await.unwrap();
    let stored = legacy_row_text(&moved).await;
    assert_eq!(stored["view"], json!({"dark": true, "zoom": 1.5}));
    assert_eq!(stored["cart"], json!([{"sku": "a", "gift": true}, {"sku": "b"}]));
}
