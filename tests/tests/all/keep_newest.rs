//! `store.by(..).keep_newest(..)`: a limit on concurrent sessions. The newest stay, whoever asks, and exactly so many.

use std::sync::Arc;
use std::time::Duration;

use dynamo_session::index::EndProgress;
use dynamo_session::{
    DynamoSession, Error, ErrorKind, Expires, Operation, Session, SessionId, SessionStore,
};
use dynamo_session_tests::refusals::DENIED;
use dynamo_session_tests::{
    Choices, Fault, Login, Schedule, World, alive, index_answer, newest_first_answer, skip_pauses,
};
use serde_json::json;
use tokio::sync::Notify;

#[tokio::test]
async fn the_oldest_go_first_and_others_stay() -> Result<(), Error> {
    let (world, store) = World::with_store::<Login>().await;
    let bob = world.logins(&store, "bob", 3).await;
    let mut ada = world.logins(&store, "ada", 5).await;
    // Age is what counts, not when it was last used.
    world.clock.advance(Duration::from_secs(600));
    ada[0].user_agent = "Firefox".to_owned();
    ada[0].commit().await?;
    let by_user = store.by(Login::USER);
    assert_eq!(by_user.keep_newest("ada", 5, &ada[4]).await?, 0);
    assert_eq!(by_user.keep_newest("ada", 3, &ada[4]).await?, 2);
    assert_eq!(alive(&store, &ada).await, [false, false, true, true, true]);
    assert_eq!(alive(&store, &bob).await, [true; 3]);
    Ok(())
}

#[tokio::test]
async fn the_newest_stay_whichever_session_is_given() -> Result<(), Error> {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 4).await;
    let by_user = store.by(Login::USER);
    assert_eq!(by_user.keep_newest("ada", 2, &ada[0]).await?, 2, "the given one among them");
    assert_eq!(alive(&store, &ada).await, [false, false, true, true]);
    assert_eq!(by_user.keep_newest("ada", 0, &ada[3]).await?, 1);
    assert_eq!(alive(&store, &ada).await, [false, false, false, true]);
    assert_eq!(by_user.keep_newest("ada", 1, &ada[3]).await?, 0);
    Ok(())
}

#[tokio::test]
async fn the_given_session_counts_before_the_index_knows_of_it() -> Result<(), Error> {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 4).await;
    let known = index_answer(ada[..3].iter().map(|session| session.id()));
    world.network.fail_next("Query", Fault::Answer(200, known));
    assert_eq!(store.by(Login::USER).keep_newest("ada", 3, &ada[3]).await?, 1);
    assert_eq!(alive(&store, &ada).await, [false, true, true, true]);
    Ok(())
}

#[tokio::test]
async fn what_is_gone_expired_or_someone_elses_does_not_count() -> Result<(), Error> {
    let (world, store) = World::with_store::<Login>().await;
    let expired = world.login(&store, "ada").await;
    world.clock.advance(Duration::from_secs(3600));
    let ada = world.logins(&store, "ada", 2).await;
    let mut handed_over = world.login(&store, "ada").await;
    handed_over.user = Some("bob".to_owned());
    handed_over.commit().await?;
    let mut destroyed = world.login(&store, "ada").await;
    destroyed.destroy().await?;
    let current = world.login(&store, "ada").await;
    let stale = [&expired, &ada[0], &ada[1], &handed_over, &destroyed, &current];
    let stale = index_answer(stale.map(|session| session.id()));
    world.network.fail_next("Query", Fault::Answer(200, stale));
    assert_eq!(store.by(Login::USER).keep_newest("ada", 3, &current).await?, 0);
    assert_eq!(alive(&store, &ada).await, [true, true]);
    assert_eq!(alive(&store, &[handed_over, current]).await, [true, true]);
    Ok(())
}

