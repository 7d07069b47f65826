//! Bodies written by hand.

use std::collections::{BTreeMap, BTreeSet};

use dynamo_session::{
    CreatedAt, DynamoSession, ErrorKind, Expires, ManualClock, Session, SessionId, SessionStore,
};

use super::client::Answering;

const NOW: i64 = 1_800_000_000;

#[derive(DynamoSession)]
#[session(table = "wire")]
struct Visit {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(alias = "login", alias = "account")]
    user: Option<String>,
    #[session(guard)]
    credits: i64,
    #[session(lenient)]
    theme: u8,
    #[session(set)]
    roles: BTreeSet<String>,
    cart: BTreeMap<String, u32>,
    avatar: Vec<u8>,
}

/// What a load makes of a body with these attributes.
async fn load(attributes: &str) -> Result<Option<Session<Visit>>, dynamo_session::Error> {
    load_body(&format!(r#"{{"Item":{{{attributes}}}}}"#)).await
}

async fn load_body(body: &str) -> Result<Option<Session<Visit>>, dynamo_session::Error> {
    let answering = Answering::default();
    answering.with(body.as_bytes());
    let store = SessionStore::<Visit>::builder()
        .client(answering.client())
        .clock(ManualClock::at_epoch_seconds(NOW))
        .build()
        .await
        .unwrap();
    store.load(&SessionId::generate()).await
}

async fn loaded(attributes: &str) -> Session<Visit> {
    load(&format!(r#""expires_at":{{"N":"1800000060"}},{attributes}"#)).await.unwrap().unwrap()
}

async fn refused(body: &str) -> ErrorKind {
    load_body(body).await.map(drop).unwrap_err().kind()
}

#[tokio::test]
async fn a_name_of_its_own_counts_before_aliases_in_whichever_order_they_come() {
    let named = [r#""user":{"S":"ada"}"#, r#""login":{"S":"bob"}"#, r#""account":{"S":"eve"}"#];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let session = loaded(&order.map(|index| named[index]).join(",")).await;
        assert_eq!(session.user.as_deref(), Some("ada"), "{order:?}");
    }
    for order in [[1, 2], [2, 1]] {
        let session = loaded(&order.map(|index| named[index]).join(",")).await;
        assert_eq!(session.user.as_deref(), Some("bob"), "{order:?}");
    }
    // What does not count may be anything.
    let session = loaded(r#""login":{"N":"1"},"user":{"S":"ada"},"account":{"L":[]}"#).await;
    assert_eq!(session.user.as_deref(), Some("ada"));
}

#[tokio::test]
async fn escapes_and_characters_beyond_the_first_plane_are_read_in_keys_and_values() {
    let session = loaded(
        r#""\u0075ser":{"S":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00 é😀"},"cart":{"M":{"\ud83d\ude00\n":{"N":"3"}}}"#,
    )
    .await;
    assert_eq!(session.user.as_deref(), Some("\"\\/\u{8}\u{c}\n\r\té😀 é😀"));
    assert_eq!(session.cart, BTreeMap::from([("😀\n".to_owned(), 3)]));
}

#[tokio::test]
async fn every_type_is_read_with_white_space_anywhere() {
    let session = loaded(
        " \"user\" : { \"NULL\" : true } ,\n\"credits\":{ \"N\":\"-9223372036854775808\"}\t, \"theme\":{\"N\":\"7\"},
         \"roles\":{\"SS\": [ \"a\" , \"b\" ]}, \"cart\" : {\"M\" : { } }, \"avatar\":{\"B\" : \"AAH/\"}, \"other\":{\"BS\":[\"AA==\"]}",
    )
    .await;
    assert_eq!((session.user.as_deref(), session.credits, session.theme), (None, i64::MIN, 7));
    assert_eq!(session.roles, ["a", "b"].map(String::from).into());
    assert_eq!(session.avatar, [0, 1, 255]);
}

#[tokio::test]
async fn a_lenient_field_has_its_default_and_the_others_are_read() {
    let session = loaded(r#""theme":{"S":"dark"},"credits":{"N":"5"}"#).await;
    assert_eq!((session.theme, session.credits), (0, 5));
}

#[tokio::test]
async fn what_cannot_be_decoded_is_an_error_only_of_a_session_that_lives() {
    let broken = r#""credits":{"S":"many"},"user":{"N":"1"},"#;
    let live = format!(r#"{broken}"expires_at":{{"N":"1800000060"}}"#);
    let error = load(&live).await.map(drop).unwrap_err();
    // The first of the struct, in whichever order they come.
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Decode, Some("user")));
    let expired = format!(r#"{broken}"expires_at":{{"N":"1799999999"}}"#);
    assert!(load(&expired).await.unwrap().is_none());
    let tombstone = format!(
        r#"{broken}"expires_at":{{"N":"1"}},"_renewed_at":{{"N":"1800000000"}},"_renewed_to":{{"S":"key"}}"#
    );
    assert!(load(&tombstone).await.unwrap().is_none());
}

#[tokio::test]
async fn a_body_without_an_item_is_a_table_without_the_session() {
    for body in ["{}", r#"{"ConsumedCapacity":{"CapacityUnits":1.0}}"#, r#"{"Item":null}"#] {
        assert!(load_body(body).await.unwrap().is_none(), "{body}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_or_goes_on_is_no_answer() {
    let whole = r#"{"Item":{"expires_at":{"N":"1800000060"},"cart":{"M":{"a":{"N":"1"}}},"user":{"S":"\ud83d\ude00"}}}"#;
    assert!(load_body(whole).await.unwrap().is_some());
    for length in 0..whole.len() {
        assert_eq!(refused(&whole[..length]).await, ErrorKind::Unavailable, "{length}");
    }
    for rest in ["x", "{}", ",", "}", "\u{0}"] {
        assert_eq!(refused(&format!("{whole}{rest}")).await, ErrorKind::Unavailable, "{rest}");
    }
}

#[tokio::test]
async fn a_body_that_is_nested_without_end_is_no_answer() {
    for (open, close) in [
        (r#"{"L":["#, "]}"),
        (r#"{"M":{"k":"#, "}}"),
        ("[", "]"),
        (r#"{"__type":"#, "}"),
        (r#"{"X":"#, "}"),
    ] {
        for name in ["cart", "other", "user", "_commits", "theme"] {
            for depth in [200, 100_000] {
                let nested = [open.repeat(depth), close.repeat(depth)].concat();
                let body = format!(r#"{{"Item":{{"{name}":{nested}}}}}"#);
                assert_eq!(refused(&body).await, ErrorKind::Unavailable, "{name} {open} {depth}");
            }
        }
    }
    let skipped =
        format!(r#"{{"Other":{}{},"Item":null}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(refused(&skipped).await, ErrorKind::Unavailable);
}

#[tokio::test]
async fn megabytes_are_read() {
    let text = "é\\n".repeat(1 << 20);
    let session = loaded(&format!(r#""user":{{"S":"{text}"}},"other":{{"S":"{text}"}}"#)).await;
    assert_eq!(session.user.as_ref().map(String::len), Some(3 << 20));
}
