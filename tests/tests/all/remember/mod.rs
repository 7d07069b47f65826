//! Sessions that are remembered: a second idle timeout, which a field of the session decides on.

mod races;

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{Committed, CreatedAt, DynamoSession, Expires, SessionId, SessionStore};
use dynamo_session_tests::attribute::{n, s};
use dynamo_session_tests::{Fault, World, skip_pauses};

const NOW: i64 = 1_800_000_000;
const DAY: i64 = 24 * 60 * 60;
const IDLE: i64 = 30 * 60;
const REMEMBERED: i64 = 30 * DAY;

#[derive(Debug, DynamoSession)]
#[session(
    table = "remembered",
    idle_timeout = "30m",
    remember_timeout = "30 days",
    absolute_timeout = "90 days",
    touch_interval = "2m"
)]
struct Shop {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(remember, alias = "persistent")]
    remember: bool,
    user: Option<String>,
    #[session(counter)]
    views: u64,
}

#[derive(Debug, DynamoSession)]
#[session(table = "hours", idle_timeout = "30m", remember_timeout = "2h", touch_interval = "1m")]
struct Hours {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(remember)]
    remember: bool,
}

async fn stored(world: &World, store: &SessionStore<Shop>, remember: bool) -> SessionId {
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    session.remember = remember;
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    world.network.take_sent();
    session.id().clone()
}

fn advance(world: &World, seconds: i64) {
    world.clock.advance(Duration::from_secs(seconds.unsigned_abs()));
}

/// The expiry that the table holds, from now on, and whether the session is remembered.
async fn left(world: &World, store: &SessionStore<Shop>, id: &SessionId) -> (i64, bool) {
    let item = world.item(store, id).await.unwrap();
    let expires: i64 = item["expires_at"].as_n().unwrap().parse().unwrap();
    let remember = item.get("remember").or(item.get("persistent"));
    let remember = remember.is_some_and(|value| *value == AttributeValue::Bool(true));
    (expires - world.clock.epoch_seconds(), remember)
}

#[tokio::test]
async fn a_new_session_has_the_timeout_that_it_is_stored_with() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&world, &store, true).await;
    assert_eq!(left(&world, &store, &id).await, (REMEMBERED, true));
    assert_eq!(world.load(&store, &id).await.expires_at().epoch_seconds(), NOW + REMEMBERED);
    let id = stored(&world, &store, false).await;
    assert_eq!(left(&world, &store, &id).await, (IDLE, false));
}

#[tokio::test]
async fn the_commit_that_remembers_extends_at_once() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&world, &store, false).await;
    let mut session = world.load(&store, &id).await;
    session.remember = true;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_eq!(session.attempts().requests(), 1);
    assert_eq!(left(&world, &store, &id).await, (REMEMBERED, true));
    assert_eq!(session.expires_at().epoch_seconds(), NOW + REMEMBERED);
    advance(&world, 29 * DAY);
    assert_eq!(world.load(&store, &id).await.user.as_deref(), Some("ada"));
}

#[tokio::test]
async fn the_commit_that_forgets_shortens_at_once() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&world, &store, true).await;
    let mut session = world.load(&store, &id).await;
    session.remember = false;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_eq!(session.attempts().requests(), 1);
    assert_eq!(left(&world, &store, &id).await, (IDLE, false));
    assert_eq!(session.expires_at().epoch_seconds(), NOW + IDLE);

    // And extends, where less than the shorter timeout was left.
    let id = stored(&world, &store, true).await;
    advance(&world, REMEMBERED - 60);
    let mut session = world.load(&store, &id).await;
    session.remember = false;
    let _ = session.commit().await.unwrap();
    assert_eq!(left(&world, &store, &id).await, (IDLE, false));
}

#[tokio::test]
async fn a_remembered_session_lives_no_longer_than_the_absolute_timeout() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&world, &store, true).await;
    for _ in 0..3 {
        advance(&world, 25 * DAY);
        let _ = world.load(&store, &id).await.touch().await.unwrap();
    }
    assert_eq!(left(&world, &store, &id).await, (15 * DAY, true));
    let mut session = world.load(&store, &id).await;
    session.renew().await.unwrap();
    assert_eq!(left(&world, &store, session.id()).await, (15 * DAY, true));
    advance(&world, 15 * DAY);
    assert!(store.load(session.id()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_remembered_session_is_touched_once_a_day() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&world, &store, true).await;
    let mut session = world.load(&store, &id).await;
    advance(&world, DAY - 1);
    assert_eq!(session.touch().await.unwrap(), Committed::Unchanged);
    assert_eq!(left(&world, &store, &id).await, (REMEMBERED - DAY + 1, true));
    advance(&world, 1);
    store.update(&id, |_| ()).await.unwrap();
    assert_eq!(left(&world, &store, &id).await, (REMEMBERED, true));
    advance(&world, DAY);
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    assert_eq!(left(&world, &store, &id).await, (REMEMBERED, true));
    advance(&world, DAY);
    session.views += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_eq!(left(&world, &store, &id).await, (REMEMBERED, true));

    let id = stored(&world, &store, false).await;
    advance(&world, 120);
    assert_eq!(world.load(&store, &id).await.touch().await.unwrap(), Committed::Touched);
}

