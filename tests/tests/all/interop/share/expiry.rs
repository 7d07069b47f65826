//! When a session ends, in the unit that its own store expects, and for as long as that keeps it.

use std::time::{Duration, SystemTime};

use dynamo_session::{
    Committed, CreatedAt, DynamoSession, EpochSeconds as _, ErrorKind, Expires, SessionId,
};
use dynamo_session_tests::attribute::n;
use serde_json::json;

use super::{SID, data, legacy, legacy_row_text, load, only_row, shared, shared_with, sharing};
use crate::interop::NOW;
use crate::interop::systems::SYSTEMS;

const DAY: i64 = 86_400;

#[tokio::test]
async fn a_touch_writes_the_expiry_as_the_other_store_does() {
    for system in &SYSTEMS {
        let name = system.name;
        let (moved, store) = shared_with(system).await;
        let mut session = store.load_shared(system.sid).await.unwrap().unwrap();
        moved.clock.advance(Duration::from_secs(90));
        moved.operations();
        let before = only_row(&moved).await;
        let touched = session.touch().await.unwrap();
        let now = NOW + 90;
        // As long as its row says, or the idle timeout. cds and cyc have these rows end later than that.
        let (attribute, expected) = match name {
            "geo" | "arc" | "cyc" => ("", None),
            "cds" => ("", None),
            "svs" => ("", None),
            "mre" => ("Expires", Some(now + 30 * 60)),
            "koa" => ("expires", Some(now + DAY + 10)),
            _ => ("expires", Some(now + DAY)),
        };
        let after = only_row(&moved).await;
        let Some(expected) = expected else {
            assert_eq!((touched, &after), (Committed::Unchanged, &before), "{name}");
            assert!(moved.operations().is_empty(), "{name}");
            continue;
        };
        assert_eq!(touched, Committed::Touched, "{name}");
        assert_eq!(after[attribute], n(expected), "{name}");
        assert_eq!(moved.operations(), ["UpdateItem"], "{name}");
        assert!(
            data(system, &after).get("dynamoSession").is_none(),
            "{name}: nothing else is noted"
        );
        if name == "koa" {
            assert_eq!(data(system, &after)["_expire"], json!((now + DAY) * 1000));
        }
        assert_eq!(
            session.expires_at().epoch_seconds(),
            expected - if name == "koa" { 10 } else { 0 }
        );
        let again = store.load_shared(system.sid).await.unwrap().unwrap();
        assert_eq!(again.expires_at(), session.expires_at(), "{name}");
    }
}

#[tokio::test]
async fn connect_dynamodb_session_counts_in_milliseconds() {
    let system = SYSTEMS.iter().find(|system| system.name == "cds").unwrap();
    let (moved, store) = shared_with(system).await;
    let mut session = store.load_shared(system.sid).await.unwrap().unwrap();
    let until = NOW + 5000;
    session.n += 1;
    session.commit_until(SystemTime::from_epoch_seconds(until)).await.unwrap();
    let row = only_row(&moved).await;
    assert_eq!(row["expires"], n(until * 1000));
    assert_eq!(data(system, &row)["lastModified"], json!(NOW * 1000));
    let session = store.load_shared(system.sid).await.unwrap().unwrap();
    assert_eq!((session.n, session.expires_at().epoch_seconds()), (2, until));
}

#[tokio::test]
async fn a_commit_takes_a_due_expiry_along_and_the_cookie_of_express_says_the_same() {
    let (moved, store) = shared().await;
    let mut session = load(&store).await;
    session.n += 1;
    session.commit().await.unwrap();
    let stored = legacy_row_text(&moved).await;
    assert_eq!(only_row(&moved).await["expires"], n(NOW + DAY));
    // 1795256900 is 2026-11-21T10:28:20Z.
    assert_eq!(stored["cookie"]["expires"], "2026-11-22T10:28:20.000Z");
    assert_eq!(stored["cookie"]["originalMaxAge"], 86_400_000);
    assert_eq!(stored["cookie"]["httpOnly"], true);
}

#[tokio::test]
async fn an_expiry_never_moves_back_unless_it_is_named() {
    let (moved, store) = shared().await;
    let mut row = only_row(&moved).await;
    row.insert("expires".to_owned(), n(NOW + 30 * DAY));
    moved.put(row).await;
    let mut session = load(&store).await;
    session.n += 1;
    session.commit().await.unwrap();
    assert_eq!(only_row(&moved).await["expires"], n(NOW + 30 * DAY));
    session.commit_until(SystemTime::from_epoch_seconds(NOW + 60)).await.unwrap();
    assert_eq!(only_row(&moved).await["expires"], n(NOW + 60));
    assert_eq!(session.expires_at().epoch_seconds(), NOW + 60);
}

#[tokio::test]
async fn rows_without_an_expiry_live_as_there_and_take_none() {
    let system = SYSTEMS.iter().find(|system| system.name == "svs").unwrap();
    let (moved, store) = shared_with(system).await;
    moved.clock.advance(Duration::from_secs(400 * 86_400));
    let mut session = store.load_shared(system.sid).await.unwrap().unwrap();
    session.n += 1;
    session.commit().await.unwrap();
    let row = only_row(&moved).await;
    assert!(!row.contains_key("expires") && !row.contains_key("Expires"));
    let error = session.commit_until(SystemTime::from_epoch_seconds(NOW)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[derive(DynamoSession, Debug)]
#[session(idle_timeout = "30m", absolute_timeout = "1h")]
struct Short {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    n: u32,
}

#[tokio::test]
async fn an_absolute_timeout_counts_from_when_this_side_has_first_written() {
    let (moved, foreign) = legacy().await;
    let store = sharing::<Short>(&moved, foreign).await;
    let mut session = store.load_shared(SID).await.unwrap().unwrap();
    session.n += 1;
    session.commit().await.unwrap();
    moved.clock.advance(Duration::from_secs(59 * 60));
    let session = store.load_shared(SID).await.unwrap().unwrap();
    assert_eq!(session.created_at.epoch_seconds(), NOW);
    moved.clock.advance(Duration::from_secs(60));
    assert!(store.load_shared(SID).await.unwrap().is_none());
}

#[tokio::test]
async fn a_type_that_knows_no_beginning_leaves_it_as_it_is() {
    let (moved, foreign) = legacy().await;
    let store = sharing::<Short>(&moved, foreign.clone()).await;
    let mut session = store.load_shared(SID).await.unwrap().unwrap();
    session.n += 1;
    session.commit().await.unwrap();
    moved.clock.advance(Duration::from_secs(30 * 60));
    let another = sharing(&moved, foreign).await;
    let mut session = load(&another).await;
    session.n += 1;
    session.commit().await.unwrap();
    let session = store.load_shared(SID).await.unwrap().unwrap();
    assert_eq!((session.n, session.created_at.epoch_seconds()), (3, NOW));
}
