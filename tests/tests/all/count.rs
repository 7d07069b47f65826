//! `count_sessions`: what it counts as what, what it weighs, and what it sends for.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{DynamoSession, Expires, Operation, SessionId, SessionStore};
use dynamo_session_tests::attribute::{n, s};
use dynamo_session_tests::refusals::{DENIED, THROTTLED};
use dynamo_session_tests::{Fault, Shop, World, skip_pauses, stored};
use tokio::time::Instant;

#[derive(DynamoSession)]
#[session(table = "visits")]
struct Visit {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    note: String,
}

async fn put(world: &World, store: &SessionStore<Visit>, note: &str, expires_at: AttributeValue) {
    let id = Visit::SCHEMA.table_key(&SessionId::generate());
    let item = [("id", s(id)), ("expires_at", expires_at), ("note", s(note))];
    let item = item.map(|(name, value)| (name.to_owned(), value));
    world.put(store, HashMap::from(item)).await;
}

#[tokio::test]
async fn alive_expired_and_unreadable_are_told_apart_as_a_load_does() {
    let (world, store) = World::with_store::<Visit>().await;
    let now = world.clock.epoch_seconds();
    let visits = [
        n(now - 500),
        n(now - 700),
        n(now),
        n(format!("{now}.9")),
        n(now + 1),
        n(now + 3600),
        n(now + 3601),
        s("tomorrow"),
    ];
    for expires_at in visits {
        put(&world, &store, "x", expires_at).await;
    }
    world.network.take_sent();
    let counted = store.count_sessions().await.unwrap();
    assert_eq!((counted.alive, counted.expiring_within_hour), (3, 2));
    assert_eq!((counted.expired, counted.unreadable, counted.items()), (4, 1, 8));
    assert_eq!(counted.first_expired, Some(Expires::from_epoch_seconds(now - 700)));
    assert_eq!((counted.segments_finished, counted.segments), (4, 4));
    assert_eq!(counted.sizes, None);
    assert!(counted.read_units >= 0.5, "{counted}");

    for scan in world.network.take_sent().iter().filter(|sent| sent.body["Limit"] == 1000) {
        let projected = scan.text("ProjectionExpression").split(", ");
        let names = projected.map(|name| scan.body["ExpressionAttributeNames"][name].as_str());
        let names: Vec<_> = names.collect();
        let times = [Some("expires_at"), Some("_renewed_at")];
        assert_eq!(names, times, "neither keys nor session data");
    }
}

#[tokio::test]
async fn an_absolute_timeout_ends_a_session_before_its_expiry() {
    let (world, store) = World::with_store::<Shop>().await;
    let now = world.clock.epoch_seconds();
    let ids = [stored(&store).await, stored(&store).await, stored(&store).await];
    let created = [n(now - 12 * 3600 - 5), n(now), s("long ago")];
    for (id, created) in ids.iter().zip(created) {
        let mut item = world.item(&store, id).await.unwrap();
        item.insert("created_at".to_owned(), created);
        world.put(&store, item).await;
    }
    let counted = store.count_sessions().await.unwrap();
    assert_eq!((counted.alive, counted.expired, counted.unreadable), (1, 1, 1));
    assert_eq!(counted.first_expired, Some(Expires::from_epoch_seconds(now - 5)));
    assert!(store.load(&ids[0]).await.unwrap().is_none());
    assert!(store.load(&ids[2]).await.unwrap_err().is_decode());
}

#[tokio::test]
async fn a_tombstone_is_neither_a_session_nor_expired() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.renew().await.unwrap();
    for measured in [false, true] {
        let counted = store.count_sessions().measure_sizes(measured).await.unwrap();
        assert_eq!((counted.alive, counted.expired, counted.unreadable), (1, 0, 0));
        assert_eq!((counted.tombstones, counted.items()), (1, 2), "measured: {measured}");
        assert_eq!(counted.first_expired, None, "its expiry is none");
        assert!(counted.to_string().contains("1 tombstone"), "{counted}");
        if let Some(sizes) = counted.sizes {
            assert_eq!(sizes.expired_bytes, 0);
            assert!((100..250).contains(&sizes.tombstone_bytes), "{sizes:?}");
        }
    }
}

