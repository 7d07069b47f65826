//! When the visitor authenticated: recorded with the renewal that a login is, and by nothing else.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{
    Authenticated, AuthenticatedAt, Committed, CreatedAt, DynamoSession, ErrorKind, Expires,
    SessionId,
};
use dynamo_session_tests::attribute::n;
use dynamo_session_tests::{Fault, World, skip_pauses};

const NOW: i64 = 1_800_000_000;

#[derive(Debug, DynamoSession)]
#[session(table = "bank", timeouts = "aal2")]
struct Bank {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(authenticated, rename = "auth_time")]
    authenticated_at: Option<AuthenticatedAt>,
    user: Option<String>,
    #[session(counter)]
    views: u64,
}

#[derive(Debug, DynamoSession)]
#[session(table = "vault", timeouts = "aal3")]
struct Vault<T> {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(authenticated)]
    proven: Option<SystemTime>,
    content: Option<T>,
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

#[test]
fn the_timeouts_of_an_assurance_level() {
    let (aal2, aal3) = (Bank::SCHEMA.timeouts(), Vault::<String>::SCHEMA.timeouts());
    assert_eq!((aal2.idle(), aal2.absolute()), (minutes(60), Some(minutes(24 * 60))));
    assert_eq!((aal3.idle(), aal3.absolute()), (minutes(15), Some(minutes(12 * 60))));
    assert_eq!((aal2.touch_interval(), aal3.touch_interval().as_secs()), (minutes(6), 90));
}

#[tokio::test]
async fn a_login_is_recorded_in_the_transaction_of_its_renewal() {
    let (world, store) = World::with_store::<Bank>().await;
    let mut session = store.create();
    session.views += 1;
    let _ = session.commit().await.unwrap();
    assert_eq!(session.authenticated_at(), None);
    assert!(!session.authenticated_within(minutes(5)));
    let old = session.id().clone();
    world.clock.advance(Duration::from_secs(7));
    world.network.take_sent();

    session.user = Some("ada".to_owned());
    session.authenticate().await.unwrap();
    assert_eq!(world.network.operations(), ["GetItem", "TransactWriteItems"]);
    assert_ne!(*session.id(), old);
    assert!(store.load(&old).await.unwrap().is_none());
    let item = world.item(&store, session.id()).await.unwrap();
    assert_eq!(item["auth_time"], n(NOW + 7));
    assert_eq!(session.authenticated_at.unwrap().epoch_seconds(), NOW + 7);
    let loaded = world.load(&store, session.id()).await;
    assert_eq!(loaded.authenticated_at(), session.authenticated_at);
    assert_eq!(loaded.user.as_deref(), Some("ada"));
    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
}

#[tokio::test]
async fn it_ages_by_the_clock_of_the_store() {
    let (world, store) = World::with_store::<Bank>().await;
    let mut session = store.create();
    session.authenticate().await.unwrap();
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    world.clock.advance(Duration::from_secs(299));
    let mut session = world.load(&store, session.id()).await;
    assert!(session.authenticated_within(minutes(5)));
    world.clock.advance(Duration::from_secs(1));
    assert!(!session.authenticated_within(minutes(5)));
    assert!(session.authenticated_within(minutes(6)));
    assert!(session.authenticated_within(Duration::MAX));

    // The visitor proves again who they are.
    let before = session.id().clone();
    session.authenticate().await.unwrap();
    assert!(session.authenticated_within(minutes(5)));
    assert_ne!(*session.id(), before);
}

#[tokio::test]
async fn nothing_else_moves_it() {
    let (world, store) = World::with_store::<Bank>().await;
    let mut session = store.create();
    session.authenticate().await.unwrap();
    let _ = session.commit().await.unwrap();
    world.clock.advance(minutes(10));
    session.renew().await.unwrap();
    session.views += 1;
    let _ = session.commit().await.unwrap();
    world.clock.advance(minutes(10));
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    store.update(session.id(), |session| session.views += 1).await.unwrap();
    let stored = world.load(&store, session.id()).await;
    assert_eq!(stored.authenticated_at.unwrap().epoch_seconds(), NOW);
    session.restart().await.unwrap();
    assert_eq!(session.authenticated_at, None);
}

