//! `migrate`: each session of another store moves, once, whatever happens meanwhile.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::interop::ForeignStore;
use dynamo_session::sweep::{Migrated, MigrationCheckpoint, Purge, PurgeCheckpoint};
use dynamo_session::{ErrorKind, OnUndecodable, Operation};
use dynamo_session_tests::attribute::{m, n, s};
use dynamo_session_tests::refusals::{BROKEN, DENIED, THROTTLED};
use dynamo_session_tests::{Fault, skip_pauses};
use tokio::sync::Notify;

use super::{DATA, Member, Move, NOW, Row, legacy_row};

/// How many sessions most tests move.
const SESSIONS: u32 = 23;
const DAY: i64 = 86_400;

fn sid(number: u32) -> String {
    format!("sid-{number:02}")
}

fn row(sid: &str, data: &str, expires: i64) -> Row {
    let mut row = legacy_row(data);
    row.insert("id".to_owned(), s(format!("sess:{sid}")));
    row.insert("expires".to_owned(), n(expires));
    row
}

fn data(number: u32) -> String {
    format!(
        r#"{{"cookie": {{"path": "/"}}, "userId": "u-{number:02}", "n": {number}, "roles": ["a"]}}"#
    )
}

/// A table of connect-dynamodb with so many sessions, and what is none.
async fn legacy(sessions: u32) -> (Move, ForeignStore) {
    let moved = Move::from(&["id"]).await;
    for number in 0..sessions {
        moved.put(row(&sid(number), &data(number), NOW + DAY)).await;
    }
    let foreign = ForeignStore::connect_dynamodb(&moved.table).secrets(["keyboard cat"]);
    moved.operations();
    (moved, foreign)
}

/// All sessions are here, each once and as it was, and open by their old ids; no row of them is left.
async fn require_moved(moved: &Move, foreign: &ForeignStore, sessions: u32) {
    let items = moved.items().await;
    let users: BTreeSet<_> =
        items.iter().map(|item| item["userId"].as_s().unwrap().clone()).collect();
    assert_eq!((items.len(), users.len()), (sessions as usize, sessions as usize));
    let rows = moved.rows().await;
    for number in 0..sessions {
        let key = s(format!("sess:{}", sid(number)));
        assert!(rows.iter().all(|row| row.get("id") != Some(&key)), "{number}");
        let session = moved.store.adopt(foreign, &sid(number)).await.unwrap().unwrap();
        assert_eq!(session.user, Some(format!("u-{number:02}")));
        assert_eq!((session.n, &*session.roles), (number, &["a".to_owned()][..]));
    }
}

fn outcomes(migrated: &Migrated) -> [u64; 6] {
    let Migrated { scanned, adopted, already_adopted, expired, unreadable, skipped, .. } = migrated;
    [*scanned, *adopted, *already_adopted, *expired, *unreadable, *skipped]
}

#[tokio::test]
async fn each_session_moves_and_its_old_id_still_opens_it() {
    let (moved, foreign) = legacy(SESSIONS).await;
    let migrated = moved.store.migrate(&foreign).await.unwrap();
    assert_eq!(outcomes(&migrated), [23, 23, 0, 0, 0, 0], "{migrated}");
    assert_eq!((migrated.segments_finished, migrated.segments), (4, 4));
    assert!(migrated.read_units > 0.0 && migrated.write_units >= 23.0 * 6.0, "{migrated}");
    require_moved(&moved, &foreign, SESSIONS).await;
    let again = moved.store.migrate(&foreign).await.unwrap();
    assert_eq!(outcomes(&again), [0; 6], "{again}");
}

