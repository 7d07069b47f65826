//! `purge_expired`: what it deletes and what it never does, and how it bears a table that resists.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, PutRequest,
    ScalarAttributeType, WriteRequest,
};
use dynamo_session::sweep::{Purge, PurgeCheckpoint, Purged};
use dynamo_session::{DynamoSession, ErrorKind, Expires, Operation, SessionStore};
use dynamo_session_tests::attribute::{Item, n, s};
use dynamo_session_tests::refusals::{DENIED, NOT_FOUND, OVER_CAPACITY};
use dynamo_session_tests::{Fault, Shop, World, skip_pauses, stored};
use tokio::sync::Notify;
use tokio::time::Instant;

/// A session without an absolute timeout.
#[derive(DynamoSession)]
#[session(table = "logins")]
struct Login {
    #[session(hash_key)]
    id: String,
    #[session(ttl)]
    expires_at: Expires,
    user: Option<String>,
}

fn login(id: &str, expires_at: AttributeValue) -> Item {
    HashMap::from([
        ("id".to_owned(), s(id)),
        ("expires_at".to_owned(), expires_at),
        ("user".to_owned(), s("a user whom no scan should ship")),
    ])
}

/// Fills a table with so many logins; those with an even number have expired.
async fn fill(world: &World, store: &SessionStore<Login>, logins: usize) {
    let now = world.clock.epoch_seconds();
    let items: Vec<Item> = (0..logins)
        .map(|login_number| {
            let expires = if login_number % 2 == 0 { now - 60 } else { now + 600 };
            login(&format!("login-{login_number:05}"), n(expires))
        })
        .collect();
    for batch in items.chunks(25) {
        let requests = batch.iter().map(|item| {
            let put = PutRequest::builder().set_item(Some(item.clone())).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        let write = world.direct.batch_write_item();
        write.request_items(store.table_name(), requests.collect()).send().await.unwrap();
    }
}

async fn keys_left(world: &World, store: &SessionStore<Login>) -> BTreeSet<String> {
    let mut pages =
        world.direct.scan().table_name(store.table_name()).into_paginator().items().send();
    let mut keys = BTreeSet::new();
    while let Some(item) = pages.next().await {
        keys.insert(item.unwrap()["id"].as_s().unwrap().clone());
    }
    keys
}

/// Nothing that has expired is left, and everything else is.
async fn require_purged(world: &World, store: &SessionStore<Login>, logins: usize) {
    let alive = (0..logins).filter(|number| number % 2 == 1);
    let alive: BTreeSet<_> = alive.map(|number| format!("login-{number:05}")).collect();
    assert_eq!(keys_left(world, store).await, alive);
}

#[tokio::test]
async fn only_expired_sessions_are_deleted_and_no_session_data_is_sent() {
    let (world, store) = World::with_store::<Login>().await;
    let now = world.clock.epoch_seconds();
    let items = [
        ("long-expired", n(0)),
        ("just-expired", n(now)),
        ("a-second-left", n(now + 1)),
        ("alive", n(now + 600)),
        ("text", s("0")),
        ("null", AttributeValue::Null(true)),
    ];
    for (id, expires_at) in items {
        world.put(&store, login(id, expires_at)).await;
    }
    let mut endless = login("endless", n(0));
    endless.remove("expires_at");
    world.put(&store, endless).await;
    world.network.take_sent();

    let purged = store.purge_expired().await.unwrap();
    assert_eq!((purged.scanned, purged.deleted, purged.kept), (7, 2, 0));
    assert_eq!((purged.segments_finished, purged.segments), (4, 4));
    assert!(purged.read_units >= 0.5 && purged.write_units >= 2.0, "{purged}");
    let left = ["a-second-left", "alive", "endless", "null", "text"].map(str::to_owned);
    assert_eq!(keys_left(&world, &store).await, left.into());

    for scan in world.network.take_sent().iter().filter(|sent| sent.operation == "Scan") {
        let projected = scan.text("ProjectionExpression").split(", ");
        let names = projected.map(|name| scan.body["ExpressionAttributeNames"][name].as_str());
        assert!(names.into_iter().all(|name| matches!(name, Some("id" | "_renewed_at"))));
    }
}

#[tokio::test]
async fn what_has_passed_its_absolute_timeout_is_deleted_though_its_expiry_lies_ahead() {
    let (world, store) = World::with_store::<Shop>().await;
    let now = world.clock.epoch_seconds();
    let hours = |hours: i64| n(now - hours * 3600);
    let ahead = n(now + 600);
    let cases = [
        ("ended", hours(12), Some(ahead.clone())),
        ("going on", hours(11), Some(ahead.clone())),
        ("without a creation that anything can tell", s("long ago"), Some(ahead)),
        ("expired, whatever its creation", s("long ago"), Some(n(now - 1))),
        ("without a Number as expiry", hours(13), Some(s("tomorrow"))),
        ("without an expiry", hours(13), None),
    ];
    let mut ids = Vec::new();
    for (_, created, expires_at) in &cases {
        let id = stored(&store).await;
        let mut item = world.item(&store, &id).await.unwrap();
        item.insert("created_at".to_owned(), created.clone());
        item.remove("expires_at");
        item.extend(expires_at.clone().map(|expires_at| ("expires_at".to_owned(), expires_at)));
        world.put(&store, item).await;
        ids.push(id);
    }
    let purged = store.purge_expired().await.unwrap();
    assert_eq!(purged.deleted, 2);
    for ((case, ..), id) in cases.iter().zip(&ids) {
        let is_deleted = matches!(*case, "ended" | "expired, whatever its creation");
        assert_eq!(world.item(&store, id).await.is_none(), is_deleted, "{case}");
    }
}

#[tokio::test]
async fn a_tombstone_is_deleted_after_its_grace_and_is_no_deleted_session() {
    let world = World::new();
    let _ = world.store::<Shop>().await;
    let builder = world.builder::<Shop>().renewal_grace(Duration::from_secs(5));
    let store = builder.build().await.unwrap();
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.renew().await.unwrap();
    world.clock.advance(Duration::from_secs(4));
    let purged = store.purge_expired().await.unwrap();
    assert_eq!((purged.scanned, purged.deleted, purged.tombstones, purged.kept), (2, 0, 0, 0));
    world.clock.advance(Duration::from_secs(1));
    let purged = store.purge_expired().await.unwrap();
    assert_eq!((purged.scanned, purged.deleted, purged.tombstones, purged.kept), (2, 0, 1, 0));
    assert!(purged.to_string().contains("1 tombstone"), "{purged}");
    assert!(world.item(&store, &id).await.is_none());
    assert!(store.load(session.id()).await.unwrap().is_some());
    world.clock.advance(Duration::from_secs(3600));
    let purged = store.purge_expired().await.unwrap();
    assert_eq!((purged.deleted, purged.tombstones), (1, 0));
}

#[tokio::test]
async fn a_session_that_is_touched_between_its_scan_and_its_delete_survives() {
    let world = Arc::new(World::new());
    let store = world.store::<Login>().await;
    let now = world.clock.epoch_seconds();
    world.put(&store, login("touched", n(now))).await;
    let gate = Arc::new(Notify::new());
    world.network.fail_next("DeleteItem", Fault::Hold(gate.clone()));
    let purge = tokio::spawn(store.purge_expired().into_future());
    while !world.network.operations().contains(&"DeleteItem".to_owned()) {
        assert!(!purge.is_finished(), "it is expired, so it is to be deleted");
        tokio::task::yield_now().await;
    }
    world.put(&store, login("touched", n(now + 600))).await;
    gate.notify_one();
    let purged = purge.await.unwrap().unwrap();
    assert_eq!((purged.deleted, purged.kept), (0, 1));
    assert_eq!(keys_left(&world, &store).await.len(), 1);
}

#[tokio::test]
async fn many_pages_in_many_segments_are_all_swept() {
    let (world, store) = World::with_store::<Login>().await;
    fill(&world, &store, 2000).await;
    let mut purge = store.purge_expired().segments(7).page_items(23).start();
    let mut before = purge.progress().clone();
    while let Some(progress) = purge.next().await {
        let progress = progress.unwrap();
        assert!(progress.deleted >= before.deleted && progress.scanned >= before.scanned);
        assert!(progress.segments_finished >= before.segments_finished);
        before = progress;
    }
    assert_eq!((before.scanned, before.deleted, before.kept), (2000, 1000, 0));
    assert_eq!((before.segments_finished, before.segments), (7, 7));
    require_purged(&world, &store, 2000).await;
}

#[tokio::test]
async fn no_page_is_read_before_the_one_before_it_is_deleted() {
    let (world, store) = World::with_store::<Login>().await;
    fill(&world, &store, 200).await;
    let mut purge = store.purge_expired().segments(1).page_items(30).start();
    let (mut pages, mut deletes) = (0, 0);
    while let Some(progress) = purge.next().await {
        let progress = progress.unwrap();
        for sent in world.network.take_sent() {
            match &*sent.operation {
                "Scan" if !sent.text("FilterExpression").is_empty() => {
                    assert_eq!(sent.body["Limit"], 30);
                    assert!(sent.body["Segment"].is_null(), "one segment is a plain scan");
                    pages += 1;
                }
                "DeleteItem" => deletes += 1,
                _ => {}
            }
        }
        assert_eq!(progress.deleted, deletes);
    }
    assert!(pages >= 7, "{pages}");
    require_purged(&world, &store, 200).await;
}

#[tokio::test]
async fn throttling_and_outages_beyond_the_sdks_retries_are_waited_out() {
    skip_pauses();
    let (world, store) = World::with_store::<Login>().await;
    fill(&world, &store, 40).await;
    let mut purge = store.purge_expired().segments(1).page_items(16).start();
    for _ in 0..9 {
        world.network.fail_next("Scan", Fault::Answer(400, OVER_CAPACITY));
    }
    purge.next().await.unwrap().unwrap();
    for operation in ["Scan", "DeleteItem"] {
        for _ in 0..6 {
            world.network.fail_next(operation, Fault::Answer(400, OVER_CAPACITY));
            world.network.fail_next(operation, Fault::LoseRequest);
        }
    }
    while let Some(progress) = purge.next().await {
        progress.unwrap();
    }
    require_purged(&world, &store, 40).await;
}

#[tokio::test]
async fn a_page_that_fails_is_asked_for_again_with_fewer_items() {
    skip_pauses();
    let (world, store) = World::with_store::<Login>().await;
    fill(&world, &store, 100).await;
    let mut purge = store.purge_expired().segments(1).page_items(64).start();
    let limits = |world: &World| -> Vec<u64> {
        let scans = world.network.take_sent();
        let scans = scans.iter().filter(|sent| !sent.text("FilterExpression").is_empty());
        let mut limits: Vec<u64> = scans.filter_map(|scan| scan.body["Limit"].as_u64()).collect();
        limits.dedup();
        limits
    };
    purge.next().await.unwrap().unwrap();
    for _ in 0..5 {
        world.network.fail_next("Scan", Fault::LoseRequest);
    }
    while let Some(progress) = purge.next().await {
        progress.unwrap();
    }
    let limits = limits(&world);
    assert!(limits.contains(&32), "{limits:?}");
    require_purged(&world, &store, 100).await;
}

#[tokio::test]
async fn when_waiting_does_not_help_the_error_says_how_far_it_got() {
    skip_pauses();
    let world = World::new();
    if world.embedded().is_none() {
        return; // The pauses would be real.
    }
    let store = world.store::<Login>().await;
    fill(&world, &store, 60).await;
    let mut purge = store.purge_expired().segments(1).page_items(20).start();
    purge.next().await.unwrap().unwrap();
    for _ in 0..400 {
        world.network.fail_next("DeleteItem", Fault::Answer(400, OVER_CAPACITY));
    }
    let error = loop {
        if let Err(error) = purge.next().await.unwrap() {
            break error;
        }
    };
    assert!(error.is_throttled(), "{error}");
    assert_eq!((error.operation(), error.table()), (Some(Operation::PurgeExpired), Some("logins")));
    let progress = purge.progress();
    assert!(progress.deleted >= 10 && progress.deleted < 30, "{progress}");
    assert!(error.to_string().contains(&progress.to_string()), "{error}");
    assert!(purge.next().await.is_none(), "it has ended");

    world.network.forget_faults();
    finish(store.purge_expired().resume_from(purge.checkpoint()).start()).await;
    require_purged(&world, &store, 60).await;
}

async fn finish(mut purge: Purge) -> Purged {
    while let Some(progress) = purge.next().await {
        progress.unwrap();
    }
    purge.progress().clone()
}

#[tokio::test]
async fn an_error_half_way_leaves_a_checkpoint_from_which_nothing_is_skipped() {
    for good_steps in [0, 1, 2, 5, 9, 14] {
        let (world, store) = World::with_store::<Login>().await;
        fill(&world, &store, 300).await;
        let mut purge = store.purge_expired().segments(3).page_items(20).start();
        for _ in 0..good_steps {
            purge.next().await.unwrap().unwrap();
        }
        world.network.fail_next("DeleteItem", Fault::Answer(400, DENIED));
        let error = loop {
            if let Err(error) = purge.next().await.unwrap() {
                break error;
            }
        };
        assert!(error.is_access_denied(), "{error}");
        assert!(error.to_string().contains("`dynamodb:DeleteItem`"), "{error}");
        let saved = purge.checkpoint().to_string();
        let checkpoint: PurgeCheckpoint = saved.parse().unwrap();
        world.network.take_sent();
        finish(store.purge_expired().resume_from(checkpoint).start()).await;
        let sent = world.network.take_sent();
        for segment in 0..3 {
            let mut scans = sent.iter().filter(|sent| sent.body["Segment"] == segment);
            let began = match scans.next() {
                Some(scan) if scan.body["ExclusiveStartKey"].is_null() => "start",
                Some(_) => "after",
                None => "finished",
            };
            let line = saved.lines().find(|line| line.starts_with(&segment.to_string())).unwrap();
            assert!(line.contains(began), "segment {segment} began at `{began}`: {saved}");
        }
        require_purged(&world, &store, 300).await;
    }
}

#[tokio::test]
async fn cancelling_is_dropping_and_what_was_left_is_found_by_resuming() {
    let (world, store) = World::with_store::<Login>().await;
    fill(&world, &store, 300).await;
    let mut purge = store.purge_expired().segments(2).page_items(40).start();
    purge.next().await.unwrap().unwrap();
    // In the middle of a page, with deletes in flight.
    for _ in 0..8 {
        world.network.fail_next("DeleteItem", Fault::Hold(Arc::new(Notify::new())));
    }
    let waited = tokio::time::timeout(Duration::from_millis(300), finish(purge)).await;
    assert!(waited.is_err(), "it was held");
    world.network.take_sent();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(world.network.take_sent().is_empty(), "a purge that was dropped goes on");

    // And once more, with the checkpoint of one that was not asked to go on.
    world.network.forget_faults();
    let mut purge = store.purge_expired().segments(2).page_items(40).start();
    purge.next().await.unwrap().unwrap();
    let checkpoint = purge.checkpoint();
    drop(purge);
    let rest = finish(store.purge_expired().resume_from(checkpoint).start()).await;
    assert_eq!(rest.segments, 2);
    require_purged(&world, &store, 300).await;
}

#[tokio::test]
async fn next_may_be_cancelled_and_called_again() {
    let (world, store) = World::with_store::<Login>().await;
    fill(&world, &store, 100).await;
    let mut purge = store.purge_expired().segments(2).page_items(10).start();
    loop {
        tokio::select! {
            biased;
            progress = purge.next() => match progress {
                Some(progress) => drop(progress.unwrap()),
                None => break,
            },
            () = tokio::task::yield_now() => {}
        }
    }
    let purged = purge.progress();
    assert_eq!((purged.scanned, purged.deleted), (100, 50));
    require_purged(&world, &store, 100).await;
}

#[tokio::test]
async fn a_delete_whose_answer_was_lost_counts_as_done() {
    skip_pauses();
    let (world, store) = World::with_store::<Login>().await;
    fill(&world, &store, 10).await;
    world.network.fail_next("DeleteItem", Fault::LoseResponse);
    world.network.fail_next("DeleteItem", Fault::Duplicate);
    let purged = store.purge_expired().await.unwrap();
    assert_eq!((purged.deleted, purged.kept), (5, 0));
    require_purged(&world, &store, 10).await;
}

#[tokio::test]
async fn each_page_is_judged_by_the_time_at_which_it_is_read() {
    let (world, store) = World::with_store::<Login>().await;
    fill(&world, &store, 100).await;
    let mut purge = store.purge_expired().segments(1).page_items(50).start();
    purge.next().await.unwrap().unwrap();
    world.clock.advance(Duration::from_secs(600));
    let purged = finish(purge).await;
    // The second page had already been asked for, or not: a whole page is judged alike.
    assert!(purged.deleted == 75 || purged.deleted == 50, "{purged}");
    let rest = store.purge_expired().await.unwrap();
    assert_eq!(purged.deleted + rest.deleted, 100);
}

fn key(name: &str, key_type: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(key_type).build().unwrap()
}

fn attribute(name: &str, attribute_type: ScalarAttributeType) -> AttributeDefinition {
    let definition = AttributeDefinition::builder().attribute_name(name);
    definition.attribute_type(attribute_type).build().unwrap()
}

#[tokio::test]
async fn a_table_with_another_key_is_refused_and_loses_nothing() {
    let world = World::new();
    let now = world.clock.epoch_seconds();
    let tables = [
        ("other-name", vec![("order", KeyType::Hash, ScalarAttributeType::S)]),
        ("other-type", vec![("id", KeyType::Hash, ScalarAttributeType::N)]),
        (
            "sort-key",
            vec![
                ("id", KeyType::Hash, ScalarAttributeType::S),
                ("at", KeyType::Range, ScalarAttributeType::N),
            ],
        ),
        (
            "sorted-by-id",
            vec![
                ("order", KeyType::Hash, ScalarAttributeType::S),
                ("id", KeyType::Range, ScalarAttributeType::S),
            ],
        ),
    ];
    for (name, keys) in tables {
        let table = format!("{name}-{}", uuid::Uuid::new_v4());
        let schema = keys.iter().map(|(name, key_type, _)| key(name, key_type.clone())).collect();
        let attributes = keys.iter().map(|(name, _, kind)| attribute(name, kind.clone())).collect();
        let create = world.direct.create_table().table_name(&table);
        let create =
            create.set_key_schema(Some(schema)).set_attribute_definitions(Some(attributes));
        create.billing_mode(BillingMode::PayPerRequest).send().await.unwrap();
        let mut item = HashMap::from([("expires_at".to_owned(), n(now - 60))]);
        for (name, _, kind) in &keys {
            let value = if *kind == ScalarAttributeType::N { n(1) } else { s("o-1") };
            item.insert((*name).to_owned(), value);
        }
        world.direct.put_item().table_name(&table).set_item(Some(item)).send().await.unwrap();

        let builder = SessionStore::<Login>::builder().client(world.client.clone());
        let builder = builder.clock(world.clock.clone()).table_name(&table);
        let store = builder.build().await.unwrap();
        world.network.take_sent();
        let error = store.purge_expired().await.unwrap_err();
        // MiniStack takes any starting key of a scan. It refuses the deletes all the same.
        if world.embedded().is_some() {
            assert!(error.is_configuration(), "{name}: {error}");
            let named = (error.operation(), error.attribute());
            assert_eq!(named, (Some(Operation::PurgeExpired), Some("id")), "{name}");
            let error = store.count_sessions().await.unwrap_err();
            assert!(error.is_configuration(), "{name}: {error}");
            let sent = world.network.take_sent();
            assert_eq!(sent.len(), 2, "{name}: one look at the key each: {sent:?}");
        }
        let left = world.direct.scan().table_name(&table).send().await.unwrap();
        assert_eq!(left.count, 1, "{name}");
    }
}

#[tokio::test]
async fn what_cannot_succeed_fails_at_once() {
    let (world, store) = World::with_store::<Login>().await;
    let cases = [
        (DENIED, ErrorKind::AccessDenied, "`dynamodb:Scan`"),
        (NOT_FOUND, ErrorKind::TableMissing, "does not exist"),
    ];
    for (answer, kind, said) in cases {
        world.network.fail_next("Scan", Fault::Answer(400, answer));
        let error = store.purge_expired().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (kind, Some(Operation::PurgeExpired)));
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(world.network.take_sent().len(), 1);
    }
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_not_waited_for() {
    skip_pauses();
    let (world, store) = World::with_store::<Login>().await;
    for _ in 0..20 {
        world.network.fail_next("Scan", Fault::LoseRequest);
    }
    let error = store.purge_expired().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(world.network.take_sent().len() <= 3, "no more than the SDK's own attempts");
}

#[tokio::test]
async fn options_that_cannot_work_are_refused_before_anything_is_sent() {
    let (world, store) = World::with_store::<Login>().await;
    let refused = [
        store.purge_expired().segments(0),
        store.purge_expired().segments(1025),
        store.purge_expired().page_items(0),
        store.purge_expired().capacity_per_second(0.0),
        store.purge_expired().capacity_per_second(-1.0),
        store.purge_expired().capacity_per_second(f64::NAN),
        store.purge_expired().capacity_per_second(f64::INFINITY),
    ];
    for purge in refused {
        let error = purge.await.unwrap_err();
        assert!(error.is_configuration(), "{error}");
    }
    let checkpoint = store.purge_expired().segments(3).start().checkpoint();
    let other = world.store::<Shop>().await;
    let error = other.purge_expired().resume_from(checkpoint.clone()).await.unwrap_err();
    assert!(error.is_configuration() && error.to_string().contains(store.table_name()), "{error}");
    let other = store.purge_expired().segments(4).resume_from(checkpoint.clone());
    let error = other.await.unwrap_err();
    assert!(error.is_configuration() && error.to_string().contains("3 segments"), "{error}");
    assert!(world.network.take_sent().is_empty());
    let purged = store.purge_expired().segments(3).resume_from(checkpoint).await.unwrap();
    assert_eq!(purged.segments_finished, 3);
}

#[tokio::test]
async fn a_rate_limit_spreads_the_load_evenly() {
    skip_pauses();
    let world = World::new();
    if world.embedded().is_none() {
        return; // The time would be real.
    }
    let store = world.store::<Login>().await;
    fill(&world, &store, 1000).await;
    for rate in [20.0, 200.0] {
        let began = Instant::now();
        let mut purge = store.purge_expired().capacity_per_second(rate).start();
        let mut units = 0.0;
        while let Some(progress) = purge.next().await {
            let progress = progress.unwrap();
            units = progress.read_units + progress.write_units;
            let allowed = rate * began.elapsed().as_secs_f64();
            // A request is let through before its cost is known: a page, and a few deletes.
            assert!(units <= allowed + rate / 4.0 + 8.0, "{units} units, {allowed} allowed");
        }
        let elapsed = began.elapsed().as_secs_f64();
        assert!(units > 500.0 || rate > 20.0, "{units}");
        assert!(elapsed >= (units - rate / 4.0 - 8.0) / rate, "{units} units in {elapsed} s");
        assert!(elapsed <= 1.2 * units / rate + 1.0, "{units} units in {elapsed} s");
        require_purged(&world, &store, 1000).await;
        fill(&world, &store, 1000).await;
    }
}

#[test]
fn a_checkpoints_text_is_read_strictly() {
    let text = "dynamo-session purge checkpoint, version 1\ntable logins\nkey prefix \"login#\"\nsegments 3\n\
                0 start\n1 after bG9naW4tMDAwMDE\n2 finished\nend\n";
    let checkpoint: PurgeCheckpoint = text.parse().unwrap();
    assert_eq!(checkpoint.to_string(), text);
    assert_eq!((checkpoint.table_name(), checkpoint.segments()), ("logins", 3));
    assert_eq!((checkpoint.segments_finished(), checkpoint.key_prefix()), (1, "login#"));
    assert!(!format!("{checkpoint:?}").contains("login-00001"), "{checkpoint:?}");
    let windows: PurgeCheckpoint = text.replace('\n', "\r\n").parse().unwrap();
    assert_eq!(windows, checkpoint);

    for length in 0..text.len() - 1 {
        let error = text[..length].parse::<PurgeCheckpoint>().unwrap_err();
        assert!(error.is_configuration(), "cut after {length} bytes: {error}");
    }
    let spoilt = [
        ("version 1", "version 2"),
        ("table logins", "table "),
        ("key prefix \"login#\"\n", ""),
        ("\"login#\"", "login#"),
        ("segments 3", "segments 2"),
        ("segments 3", "segments 4"),
        ("segments 3", "segments 03"),
        ("segments 3", "segments 0"),
        ("segments 3", "segments 99999999999999999999"),
        ("0 start", "1 start"),
        ("0 start", "0 begin"),
        ("bG9naW4tMDAwMDE", "bG9naW4tMDAwMDE="),
        ("bG9naW4tMDAwMDE", ""),
        ("bG9naW4tMDAwMDE", "not base64url!"),
        ("bG9naW4tMDAwMDE", "_w"),
        ("end\n", "end\nmore\n"),
    ];
    for (from, to) in spoilt {
        let error = text.replace(from, to).parse::<PurgeCheckpoint>().unwrap_err();
        assert!(error.is_configuration(), "`{to}` for `{from}`: {error}");
        assert!(!error.to_string().contains("bG9naW4t"), "{error}");
    }
}
