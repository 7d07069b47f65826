//! Secrets of a session that another store keeps plainly.

use super::*;
use dynamo_session::ErrorKind;
use dynamo_session::interop::ForeignStore;
use dynamo_session_tests::{Fault, skip_pauses};

use crate::interop::{Move, Row, SID, legacy_row};

#[derive(DynamoSession, Debug)]
#[session(table = "native", idle_timeout = "30m", touch_interval = "1m")]
struct Customer {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(secret, guard, alias = "accessToken")]
    token: Option<String>,
    #[session(secret)]
    tokens: Option<Tokens>,
    #[session(secret, lenient)]
    pin: Option<u32>,
    #[session(secret)]
    key: Vec<u8>,
    #[session(counter)]
    n: u32,
}

fn row(token: &str, n: u32) -> Row {
    let data = serde_json::json!({
        "cookie": { "path": "/" }, "accessToken": token, "tokens": tokens(), "pin": "not a number",
        "n": n,
    });
    legacy_row(&data.to_string())
}

struct Scene {
    moved: Move,
    store: SessionStore<Customer>,
    foreign: ForeignStore,
}

async fn scene() -> Scene {
    let moved = Move::from(&["id"]).await;
    let store = moved.store_of().await;
    let foreign = ForeignStore::connect_dynamodb(&moved.table).secrets(["keyboard cat"]);
    moved.put(row(TOKEN, 1)).await;
    Scene { moved, store, foreign }
}

impl Scene {
    async fn adopt(&self) -> Session<Customer> {
        self.store.adopt(&self.foreign, SID).await.unwrap().unwrap()
    }

    /// The only session's item.
    async fn item(&self) -> Row {
        let [item] = &self.moved.items().await[..] else { panic!("one item") };
        item.clone()
    }

    async fn assert_encrypted(&self, attributes: &[&str]) {
        let item = self.item().await;
        for attribute in attributes {
            assert_eq!(binary(&item[*attribute])[0], 1, "{attribute}");
        }
        let dump = format!("{item:?}");
        for part in [TOKEN, &tokens().access, "not a number", "accessToken"] {
            assert!(!dump.contains(part), "{part} in {dump}");
        }
    }
}

#[tokio::test]
async fn an_adoption_encrypts_them() {
    let scene = scene().await;
    let mut session = scene.adopt().await;
    assert_eq!((session.token.as_deref(), &session.tokens), (Some(TOKEN), &Some(tokens())));
    session.n += 1;
    session.commit().await.unwrap();
    scene.assert_encrypted(&["token", "tokens", "pin"]).await;
    assert!(!scene.item().await.contains_key("key"), "a default is absent");

    // The handle goes on with what is stored, and so does the next one.
    let before = scene.item().await;
    session.tokens = None;
    session.commit().await.unwrap();
    assert!(!scene.item().await.contains_key("tokens"));
    assert_eq!(scene.item().await["token"], before["token"]);
    let mut next = scene.adopt().await;
    assert_eq!((next.token.as_deref(), &next.tokens, next.n), (Some(TOKEN), &None, 2));
    next.token = None;
    next.commit().await.unwrap();
    assert!(!scene.item().await.contains_key("token"));
    assert_eq!(scene.item().await["pin"], before["pin"], "it is lenient, and stays");
}

#[tokio::test]
async fn a_migration_encrypts_them() {
    let scene = scene().await;
    let migrated = scene.store.migrate(&scene.foreign).await.unwrap();
    assert_eq!((migrated.adopted, migrated.unreadable), (1, 0), "{migrated}");
    scene.assert_encrypted(&["token", "tokens", "pin"]).await;
    let session = scene.adopt().await;
    assert_eq!((session.token.as_deref(), &session.tokens), (Some(TOKEN), &Some(tokens())));
}

#[tokio::test]
async fn a_change_that_an_adoption_carries_is_encrypted() {
    let scene = scene().await;
    let mut session = scene.adopt().await;
    session.token = Some("another, that is new".to_owned());
    session.key = KEY.to_vec();
    session.pin = Some(PIN);
    session.commit().await.unwrap();
    scene.assert_encrypted(&["token", "tokens", "pin", "key"]).await;
    let session = scene.adopt().await;
    assert_eq!(session.token.as_deref(), Some("another, that is new"));
    assert_eq!((&session.key[..], session.pin, &session.tokens), (KEY, Some(PIN), &Some(tokens())));
}