#[tokio::test]
async fn a_session_ends_when_its_row_would_have_since_nobody_has_visited() {
    let (moved, foreign) = legacy(1).await;
    moved.store.migrate(&foreign).await.unwrap();
    assert_eq!(moved.items().await[0]["expires_at"], n(NOW + DAY));
    moved.clock.advance(Duration::from_secs(DAY as u64 - 1));
    let mut session = moved.store.adopt(&foreign, &sid(0)).await.unwrap().unwrap();
    session.touch().await.unwrap();
    moved.clock.advance(Duration::from_secs(1799));
    assert!(moved.store.load(session.id()).await.unwrap().is_some(), "this type's idle timeout");
    moved.clock.advance(Duration::from_secs(2));
    assert!(moved.store.adopt(&foreign, &sid(0)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_dry_run_says_what_would_become_of_each_row_and_writes_nothing() {
    let (moved, foreign) = legacy(5).await;
    let unreadable = [
        ("text", r#"{"n": "many"}"#),
        ("text too", r#"{"n": "many"}"#),
        ("cut short", r#"{"n": 1, "ro"#),
        ("a list", r#"{"roles": 7}"#),
    ];
    for (sid, data) in unreadable {
        moved.put(row(sid, data, NOW + DAY)).await;
    }
    moved.put(row("expired", DATA, NOW)).await;
    moved.put(row("something else", DATA, NOW + DAY)).await;
    let mut other = row("", DATA, NOW + DAY);
    other.insert("id".to_owned(), s("user:ada"));
    moved.put(other).await;
    let before = moved.rows().await;
    moved.operations();

    let found = moved.store.migrate(&foreign).dry_run(true).await.unwrap();
    assert!(found.dry_run);
    assert_eq!(outcomes(&found), [12, 6, 0, 1, 4, 1], "{found}");
    assert!(moved.operations().iter().all(|operation| operation == "Scan"));
    assert_eq!(moved.rows().await.len(), before.len());
    assert!(moved.items().await.is_empty());
    let mut reasons: Vec<_> =
        found.reasons.iter().map(|it| (it.attribute.as_deref(), it.kind, it.rows)).collect();
    reasons.sort_by_key(|(attribute, ..)| *attribute);
    let decode = ErrorKind::Decode;
    let expected = [(Some("n"), decode, 2), (Some("roles"), decode, 1), (Some("sess"), decode, 1)];
    assert_eq!(reasons, expected);
    for reason in &found.reasons {
        let text = reason.to_string();
        assert!(text.contains("row") && text.contains(&reason.reason), "{text}");
    }

    let migrated = moved.store.migrate(&foreign).await.unwrap();
    assert_eq!(outcomes(&migrated), outcomes(&found), "{migrated}");
    assert_eq!(migrated.reasons.len(), 3);
    let left: BTreeSet<_> =
        moved.rows().await.iter().map(|row| row["id"].as_s().unwrap().clone()).collect();
    let expected =
        ["sess:a list", "sess:cut short", "sess:expired", "sess:text", "sess:text too", "user:ada"];
    assert_eq!(left, expected.map(str::to_owned).into());
    assert_eq!(moved.items().await.len(), 6);
}

#[tokio::test]
async fn what_a_store_takes_for_absent_is_counted_as_unreadable_all_the_same() {
    let (moved, foreign) = legacy(0).await;
    moved.put(row("text", r#"{"n": "many"}"#, NOW + DAY)).await;
    let builder = moved.world.builder::<Member>().clock(moved.clock.clone());
    let store = builder.on_undecodable(OnUndecodable::End).build().await.unwrap();
    let migrated = store.migrate(&foreign).await.unwrap();
    assert_eq!(outcomes(&migrated), [1, 0, 0, 0, 1, 0], "{migrated}");
}

#[tokio::test]
async fn one_that_is_stopped_goes_on_and_nothing_is_lost_or_doubled() {
    skip_pauses();
    let faults = [
        Fault::Answer(400, DENIED),
        // Carried out, and answered as if it were not.
        Fault::Garble(400, DENIED),
    ];
    for fault in faults {
        for stopped_after in [0, 1, 9, 15] {
            let (moved, foreign) = legacy(SESSIONS).await;
            let begin = || moved.store.migrate(&foreign).segments(2).page_items(4);
            let mut migration = begin().start();
            let mut adopted = 0;
            while adopted < stopped_after {
                adopted = migration.next().await.unwrap().unwrap().adopted;
            }
            for _ in 0..8 {
                moved.world.network.fail_next("TransactWriteItems", fault.clone());
            }
            let error = loop {
                match migration.next().await {
                    Some(Ok(_)) => {}
                    Some(Err(error)) => break error,
                    None => panic!("{stopped_after}: it was not stopped"),
                }
            };
            assert_eq!(error.kind(), ErrorKind::AccessDenied, "{error}");
            assert_eq!(error.operation(), Some(Operation::Migrate));
            let text = migration.checkpoint().to_string();
            moved.world.network.forget_faults();
            drop(migration);

            let checkpoint: MigrationCheckpoint = text.parse().unwrap();
            let rest = begin().resume_from(checkpoint).await.unwrap();
            assert_eq!(rest.segments_finished, 2, "{rest}");
            require_moved(&moved, &foreign, SESSIONS).await;
        }
    }
}

#[tokio::test]
async fn an_outage_is_waited_out_and_a_lost_answer_found_out() {
    skip_pauses();
    let faults = [
        Fault::LoseRequest,
        Fault::LoseResponse,
        Fault::Duplicate,
        Fault::Answer(400, THROTTLED),
        Fault::Answer(500, BROKEN),
        Fault::Garble(500, BROKEN),
    ];
    for fault in faults {
        let (moved, foreign) = legacy(SESSIONS).await;
        for _ in 0..40 {
            moved.world.network.fail_next("TransactWriteItems", fault.clone());
        }
        moved.world.network.fail_next("Scan", fault.clone());
        let migrated = moved.store.migrate(&foreign).await.unwrap();
        assert_eq!(migrated.adopted, 23, "{fault:?}: {migrated}");
        moved.world.network.forget_faults();
        require_moved(&moved, &foreign, SESSIONS).await;
    }
}

#[tokio::test]
async fn one_that_is_dropped_at_any_point_loses_nothing() {
    for looks in 0..12 {
        let (moved, foreign) = legacy(SESSIONS).await;
        let begin = || moved.store.migrate(&foreign).segments(1).page_items(3);
        let mut migration = begin().start();
        for _ in 0..looks {
            let _ = migration.next().await;
        }
        let checkpoint = migration.checkpoint();
        // One more, of which some is in flight.
        let next = tokio::time::timeout(Duration::from_micros(50), migration.next()).await;
        drop((next, migration));
        begin().resume_from(checkpoint).await.unwrap();
        require_moved(&moved, &foreign, SESSIONS).await;
    }
}

/// Does something while the transaction that moves the only session is on its way.
async fn meanwhile(moved: &Move, foreign: &ForeignStore, act: impl AsyncFnOnce()) -> Migrated {
    let gate = Arc::new(Notify::new());
    moved.world.network.fail_next("TransactWriteItems", Fault::Hold(gate.clone()));
    let migration = tokio::spawn(moved.store.migrate(foreign).segments(1).into_future());
    while !moved.world.network.operations().contains(&"TransactWriteItems".to_owned()) {
        tokio::task::yield_now().await;
    }
    act().await;
    gate.notify_one();
    migration.await.unwrap().unwrap()
}

#[tokio::test]
async fn what_the_other_service_writes_meanwhile_moves_along() {
    let (moved, foreign) = legacy(1).await;
    let migrated = meanwhile(&moved, &foreign, async || {
        moved.put(row(&sid(0), &data(7), NOW + 2 * DAY)).await;
    })
    .await;
    assert_eq!(outcomes(&migrated), [1, 1, 0, 0, 0, 0], "{migrated}");
    let session = moved.store.adopt(&foreign, &sid(0)).await.unwrap().unwrap();
    assert_eq!((session.n, session.expires_at().epoch_seconds()), (7, NOW + 2 * DAY));
    assert!(moved.rows().await.is_empty());
}

#[tokio::test]
async fn a_logout_over_there_meanwhile_stays() {
    let (moved, foreign) = legacy(1).await;
    let old = moved.rows().await.remove(0);
    let migrated = meanwhile(&moved, &foreign, async || moved.delete(&old).await).await;
    assert_eq!(outcomes(&migrated), [1, 0, 0, 0, 0, 1], "{migrated}");
    assert!(moved.items().await.is_empty() && moved.rows().await.is_empty());
}

#[tokio::test]
async fn a_visitor_who_comes_meanwhile_has_one_session() {
    let (moved, foreign) = legacy(1).await;
    let migrated = meanwhile(&moved, &foreign, async || {
        let mut session = moved.store.adopt(&foreign, &sid(0)).await.unwrap().unwrap();
        session.n += 1;
        session.commit().await.unwrap();
    })
    .await;
    assert_eq!(outcomes(&migrated), [1, 0, 1, 0, 0, 0], "{migrated}");
    let session = moved.store.adopt(&foreign, &sid(0)).await.unwrap().unwrap();
    assert_eq!((session.n, moved.items().await.len()), (1, 1));
}

#[tokio::test]
async fn a_row_that_was_written_back_late_revives_nothing() {
    let (moved, foreign) = legacy(2).await;
    let rows = moved.rows().await;
    moved.store.migrate(&foreign).await.unwrap();
    let mut ended = moved.store.adopt(&foreign, &sid(1)).await.unwrap().unwrap();
    ended.destroy().await.unwrap();
    for row in rows {
        moved.put(row).await;
    }
    let migrated = moved.store.migrate(&foreign).await.unwrap();
    assert_eq!(migrated.adopted, 0, "{migrated}");
    assert_eq!(migrated.already_adopted + migrated.skipped, 2, "{migrated}");
    assert_eq!(moved.items().await.len(), 1);
    assert!(moved.store.adopt(&foreign, &sid(1)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_table_with_a_sort_key_and_items_of_other_kinds() {
    let moved = Move::from(&["pk", "sk"]).await;
    let sess = m([("userId", s("u-00")), ("n", n(0)), ("roles", AttributeValue::L(vec![s("a")]))]);
    let key = format!("session-store#{}", sid(0));
    for (pk, sk) in [(&*key, &*key), (&key, "other"), ("user#ada", "user#ada"), ("user#ada", "x")] {
        let row = [("pk", s(pk)), ("sk", s(sk)), ("expires", n(NOW + DAY)), ("sess", sess.clone())];
        moved.put(row.map(|(name, value)| (name.to_owned(), value)).into()).await;
    }
    let foreign = ForeignStore::cyclic(&moved.table).secrets(["keyboard cat"]);
    let migrated = moved.store.migrate(&foreign).page_items(1).await.unwrap();
    assert_eq!(outcomes(&migrated), [4, 1, 0, 0, 0, 3], "{migrated}");
    assert_eq!(moved.rows().await.len(), 3);
    require_moved(&moved, &foreign, 1).await;
}

#[tokio::test]
async fn both_stores_may_have_one_table() {
    let moved = Move::from(&["id"]).await;
    let table = moved.store.table_name().to_owned();
    let foreign = ForeignStore::connect_dynamodb(&table).prefix("").secrets(["keyboard cat"]);
    let mut ours = moved.store.create();
    ours.n = 100;
    ours.commit().await.unwrap();
    ours.renew().await.unwrap();
    let mut theirs = row(&sid(0), &data(0), NOW + DAY);
    theirs.insert("id".to_owned(), s(sid(0)));
    moved.world.put(&moved.store, theirs).await;
    let migrated = moved.store.migrate(&foreign).page_items(1).await.unwrap();
    assert_eq!((migrated.adopted, migrated.unreadable), (1, 0), "{migrated}");
    assert_eq!(moved.world.load(&moved.store, ours.id()).await.n, 100);
    let session = moved.store.adopt(&foreign, &sid(0)).await.unwrap().unwrap();
    assert_eq!(session.user.as_deref(), Some("u-00"));
    assert_eq!(moved.items().await.len(), 2);
}

#[tokio::test]
async fn what_cannot_work_is_refused_before_anything_is_moved() {
    let (moved, foreign) = legacy(1).await;
    let other = MigrationCheckpoint::to_string(
        &moved.store.migrate(&ForeignStore::koa("other").secrets(["x"])).start().checkpoint(),
    );
    let purge: Purge = moved.store.purge_expired().start();
    let of_a_purge = purge.checkpoint().to_string();
    assert!(of_a_purge.parse::<PurgeCheckpoint>().is_ok());
    assert!(of_a_purge.parse::<MigrationCheckpoint>().is_err());
    let unsigned = ForeignStore::connect_dynamodb(&moved.table);
    let otherwise_keyed = foreign.clone().hash_key("sid");
    let begin = || moved.store.migrate(&foreign);
    let errors = [
        begin().resume_from(other.parse().unwrap()).await.unwrap_err(),
        begin().segments(0).await.unwrap_err(),
        begin().capacity_per_second(-1.0).await.unwrap_err(),
        moved.store.migrate(&unsigned).await.unwrap_err(),
        moved.store.migrate(&otherwise_keyed).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        assert_eq!(error.operation(), Some(Operation::Migrate));
    }
    let missing = ForeignStore::connect_dynamodb("no-such-table").secrets(["keyboard cat"]);
    let error = moved.store.migrate(&missing).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TableMissing, "{error}");
    assert!(error.to_string().contains("the other store's table `no-such-table` does"), "{error}");
    assert!(!error.to_string().contains("create_table"), "{error}");
    assert_eq!(moved.rows().await.len(), 1);
}