#[tokio::test]
async fn a_given_session_that_is_dead_does_not_count() -> Result<(), Error> {
    let (world, store) = World::with_store::<Login>().await;
    let mut ada = world.logins(&store, "ada", 4).await;
    let stale = newest_first_answer(ada.iter().rev().map(|it| (it.id(), it.created_at)));
    ada[3].destroy().await?;
    for answer in [None, Some(stale)] {
        if let Some(stale) = answer {
            world.network.fail_next("Query", Fault::Answer(200, stale));
        }
        assert_eq!(store.by(Login::USER).keep_newest("ada", 3, &ada[3]).await?, 0);
        assert_eq!(alive(&store, &ada).await, [true, true, true, false]);
    }
    assert_eq!(store.by(Login::USER).keep_newest("ada", 2, &store.create()).await?, 1);
    assert_eq!(alive(&store, &ada).await, [false, true, true, false], "nor one that never was");
    Ok(())
}

#[tokio::test]
async fn an_item_older_than_its_creation_field_is_not_in_the_index_until_it_is_written() {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 3).await;
    let mut item = world.item(&store, ada[1].id()).await.unwrap();
    item.remove("created_at");
    world.put(&store, item).await;
    let by_user = store.by(Login::USER);
    assert_eq!(by_user.keep_newest("ada", 2, &ada[2]).await.unwrap(), 0);
    assert_eq!(by_user.list("ada").all().await.unwrap().len(), 2);
    assert_eq!(alive(&store, &ada).await, [true; 3]);

    // A touch that is due is enough.
    world.clock.advance(Duration::from_secs(600));
    world.load(&store, ada[1].id()).await.touch().await.unwrap();
    assert_eq!(by_user.list("ada").all().await.unwrap().len(), 3);
    assert_eq!(by_user.keep_newest("ada", 2, &ada[2]).await.unwrap(), 1);
    assert_eq!(alive(&store, &ada).await, [false, true, true], "it begins where it is written");
}

#[derive(Debug, DynamoSession)]
#[session(table = "ageless")]
struct Ageless {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index)]
    user: Option<String>,
    visits: u32,
}

#[tokio::test]
async fn without_a_creation_the_one_idle_for_longest_goes_first() -> Result<(), Error> {
    let (world, store) = World::with_store::<Ageless>().await;
    let mut sessions: Vec<Session<Ageless>> = Vec::new();
    for _ in 0..3 {
        let mut session = store.create();
        session.user = Some("ada".to_owned());
        session.commit().await?;
        world.clock.advance(Duration::from_secs(300));
        sessions.push(session);
    }
    sessions[0].visits += 1;
    sessions[0].commit().await?;
    assert_eq!(store.by(Ageless::USER).keep_newest("ada", 2, &sessions[2]).await?, 1);
    let mut alive = Vec::new();
    for session in &sessions {
        alive.push(store.load(session.id()).await?.is_some());
    }
    assert_eq!(alive, [true, false, true]);
    Ok(())
}

#[tokio::test]
async fn without_a_creation_one_that_is_touched_meanwhile_lives() -> Result<(), Error> {
    skip_pauses();
    let world = World::new();
    let store = world.store::<Ageless>().await;
    let mut sessions: Vec<Session<Ageless>> = Vec::new();
    for _ in 0..2 {
        let mut session = store.create();
        session.user = Some("ada".to_owned());
        session.commit().await?;
        world.clock.advance(Duration::from_secs(300));
        sessions.push(session);
    }
    let gate = Arc::new(Notify::new());
    world.network.fail_next("DeleteItem", Fault::Hold(gate.clone()));
    let [mut older, newer] = <[_; 2]>::try_from(sessions).unwrap();
    let keeping = tokio::spawn({
        let store = store.clone();
        async move {
            let ended = store.by(Ageless::USER).keep_newest("ada", 1, &newer).await;
            (ended, newer)
        }
    });
    while !world.network.operations().contains(&"DeleteItem".to_owned()) {
        tokio::task::yield_now().await;
    }
    older.touch().await?;
    gate.notify_one();
    let (ended, newer) = keeping.await.unwrap();
    assert_eq!(ended?, 0);
    assert!(store.load(older.id()).await?.is_some() && store.load(newer.id()).await?.is_some());
    assert_eq!(store.by(Ageless::USER).keep_newest("ada", 1, &newer).await?, 1);
    assert!(store.load(newer.id()).await?.is_none(), "it is the older one now");
    Ok(())
}

