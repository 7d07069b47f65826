//! A commit that says when the session expires.

use std::sync::Arc;
use std::time::Duration;

use dynamo_session::{
    Committed, CreatedAt, DynamoSession, Expires, SessionId, SessionKey, SessionStore,
};
use dynamo_session_tests::{Fault, World};
use tokio::sync::Notify;

use super::interop::{self, SID, legacy};

const NOW: i64 = 1_800_000_000;
const MINUTE: i64 = 60;

#[derive(Debug, DynamoSession)]
#[session(table = "tokens", idle_timeout = "30m", absolute_timeout = "12h", touch_interval = "1m")]
struct Token {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    user: Option<String>,
}

async fn expiry(world: &World, store: &SessionStore<Token>, id: &SessionId) -> i64 {
    world.item(store, id).await.unwrap()["expires_at"].as_n().unwrap().parse().unwrap()
}

async fn stored(world: &World, store: &SessionStore<Token>, until: i64) -> SessionId {
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    let committed = session.commit_until(until).await.unwrap();
    assert_eq!(committed, Committed::Created);
    assert_eq!(session.expires_at.epoch_seconds(), until);
    assert_eq!(expiry(world, store, session.id()).await, until);
    session.id().clone()
}

#[tokio::test]
async fn a_new_session_expires_when_it_was_told_to() {
    let (world, store) = World::with_store::<Token>().await;
    let id = stored(&world, &store, NOW + 5 * MINUTE).await;
    world.clock.advance(Duration::from_secs(5 * 60 - 1));
    assert!(store.load(&id).await.unwrap().is_some());
    world.clock.advance(Duration::from_secs(1));
    assert!(store.load(&id).await.unwrap().is_none());
}

#[tokio::test]
async fn an_expiry_alone_is_written_both_ways_and_only_if_it_is_another() {
    let (world, store) = World::with_store::<Token>().await;
    let id = stored(&world, &store, NOW + 5 * MINUTE).await;
    let mut session = store.load(&id).await.unwrap().unwrap();
    for until in [NOW + 6 * MINUTE, NOW + 4 * MINUTE, NOW + 4 * MINUTE + 1] {
        assert_eq!(session.commit_until(until).await.unwrap(), Committed::Updated);
        assert_eq!(expiry(&world, &store, &id).await, until);
    }
    world.network.take_sent();
    assert_eq!(session.commit_until(NOW + 4 * MINUTE + 1).await.unwrap(), Committed::Unchanged);
    assert!(world.network.take_sent().is_empty());
}

#[tokio::test]
async fn changes_and_the_expiry_are_one_request() {
    let (world, store) = World::with_store::<Token>().await;
    let id = stored(&world, &store, NOW + 5 * MINUTE).await;
    let mut session = store.load(&id).await.unwrap().unwrap();
    world.network.take_sent();
    session.user = Some("eve".to_owned());
    let committed = session.commit_until(NOW + 2 * MINUTE).await.unwrap();
    assert_eq!(committed, Committed::Updated);
    assert_eq!(world.network.operations(), ["UpdateItem"]);
    let session = store.load(&id).await.unwrap().unwrap();
    assert_eq!(
        (session.user.as_deref(), session.expires_at),
        (Some("eve"), Expires::from_epoch_seconds(NOW + 2 * MINUTE))
    );
}

#[tokio::test]
async fn the_last_of_two_decides_whichever_way_the_other_has_moved_it() {
    // The last: what the session has expired at when it was loaded is written, too, where there is something to write.
    for (theirs, ours) in [(9, 7), (3, 7), (7, 7), (9, 5)] {
        for changes in [ours == 5, true] {
            let (world, store) = World::with_store::<Token>().await;
            let id = stored(&world, &store, NOW + 5 * MINUTE).await;
            let mut session = store.load(&id).await.unwrap().unwrap();
            let mut other = store.load(&id).await.unwrap().unwrap();
            let _ = other.commit_until(NOW + theirs * MINUTE).await.unwrap();
            if changes {
                session.user = None;
            }
            let _ = session.commit_until(NOW + ours * MINUTE).await.unwrap();
            assert_eq!(expiry(&world, &store, &id).await, NOW + ours * MINUTE);
            assert_eq!(session.expires_at.epoch_seconds(), NOW + ours * MINUTE);
        }
    }
}

#[tokio::test]
async fn a_late_copy_does_not_take_back_a_later_expiry() {
    for until in [NOW + 3 * MINUTE, NOW + 7 * MINUTE] {
        let (world, store) = World::with_store::<Token>().await;
        let id = stored(&world, &store, NOW + 5 * MINUTE).await;
        let mut session = store.load(&id).await.unwrap().unwrap();
        let late = Arc::new(Notify::new());
        world.network.fail_next("UpdateItem", Fault::Late(late.clone()));
        let _ = session.commit_until(until).await.unwrap();
        let mut other = store.load(&id).await.unwrap().unwrap();
        // To exactly what it was, and to what it never was.
        for theirs in [NOW + 5 * MINUTE, NOW + 9 * MINUTE] {
            let _ = other.commit_until(theirs).await.unwrap();
            late.notify_one();
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert_eq!(expiry(&world, &store, &id).await, theirs);
        }
    }
}