#[tokio::test]
async fn to_assign_to_it_is_refused() {
    let (world, store) = World::with_store::<Bank>().await;
    let mut session = store.create();
    session.authenticate().await.unwrap();
    let _ = session.commit().await.unwrap();
    world.clock.advance(minutes(20));
    let id = session.id().clone();
    let forged = Some(AuthenticatedAt::from_epoch_seconds(NOW + 1200));
    for forged in [forged, None] {
        let mut session = world.load(&store, &id).await;
        session.authenticated_at = forged;
        // A touch writes none of it, and does not make it good either.
        let _ = session.touch().await.unwrap();
        for error in [
            session.commit().await.unwrap_err(),
            session.renew().await.unwrap_err(),
            session.authenticate().await.unwrap_err(),
            store.update(&id, |session| session.authenticated_at = forged).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
            assert!(error.to_string().contains("`auth_time`"), "{error}");
        }
    }
    assert_eq!(world.item(&store, &id).await.unwrap()["auth_time"], n(NOW));

    let mut session = store.create();
    session.authenticated_at = forged;
    assert!(session.commit().await.unwrap_err().is_configuration());
}

/// The creation is as little the application's to set, touched or not.
#[tokio::test]
async fn a_touch_does_not_make_an_assigned_creation_good() {
    let (world, store) = World::with_store::<Bank>().await;
    let mut session = store.create();
    session.views += 1;
    let _ = session.commit().await.unwrap();
    world.clock.advance(minutes(20));
    session.created_at = CreatedAt::from_epoch_seconds(NOW + 1200);
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    assert!(session.commit().await.unwrap_err().is_configuration());
}

/// Whichever request it was whose answer was lost, the session has a new id and the time of a login.
#[tokio::test]
async fn an_answer_that_was_lost_is_settled() {
    skip_pauses();
    for fault in [Fault::LoseRequest, Fault::LoseResponse] {
        for by_commit in [false, true] {
            let (world, store) = World::with_store::<Bank>().await;
            let mut session = store.create();
            session.views += 1;
            let _ = session.commit().await.unwrap();
            let old = session.id().clone();
            for _ in 0..3 {
                world.network.fail_next("TransactWriteItems", fault.clone());
            }
            assert!(session.authenticate().await.unwrap_err().is_unavailable());
            world.clock.advance(Duration::from_secs(30));
            match by_commit {
                true => assert_eq!(session.commit().await.unwrap(), Committed::Updated),
                false => session.authenticate().await.unwrap(),
            }
            assert_ne!(*session.id(), old);
            let stored = world.load(&store, session.id()).await;
            let expected = if by_commit { NOW } else { NOW + 30 };
            assert_eq!(stored.authenticated_at.unwrap().epoch_seconds(), expected);
            assert_eq!(session.authenticated_at, stored.authenticated_at);
            assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
        }
    }
}

#[tokio::test]
async fn it_may_be_any_type_of_time() {
    let (world, store) = World::with_store::<Vault<String>>().await;
    let mut session = store.create();
    session.content = Some("gold".to_owned());
    session.authenticate().await.unwrap();
    let _ = session.commit().await.unwrap();
    let item = world.item(&store, session.id()).await.unwrap();
    assert_eq!(item["proven"], n(NOW));
    let loaded = world.load(&store, session.id()).await;
    assert_eq!(loaded.proven, Some(UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs())));
    assert_eq!(loaded.content.as_deref(), Some("gold"));
}

#[tokio::test]
async fn a_session_from_before_the_field_has_none() {
    let (world, store) = World::with_store::<Bank>().await;
    let mut session = store.create();
    session.views += 1;
    let _ = session.commit().await.unwrap();
    let mut item = world.item(&store, session.id()).await.unwrap();
    let none = item.remove("auth_time");
    assert!(none.is_none_or(|value| value == AttributeValue::Null(true)));
    world.put(&store, item).await;
    let mut session = world.load(&store, session.id()).await;
    assert_eq!(session.authenticated_at, None);
    session.authenticate().await.unwrap();
    assert!(world.load(&store, session.id()).await.authenticated_within(minutes(1)));
}