#[tokio::test]
async fn a_renewal_of_one_encrypts_for_the_new_id_alone() {
    let scene = scene().await;
    let mut session = scene.adopt().await;
    session.key = KEY.to_vec();
    session.renew().await.unwrap();
    scene.assert_encrypted(&["token", "tokens", "pin", "key"]).await;
    let loaded = scene.moved.world.load(&scene.store, session.id()).await;
    assert_eq!((loaded.token.as_deref(), &loaded.tokens), (Some(TOKEN), &Some(tokens())));
    assert_eq!(&loaded.key[..], KEY);
}

#[tokio::test]
async fn an_adoption_whose_answer_was_lost_is_settled() {
    skip_pauses();
    let scene = scene().await;
    let mut session = scene.adopt().await;
    session.token = Some("another, that is new".to_owned());
    let network = &scene.moved.world.network;
    network.fail_by("TransactWriteItems", || Some(Fault::LoseResponse));
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Unavailable);
    network.forget_faults();
    session.tokens = None;
    session.commit().await.unwrap();
    scene.assert_encrypted(&["token", "pin"]).await;
    assert!(!scene.item().await.contains_key("tokens"));
    assert_eq!(scene.adopt().await.token.as_deref(), Some("another, that is new"));
}

/// Read again, it is encrypted again, which is no change of it.
#[tokio::test]
async fn a_guard_holds_while_the_value_in_the_row_is_the_same() {
    let scene = scene().await;
    let mut session = scene.adopt().await;
    scene.moved.put(row(TOKEN, 5)).await;
    session.n += 1;
    session.commit().await.unwrap();
    assert_eq!(scene.adopt().await.n, 6);
    session.token = None;
    session.commit().await.unwrap();
    assert_eq!(scene.adopt().await.token, None);

    let scene = self::scene().await;
    let mut session = scene.adopt().await;
    scene.moved.put(row("another", 5)).await;
    session.n += 1;
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(session.latest().unwrap().token.as_deref(), Some("another"));
}

#[tokio::test]
async fn a_guard_holds_where_another_request_has_adopted_it() {
    let scene = scene().await;
    let (mut first, mut second, mut third) =
        (scene.adopt().await, scene.adopt().await, scene.adopt().await);
    first.n += 1;
    first.commit().await.unwrap();
    second.n += 10;
    second.commit().await.unwrap();
    assert_eq!(scene.adopt().await.n, 12);
    second.token = Some("another".to_owned());
    second.tokens = None;
    second.commit().await.unwrap();
    assert_eq!(scene.adopt().await.token.as_deref(), Some("another"));
    assert_eq!(scene.adopt().await.tokens, None);
    third.n += 100;
    assert_eq!(third.commit().await.unwrap_err().kind(), ErrorKind::Conflict);
}

/// A server that has newer secrets gives the session another id, for which this one has not encrypted.
#[tokio::test]
async fn what_was_adopted_under_another_id_meanwhile_is_found_by_the_next_request() {
    let scene = scene().await;
    let rotated =
        ForeignStore::connect_dynamodb(&scene.moved.table).secrets(["new secret", "keyboard cat"]);
    let mut first = scene.adopt().await;
    let mut second = scene.store.adopt(&rotated, SID).await.unwrap().unwrap();
    assert!(first.id() != second.id());
    first.n += 1;
    first.commit().await.unwrap();
    second.token = Some("another".to_owned());
    assert_eq!(second.commit().await.unwrap_err().kind(), ErrorKind::Gone);
    let mut next = scene.store.adopt(&rotated, SID).await.unwrap().unwrap();
    assert!(next.id() == first.id());
    assert_eq!((next.token.as_deref(), next.n), (Some(TOKEN), 2));
    next.token = Some("another".to_owned());
    next.commit().await.unwrap();
    scene.assert_encrypted(&["token", "tokens", "pin"]).await;
}