#[tokio::test]
async fn a_session_ends_no_later_than_by_its_absolute_timeout() {
    let (world, store) = World::with_store::<Token>().await;
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    let _ = session.commit_until(i64::MAX).await.unwrap();
    assert_eq!(expiry(&world, &store, session.id()).await, NOW + 12 * 60 * MINUTE);
}

#[tokio::test]
async fn an_ended_session_is_not_revived() {
    let (world, store) = World::with_store::<Token>().await;
    let id = stored(&world, &store, NOW + 5 * MINUTE).await;
    for changes in [false, true] {
        let mut session = store.load(&id).await.unwrap().unwrap();
        if changes {
            session.user = None;
        }
        let ended = stored(&world, &store, NOW + 5 * MINUTE).await;
        let mut of_ended = store.load(&ended).await.unwrap().unwrap();
        if changes {
            of_ended.user = None;
        }
        store.destroy(&ended).await.unwrap();
        assert!(of_ended.commit_until(NOW + 9 * MINUTE).await.unwrap_err().is_gone());
        assert!(world.item(&store, &ended).await.is_none());
        let _ = session.commit_until(NOW + 5 * MINUTE).await.unwrap();
    }
    let mut session = store.load(&id).await.unwrap().unwrap();
    world.clock.advance(Duration::from_secs(5 * 60));
    assert!(session.commit_until(NOW + 9 * MINUTE).await.unwrap_err().is_gone());
    assert_eq!(expiry(&world, &store, &id).await, NOW + 5 * MINUTE);
}

#[tokio::test]
async fn a_renewal_that_it_finishes_has_the_expiry_too() {
    let (world, store) = World::with_store::<Token>().await;
    let id = stored(&world, &store, NOW + 5 * MINUTE).await;
    let mut session = store.load(&id).await.unwrap().unwrap();
    let answers = std::iter::repeat_n(Fault::LoseRequest, 3);
    answers.for_each(|fault| world.network.fail_next("TransactWriteItems", fault));
    assert!(session.renew().await.is_err());
    let _ = session.commit_until(NOW + 4 * MINUTE).await.unwrap();
    assert_ne!(session.id().expose_secret(), SessionKey::expose_secret(&id));
    assert_eq!(expiry(&world, &store, session.id()).await, NOW + 4 * MINUTE);
}

#[tokio::test]
async fn the_next_commit_goes_by_the_idle_timeout_again() {
    let (world, store) = World::with_store::<Token>().await;
    let id = stored(&world, &store, NOW + 5 * MINUTE).await;
    let mut session = store.load(&id).await.unwrap().unwrap();
    assert_eq!(session.commit().await.unwrap(), Committed::Touched);
    assert_eq!(expiry(&world, &store, &id).await, NOW + 30 * MINUTE);
}

#[tokio::test]
async fn a_handle_whose_session_is_over_tells_so() {
    let (world, store) = World::with_store::<Token>().await;
    let id = stored(&world, &store, NOW + 5 * MINUTE).await;
    let mut session = store.load(&id).await.unwrap().unwrap();
    session.destroy().await.unwrap();
    assert!(session.commit_until(NOW + 9 * MINUTE).await.unwrap_err().is_gone());
    assert!(session.commit_until(session.expires_at()).await.unwrap_err().is_gone());
    assert!(world.item(&store, &id).await.is_none());
}

#[derive(Debug, DynamoSession)]
#[session(table = "members", idle_timeout = "30m", remember_timeout = "30 days")]
struct Member {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(remember)]
    remembered: bool,
}

#[tokio::test]
async fn it_holds_for_remembered_sessions_and_while_they_become_such() {
    const DAY: i64 = 24 * 60 * MINUTE;
    let (_world, store) = World::with_store::<Member>().await;
    let mut session = store.create();
    session.remembered = true;
    for until in [NOW + 40 * DAY, NOW + 5 * MINUTE] {
        let _ = session.commit_until(until).await.unwrap();
        assert_eq!(session.expires_at.epoch_seconds(), until);
        session.remembered = !session.remembered;
        let _ = session.commit_until(until + 1).await.unwrap();
        assert_eq!(session.expires_at.epoch_seconds(), until + 1);
        let loaded = store.load(session.id()).await.unwrap().unwrap();
        assert_eq!(loaded.expires_at, session.expires_at);
        session.remembered = true;
    }
    let _ = session.commit().await.unwrap();
    assert_eq!(session.expires_at.epoch_seconds(), NOW + 30 * DAY);
}

#[tokio::test]
async fn a_session_of_another_store_moves_here_with_the_expiry() {
    for changes in [false, true] {
        let (moved, foreign) = legacy().await;
        let mut session = moved.store.adopt(&foreign, SID).await.unwrap().unwrap();
        assert_eq!(session.commit_until(session.expires_at()).await.unwrap(), Committed::Unchanged);
        moved.operations();
        session.n += u32::from(changes);
        let until = interop::NOW + 5 * MINUTE;
        assert_eq!(session.commit_until(until).await.unwrap(), Committed::Created);
        assert_eq!(moved.operations(), ["TransactWriteItems"]);
        let loaded = moved.world.load(&moved.store, session.id()).await;
        assert_eq!(loaded.expires_at.epoch_seconds(), until);
        assert_eq!(loaded.n, 1 + u32::from(changes));
    }
}
