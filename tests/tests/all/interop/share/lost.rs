//! Answers that are lost: a commit counts once, or it is said that this cannot be known.

use std::time::Duration;

use dynamo_session::{ErrorKind, Session, SessionStore};
use dynamo_session_tests::{Fault, skip_pauses};

use super::super::{DATA, legacy_row};
use super::{Member, Move, SID, legacy_row_text, load, only_row, shared};

/// A session to which 1 was added, of a row that a commit of ours has written before, unless it is only theirs.
async fn changed(
    is_ours: bool,
    operation: &str,
    fault: impl Fn() -> Fault + Send + 'static,
) -> (Move, SessionStore<Member>, Session<Member>) {
    let (moved, store) = shared().await;
    if is_ours {
        let mut before = load(&store).await;
        before.user = Some("u-1".to_owned());
        before.commit().await.unwrap();
    }
    let mut session = load(&store).await;
    session.n += 1;
    moved.world.network.fail_by(operation, move || Some(fault()));
    (moved, store, session)
}

#[tokio::test]
async fn a_lost_answer_is_settled_and_counts_once() {
    skip_pauses();
    for is_ours in [true, false] {
        let (moved, _, mut session) = changed(is_ours, "UpdateItem", || Fault::LoseResponse).await;
        assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Unavailable);
        session.n += 10;
        moved.world.network.forget_faults();
        session.commit().await.unwrap();
        assert_eq!(legacy_row_text(&moved).await["n"], 12);
    }
}

#[tokio::test]
async fn a_lost_request_is_sent_again() {
    skip_pauses();
    for is_ours in [true, false] {
        let (moved, _, mut session) = changed(is_ours, "UpdateItem", || Fault::LoseRequest).await;
        assert!(session.commit().await.is_err());
        assert_eq!(legacy_row_text(&moved).await["n"], 1);
        moved.world.network.forget_faults();
        session.commit().await.unwrap();
        assert_eq!(legacy_row_text(&moved).await["n"], 2);
    }
}

#[tokio::test]
async fn after_a_lost_answer_or_request_others_of_ours_go_on() {
    skip_pauses();
    for fault in [|| Fault::LoseResponse, || Fault::LoseRequest] {
        let (moved, store, mut session) = changed(true, "UpdateItem", fault).await;
        assert!(session.commit().await.is_err());
        moved.world.network.forget_faults();
        let mut other = load(&store).await;
        other.n += 10;
        other.commit().await.unwrap();
        session.commit().await.unwrap();
        assert_eq!(legacy_row_text(&moved).await["n"], 12);
    }
}

#[tokio::test]
async fn a_write_of_the_other_service_takes_along_what_it_has_read() {
    skip_pauses();
    // It has read the row after the commit, whose answer was lost, or before.
    for has_read in [true, false] {
        let (moved, _, mut session) = changed(true, "UpdateItem", || Fault::LoseResponse).await;
        let before = only_row(&moved).await;
        assert!(session.commit().await.is_err());
        moved.world.network.forget_faults();
        let mut row = if has_read { only_row(&moved).await } else { before };
        let data = row["sess"].as_s().unwrap().replace("u-1", "u-7");
        row.insert("sess".to_owned(), dynamo_session_tests::attribute::s(data));
        moved.put(row).await;
        session.commit().await.unwrap();
        let stored = legacy_row_text(&moved).await;
        assert_eq!((&stored["n"], &stored["userId"]), (&2.into(), &"u-7".into()), "{has_read}");
    }
}

