//! `store.by(..).keep_newest(..)`: a limit on concurrent sessions, oldest first, that spares the one at hand.

use std::time::Duration;

use dynamo_session::{DynamoSession, Error, ErrorKind, Expires, Operation, Session, SessionId};
use dynamo_session_tests::refusals::DENIED;
use dynamo_session_tests::{Fault, Login, World, alive, index_answer, skip_pauses};

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
async fn the_given_session_is_never_ended_and_counts() -> Result<(), Error> {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 4).await;
    assert_eq!(store.by(Login::USER).keep_newest("ada", 2, &ada[0]).await?, 2);
    assert_eq!(alive(&store, &ada).await, [true, false, false, true]);
    assert_eq!(store.by(Login::USER).keep_newest("ada", 0, &ada[0]).await?, 1);
    assert_eq!(alive(&store, &ada).await, [true, false, false, false]);
    assert_eq!(store.by(Login::USER).keep_newest("ada", 1, &ada[0]).await?, 0);
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
async fn a_session_older_than_its_creation_field_is_older_than_all() -> Result<(), Error> {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 3).await;
    let Some(mut item) = world.item(&store, ada[1].id()).await else { panic!("it is stored") };
    item.remove("created_at");
    world.put(&store, item).await;
    assert_eq!(store.by(Login::USER).keep_newest("ada", 2, &ada[2]).await?, 1);
    assert_eq!(alive(&store, &ada).await, [true, false, true]);
    Ok(())
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
async fn more_sessions_than_one_page_holds() -> Result<(), Error> {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 230).await;
    let mut last = 0;
    let keep = store.by(Login::USER).keep_newest("ada", 5, &ada[0]);
    assert_eq!(keep.on_progress(|progress| last = progress.ended).await?, 225);
    assert_eq!(last, 225);
    let alive = alive(&store, &ada).await;
    assert!(alive[0] && alive[226..].iter().all(|alive| *alive));
    assert!(!alive[1..226].iter().any(|alive| *alive));
    Ok(())
}

#[tokio::test]
async fn only_what_tells_the_age_is_read() -> Result<(), Error> {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 2).await;
    store.by(Login::USER).keep_newest("ada", 5, &ada[0]).await?;
    let sent = world.network.take_sent();
    let Some(read) = sent.iter().find(|sent| sent.operation == "BatchGetItem") else {
        panic!("nothing was read");
    };
    let read = &read.body["RequestItems"][store.table_name()];
    assert_eq!(read["ConsistentRead"], true);
    assert_eq!(read["ExpressionAttributeNames"].as_object().map(serde_json::Map::len), Some(4));
    assert_eq!(read["Keys"].as_array().map(Vec::len), Some(1), "not the given session");
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
    let Err(_) = ada[0].renew().await else { panic!("the answers were lost") };
    world.network.forget_faults();
    assert_eq!(store.by(Login::USER).keep_newest("ada", 1, &ada[0]).await?, 2);
    ada[0].commit().await?;
    assert_eq!(alive(&store, &ada).await, [true, false, false]);
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
