//! A session of another store moves here by its first write, and what is told of it afterwards.

use std::time::{Duration, UNIX_EPOCH};

use dynamo_session::interop::ForeignStore;
use dynamo_session::{Committed, CreatedAt, DynamoSession, ErrorKind, Expires, SessionId};
use dynamo_session_tests::attribute::{n, s};

use super::systems::SECRET;
use super::{DATA, Member, Move, NOW, SID, legacy, legacy_row};

#[tokio::test]
async fn the_first_change_moves_it_in_one_transaction() {
    let (moved, foreign) = legacy().await;
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    assert_eq!(moved.operations(), ["GetItem", "GetItem"]);
    assert!(!session.is_new());
    session.n += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    assert_eq!(moved.operations(), ["TransactWriteItems"]);
    assert!(moved.rows().await.is_empty());
    assert_eq!(session.expires_at().epoch_seconds(), NOW + 1800, "this type's idle timeout");

    session.n += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    let loaded = moved.world.load(&moved.store, session.id()).await;
    assert_eq!((loaded.n, loaded.user.as_deref()), (3, Some("u-000042")));
    assert_eq!(loaded.roles, ["a"]);
}

#[tokio::test]
async fn the_tables_hold_neither_the_new_id_nor_the_old_one() {
    let (moved, foreign) = legacy().await;
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.n += 1;
    session.commit().await.unwrap();
    let scan = moved.world.direct.scan().table_name(moved.store.table_name()).send().await;
    let text = format!("{:?}", scan.unwrap().items.unwrap());
    assert!(!text.contains(&session.id().expose_secret()) && !text.contains(SID));
}

#[tokio::test]
async fn what_writes_nothing_leaves_it_where_it_is() {
    let (moved, foreign) = legacy().await;
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    moved.operations();
    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
    assert_eq!(session.touch().await.unwrap(), Committed::Unchanged);
    assert!(moved.operations().is_empty());
    assert_eq!(moved.rows().await.len(), 1);
    assert!(moved.items().await.is_empty());
}

#[tokio::test]
async fn an_expiry_that_is_due_moves_it_too() {
    let (moved, foreign) = legacy().await;
    moved.clock.advance(Duration::from_secs(86_000));
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    assert_eq!(session.touch().await.unwrap(), Committed::Created);
    assert!(moved.rows().await.is_empty());
    assert_eq!(session.expires_at().epoch_seconds(), NOW + 86_000 + 1800);
    let loaded = moved.world.load(&moved.store, session.id()).await;
    assert_eq!(loaded.n, 1);
}

#[tokio::test]
async fn the_old_id_finds_it_until_it_ends() {
    let (moved, foreign) = legacy().await;
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.n += 1;
    session.commit().await.unwrap();
    let mut again = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    assert!(again.id() == session.id());
    assert_eq!(again.n, 2);
    again.destroy().await.unwrap();
    assert!(moved.store.adopt(&foreign, SID).await.unwrap().is_none());
}

/// The other service writes the row back that it has read before.
async fn nothing_of_the_row_comes_back(moved: &Move, foreign: &ForeignStore) {
    moved.put(legacy_row(DATA)).await;
    assert!(moved.store.adopt(foreign, SID).await.unwrap().is_none());
    moved.clock.advance(Duration::from_secs(80_000));
    assert!(moved.store.adopt(foreign, SID).await.unwrap().is_none());
}

#[tokio::test]
async fn a_logout_stays_though_the_row_is_written_back() {
    let (moved, foreign) = legacy().await;
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.destroy().await.unwrap();
    assert!(moved.rows().await.is_empty());
    assert!(moved.items().await.is_empty());
    nothing_of_the_row_comes_back(&moved, &foreign).await;
}

/// As long as a browser may keep the cookie.
#[tokio::test]
async fn a_logout_stays_for_400_days() {
    const DAY: u64 = 24 * 60 * 60;
    let (moved, foreign) = legacy().await;
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.destroy().await.unwrap();
    let mut written_back = legacy_row(DATA);
    written_back.insert("expires".to_owned(), n(NOW + 500 * DAY as i64));
    moved.put(written_back).await;
    moved.clock.advance(Duration::from_secs(399 * DAY));
    moved.store.purge_expired().await.unwrap();
    assert!(moved.store.adopt(&foreign, SID).await.unwrap().is_none());
    moved.clock.advance(Duration::from_secs(2 * DAY));
    assert_eq!(moved.store.purge_expired().await.unwrap().tombstones, 1, "and then it goes");
}

