//! Logouts, renewals and expiry, from either side.

use std::time::Duration;

use dynamo_session::{Committed, ErrorKind};
use dynamo_session_tests::attribute::n;

use super::super::{DATA, legacy_row, row};
use super::{SID, data, legacy_row_text, load, only_row, shared, shared_with};
use crate::interop::systems::SYSTEMS;

#[tokio::test]
async fn a_logout_on_either_side_ends_it_on_both() {
    for system in &SYSTEMS {
        let (moved, store) = shared_with(system).await;
        let mut here = store.load_shared(system.sid).await.unwrap().unwrap();
        let mut late = store.load_shared(system.sid).await.unwrap().unwrap();
        here.destroy().await.unwrap();
        assert!(moved.rows().await.is_empty(), "{}", system.name);
        late.n += 1;
        assert_eq!(late.commit().await.unwrap_err().kind(), ErrorKind::Gone);
        assert!(moved.rows().await.is_empty());

        moved.put(system.row()).await;
        let mut late = store.load_shared(system.sid).await.unwrap().unwrap();
        moved.delete(&system.row()).await;
        late.n += 1;
        assert_eq!(late.renew().await.unwrap_err().kind(), ErrorKind::Gone);
        assert!(moved.rows().await.is_empty());
        assert!(store.load_shared(system.sid).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_touch_after_a_logout_leaves_no_row() {
    let (moved, store) = shared().await;
    let mut session = load(&store).await;
    moved.clock.advance(Duration::from_secs(600));
    moved.delete(&legacy_row(DATA)).await;
    assert_eq!(session.touch().await.unwrap_err().kind(), ErrorKind::Gone);
    assert!(moved.rows().await.is_empty());
}

#[tokio::test]
async fn what_a_late_touch_of_theirs_has_left_is_no_session() {
    let (moved, store) = shared().await;
    let mut session = load(&store).await;
    let left = row(
        r#"{"id": {"S": "sess:WeC0xndUl_fi9K_mpkNtdOeUiM4nSQOq"}, "expires": {"N": "1795349999"}}"#,
    );
    moved.delete(&legacy_row(DATA)).await;
    moved.put(left.clone()).await;
    session.n += 1;
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Gone);
    assert!(store.load_shared(SID).await.unwrap().is_none());
    assert_eq!(only_row(&moved).await, left);
}

#[tokio::test]
async fn a_renewal_moves_the_row_and_what_has_changed() {
    for system in &SYSTEMS {
        let (moved, store) = shared_with(system).await;
        let before = only_row(&moved).await;
        let mut session = store.load_shared(system.sid).await.unwrap().unwrap();
        let id = session.id().clone();
        session.n += 1;
        moved.operations();
        session.renew().await.unwrap();
        // Where no condition tells of a key that was added, the row is read once more.
        let reads = moved.operations().iter().filter(|operation| *operation == "GetItem").count();
        assert_eq!(reads > 0, ["geo", "arc", "svs"].contains(&system.name), "{}", system.name);
        let sid = session.shared_sid().unwrap().to_owned();
        assert_eq!(sid.len(), system.sid.len(), "an id of the other service's form");
        assert_ne!((&*sid, &id), (system.sid, session.id()));
        let after = only_row(&moved).await;
        assert_eq!(data(system, &after)["n"], 2);
        assert_eq!(data(system, &after)["userId"], "u-000042");
        assert_eq!(after.len(), before.len() + usize::from(after.contains_key("dynamoSession")));
        assert!(store.load_shared(system.sid).await.unwrap().is_none());
        session.n += 1;
        session.commit().await.unwrap();
        assert_eq!(store.load_shared(&sid).await.unwrap().unwrap().n, 3);
    }
}

#[tokio::test]
async fn a_renewal_loses_nothing_of_theirs() {
    let (moved, store) = shared().await;
    let mut session = load(&store).await;
    moved.put(legacy_row(&DATA.replace("u-000042", "u-7"))).await;
    session.n += 1;
    session.renew().await.unwrap();
    let stored = legacy_row_text(&moved).await;
    assert_eq!((&stored["userId"], &stored["n"]), (&"u-7".into(), &2.into()));
}

#[tokio::test]
async fn a_new_session_is_renewed_without_a_request() {
    let (moved, store) = shared().await;
    let mut session = store.create();
    let sid = session.shared_sid().unwrap().to_owned();
    session.renew().await.unwrap();
    assert_ne!(session.shared_sid(), Some(&*sid));
    assert!(moved.operations().is_empty());
    session.n = 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    let sid = session.shared_sid().unwrap().to_owned();
    assert_eq!(store.load_shared(&sid).await.unwrap().unwrap().id(), session.id());
}

#[tokio::test]
async fn restart_ends_the_row_and_begins_another() {
    let (moved, store) = shared().await;
    let mut session = load(&store).await;
    session.restart().await.unwrap();
    assert!(moved.rows().await.is_empty());
    session.n = 7;
    session.commit().await.unwrap();
    assert_ne!(session.shared_sid(), Some(SID));
    assert_eq!(legacy_row_text(&moved).await["n"], 7);
}

#[tokio::test]
async fn an_expired_row_is_no_session_however_long_it_stays() {
    let (moved, store) = shared().await;
    let mut session = load(&store).await;
    moved.clock.advance(Duration::from_secs(2 * 86_400));
    assert!(store.load_shared(SID).await.unwrap().is_none());
    session.n += 1;
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Gone);
    assert_eq!(only_row(&moved).await, legacy_row(DATA));
}

#[tokio::test]
async fn a_session_that_the_other_service_has_prolonged_is_alive() {
    let (moved, store) = shared().await;
    let mut session = load(&store).await;
    moved.clock.advance(Duration::from_secs(2 * 86_400));
    let mut prolonged = legacy_row(DATA);
    prolonged.insert("expires".to_owned(), n(1_795_256_900 + 3 * 86_400));
    moved.put(prolonged).await;
    session.n += 1;
    session.commit().await.unwrap();
    assert_eq!(legacy_row_text(&moved).await["n"], 2);
}