#[tokio::test]
async fn where_the_other_service_has_dropped_what_tells_it_cannot_be_known() {
    skip_pauses();
    for is_ours in [true, false] {
        let (moved, _, mut session) = changed(is_ours, "UpdateItem", || Fault::LoseResponse).await;
        assert!(session.commit().await.is_err());
        moved.world.network.forget_faults();
        let theirs = legacy_row(&DATA.replace(r#""n": 1"#, r#""n": 2"#));
        moved.put(theirs.clone()).await;
        assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
        assert_eq!(only_row(&moved).await, theirs);
    }
}

#[tokio::test]
async fn commits_are_forgotten_only_where_that_is_said() {
    skip_pauses();
    let (moved, store, mut session) = changed(true, "UpdateItem", || Fault::LoseRequest).await;
    assert!(session.commit().await.is_err());
    moved.world.network.forget_faults();
    for _ in 0..9 {
        let mut other = load(&store).await;
        other.n += 1;
        other.commit().await.unwrap();
    }
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(legacy_row_text(&moved).await["n"], 10);
}

#[tokio::test]
async fn after_a_lost_answer_a_logout_stays() {
    skip_pauses();
    let (moved, _, mut session) = changed(false, "UpdateItem", || Fault::LoseResponse).await;
    assert!(session.commit().await.is_err());
    moved.world.network.forget_faults();
    moved.delete(&legacy_row(DATA)).await;
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Gone);
    assert!(moved.rows().await.is_empty());
}

#[tokio::test]
async fn a_copy_that_arrives_late_does_nothing() {
    skip_pauses();
    let (moved, store) = shared().await;
    let mut session = load(&store).await;
    session.n += 1;
    session.commit().await.unwrap();
    let copy = moved.world.network.copy_of_last("UpdateItem");
    session.n += 1;
    session.commit().await.unwrap();
    moved.world.network.deliver(copy).await;
    assert_eq!(legacy_row_text(&moved).await["n"], 3);
    session.destroy().await.unwrap();
    let copy = moved.world.network.copy_of_last("UpdateItem");
    moved.world.network.deliver(copy).await;
    assert!(moved.rows().await.is_empty());
}

#[tokio::test]
async fn a_first_commit_whose_answer_is_lost_is_settled() {
    skip_pauses();
    for fault in [|| Fault::LoseResponse, || Fault::LoseRequest] {
        let (moved, store) = shared().await;
        moved.delete(&legacy_row(DATA)).await;
        moved.world.network.fail_by("PutItem", move || Some(fault()));
        let mut session = store.create();
        session.n = 5;
        assert!(session.commit().await.is_err());
        session.n += 1;
        moved.world.network.forget_faults();
        session.commit().await.unwrap();
        assert_eq!(legacy_row_text(&moved).await["n"], 6);
    }
}

#[tokio::test]
async fn a_renewal_whose_answer_is_lost_is_finished() {
    skip_pauses();
    for fault in [|| Fault::LoseResponse, || Fault::LoseRequest] {
        let (moved, store, mut session) = changed(false, "TransactWriteItems", fault).await;
        assert!(session.renew().await.is_err());
        moved.world.network.forget_faults();
        session.n += 10;
        session.renew().await.unwrap();
        assert_eq!(legacy_row_text(&moved).await["n"], 12);
        assert_ne!(session.shared_sid(), Some(SID));
        assert!(store.load_shared(SID).await.unwrap().is_none());
        let sid = session.shared_sid().unwrap().to_owned();
        assert_eq!(store.load_shared(&sid).await.unwrap().unwrap().n, 12);
    }
}

#[tokio::test]
async fn a_logout_whose_answer_is_lost_is_repeated() {
    skip_pauses();
    let (moved, _, mut session) = changed(false, "DeleteItem", || Fault::LoseResponse).await;
    assert!(session.destroy().await.is_err());
    moved.world.network.forget_faults();
    session.destroy().await.unwrap();
    assert!(moved.rows().await.is_empty());
}

#[tokio::test]
async fn what_has_expired_since_is_not_brought_back() {
    skip_pauses();
    for operation in ["UpdateItem", "TransactWriteItems"] {
        let (moved, _, mut session) = changed(false, operation, || Fault::LoseRequest).await;
        let before = only_row(&moved).await;
        let is_renewal = operation == "TransactWriteItems";
        match is_renewal {
            true => assert!(session.renew().await.is_err()),
            false => assert!(session.commit().await.is_err()),
        }
        moved.world.network.forget_faults();
        moved.clock.advance(Duration::from_secs(2 * 86_400));
        let again = match is_renewal {
            true => session.renew().await,
            false => session.commit().await.map(drop),
        };
        assert_eq!(again.unwrap_err().kind(), ErrorKind::Gone, "{operation}");
        assert_eq!(only_row(&moved).await, before, "{operation}");
    }
}

#[tokio::test]
async fn a_renewal_is_finished_though_the_other_service_has_dropped_what_tells() {
    skip_pauses();
    let lose = || Fault::LoseResponse;
    let (moved, store, mut session) = changed(false, "TransactWriteItems", lose).await;
    assert!(session.renew().await.is_err());
    moved.world.network.forget_faults();
    let mut row = only_row(&moved).await;
    let theirs = r#"{"cookie": {}, "userId": "u-7", "n": 7, "roles": []}"#;
    row.insert("sess".to_owned(), dynamo_session_tests::attribute::s(theirs));
    moved.put(row).await;
    session.renew().await.unwrap();
    assert_ne!(session.shared_sid(), Some(SID));
    session.n += 1;
    session.commit().await.unwrap();
    let sid = session.shared_sid().unwrap().to_owned();
    let found = store.load_shared(&sid).await.unwrap().unwrap();
    assert_eq!((found.user.as_deref(), found.n), (Some("u-7"), 8));
}