/// The marker has no creation, which `valid_since` takes for a session that began before it.
#[tokio::test]
async fn a_logout_stays_though_all_sessions_of_before_are_purged() {
    #[derive(DynamoSession)]
    #[session(table = "native")]
    struct Dated {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        #[session(created)]
        created_at: CreatedAt,
    }
    let (moved, foreign) = legacy().await;
    let store = moved.store_of::<Dated>().await;
    let mut session = store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.destroy().await.unwrap();
    moved.put(legacy_row(DATA)).await;

    let builder = moved.world.builder::<Dated>().clock(moved.clock.clone());
    let builder = builder.table_name(store.table_name());
    let recent = UNIX_EPOCH + Duration::from_secs(NOW as u64 - 60);
    let after_a_break_in = builder.valid_since(recent).build().await.unwrap();
    after_a_break_in.purge_expired().await.unwrap();
    assert!(store.adopt(&foreign, SID).await.unwrap().is_none());
}

#[tokio::test]
async fn a_logout_after_the_adoption_stays_too() {
    let (moved, foreign) = legacy().await;
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.n += 1;
    session.commit().await.unwrap();
    moved.store.destroy(session.id()).await.unwrap();
    nothing_of_the_row_comes_back(&moved, &foreign).await;
}

#[tokio::test]
async fn a_logout_of_what_another_request_has_adopted_ends_it() {
    let (moved, foreign) = legacy().await;
    let mut late = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.n += 1;
    session.commit().await.unwrap();
    // As the other service writes it, which knows nothing of the adoption.
    moved.put(legacy_row(DATA)).await;
    late.destroy().await.unwrap();
    assert!(moved.store.load(session.id()).await.unwrap().is_none());
    assert!(moved.rows().await.is_empty());
    nothing_of_the_row_comes_back(&moved, &foreign).await;
}

#[tokio::test]
async fn a_session_that_expired_here_does_not_come_back_there() {
    let (moved, foreign) = legacy().await;
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.n += 1;
    session.commit().await.unwrap();
    moved.put(legacy_row(DATA)).await;
    moved.clock.advance(Duration::from_secs(1800));
    let ttl = moved.world.direct.delete_item().table_name(moved.store.table_name());
    let key = Member::SCHEMA.table_key(session.id());
    ttl.key("id", s(key)).send().await.unwrap();
    assert!(moved.store.adopt(&foreign, SID).await.unwrap().is_none());
}

#[tokio::test]
async fn a_renewal_gives_it_an_id_that_the_old_one_does_not_tell() {
    let (moved, foreign) = legacy().await;
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    let before = session.id().clone();
    moved.operations();
    session.user = Some("secret-admin".to_owned());
    session.renew().await.unwrap();
    assert!(*session.id() != before);
    let sent = moved.world.network.take_sent();
    let adoption = sent.iter().find(|sent| sent.operation == "TransactWriteItems").unwrap();
    assert!(!adoption.body.to_string().contains("secret-admin"), "that comes under the new id");
    let loaded = moved.world.load(&moved.store, session.id()).await;
    assert_eq!(loaded.user.as_deref(), Some("secret-admin"));
    assert_eq!(moved.items().await.len(), 1);
    assert!(moved.store.load(&before).await.unwrap().is_none());
    nothing_of_the_row_comes_back(&moved, &foreign).await;
}

#[tokio::test]
async fn restart_ends_it_and_begins_a_session_of_ours() {
    let (moved, foreign) = legacy().await;
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.restart().await.unwrap();
    assert!(session.is_new() && session.user.is_none());
    assert!(moved.rows().await.is_empty());
    session.n = 5;
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    nothing_of_the_row_comes_back(&moved, &foreign).await;
}

