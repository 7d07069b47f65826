//! `valid_since`: an administrator ends all sessions that began before an instant.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::http::header::COOKIE;
use axum::routing::get;
use dynamo_session::{
    CreatedAt, DynamoSession, Error, ErrorKind, Operation, Session, SessionId, SessionLayer,
    SessionStore,
};
use dynamo_session_tests::{Login, Shop, Visit, World, stored};
use tower::ServiceExt;

const NOW: u64 = 1_800_000_000;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

async fn since<S: DynamoSession>(
    world: &World,
    instant: SystemTime,
) -> Result<SessionStore<S>, Error> {
    world.builder().auto_create(true).valid_since(instant).build().await
}

/// Sessions that began ten seconds before the instant, in the second before, at it and after it; and what the stores are.
async fn around(
    instant: SystemTime,
) -> (World, SessionStore<Shop>, SessionStore<Shop>, [SessionId; 4]) {
    let (world, before) = World::with_store::<Shop>().await;
    let mut ids = Vec::new();
    for pause in [0, 9, 1, 5] {
        world.clock.advance(Duration::from_secs(pause));
        ids.push(stored(&before).await);
    }
    let after = since(&world, instant).await.unwrap();
    world.network.take_sent();
    (world, before, after, ids.try_into().unwrap())
}

#[tokio::test]
async fn a_session_lives_that_began_at_the_instant_or_after_it() {
    let (_world, before, after, ids) = around(at(NOW + 10)).await;
    let mut alive = Vec::new();
    for id in &ids {
        assert!(before.load(id).await.unwrap().is_some(), "each store says so for itself");
        alive.push(after.load(id).await.unwrap().is_some());
    }
    assert_eq!(alive, [false, false, true, true]);
}

#[tokio::test]
async fn a_fraction_of_a_second_is_rounded_up() {
    let (_world, _, after, ids) = around(at(NOW + 10) + Duration::from_millis(1)).await;
    assert!(after.load(&ids[2]).await.unwrap().is_none(), "it may have begun before");
    assert!(after.load(&ids[3]).await.unwrap().is_some());
}

#[tokio::test]
async fn what_began_before_is_gone_for_every_call() {
    let (world, before, after, ids) = around(at(NOW + 10)).await;
    let gone = |error: Error| assert_eq!(error.kind(), ErrorKind::Gone, "{error}");
    let item = world.item(&before, &ids[0]).await.unwrap();
    gone(after.update(&ids[0], |session| session.views += 1).await.unwrap_err());
    assert_eq!(world.item(&before, &ids[0]).await.unwrap(), item, "and nothing was written");

    let counted = after.count_sessions().await.unwrap();
    assert_eq!((counted.alive, counted.expired), (2, 2));
    after.destroy(&ids[1]).await.unwrap();
    assert_eq!(after.purge_expired().await.unwrap().deleted, 1);
    let mut session = world.load(&after, &ids[2]).await;
    session.renew().await.unwrap();
    session.views += 1;
    session.commit().await.unwrap();
    assert!(after.load(session.id()).await.unwrap().is_some(), "a renewal keeps the creation");
}

#[tokio::test]
async fn it_is_neither_listed_nor_counted_among_the_newest() {
    let (world, before) = World::with_store::<Login>().await;
    let ada = world.logins(&before, "ada", 4).await;
    let instant = ada[2].created_at.system_time();
    let after = since::<Login>(&world, instant).await.unwrap();
    let by_user = after.by(Login::USER);
    let listed = by_user.list("ada").all().await.unwrap();
    let listed: Vec<_> = listed.iter().map(|session| session.fingerprint()).collect();
    assert_eq!(listed, [ada[3].id().fingerprint(), ada[2].id().fingerprint()]);
    assert_eq!(by_user.keep_newest("ada", 2, &ada[3]).await.unwrap(), 0);
    assert_eq!(by_user.end_all("ada").await.unwrap(), 2, "the other two had ended");
    assert!(world.items(&before).await.is_empty());
}

#[tokio::test]
async fn one_without_a_creation_counts_as_begun_before() {
    let (world, before) = World::with_store::<Shop>().await;
    let id = stored(&before).await;
    let mut item = world.item(&before, &id).await.unwrap();
    item.remove("created_at");
    world.put(&before, item).await;
    let after = since::<Shop>(&world, at(NOW - 1)).await.unwrap();
    assert!(before.load(&id).await.unwrap().is_some());
    assert!(after.load(&id).await.unwrap().is_none());
    let counted = after.count_sessions().await.unwrap();
    assert_eq!((counted.alive, counted.expired), (0, 1));
    assert_eq!(before.purge_expired().await.unwrap().deleted, 0);
    assert_eq!(after.purge_expired().await.unwrap().deleted, 1);
}

#[tokio::test]
async fn a_visitor_with_its_cookie_is_a_stranger() {
    async fn who(session: Session<Shop>) -> String {
        session.user.clone().unwrap_or_else(|| "a stranger".to_owned())
    }
    let (_world, _, after, ids) = around(at(NOW + 10)).await;
    let app = Router::new().route("/", get(who)).layer(SessionLayer::new(after));
    for (id, expected) in ids.iter().zip(["a stranger", "a stranger", "ada", "ada"]) {
        let cookie = format!("__Host-Http-session={}", id.expose_secret());
        let request = Request::get("/").header(COOKIE, cookie).body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        assert_eq!(to_bytes(response.into_body(), 99).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_commit_that_starts_over_finds_the_session_that_was_put_in_its_place_gone() {
    let (world, _, after, ids) = around(at(NOW + 10)).await;
    let mut session = world.load(&after, &ids[3]).await;
    let mut item = world.item(&after, &ids[3]).await.unwrap();
    item.insert("created_at".to_owned(), dynamo_session_tests::attribute::n(NOW));
    item.insert("_seq".to_owned(), dynamo_session_tests::attribute::n(100));
    world.put(&after, item.clone()).await;
    session.views += 1;
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Gone);
    assert_eq!(world.item(&after, &ids[3]).await.unwrap(), item);
}

#[tokio::test]
async fn what_cannot_work_is_refused_when_the_store_is_built() {
    let world = World::new();
    let error = since::<Visit>(&world, at(NOW)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(error.operation(), Some(Operation::BuildStore));
    assert!(error.to_string().contains("#[session(created)]"), "{error}");
    let error = since::<Shop>(&world, at(NOW + 1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("future"), "{error}");
    assert!(world.network.take_sent().is_empty());

    let store = since::<Shop>(&world, at(NOW)).await.unwrap();
    let id = stored(&store).await;
    let created_at = world.load(&store, &id).await.created_at;
    assert_eq!(created_at, CreatedAt::from_epoch_seconds(1_800_000_000));
}