/// A minute of half an hour is four of two hours.
#[tokio::test]
async fn the_touch_interval_grows_as_the_timeout() {
    let (world, store) = World::with_store::<Hours>().await;
    let mut session = store.create();
    session.remember = true;
    let _ = session.commit().await.unwrap();
    advance(&world, 239);
    assert_eq!(session.touch().await.unwrap(), Committed::Unchanged);
    advance(&world, 1);
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    session.remember = false;
    let _ = session.commit().await.unwrap();
    advance(&world, 60);
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);
}

#[tokio::test]
async fn a_renewal_keeps_it_and_carries_a_change_of_it() {
    let (world, store) = World::with_store::<Shop>().await;
    for (before, after) in [(false, false), (false, true), (true, false), (true, true)] {
        let id = stored(&world, &store, before).await;
        advance(&world, 60);
        let mut session = world.load(&store, &id).await;
        if before != after {
            session.remember = after;
        }
        session.renew().await.unwrap();
        let expected = if after { REMEMBERED } else { IDLE };
        assert_eq!(left(&world, &store, session.id()).await, (expected, after));
        assert_eq!(session.remember, after);
    }
}

/// What another request has decided since this one loaded moves along.
#[tokio::test]
async fn a_renewal_goes_by_what_is_stored() {
    let (world, store) = World::with_store::<Shop>().await;
    for after in [false, true] {
        let id = stored(&world, &store, !after).await;
        let mut session = world.load(&store, &id).await;
        store.update(&id, |session| session.remember = after).await.unwrap();
        session.views += 1;
        session.renew().await.unwrap();
        let expected = if after { REMEMBERED } else { IDLE };
        assert_eq!(left(&world, &store, session.id()).await, (expected, after));
    }
}

#[tokio::test]
async fn update_extends_and_shortens_too() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&world, &store, false).await;
    store.update(&id, |session| session.remember = true).await.unwrap();
    assert_eq!(left(&world, &store, &id).await, (REMEMBERED, true));
    advance(&world, 3 * DAY);
    store.update(&id, |session| session.views += 1).await.unwrap();
    assert_eq!(left(&world, &store, &id).await, (REMEMBERED, true));
    store.update(&id, |session| session.remember = false).await.unwrap();
    assert_eq!(left(&world, &store, &id).await, (IDLE, false));
}

/// A commit whose answer was lost has moved the expiry, and its handle finds that out.
#[tokio::test]
async fn an_answer_that_was_lost_is_settled() {
    skip_pauses();
    for after in [false, true] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&world, &store, !after).await;
        let mut session = world.load(&store, &id).await;
        session.remember = after;
        for _ in 0..3 {
            world.network.fail_next("UpdateItem", Fault::LoseResponse);
        }
        assert!(session.commit().await.unwrap_err().is_unavailable());
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
        let expected = if after { REMEMBERED } else { IDLE };
        assert_eq!(left(&world, &store, &id).await, (expected, after));
        assert_eq!(session.expires_at().epoch_seconds(), NOW + expected);
        advance(&world, 120);
        let touched = if after { Committed::Unchanged } else { Committed::Touched };
        assert_eq!(session.touch().await.unwrap(), touched);
    }
}

#[tokio::test]
async fn one_that_was_stored_before_the_field_existed_is_not_remembered() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&world, &store, false).await;
    let mut item = world.item(&store, &id).await.unwrap();
    item.remove("remember");
    world.put(&store, item).await;
    advance(&world, 120);
    let mut session = world.load(&store, &id).await;
    assert!(!session.remember);
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    assert_eq!(session.attempts().requests(), 1);
    session.remember = true;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_eq!(left(&world, &store, &id).await, (REMEMBERED, true));
}

#[tokio::test]
async fn an_older_name_counts_until_a_commit_moves_it() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&world, &store, true).await;
    let mut item = world.item(&store, &id).await.unwrap();
    item.remove("remember");
    item.insert("persistent".to_owned(), AttributeValue::Bool(true));
    world.put(&store, item).await;
    advance(&world, DAY);
    let mut session = world.load(&store, &id).await;
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    assert_eq!(session.attempts().requests(), 1);
    assert_eq!(left(&world, &store, &id).await, (REMEMBERED, true));
    advance(&world, DAY);
    let mut stale = world.load(&store, &id).await;
    session.remember = false;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    let item = world.item(&store, &id).await.unwrap();
    assert!(!item.contains_key("persistent"));
    assert_eq!(left(&world, &store, &id).await, (IDLE, false));

    assert_eq!(stale.touch().await.unwrap(), Committed::Unchanged);
    assert_eq!(stale.attempts().requests(), 1, "what it took for due was refused");
    assert_eq!(left(&world, &store, &id).await, (IDLE, false));
}

/// A value that no session of this type has written ends in the shorter timeout, and not in an endless loop.
#[tokio::test]
async fn what_another_program_wrote_instead_is_not_remembered() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    for value in [n(1), s("true"), AttributeValue::Null(true)] {
        let id = stored(&world, &store, true).await;
        advance(&world, DAY);
        let mut session = world.load(&store, &id).await;
        let mut item = world.item(&store, &id).await.unwrap();
        item.insert("remember".to_owned(), value);
        item.insert("expires_at".to_owned(), n(world.clock.epoch_seconds() + 60));
        world.put(&store, item).await;
        assert_eq!(session.touch().await.unwrap(), Committed::Touched);
        assert_eq!(left(&world, &store, &id).await, (IDLE, false));
        assert_eq!(session.attempts().requests(), 2);
    }
}
