//! What a row means: its data, its expiry, and what is no session.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::interop::ForeignStore;
use dynamo_session::{CreatedAt, DynamoSession, ErrorKind, Expires, SessionId};
use dynamo_session_tests::attribute::s;

use super::systems::{SECRET, SYSTEMS};
use super::{DATA, Move, NOW, Row, SID, legacy, legacy_row, row};

/// The session of connect-dynamodb that has this JSON, as a type.
async fn read<S: DynamoSession + Clone>(data: &str) -> Result<S, dynamo_session::Error> {
    let moved = Move::from(&["id"]).await;
    moved.put(legacy_row(data)).await;
    let foreign = ForeignStore::connect_dynamodb(&moved.table).secrets([SECRET]);
    let store = moved.store_of::<S>().await;
    Ok((*store.adopt(&foreign, SID).await?.unwrap()).clone())
}

#[derive(Clone, Debug, DynamoSession)]
#[session(table = "native")]
struct Everything {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    name: String,
    note: Option<String>,
    large: u64,
    small: f64,
    ratio: Option<f64>,
    cart: BTreeMap<String, u32>,
    #[session(rename = "__proto__")]
    prototype: BTreeMap<String, bool>,
    #[session(alias = "oldName")]
    new_name: Option<String>,
    #[session(lenient)]
    theme: u8,
    #[session(default = 7)]
    lucky: u8,
}

#[tokio::test]
async fn json_text_means_what_it_says() {
    let data = r#"{"cookie": {}, "name": "a\u0000b\u00e9", "note": null, "large": 9007199254740993,
        "small": 1.5e-7, "ratio": null, "cart": {"sku-1": 2}, "__proto__": {"x": true}, "oldName": "old",
        "theme": "dark"}"#;
    let session: Everything = read(data).await.unwrap();
    assert_eq!(session.name, "a\0bé");
    assert_eq!(session.note, None);
    assert_eq!(session.large, 9_007_199_254_740_993);
    assert_eq!(session.small, 1.5e-7);
    assert_eq!(session.ratio, None, "NaN, as JSON has it");
    assert_eq!(session.cart["sku-1"], 2);
    assert!(session.prototype["x"]);
    assert_eq!(session.new_name.as_deref(), Some("old"), "an alias");
    assert_eq!((session.theme, session.lucky), (0, 7), "lenient, and a default");
}