#[tokio::test]
async fn every_page_of_the_index_is_followed_and_only_those_that_stay_are_read() -> Result<(), Error>
{
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 20).await;
    let shown = |it: &Session<Login>| {
        json!({
            "id": { "S": Login::SCHEMA.table_key(it.id()) },
            "created_at": { "N": it.created_at.epoch_seconds().to_string() },
        })
    };
    let mut last = shown(&ada[13]);
    last["user"] = json!({ "S": "ada" });
    let page = json!({
        "Items": ada[13..].iter().rev().map(shown).collect::<Vec<_>>(),
        "LastEvaluatedKey": last,
    });
    world.network.fail_next("Query", Fault::Answer(200, page.to_string().leak()));
    let mut last = EndProgress::default();
    let keep = store.by(Login::USER).keep_newest("ada", 5, &ada[19]);
    assert_eq!(keep.on_progress(|progress| last = progress).await?, 15);
    assert_eq!((last.examined, last.ended), (20, 15));
    let sent = world.network.take_sent();
    let read: usize = sent
        .iter()
        .filter(|sent| sent.operation == "BatchGetItem")
        .map(|sent| sent.body["RequestItems"][store.table_name()]["Keys"].as_array().unwrap().len())
        .sum();
    assert_eq!(read, 5);
    let queries: Vec<_> = sent.iter().filter(|sent| sent.operation == "Query").collect();
    assert_eq!(queries.len(), 2);
    assert!(queries.iter().all(|query| query.body["ScanIndexForward"] == false));
    let expected: Vec<_> = (0..20).map(|place| place >= 15).collect();
    assert_eq!(alive(&store, &ada).await, expected);
    Ok(())
}

#[tokio::test]
async fn what_is_over_by_the_absolute_timeout_is_neither_read_nor_ended() -> Result<(), Error> {
    let (world, store) = World::with_store::<Login>().await;
    let over = world.logins(&store, "ada", 3).await;
    world.clock.advance(Duration::from_secs(12 * 3600));
    let ada = world.logins(&store, "ada", 2).await;
    assert_eq!(store.by(Login::USER).keep_newest("ada", 1, &ada[1]).await?, 1);
    let sent = world.network.take_sent();
    let deleted: Vec<_> = sent.iter().filter(|sent| sent.operation == "DeleteItem").collect();
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0].body["Key"]["id"]["S"], Login::SCHEMA.table_key(ada[0].id()));
    assert!(world.item(&store, over[0].id()).await.is_some(), "that is left to the TTL");
    Ok(())
}

#[tokio::test]
async fn nothing_is_read_while_there_are_no_more_than_that_and_else_only_what_tells_the_age()
-> Result<(), Error> {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 3).await;
    store.by(Login::USER).keep_newest("ada", 3, &ada[2]).await?;
    assert_eq!(world.network.operations(), ["Query"]);
    world.network.take_sent();
    store.by(Login::USER).keep_newest("ada", 2, &ada[2]).await?;
    let sent = world.network.take_sent();
    let operations: Vec<_> = sent.iter().map(|sent| sent.operation.as_str()).collect();
    assert_eq!(operations, ["Query", "BatchGetItem", "BatchGetItem", "DeleteItem"]);
    for read in &sent[1..3] {
        let read = &read.body["RequestItems"][store.table_name()];
        assert_eq!(read["ConsistentRead"], true);
        assert!(read["ExpressionAttributeNames"].as_object().unwrap().len() <= 6, "{read}");
        assert_eq!(read["Keys"].as_array().map(Vec::len), Some(1));
    }
    Ok(())
}