#[tokio::test]
async fn rotated_secrets_find_what_older_ones_have_adopted() {
    let (moved, foreign) = legacy().await;
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.n += 1;
    session.commit().await.unwrap();
    let rotated = ForeignStore::connect_dynamodb(&moved.table).secrets(["new secret", SECRET]);
    let found = moved.store.adopt(&rotated, SID).await.unwrap().unwrap();
    assert!(found.id() == session.id());
    // Without the old one it is out of reach, and the row that is written back is not in its place.
    let forgetful = ForeignStore::connect_dynamodb(&moved.table).secrets(["new secret"]);
    moved.put(legacy_row(DATA)).await;
    assert!(moved.store.adopt(&forgetful, SID).await.unwrap().is_none());
}

#[tokio::test]
async fn servers_with_other_secrets_adopt_a_session_once() {
    let (moved, foreign) = legacy().await;
    let rotated = ForeignStore::connect_dynamodb(&moved.table).secrets(["new secret", SECRET]);
    let mut first = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    let mut second = moved.store.adopt(&rotated, SID).await.unwrap().unwrap();
    assert!(first.id() != second.id());
    first.n += 1;
    first.commit().await.unwrap();
    second.n += 10;
    second.commit().await.unwrap();
    assert!(first.id() == second.id(), "it has taken over the id");
    assert!(second.id == *second.id());
    assert_eq!(moved.world.load(&moved.store, first.id()).await.n, 12);
    assert_eq!(moved.items().await.len(), 1);
}

#[derive(Debug, DynamoSession)]
#[session(table = "native")]
struct InTheirTable {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires: i64,
    #[session(rename = "userId")]
    user: Option<String>,
    n: u32,
}

#[tokio::test]
async fn both_may_be_one_table() {
    let (moved, foreign) = legacy().await;
    let builder = moved.world.builder::<InTheirTable>().clock(moved.clock.clone());
    let store = builder.table_name(&moved.table).build().await.unwrap();
    let mut session = store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.n += 1;
    session.commit().await.unwrap();
    let rows = moved.rows().await;
    assert_eq!(rows.len(), 2, "the session and the marker");
    assert!(!rows.contains(&legacy_row(DATA)));
    assert_eq!(store.adopt(&foreign, SID).await.unwrap().unwrap().n, 2);
    session.destroy().await.unwrap();
    assert!(store.adopt(&foreign, SID).await.unwrap().is_none());
}

#[derive(Debug, DynamoSession)]
#[session(table = "native", idle_timeout = "30m")]
struct Guarded {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: dynamo_session::Expires,
    #[session(rename = "userId", guard)]
    user: Option<String>,
    n: u32,
    #[session(lenient)]
    roles: u32,
}

#[tokio::test]
async fn guards_are_those_of_the_row_as_it_was_loaded() {
    let (moved, foreign) = legacy().await;
    let store = moved.store_of::<Guarded>().await;
    let mut session = store.adopt(&foreign, SID).await.unwrap().unwrap();
    moved.put(legacy_row(r#"{"userId": "other", "n": 1}"#)).await;
    session.n = 2;
    let error = session.commit().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Conflict, Some("userId")));
    assert_eq!(session.latest().unwrap().user.as_deref(), Some("other"));
    assert_eq!(moved.rows().await.len(), 1);
    assert!(moved.items().await.is_empty());
}

#[tokio::test]
async fn what_a_lenient_field_cannot_read_moves_along() {
    let (moved, foreign) = legacy().await;
    let store = moved.store_of::<Guarded>().await;
    let mut session = store.adopt(&foreign, SID).await.unwrap().unwrap();
    assert_eq!(session.roles, 0);
    session.n = 2;
    session.commit().await.unwrap();
    let item = moved.items().await.pop().unwrap();
    assert_eq!(item["roles"].as_l().unwrap(), &[s("a")]);
}

#[tokio::test]
async fn too_large_to_be_adopted_is_an_error_and_leaves_the_row() {
    let (moved, foreign) = legacy().await;
    let builder = moved.world.builder::<Member>().clock(moved.clock.clone());
    let small = builder.table_name(moved.store.table_name()).max_size(100).build().await.unwrap();
    let mut session = small.adopt(&foreign, SID).await.unwrap().unwrap();
    session.n += 1;
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::TooLarge);
    assert_eq!(moved.rows().await.len(), 1);
}