#[tokio::test]
async fn sizes_are_dynamodbs_when_they_are_asked_for() {
    let (world, store) = World::with_store::<Visit>().await;
    let now = world.clock.epoch_seconds();
    // Names: 2 + 10 + 4 bytes. Values: `Visit#` and a hash of 43, a number of ten digits, the note.
    let rest = 2 + 10 + 4 + 6 + 43 + 6;
    put(&world, &store, &"a".repeat(1000), n(now + 60)).await;
    put(&world, &store, &"b".repeat(200), n(now + 60)).await;
    put(&world, &store, &"c".repeat(50), n(now - 60)).await;
    put(&world, &store, "", s("never")).await;
    let sizes = store.count_sessions().measure_sizes(true).await.unwrap().sizes.unwrap();
    assert_eq!(sizes.alive_bytes, 1200 + 2 * rest);
    assert_eq!(sizes.expired_bytes, 50 + rest);
    assert_eq!(sizes.unreadable_bytes, rest - 6 + 5);
    assert_eq!(sizes.largest_bytes, 1000 + rest);
}

#[tokio::test]
async fn many_pages_are_counted_once_each_whatever_is_throttled_between() {
    skip_pauses();
    let (world, store) = World::with_store::<Visit>().await;
    let now = world.clock.epoch_seconds();
    for visit in 0..300 {
        let expires_at = if visit % 3 == 0 { now - visit } else { now + 60 };
        put(&world, &store, "x", n(expires_at)).await;
    }
    let mut count = store.count_sessions().segments(5).page_items(11).start();
    let mut pages = 0;
    while let Some(progress) = count.next().await {
        let progress = progress.unwrap();
        pages += 1;
        if pages % 7 == 0 {
            for _ in 0..5 {
                world.network.fail_next("Scan", Fault::Answer(400, THROTTLED));
                world.network.fail_next("Scan", Fault::LoseResponse);
            }
        }
        assert!(progress.items() <= pages * 11);
    }
    let counted = count.progress();
    assert_eq!((counted.alive, counted.expired, counted.unreadable), (200, 100, 0));
    assert!(pages >= 28, "{pages}");
    assert!(world.network.take_sent().iter().all(|sent| sent.operation != "DeleteItem"));
}

#[tokio::test]
async fn a_rate_limit_is_kept() {
    skip_pauses();
    let world = World::new();
    if world.embedded().is_none() {
        return; // The time would be real.
    }
    let store = world.store::<Visit>().await;
    let now = world.clock.epoch_seconds();
    for _ in 0..400 {
        put(&world, &store, &"x".repeat(3000), n(now + 60)).await;
    }
    let began = Instant::now();
    let counted = store.count_sessions().capacity_per_second(10.0).await.unwrap();
    let elapsed = began.elapsed().as_secs_f64();
    let expected = counted.read_units / 10.0;
    assert!(counted.read_units > 140.0, "{counted}");
    assert!(elapsed >= expected - 1.0 && elapsed <= 1.3 * expected, "{elapsed} s; {counted}");
    let slowest = counted.read_units / 4.0;
    let scans = world.network.take_sent().iter().filter(|sent| sent.operation == "Scan").count();
    assert!(scans as f64 >= slowest, "{scans} pages of about 4 units: {counted}");
}

#[tokio::test]
async fn an_error_names_the_action_and_ends_the_count() {
    let (world, store) = World::with_store::<Visit>().await;
    put(&world, &store, "x", n(1)).await;
    let mut count = store.count_sessions().segments(1).page_items(1).start();
    count.next().await.unwrap().unwrap();
    world.network.fail_next("Scan", Fault::Answer(400, DENIED));
    let error = count.next().await.unwrap().unwrap_err();
    assert!(error.is_access_denied(), "{error}");
    assert_eq!(
        (error.operation(), error.table()),
        (Some(Operation::CountSessions), Some(store.table_name()))
    );
    assert!(error.to_string().contains("`dynamodb:Scan`"), "{error}");
    assert!(count.next().await.is_none());
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(store.count_sessions().await.unwrap().expired, 1);
    assert!(store.count_sessions().segments(0).await.unwrap_err().is_configuration());
}
