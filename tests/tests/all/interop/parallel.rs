//! Requests that meet: with each other, with the other service, and with a bad network.

use dynamo_session::{ErrorKind, Session};
use dynamo_session_tests::{Fault, skip_pauses};

use super::{DATA, Member, Move, Row, SID, legacy, legacy_row};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    /// A request of ours adds 1.
    First,
    /// Another one adds 10, and a role.
    Second,
    /// The other service writes the whole row, as it has read it, with another user.
    Write,
    /// The other service deletes the row.
    Logout,
}

fn written() -> Row {
    legacy_row(r#"{"cookie": {}, "userId": "u-7", "n": 1, "roles": ["a"]}"#)
}

fn orders(acts: &[Act]) -> Vec<Vec<Act>> {
    if acts.is_empty() {
        return vec![Vec::new()];
    }
    let first = |place: usize| {
        let mut rest = acts.to_vec();
        let act = rest.remove(place);
        orders(&rest).into_iter().map(move |order| [vec![act], order].concat())
    };
    (0..acts.len()).flat_map(first).collect()
}

#[tokio::test]
async fn in_every_order_nothing_is_lost_and_nothing_revived() {
    for order in orders(&[Act::First, Act::Second, Act::Write, Act::Logout]) {
        let (moved, foreign) = legacy().await;
        let mut first = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
        let mut second = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
        first.n += 1;
        second.n += 10;
        second.roles.push("b".to_owned());
        // What is there, as each act leaves it: a row with a user, or a session.
        let (mut row, mut session) = (Some("u-000042"), None);
        for act in &order {
            match act {
                Act::Write => {
                    moved.put(written()).await;
                    row = Some("u-7");
                }
                Act::Logout => {
                    moved.delete(&written()).await;
                    row = None;
                }
                Act::First | Act::Second => {
                    let (handle, added) = match act {
                        Act::First => (&mut first, 1),
                        _ => (&mut second, 10),
                    };
                    let result = handle.commit().await;
                    session = match (session, row) {
                        (Some((user, n)), _) => Some((user, n + added)),
                        (None, Some(user)) => {
                            row = None;
                            Some((user, 1 + added))
                        }
                        (None, None) => {
                            assert_eq!(result.unwrap_err().kind(), ErrorKind::Gone, "{order:?}");
                            continue;
                        }
                    };
                    result.unwrap();
                }
            }
            let found = moved.store.adopt(&foreign, SID).await.unwrap();
            let found = found.as_ref().map(|found| (found.user.as_deref().unwrap(), found.n));
            assert_eq!(found, session.or(row.map(|user| (user, 1))), "{order:?} after {act:?}");
        }
        assert!(moved.items().await.len() <= 1);
    }
}

#[tokio::test]
async fn two_requests_at_once_adopt_it_once() {
    let (moved, foreign) = legacy().await;
    let mut sessions: Vec<Session<Member>> = Vec::new();
    for _ in 0..8 {
        sessions.push(moved.store.adopt(&foreign, SID).await.unwrap().unwrap());
    }
    let mut commits = tokio::task::JoinSet::new();
    for mut session in sessions {
        commits.spawn(async move {
            session.n += 1;
            session.commit().await.unwrap();
        });
    }
    while let Some(committed) = commits.join_next().await {
        committed.unwrap();
    }
    assert_eq!(moved.items().await.len(), 1);
    assert_eq!(moved.store.adopt(&foreign, SID).await.unwrap().unwrap().n, 9);
}

async fn changed(fault: impl Fn() -> Fault + Send + 'static) -> (Move, Session<Member>) {
    skip_pauses();
    let (moved, foreign) = legacy().await;
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.n += 1;
    moved.world.network.fail_by("TransactWriteItems", move || Some(fault()));
    (moved, session)
}

#[tokio::test]
async fn a_lost_answer_is_settled_and_counts_once() {
    let (moved, mut session) = changed(|| Fault::LoseResponse).await;
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Unavailable);
    session.n += 10;
    moved.world.network.forget_faults();
    session.commit().await.unwrap();
    assert_eq!(moved.world.load(&moved.store, session.id()).await.n, 12);
    assert!(moved.rows().await.is_empty());
}

#[tokio::test]
async fn a_lost_request_is_sent_again() {
    let (moved, mut session) = changed(|| Fault::LoseRequest).await;
    assert!(session.commit().await.is_err());
    assert_eq!(moved.rows().await.len(), 1);
    moved.world.network.forget_faults();
    session.commit().await.unwrap();
    assert_eq!(moved.world.load(&moved.store, session.id()).await.n, 2);
}

#[tokio::test]
async fn after_a_lost_answer_others_go_on() {
    let (moved, mut session) = changed(|| Fault::LoseResponse).await;
    assert!(session.commit().await.is_err());
    moved.world.network.forget_faults();
    let mut other = moved.world.load(&moved.store, session.id()).await;
    other.n += 10;
    other.commit().await.unwrap();
    session.commit().await.unwrap();
    assert_eq!(moved.world.load(&moved.store, session.id()).await.n, 12);
}

#[tokio::test]
async fn after_a_lost_answer_a_logout_stays() {
    let (moved, mut session) = changed(|| Fault::LoseResponse).await;
    assert!(session.commit().await.is_err());
    moved.world.network.forget_faults();
    moved.store.destroy(session.id()).await.unwrap();
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Gone);
    assert!(moved.items().await.is_empty());
}

#[tokio::test]
async fn after_a_lost_request_the_other_service_s_write_is_kept() {
    let (moved, mut session) = changed(|| Fault::LoseRequest).await;
    assert!(session.commit().await.is_err());
    moved.world.network.forget_faults();
    moved.put(written()).await;
    session.commit().await.unwrap();
    let loaded = moved.world.load(&moved.store, session.id()).await;
    assert_eq!((loaded.n, loaded.user.as_deref()), (2, Some("u-7")));
}

#[tokio::test]
async fn a_copy_that_arrives_late_does_nothing() {
    let (moved, foreign) = legacy().await;
    let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
    session.n += 1;
    session.commit().await.unwrap();
    let copy = moved.world.network.copy_of_last("TransactWriteItems");
    session.destroy().await.unwrap();
    // The row is exactly as the copy requires it.
    moved.put(legacy_row(DATA)).await;
    // The engine may know the request's own token still; what counts is what it leaves.
    moved.world.network.deliver(copy).await;
    assert!(moved.items().await.is_empty());
    assert!(moved.store.adopt(&foreign, SID).await.unwrap().is_none());
}

#[tokio::test]
async fn a_logout_whose_answer_is_lost_is_repeated() {
    let (moved, mut session) = changed(|| Fault::LoseResponse).await;
    assert!(session.destroy().await.is_err());
    moved.world.network.forget_faults();
    session.destroy().await.unwrap();
    assert!(moved.rows().await.is_empty() && moved.items().await.is_empty());
}

#[tokio::test]
async fn a_renewal_whose_answer_is_lost_is_finished() {
    let (moved, mut session) = changed(|| Fault::LoseResponse).await;
    assert!(session.renew().await.is_err());
    moved.world.network.forget_faults();
    session.renew().await.unwrap();
    assert_eq!(moved.items().await.len(), 1);
    assert_eq!(moved.world.load(&moved.store, session.id()).await.n, 2);
}
