//! Requests of both services that meet, in every order.

use std::time::Duration;

use super::super::{DATA, legacy_row};
use super::{Member, SID, legacy_row_text, load, shared};
use dynamo_session::{Committed, ErrorKind, Session};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    /// A request of ours adds 1.
    First,
    /// Another one adds 10, and a role.
    Second,
    /// The other service writes the whole row, as it has read it first, with another user.
    Write,
    /// The other service deletes the row.
    Logout,
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
async fn in_every_order_nothing_of_theirs_is_lost_and_nothing_revived_from_here() {
    for order in orders(&[Act::First, Act::Second, Act::Write, Act::Logout]) {
        let (moved, store) = shared().await;
        let (mut first, mut second) = (load(&store).await, load(&store).await);
        first.n += 1;
        second.n += 10;
        second.roles.push("b".to_owned());
        // User, count and roles, as the row has them.
        let mut row = Some(("u-000042", 1, 1));
        for act in &order {
            match act {
                // What was written here in between is lost: it writes what it knows. And what has ended is there again.
                Act::Write => {
                    moved.put(legacy_row(&DATA.replace("u-000042", "u-7"))).await;
                    row = Some(("u-7", 1, 1));
                }
                Act::Logout => {
                    moved.delete(&legacy_row(DATA)).await;
                    row = None;
                }
                Act::First | Act::Second => {
                    let (handle, added, roles) = match act {
                        Act::First => (&mut first, 1, 0),
                        _ => (&mut second, 10, 1),
                    };
                    let result = handle.commit().await;
                    match &mut row {
                        Some((_, n, all)) => {
                            result.unwrap();
                            (*n, *all) = (*n + added, *all + roles);
                        }
                        None => {
                            assert_eq!(result.unwrap_err().kind(), ErrorKind::Gone, "{order:?}");
                        }
                    }
                }
            }
            let found = store.load_shared(SID).await.unwrap();
            let found =
                found.as_ref().map(|it| (it.user.as_deref().unwrap(), it.n, it.roles.len()));
            assert_eq!(found, row, "{order:?} after {act:?}");
        }
    }
}

#[tokio::test]
async fn requests_of_ours_at_once_all_count() {
    let (moved, store) = shared().await;
    let mut sessions: Vec<Session<Member>> = Vec::new();
    for _ in 0..8 {
        sessions.push(load(&store).await);
    }
    let mut commits = tokio::task::JoinSet::new();
    for (index, mut session) in sessions.into_iter().enumerate() {
        commits.spawn(async move {
            session.n += 1;
            if index == 0 {
                session.user = Some("u-1".to_owned());
            }
            session.commit().await.unwrap();
        });
    }
    while let Some(committed) = commits.join_next().await {
        committed.unwrap();
    }
    let stored = legacy_row_text(&moved).await;
    assert_eq!((stored["n"].as_u64(), stored["userId"].as_str()), (Some(9), Some("u-1")));
}

#[tokio::test]
async fn a_commit_that_meets_a_change_shows_what_it_met() {
    let (moved, store) = shared().await;
    let mut session = load(&store).await;
    moved.put(legacy_row(&DATA.replace(r#""n": 1"#, r#""n": 40"#))).await;
    moved.operations();
    session.n += 2;
    session.commit().await.unwrap();
    assert_eq!(session.n, 42);
    assert_eq!(moved.operations(), ["UpdateItem", "UpdateItem"], "a conflict needs no read");
    assert_eq!(session.attempts().rebases(), 1);
    session.n += 1;
    session.commit().await.unwrap();
    assert_eq!(legacy_row_text(&moved).await["n"], 43);
}

#[tokio::test]
async fn a_touch_of_the_other_service_is_no_conflict() {
    let (moved, store) = shared().await;
    let mut session = load(&store).await;
    session.n += 1;
    session.commit().await.unwrap();
    let mut row = super::only_row(&moved).await;
    row.insert("expires".to_owned(), dynamo_session_tests::attribute::n("1795349999.5"));
    moved.put(row).await;
    moved.operations();
    session.n += 1;
    session.commit().await.unwrap();
    assert_eq!(moved.operations(), ["UpdateItem"]);
    assert_eq!(super::only_row(&moved).await["expires"].as_n().unwrap(), "1795349999.5");
}

#[tokio::test]
async fn a_counter_stays_in_its_range_though_a_touch_has_met_another_value() {
    let (moved, store) = shared().await;
    moved.put(legacy_row(&DATA.replace(r#""n": 1"#, r#""n": 5"#))).await;
    let mut session = load(&store).await;
    moved.clock.advance(Duration::from_secs(600));
    moved.put(legacy_row(&DATA.replace(r#""n": 1"#, r#""n": 0"#))).await;
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    session.n -= 3;
    let error = session.commit().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Conflict, Some("n")));
    assert_eq!(session.latest().unwrap().n, 0);
    assert_eq!(legacy_row_text(&moved).await["n"], 0);
}
