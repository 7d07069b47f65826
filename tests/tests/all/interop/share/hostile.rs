//! Rows that nobody means well with: nothing is lost, and nothing made worse.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use dynamo_session::interop::ForeignStore;
use dynamo_session::{DynamoSession, ErrorKind, Expires, SessionId};
use dynamo_session_tests::attribute::{n, s};

use super::super::systems::{SECRET, SYSTEMS, express};
use super::super::{Move, legacy_row, row};
use super::{
    Member, SID, legacy_row_text, load, of_one_package, only_row, shared, shared_with, sharing,
};

#[tokio::test]
async fn a_row_of_400_kilobytes_is_changed_while_it_fits() {
    let (moved, store) = shared().await;
    let large =
        |bytes: usize| legacy_row(&format!(r#"{{"n": 1, "big": "{}"}}"#, "x".repeat(bytes)));
    moved.put(large(400_000)).await;
    let mut session = load(&store).await;
    session.n += 1;
    session.commit().await.unwrap();
    assert_eq!(legacy_row_text(&moved).await["n"], 2);

    moved.put(large(409_500)).await;
    let before = only_row(&moved).await;
    let mut session = load(&store).await;
    session.roles = vec!["x".repeat(300)];
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::TooLarge);
    assert_eq!(only_row(&moved).await, before);
}

#[tokio::test]
async fn corrupt_json_is_an_error_before_a_write_and_between_read_and_write() {
    let (moved, store) = shared().await;
    let mut session = load(&store).await;
    let corrupt = legacy_row(r#"{"userId": "#);
    moved.put(corrupt.clone()).await;
    let error = store.load_shared(SID).await.map(drop).unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Decode, Some("sess")));
    session.n += 1;
    let error = session.commit().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Decode, Some("sess")));
    assert!(!error.to_string().contains(SID), "{error}");
    assert_eq!(only_row(&moved).await, corrupt);
    // It can still be ended.
    session.destroy().await.unwrap();
    assert!(moved.rows().await.is_empty());
}

#[tokio::test]
async fn ten_thousand_keys_stay_where_they_are() {
    let mut json = String::from(r#"{"n": 1"#);
    for key in 0..10_000 {
        write!(json, r#", "key-{key}": {key}"#).unwrap();
    }
    json.push('}');
    let (moved, store) = shared().await;
    moved.put(legacy_row(&json)).await;
    let mut session = load(&store).await;
    session.n += 1;
    session.commit().await.unwrap();
    assert_eq!(legacy_row_text(&moved).await["key-9999"], 9999);

    let moved = Move::from(&["_idx"]).await;
    let mut many = row(r#"{"_idx": {"S": "a"}, "_ttl": {"N": "1795343125"}, "n": {"N": "1"}}"#);
    many.extend((0..10_000).map(|key| (format!("key-{key}"), s("v"))));
    moved.put(many.clone()).await;
    let foreign = ForeignStore::react_router(&moved.table, "_idx").ttl_key("_ttl");
    let store = sharing::<Member>(&moved, foreign.secrets([SECRET])).await;
    let mut session = store.load_shared("a").await.unwrap().unwrap();
    // What the application knows is compared, however much else there is.
    many.insert("n".to_owned(), n(40));
    moved.put(many).await;
    session.n += 1;
    session.commit().await.unwrap();
    let row = only_row(&moved).await;
    assert_eq!((row.len(), &row["n"]), (10_004, &n(41)));
    session.renew().await.unwrap();
    assert_eq!(only_row(&moved).await.len(), 10_004);
}

#[tokio::test]
async fn a_sid_may_hold_what_a_cookie_can() {
    for sid in ["a#b", "sess:x", "a.b", "é", "../../x", "' OR 1=1"] {
        let moved = Move::from(&["id"]).await;
        let foreign = ForeignStore::connect_dynamodb(&moved.table).secrets([SECRET]);
        let mut row = legacy_row(r#"{"n": 1}"#);
        row.insert("id".to_owned(), s(format!("sess:{sid}")));
        moved.put(row).await;
        assert_eq!(foreign.session_id(&express(sid)).as_deref(), Some(sid));
        let given = foreign.cookies(sid).remove(0);
        assert_eq!(format!("{}={}", given.0, given.1), express(sid));
        let store = sharing::<Member>(&moved, foreign).await;
        let mut session = store.load_shared(sid).await.unwrap().unwrap();
        session.n += 1;
        session.commit().await.unwrap();
        assert_eq!(store.load_shared(sid).await.unwrap().unwrap().n, 2);
    }
}

#[tokio::test]
async fn an_id_that_no_table_can_hold_costs_no_read() {
    let (moved, store) = shared().await;
    for sid in [String::new(), "x".repeat(3000), "a\0b".to_owned(), "a\nb".to_owned()] {
        assert!(store.load_shared(&sid).await.unwrap().is_none());
    }
    assert!(moved.operations().is_empty());
}

#[tokio::test]
async fn what_someone_has_put_in_place_of_our_note_does_no_harm() {
    for note in [r#""nonsense""#, "7", "null", r#"{"a": 1}"#, r#""....x.y""#, r#""-1.""#] {
        let (moved, store) = shared().await;
        moved.put(legacy_row(&format!(r#"{{"n": 1, "dynamoSession": {note}}}"#))).await;
        let mut session = load(&store).await;
        session.n += 1;
        session.commit().await.unwrap();
        assert_eq!(load(&store).await.n, 2, "{note}");
    }
}

#[tokio::test]
async fn half_a_character_that_javascript_has_cut_is_no_obstacle_and_stays() {
    let (moved, store) = shared().await;
    let others =
        r#""note":"a\ud83d","list":["\ude00\ud83d\n\\ud83d"],"userId":"\ude00\u00e9\ud83d\ude00""#;
    moved.put(legacy_row(&format!(r#"{{{others},"n":1}}"#))).await;
    let mut session = load(&store).await;
    assert_eq!(session.user.as_deref(), Some("\u{FFFD}é😀"));
    session.n += 1;
    session.commit().await.unwrap();
    let text = only_row(&moved).await["sess"].as_s().unwrap().clone();
    assert!(text.starts_with(&format!(r#"{{{others},"n":2"#)), "{text}");
    assert_eq!(load(&store).await.n, 2);
}

#[derive(DynamoSession, Debug)]
#[session(idle_timeout = "1 day")]
struct Carts {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    cart: BTreeMap<String, BTreeMap<String, bool>>,
}

#[tokio::test]
async fn a_key_by_which_a_client_would_set_a_prototype_is_in_json_only() {
    for system in &SYSTEMS {
        let name = system.name;
        let (moved, _) = shared_with(system).await;
        let foreign = of_one_package(system, system.store(&moved.table));
        let store = sharing::<Carts>(&moved, foreign).await;
        let mut session = store.load_shared(system.sid).await.unwrap().unwrap();
        let before = only_row(&moved).await;
        let admin = BTreeMap::from([("admin".to_owned(), true)]);
        session.cart.insert("__proto__".to_owned(), admin);
        let result = session.commit().await;
        if ["mre", "cds", "cdb"].contains(&name) {
            // `JSON.parse` makes it a key as any other.
            result.unwrap();
            let again = store.load_shared(system.sid).await.unwrap().unwrap();
            assert_eq!(again.cart, session.cart, "{name}");
            continue;
        }
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.attribute()), (ErrorKind::Encode, Some("cart")), "{name}");
        assert_eq!(only_row(&moved).await, before, "{name}");
    }
}