#[tokio::test]
async fn a_given_session_in_mid_renewal_is_kept_under_both_ids() -> Result<(), Error> {
    skip_pauses();
    let (world, store) = World::with_store::<Login>().await;
    let mut ada = world.logins(&store, "ada", 3).await;
    world.network.fail_next("TransactWriteItems", Fault::LoseResponse);
    for _ in 0..4 {
        world.network.fail_next("TransactWriteItems", Fault::LoseRequest);
    }
    let Err(_) = ada[2].renew().await else { panic!("the answers were lost") };
    world.network.forget_faults();
    assert_eq!(store.by(Login::USER).keep_newest("ada", 1, &ada[2]).await?, 2);
    ada[2].commit().await?;
    assert_eq!(alive(&store, &ada).await, [false, false, true]);
    Ok(())
}

#[tokio::test]
async fn an_error_half_way_says_how_far_it_came_and_the_next_call_goes_on() -> Result<(), Error> {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 6).await;
    world.network.fail_next("DeleteItem", Fault::Answer(400, DENIED));
    let by_user = store.by(Login::USER);
    let Err(error) = by_user.keep_newest("ada", 2, &ada[5]).await else { panic!("denied") };
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::AccessDenied, Some(Operation::KeepNewest))
    );
    assert!(error.to_string().contains("3 sessions were ended"), "{error}");
    assert_eq!(by_user.keep_newest("ada", 2, &ada[5]).await?, 1);
    assert_eq!(alive(&store, &ada).await, [false, false, false, false, true, true]);
    Ok(())
}

/// The index shows the key that a session had before it was renewed, and no other or the new one too.
#[tokio::test]
async fn a_renewed_session_counts_once_and_is_ended_under_its_new_key() -> Result<(), Error> {
    for shows_both in [false, true] {
        let world = World::new();
        let store = world.store::<Login>().await;
        let ada = world.logins(&store, "ada", 3).await;
        let renewed = world.renewed(&store, ada[1].id()).await;
        let mut shown = vec![
            (ada[2].id(), ada[2].created_at),
            (ada[1].id(), ada[1].created_at),
            (ada[0].id(), ada[0].created_at),
        ];
        if shows_both {
            shown.insert(1, (&renewed, ada[1].created_at));
        }
        let stale = newest_first_answer(shown);
        world.network.fail_next("Query", Fault::Answer(200, stale));
        assert_eq!(store.by(Login::USER).keep_newest("ada", 2, &ada[2]).await?, 1);
        assert!(store.load(&renewed).await?.is_some(), "{shows_both}: it is one of the newest two");
        assert_eq!(alive(&store, &ada).await, [false, false, true]);

        world.network.fail_next("Query", Fault::Answer(200, stale));
        assert_eq!(store.by(Login::USER).keep_newest("ada", 1, &ada[2]).await?, 1);
        assert!(store.load(&renewed).await?.is_none(), "{shows_both}");
        assert_eq!(alive(&store, &ada).await, [false, false, true]);
    }
    Ok(())
}

/// The given session is what the oldest entry of the index leads to.
#[tokio::test]
async fn a_key_that_leads_to_one_that_stays_is_left() -> Result<(), Error> {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 2).await;
    let (old, created_at) = (ada[1].id().clone(), ada[1].created_at);
    let renewed = world.renewed(&store, &old).await;
    let session = world.load(&store, &renewed).await;
    let before = newest_first_answer([
        (session.id(), created_at),
        (ada[0].id(), ada[0].created_at),
        // No index is in such an order; one that lags might be, about two sessions of one second.
        (&old, ada[0].created_at),
    ]);
    world.network.fail_next("Query", Fault::Answer(200, before));
    assert_eq!(store.by(Login::USER).keep_newest("ada", 1, &session).await?, 1);
    assert!(store.load(session.id()).await?.is_some());
    Ok(())
}

