//! Rows and ids that nobody means well with: a stranger or a clear error, and nothing lost.

use std::fmt::Write as _;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::interop::ForeignStore;
use dynamo_session::{ErrorKind, OnUndecodable};
use dynamo_session_tests::attribute::s;

use super::systems::{SECRET, express};
use super::{Member, Move, SID, legacy, legacy_row, row};

#[tokio::test]
async fn corrupt_json_is_an_error_and_the_row_stays() {
    let (moved, foreign) = legacy().await;
    moved.put(legacy_row(r#"{"userId": "#)).await;
    let error = moved.store.adopt(&foreign, SID).await.map(drop).unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Decode, Some("sess")));
    assert!(!error.to_string().contains(SID), "{error}");
    assert_eq!(moved.rows().await.len(), 1);

    let builder = moved.world.builder::<Member>().clock(moved.clock.clone());
    let builder = builder.table_name(moved.store.table_name());
    let lenient = builder.on_undecodable(OnUndecodable::End).build().await.unwrap();
    assert!(lenient.adopt(&foreign, SID).await.unwrap().is_none());
}

#[tokio::test]
async fn json_that_is_nested_without_end_is_an_error() {
    let (moved, foreign) = legacy().await;
    let deep = format!(r#"{{"x": {}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    moved.put(legacy_row(&deep)).await;
    let error = moved.store.adopt(&foreign, SID).await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn a_row_of_400_kilobytes_is_read_and_adopted_while_it_fits() {
    let (moved, foreign) = legacy().await;
    let large =
        |bytes: usize| legacy_row(&format!(r#"{{"n": 1, "big": "{}"}}"#, "x".repeat(bytes)));
    moved.put(large(400_000)).await;
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.n += 1;
    session.commit().await.unwrap();
    assert!(moved.rows().await.is_empty());

    let (moved, foreign) = legacy().await;
    moved.put(large(409_500)).await;
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.roles = vec!["x".repeat(300)];
    let error = session.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(moved.rows().await.len(), 1, "nothing is lost");
}

#[tokio::test]
async fn ten_thousand_keys_move_too() {
    let mut json = String::from(r#"{"n": 1"#);
    for key in 0..10_000 {
        write!(json, r#", "key-{key}": {key}"#).unwrap();
    }
    json.push('}');
    let (moved, foreign) = legacy().await;
    moved.put(legacy_row(&json)).await;
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.n += 1;
    session.commit().await.unwrap();
    let item = moved.items().await.pop().unwrap();
    assert_eq!(item["key-9999"].as_n().unwrap(), "9999");

    // As attributes of the row, which have no room in one condition.
    let moved = Move::from(&["_idx"]).await;
    let mut many = row(r#"{"_idx": {"S": "a"}, "_ttl": {"N": "1795343125"}, "n": {"N": "1"}}"#);
    many.extend((0..10_000).map(|key| (format!("key-{key}"), s("v"))));
    moved.put(many).await;
    let foreign =
        ForeignStore::react_router(&moved.table, "_idx").ttl_key("_ttl").secrets([SECRET]);
    let mut session = moved.store.adopt(&foreign, "a").await.unwrap().unwrap();
    session.n += 1;
    session.commit().await.unwrap();
    assert!(moved.rows().await.is_empty());
    assert!(moved.items().await.pop().unwrap().len() > 10_000);
}

#[tokio::test]
async fn a_sid_may_hold_what_a_cookie_can() {
    for sid in ["a#b", "sess:x", "a.b", "é", "../../x", "' OR 1=1"] {
        let moved = Move::from(&["id"]).await;
        let foreign = ForeignStore::connect_dynamodb(&moved.table).secrets([SECRET]);
        let mut row = legacy_row(r#"{"n": 1}"#);
        row.insert("id".to_owned(), s(format!("sess:{sid}")));
        moved.put(row).await;
        let vouched = foreign.session_id(&express(sid));
        assert_eq!(vouched.as_deref(), Some(sid));
        let mut session = moved.store.adopt(&foreign, sid).await.unwrap().unwrap();
        session.n += 1;
        session.commit().await.unwrap();
        assert_eq!(moved.store.adopt(&foreign, sid).await.unwrap().unwrap().n, 2);
    }
}

#[tokio::test]
async fn an_id_that_no_table_can_hold_costs_no_read() {
    let (moved, foreign) = legacy().await;
    for sid in [String::new(), "x".repeat(3000), "a\0b".to_owned(), "a\nb".to_owned()] {
        assert_eq!(foreign.session_id(&express(&sid)), None);
        assert!(moved.store.adopt(&foreign, &sid).await.unwrap().is_none());
    }
    assert!(moved.operations().is_empty());
}

#[tokio::test]
async fn data_of_another_type_is_an_error() {
    let (moved, foreign) = legacy().await;
    let mut odd = legacy_row("");
    odd.insert("sess".to_owned(), AttributeValue::N("1".to_owned()));
    moved.put(odd).await;
    let error = moved.store.adopt(&foreign, SID).await.map(drop).unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Decode, Some("sess")));
}