#[tokio::test]
async fn what_does_not_fit_is_an_error_that_names_the_key() {
    for (data, key) in [
        (r#"{"cookie": {}, "large": -1}"#, "large"),
        (r#"{"cookie": {}, "large": 1e300}"#, "large"),
        (r#"{"cookie": {}, "name": null}"#, "name"),
        (r#"{"cookie": {}, "cart": [1]}"#, "cart"),
        ("{", "sess"),
        ("[]", "sess"),
        ("", "sess"),
    ] {
        let error = read::<Everything>(data).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{data}");
        assert_eq!(error.attribute(), Some(key), "{data}");
        assert!(error.table().unwrap().ends_with("-legacy"));
    }
}

#[derive(Clone, Debug, DynamoSession)]
#[session(table = "native")]
struct Texts {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    name: String,
    note: Option<String>,
    tags: Vec<String>,
    address: Option<Address>,
    count: Option<u32>,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Address {
    street: String,
    floor: Option<u32>,
}

#[tokio::test]
async fn an_empty_text_that_cyclic_stored_as_null_is_one_where_the_field_is_text() {
    let moved = Move::from(&["pk", "sk"]).await;
    moved
        .put(row(
            r#"{"pk": {"S": "session-store#a"}, "sk": {"S": "session-store#a"}, "expires": {"N": "1795343127"},
            "sess": {"M": {"name": {"NULL": true}, "note": {"NULL": true}, "tags": {"L": [{"S": "a"}, {"NULL": true}]},
            "address": {"M": {"street": {"NULL": true}, "floor": {"NULL": true}}}, "count": {"NULL": true}}}}"#,
        ))
        .await;
    let foreign = ForeignStore::cyclic(&moved.table).secrets([SECRET]);
    let store = moved.store_of::<Texts>().await;
    let session = store.adopt(&foreign, "a").await.unwrap().unwrap();
    assert_eq!(session.name, "");
    assert_eq!(session.note, None, "null and empty text are the same there");
    assert_eq!(session.tags, ["a", ""]);
    let address = session.address.as_ref().unwrap();
    assert_eq!((address.street.as_str(), address.floor), ("", None));
    assert_eq!(session.count, None);
}

#[tokio::test]
async fn another_store_s_null_is_no_text() {
    let error = read::<Texts>(r#"{"name": null}"#).await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Decode, Some("name")));
}

#[derive(Clone, Debug, DynamoSession)]
#[session(table = "native")]
struct Framework {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    cookie: Option<String>,
    updated: Option<String>,
    #[session(rename = "__flash_error__")]
    error: Option<String>,
}

#[tokio::test]
async fn keys_of_other_frameworks_and_of_ours_do_no_harm() {
    // React Router holds what the user likes under these names, and flashed values under others.
    let moved = Move::from(&["_idx"]).await;
    moved
        .put(row(
            r#"{"_idx": {"S": "0123456789abcdef"}, "_ttl": {"N": "1795343125"}, "id": {"S": "x"},
            "expires_at": {"S": "never"}, "created_at": {"S": "long ago"}, "cookie": {"S": "oat"}, "updated": {"S": "u"},
            "__flash_error__": {"S": "no"}, "__flash_info__": {"S": "yes"}, "_seq": {"S": "x"}, "_commits": {"S": "x"},
            "_renewed_at": {"N": "1"}, "_renewed_to": {"S": "x"}, "more": {"S": "kept"}}"#,
        ))
        .await;
    let foreign =
        ForeignStore::react_router(&moved.table, "_idx").ttl_key("_ttl").secrets([SECRET]);
    let store = moved.store_of::<Framework>().await;
    let mut session = store.adopt(&foreign, "0123456789abcdef").await.unwrap().unwrap();
    assert_eq!(session.cookie.as_deref(), Some("oat"));
    assert_eq!(session.updated.as_deref(), Some("u"));
    assert_eq!(session.error.as_deref(), Some("no"), "the type has a field of this name");
    session.cookie = Some("rye".to_owned());
    session.commit().await.unwrap();
    let item = moved.items().await.pop().unwrap();
    assert_eq!(item["more"], s("kept"), "what the type does not name moves along");
    assert!(!item.contains_key("__flash_info__"));
    let again = store.load(session.id()).await.unwrap().unwrap();
    assert_eq!(again.cookie.as_deref(), Some("rye"));

    // Express keeps its own object under `cookie`.
    let data = r#"{"cookie": {"path": "/"}, "updated": "mine"}"#;
    let session: Framework = read(data).await.unwrap();
    assert_eq!(session.cookie, None);
    assert_eq!(session.updated.as_deref(), Some("mine"), "not a key of this store");
}

#[tokio::test]
async fn its_expiry_holds_whatever_its_unit() {
    for system in &SYSTEMS {
        let moved = Move::from(system.keys).await;
        moved.put(system.row()).await;
        let store = system.store(&moved.table);
        let expires = match system.name {
            "mre" => 1_795_257_025,
            "geo" | "arc" => 1_795_343_125,
            "koa" => 1_795_343_126,
            "cds" => 1_796_466_326,
            // It never expires, so that the idle timeout counts.
            "svs" => NOW + 1800,
            _ => 1_795_343_127,
        };
        let session = moved.store.adopt(&store, system.sid).await.unwrap().unwrap();
        assert_eq!(session.expires_at().epoch_seconds(), expires, "{}", system.name);
        if system.name == "svs" {
            continue;
        }
        moved.clock.advance(Duration::from_secs((expires - NOW) as u64 - 1));
        assert!(moved.store.adopt(&store, system.sid).await.unwrap().is_some(), "{}", system.name);
        moved.clock.advance(Duration::from_secs(1));
        let expired = moved.store.adopt(&store, system.sid).await.unwrap();
        assert!(expired.is_none(), "{}: expired, and still there", system.name);
        assert_eq!(moved.rows().await.len(), 1);
    }
}

#[tokio::test]
async fn a_row_without_an_expiry_lives_as_it_does_in_its_own_store() {
    for system in &SYSTEMS {
        for (value, is_absent) in [(None, true), (Some(s("soon")), false)] {
            let moved = Move::from(system.keys).await;
            let mut row = system.row();
            let names = ["expires", "Expires", "_ttl"];
            let Some(name) = names.iter().find(|name| row.contains_key(**name)) else { continue };
            match value.clone() {
                Some(value) => drop(row.insert((*name).to_owned(), value)),
                None => drop(row.remove(*name)),
            }
            if let Some(AttributeValue::M(session)) = row.get_mut("session") {
                session.remove("_expire");
            }
            moved.put(row).await;
            let found = moved.store.adopt(&system.store(&moved.table), system.sid).await.unwrap();
            let lives = match system.name {
                "dst" | "cyc" => !is_absent,
                "cds" => false,
                _ => true,
            };
            assert_eq!(found.is_some(), lives, "{} absent: {is_absent}", system.name);
        }
    }
}

#[tokio::test]
async fn what_a_late_touch_leaves_is_no_session() {
    for system in &SYSTEMS {
        let moved = Move::from(system.keys).await;
        let is_left = |name: &str| system.keys.contains(&name) || name.to_lowercase() == "expires";
        let left: Row = system.row().into_iter().filter(|(name, _)| is_left(name)).collect();
        moved.put(left).await;
        let found = moved.store.adopt(&system.store(&moved.table), system.sid).await.unwrap();
        assert!(found.is_none(), "{}", system.name);
    }
}

#[tokio::test]
async fn the_options_of_the_packages_are_those_of_the_store() {
    let moved = Move::from(&["key", "range"]).await;
    let mut row = legacy_row(DATA);
    row.remove("id");
    row.insert("key".to_owned(), s(format!("shop:{SID}")));
    row.insert("range".to_owned(), s(format!("shop:{SID}")));
    let expires = row.remove("expires").unwrap();
    row.insert("until".to_owned(), expires);
    moved.put(row).await;
    let foreign = ForeignStore::connect_dynamodb(&moved.table)
        .hash_key("key")
        .sort_key("range")
        .prefix("shop:")
        .ttl_key("until")
        .secrets([SECRET]);
    let session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    assert_eq!(session.user.as_deref(), Some("u-000042"));
    assert_eq!(session.expires_at().epoch_seconds(), 1_795_343_127);
}

#[tokio::test]
async fn pwrdrvr_reads_connect_dynamodb_s_text_too() {
    let moved = Move::from(&["id"]).await;
    let mut row = legacy_row(DATA);
    row.insert("id".to_owned(), s(format!("session#{SID}")));
    moved.put(row).await;
    let foreign = ForeignStore::pwrdrvr(&moved.table).secrets([SECRET]);
    let session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    assert_eq!(session.n, 1);
}

#[tokio::test]
async fn an_absent_row_is_no_session_and_a_missing_table_an_error() {
    let (moved, foreign) = legacy().await;
    assert!(moved.store.adopt(&foreign, "other").await.unwrap().is_none());
    let elsewhere = ForeignStore::connect_dynamodb("nowhere").secrets([SECRET]);
    let error = moved.store.adopt(&elsewhere, SID).await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TableMissing);
    assert!(
        error.to_string().contains("the other store's table `nowhere` does not exist"),
        "{error}"
    );
    assert!(!error.to_string().contains("create_table"), "{error}");
    let unsigned = ForeignStore::connect_dynamodb(&moved.table);
    let error = moved.store.adopt(&unsigned, SID).await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}