/// Logins of this type at once; then as many are left as there may be, and they are the newest.
async fn at_once(count: usize, logins: usize, seconds: u64) {
    let world = Arc::new(World::new());
    let store = world.store::<Login>().await;
    let mut sessions = Vec::new();
    for _ in 0..logins {
        let mut session = store.create();
        session.user = Some("ada".to_owned());
        sessions.push(session);
        world.clock.advance(Duration::from_secs(seconds));
    }
    let tasks: Vec<_> = sessions
        .into_iter()
        .map(|mut session| {
            let store = store.clone();
            tokio::spawn(async move {
                session.commit().await.unwrap();
                store.by(Login::USER).keep_newest("ada", count, &session).await.unwrap();
                session
            })
        })
        .collect();
    let mut sessions = Vec::new();
    for task in tasks {
        sessions.push(task.await.unwrap());
    }
    sessions.sort_by_key(|it| (it.created_at.epoch_seconds(), Login::SCHEMA.table_key(it.id())));
    let expected: Vec<_> = (0..logins).map(|place| place + count >= logins).collect();
    assert_eq!(alive(&store, &sessions).await, expected, "{count} of {logins}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_logins_at_once_exactly_so_many_remain_and_they_are_the_newest() {
    for seconds in [0, 1] {
        for (count, logins) in [(1, 2), (1, 8), (2, 5), (3, 12), (5, 4)] {
            at_once(count, logins, seconds).await;
        }
    }
}

/// Two logins, each of which calls it, in every order of their requests.
#[tokio::test]
async fn in_every_order_of_two_logins_exactly_so_many_remain() {
    let world = World::new();
    let Some(engine) = world.embedded() else { return };
    let schedule = Schedule::new(engine.clone());
    let store = world.store::<Login>().await;
    let mut stores = Vec::new();
    for task in 0..2 {
        let config = world.direct.config().to_builder().http_client(schedule.http_client(task));
        let client = aws_sdk_dynamodb::Client::from_conf(config.build());
        let forever = Duration::from_secs(1_000_000);
        let store = SessionStore::<Login>::builder()
            .client(client)
            .clock(world.clock.clone())
            .operation_timeout(forever)
            .operation_attempt_timeout(forever);
        stores.push(store.build().await.unwrap());
    }
    // How long before each of them begins, how many there are before, and how many there may be.
    for (delays, before, count) in [([1, 0], 0, 1), ([0, 1], 0, 1), ([0, 0], 1, 2)] {
        let mut choices = Choices::default();
        let mut orders = 0;
        loop {
            let user = format!("ada {}", uuid::Uuid::new_v4());
            world.logins(&store, &user, before).await;
            world.clock.advance(Duration::from_secs(1));
            let sessions = loop {
                let begin = |task: usize| {
                    let ahead = Duration::from_secs(delays[task]);
                    world.clock.advance(ahead);
                    let mut session = stores[task].create();
                    session.user = Some(user.clone());
                    session
                };
                let first = if delays[0] > delays[1] { 1 } else { 0 };
                let (one, other) = (begin(first), begin(1 - first));
                let sessions = if first == 0 { [one, other] } else { [other, one] };
                // So that a run with the same choices goes the same way.
                let keys = sessions.each_ref().map(|session| Login::SCHEMA.table_key(session.id()));
                if keys[0] < keys[1] {
                    break sessions;
                }
            };
            let ranks = sessions
                .each_ref()
                .map(|it| (it.created_at.epoch_seconds(), Login::SCHEMA.table_key(it.id())));
            let newest = usize::from(ranks[1] > ranks[0]);
            schedule.begin(&[0, 1]);
            let tasks: Vec<_> = sessions
                .into_iter()
                .enumerate()
                .map(|(task, mut session)| {
                    let (store, user) = (stores[task].clone(), user.clone());
                    schedule.spawn(task, async move {
                        session.commit().await.unwrap();
                        let by_user = store.by(Login::USER);
                        by_user.keep_newest(&user, count, &session).await.unwrap();
                        session
                    })
                })
                .collect();
            let steps = schedule.play(&mut choices, false).await;
            let mut sessions = Vec::new();
            for task in tasks {
                sessions.push(task.await.unwrap());
            }
            let found = store.by(Login::USER).list(&user).all().await.unwrap();
            assert_eq!(found.len(), count, "{steps:?}");
            assert!(found.iter().any(|it| it.is(&sessions[newest])), "the newest lives: {steps:?}");
            orders += 1;
            if !choices.advance() {
                break;
            }
        }

        assert!(orders > 10, "{orders}");
    }
}
