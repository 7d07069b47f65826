//! Guarded fields, which the other service does not know to be guarded.

use std::time::Duration;

use dynamo_session::{Committed, DynamoSession, ErrorKind, Expires, SessionId};
use dynamo_session_tests::attribute::s;
use dynamo_session_tests::{Fault, skip_pauses};

use super::super::{DATA, legacy_row};
use super::{SID, legacy, legacy_row_text, only_row, sharing};

#[derive(DynamoSession, Debug)]
#[session(idle_timeout = "1 day")]
struct Guarded {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(rename = "userId", guard)]
    user: Option<String>,
    #[session(counter)]
    n: u32,
}

#[tokio::test]
async fn what_the_other_service_has_changed_of_them_is_a_conflict() {
    let (moved, foreign) = legacy().await;
    let store = sharing::<Guarded>(&moved, foreign).await;
    let mut session = store.load_shared(SID).await.unwrap().unwrap();
    session.n += 1;
    session.commit().await.unwrap();
    let theirs = legacy_row(&DATA.replace("u-000042", "u-7"));
    moved.put(theirs.clone()).await;
    session.n += 1;
    for _ in 0..2 {
        let error = session.commit().await.unwrap_err();
        assert_eq!((error.kind(), error.attribute()), (ErrorKind::Conflict, Some("userId")));
        assert_eq!(session.latest().unwrap().user.as_deref(), Some("u-7"));
    }
    assert_eq!(only_row(&moved).await, theirs);
}

#[tokio::test]
async fn what_was_changed_here_is_none() {
    let (moved, foreign) = legacy().await;
    let store = sharing::<Guarded>(&moved, foreign).await;
    let mut session = store.load_shared(SID).await.unwrap().unwrap();
    for user in ["u-1", "u-2"] {
        session.user = Some(user.to_owned());
        session.commit().await.unwrap();
        // Another key of theirs.
        let data = only_row(&moved).await["sess"].as_s().unwrap().replacen('{', r#"{"x":1,"#, 1);
        moved.put(legacy_row(&data)).await;
        session.n += 1;
        session.commit().await.unwrap();
        assert_eq!(legacy_row_text(&moved).await["userId"], user);
    }
}

#[tokio::test]
async fn a_guard_outlasts_a_lost_answer() {
    skip_pauses();
    let (moved, foreign) = legacy().await;
    let store = sharing::<Guarded>(&moved, foreign).await;
    let mut session = store.load_shared(SID).await.unwrap().unwrap();
    session.n += 1;
    moved.world.network.fail_by("UpdateItem", || Some(Fault::LoseResponse));
    assert!(session.commit().await.is_err());
    moved.world.network.forget_faults();
    // The other service has read what was written, and changes what is guarded here.
    let mut row = only_row(&moved).await;
    let data = row["sess"].as_s().unwrap().replace("u-000042", "u-7");
    row.insert("sess".to_owned(), s(data));
    moved.put(row).await;
    session.commit().await.unwrap();
    assert_eq!(session.user.as_deref(), Some("u-000042"));
    session.n += 1;
    let error = session.commit().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Conflict, Some("userId")));
    assert_eq!(legacy_row_text(&moved).await["n"], 2);
}

#[tokio::test]
async fn a_touch_is_no_conflict_and_forgets_no_guard() {
    let (moved, foreign) = legacy().await;
    let store = sharing::<Guarded>(&moved, foreign).await;
    let mut session = store.load_shared(SID).await.unwrap().unwrap();
    moved.clock.advance(Duration::from_secs(4 * 3600));
    moved.put(legacy_row(&DATA.replace("u-000042", "u-7"))).await;
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    assert_eq!(legacy_row_text(&moved).await["userId"], "u-7");
    session.n += 1;
    let error = session.commit().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Conflict, Some("userId")));
}
