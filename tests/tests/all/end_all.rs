//! `store.by(..).end_all(..)`: every session of one value is ended, and no other, whatever happens meanwhile.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::future;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, ProvideCredentials};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use dynamo_session::index::EndProgress;
use dynamo_session::{
    CreatedAt, DynamoSession, Error, ErrorKind, Expires, Operation, Session, SessionId,
    SessionStore,
};
use dynamo_session_tests::refusals::{BROKEN, DENIED, IN_TRANSACTION, OVER_CAPACITY};
use dynamo_session_tests::{Fault, Login, World, alive, index_answer, skip_pauses};
use tokio::sync::Notify;
use tokio::time::Instant;

fn deletions(world: &World) -> usize {
    world.network.operations().into_iter().filter(|name| name == "DeleteItem").count()
}

#[tokio::test]
async fn all_of_one_value_and_no_other() {
    let (world, store) = World::with_store::<Login>().await;
    world.login(&store, "ada").await;
    world.clock.advance(Duration::from_secs(3600));
    let ada = world.logins(&store, "ada", 5).await;
    let bob = world.logins(&store, "bob", 2).await;
    let ended = store.by(Login::USER).end_all("ada").await.unwrap();
    assert_eq!(ended, 5, "one that had expired is not counted");
    assert_eq!(alive(&store, &ada).await, [false; 5]);
    assert_eq!(alive(&store, &bob).await, [true; 2]);
    assert_eq!(store.by(Login::USER).end_all("ada").await.unwrap(), 0);
    assert_eq!(store.by(Login::USER).end_all("eve").await.unwrap(), 0);
}

#[tokio::test]
async fn an_ended_session_cannot_be_brought_back() {
    let (world, store) = World::with_store::<Login>().await;
    let mut session = world.login(&store, "ada").await;
    session.user_agent = "Firefox".to_owned();
    store.by(Login::USER).end_all("ada").await.unwrap();
    assert!(session.commit().await.unwrap_err().is_gone());
    assert!(session.renew().await.unwrap_err().is_gone());
    assert!(world.item(&store, session.id()).await.is_none());
}

#[tokio::test]
async fn a_session_that_became_someone_elses_survives() {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.login(&store, "ada").await;
    let mut handed_over = world.login(&store, "ada").await;
    let mut logged_out = world.login(&store, "ada").await;
    let gate = Arc::new(Notify::new());
    for _ in 0..3 {
        world.network.fail_next("DeleteItem", Fault::Hold(gate.clone()));
    }
    world.network.take_sent();
    let ending = tokio::spawn({
        let store = store.clone();
        async move { store.by(Login::USER).end_all("ada").await }
    });
    while deletions(&world) < 3 {
        tokio::task::yield_now().await;
    }
    handed_over.user = Some("bob".to_owned());
    handed_over.commit().await.unwrap();
    logged_out.user = None;
    logged_out.commit().await.unwrap();
    while !ending.is_finished() {
        gate.notify_waiters();
        tokio::task::yield_now().await;
    }
    assert_eq!(ending.await.unwrap().unwrap(), 1);
    assert_eq!(alive(&store, &[ada, handed_over, logged_out]).await, [false, true, true]);
}

#[tokio::test]
async fn a_renewal_that_gets_away_is_caught_by_the_next_pass() {
    skip_pauses();
    for count in [1, 3] {
        renewed_meanwhile(count).await;
    }
}

/// The first of so many sessions is renewed after it was found and before it is ended.
async fn renewed_meanwhile(count: usize) {
    let (world, store) = World::with_store::<Login>().await;
    let mut sessions = world.logins(&store, "ada", count).await;
    let gate = Arc::new(Notify::new());
    for _ in 0..count {
        world.network.fail_next("DeleteItem", Fault::Hold(gate.clone()));
    }
    let ending = tokio::spawn({
        let store = store.clone();
        async move { store.by(Login::USER).end_all("ada").await }
    });
    while deletions(&world) < count {
        tokio::task::yield_now().await;
    }
    sessions[0].renew().await.unwrap();
    while !ending.is_finished() {
        gate.notify_waiters();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(ending.await.unwrap().unwrap(), count as u64);
    assert_eq!(alive(&store, &sessions).await, vec![false; count]);
}

/// The index shows the key that the session had before its renewal, and for a while no other; nothing is left at that key.
#[tokio::test]
async fn a_renewal_without_a_trace_that_the_index_does_not_show_yet_is_waited_for() {
    skip_pauses();
    let (world, store) = World::with_store::<Login>().await;
    let mut ada = world.logins(&store, "ada", 1).await;
    let old = ada[0].id().clone();
    ada[0].renew().await.unwrap();
    world.delete(&store, &old).await;
    for _ in 0..2 {
        world.network.fail_next("Query", Fault::Answer(200, index_answer([&old])));
    }
    let began = Instant::now();
    assert_eq!(store.by(Login::USER).end_all("ada").await.unwrap(), 1);
    if world.embedded().is_some() {
        assert!(began.elapsed() >= Duration::from_secs(1), "the clock here is the test's own");
    }
    assert_eq!(alive(&store, &ada).await, [false]);
}

/// A deletion that does not arrive in time: refused or lost at first, and repeated once the session is renewed. The index
/// goes on to show the key from before for a while.
async fn renewed_between_attempts(first: Fault, leaves_a_trace: bool) -> (u64, Vec<bool>) {
    let (world, store) = World::with_store::<Login>().await;
    let mut sessions = world.logins(&store, "ada", 1).await;
    let old = sessions[0].id().clone();
    for _ in 0..2 {
        world.network.fail_next("Query", Fault::Answer(200, index_answer([&old])));
    }
    let gate = Arc::new(Notify::new());
    world.network.fail_next("DeleteItem", first);
    world.network.fail_next("DeleteItem", Fault::Hold(gate.clone()));
    let ending = tokio::spawn({
        let store = store.clone();
        async move { store.by(Login::USER).end_all("ada").await }
    });
    while deletions(&world) < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    sessions[0].renew().await.unwrap();
    if !leaves_a_trace {
        world.delete(&store, &old).await;
    }
    gate.notify_one();
    (ending.await.unwrap().unwrap(), alive(&store, &sessions).await)
}

#[tokio::test]
async fn a_renewal_between_two_attempts_of_one_deletion_does_not_get_away() {
    skip_pauses();
    for leaves_a_trace in [true, false] {
        for first in [
            Fault::Answer(400, OVER_CAPACITY),
            Fault::Answer(400, IN_TRANSACTION),
            Fault::Answer(500, BROKEN),
            Fault::LoseRequest,
        ] {
            let case = format!("{first:?} {leaves_a_trace}");
            let ended = renewed_between_attempts(first, leaves_a_trace).await;
            assert_eq!(ended, (1, vec![false]), "{case}");
        }
    }
}

/// What a renewal leaves at the old key says where the session is now, so that no index has to be waited for.
#[tokio::test]
async fn a_renewed_session_is_followed_at_once_along_all_its_renewals() {
    skip_pauses();
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 2).await;
    let stale = index_answer(ada.iter().map(|session| session.id()));
    let renewed = world.renewed(&store, ada[0].id()).await;
    let again = world.renewed(&store, &renewed).await;
    for _ in 0..2 {
        world.network.fail_next("Query", Fault::Answer(200, stale));
    }
    let began = Instant::now();
    assert_eq!(store.by(Login::USER).end_all("ada").await.unwrap(), 2);
    if world.embedded().is_some() {
        assert!(began.elapsed() < Duration::from_secs(1), "the clock here is the test's own");
    }
    assert!(store.load(&again).await.unwrap().is_none());
    assert_eq!(alive(&store, &ada).await, [false; 2]);
}

#[tokio::test]
async fn a_renewed_session_is_left_if_it_is_kept_or_someone_elses_by_now() {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 3).await;
    let stale = index_answer(ada.iter().map(|session| session.id()));
    let kept = world.renewed(&store, ada[0].id()).await;
    let kept = world.load(&store, &kept).await;
    let handed_over = world.renewed(&store, ada[1].id()).await;
    let mut handed_over = world.load(&store, &handed_over).await;
    handed_over.user = Some("bob".to_owned());
    handed_over.commit().await.unwrap();
    world.network.fail_next("Query", Fault::Answer(200, stale));
    let ended = store.by(Login::USER).end_all("ada").except(&kept).await.unwrap();
    assert_eq!(ended, 1);
    assert_eq!(alive(&store, &[kept, handed_over]).await, [true, true]);
}

#[tokio::test]
async fn an_index_without_a_sort_key_will_do() {
    let world = World::new();
    let before = world.store::<Before>().await;
    for _ in 0..3 {
        let mut session = before.create();
        session.user = Some("ada".to_owned());
        session.commit().await.unwrap();
    }
    let store = world.builder::<After>().build().await.unwrap();
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    session.commit().await.unwrap();
    assert_eq!(store.by(After::USER).end_all("ada").await.unwrap(), 4);
}

/// A type from before it had a creation, and after; the table was made before.
#[derive(Debug, DynamoSession)]
#[session(table = "grown", key_prefix = "grown#")]
struct Before {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index)]
    user: Option<String>,
}

#[derive(Debug, DynamoSession)]
#[session(table = "grown", key_prefix = "grown#")]
struct After {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(index)]
    user: Option<String>,
}

#[tokio::test]
async fn the_key_that_the_kept_session_had_before_is_no_reason_to_wait() {
    let (world, store) = World::with_store::<Login>().await;
    let mut session = world.login(&store, "ada").await;
    let stale = index_answer([session.id()]);
    session.renew().await.unwrap();
    world.network.fail_next("Query", Fault::Answer(200, stale));
    world.network.take_sent();
    let ended = store.by(Login::USER).end_all("ada").except(&session).await.unwrap();
    assert_eq!(ended, 0);
    assert_eq!(world.network.operations(), ["Query"]);
}

#[tokio::test]
async fn an_index_that_lags_costs_no_second_deletion() {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 4).await;
    let stale = index_answer(ada.iter().map(|session| session.id()));
    for _ in 0..2 {
        world.network.fail_next("Query", Fault::Answer(200, stale));
    }
    assert_eq!(store.by(Login::USER).end_all("ada").await.unwrap(), 4);
    assert_eq!(world.network.operations().iter().filter(|name| *name == "Query").count(), 2);
    assert_eq!(deletions(&world), 4);
}

#[tokio::test]
async fn all_but_the_given_one() {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 4).await;
    let end_others = store.by(Login::USER).end_all("ada").except(&ada[2]);
    assert_eq!(end_others.await.unwrap(), 3);
    assert_eq!(alive(&store, &ada).await, [false, false, true, false]);
    let by_user = store.by(Login::USER);
    let other = world.login(&store, "ada").await;
    assert_eq!(by_user.end_all("ada").except(&ada[2]).except(&other).await.unwrap(), 0);
    assert_eq!(by_user.end_all("ada").except(&store.create()).await.unwrap(), 2);
}

#[tokio::test]
async fn the_kept_session_is_kept_when_another_request_renews_it() {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 2).await;
    let renewed = world.renewed(&store, ada[0].id()).await;
    let renewed = world.renewed(&store, &renewed).await;
    assert_eq!(store.by(Login::USER).end_all("ada").except(&ada[0]).await.unwrap(), 1);
    assert!(store.load(&renewed).await.unwrap().is_some());
    assert_eq!(alive(&store, &ada[1..]).await, [false]);
}

/// A renewal whose answers are all lost, and that was carried out or not.
async fn kept_in_mid_renewal(world: &World, fault: Fault) {
    let store = world.store::<Login>().await;
    let mut session = world.login(&store, "ada").await;
    world.login(&store, "ada").await;
    for _ in 0..3 {
        world.network.fail_next("TransactWriteItems", fault.clone());
    }
    session.renew().await.unwrap_err();
    world.network.forget_faults();
    let ended = store.by(Login::USER).end_all("ada").except(&session).await.unwrap();
    assert_eq!(ended, 1);
    session.commit().await.unwrap();
    assert_eq!(alive(&store, &[session]).await, [true]);
}

#[tokio::test]
async fn the_kept_session_is_kept_when_its_renewal_did_not_arrive() {
    skip_pauses();
    kept_in_mid_renewal(&World::new(), Fault::LoseRequest).await;
}

#[tokio::test]
async fn the_kept_session_is_kept_when_the_answer_to_its_renewal_was_lost() {
    skip_pauses();
    kept_in_mid_renewal(&World::new(), Fault::LoseResponse).await;
}

#[tokio::test]
async fn sixteen_deletions_are_under_way_at_once() {
    let (world, store) = World::with_store::<Login>().await;
    world.logins(&store, "ada", 40).await;
    let gate = Arc::new(Notify::new());
    for _ in 0..40 {
        world.network.fail_next("DeleteItem", Fault::Hold(gate.clone()));
    }
    let ending = tokio::spawn({
        let store = store.clone();
        async move { store.by(Login::USER).end_all("ada").await }
    });
    while deletions(&world) < 16 {
        tokio::task::yield_now().await;
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(deletions(&world), 16);
    while !ending.is_finished() {
        gate.notify_waiters();
        tokio::task::yield_now().await;
    }
    assert_eq!(ending.await.unwrap().unwrap(), 40);
}

#[tokio::test]
async fn an_error_half_way_says_how_far_it_came_and_the_next_call_goes_on() {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 30).await;
    for _ in 0..3 {
        world.network.fail_next("DeleteItem", Fault::Answer(400, DENIED));
    }
    let mut last = EndProgress::default();
    let ending = store.by(Login::USER).end_all("ada").on_progress(|progress| last = progress);
    let error = ending.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::AccessDenied, Some(Operation::EndAll))
    );
    let left = alive(&store, &ada).await.into_iter().filter(|alive| *alive).count();
    assert!((3..30).contains(&left), "{left}");
    assert_eq!(last.ended, 30 - left as u64, "what was under way is counted");
    assert!(error.to_string().contains(&format!("{} sessions were ended", last.ended)), "{error}");

    assert_eq!(store.by(Login::USER).end_all("ada").await.unwrap(), left as u64);
    assert_eq!(alive(&store, &ada).await, [false; 30]);
}

#[tokio::test]
async fn progress_only_grows_and_ends_at_the_result() {
    let (world, store) = World::with_store::<Login>().await;
    world.logins(&store, "ada", 20).await;
    let mut seen = Vec::new();
    let ending = store.by(Login::USER).end_all("ada").on_progress(|progress| seen.push(progress));
    assert_eq!(ending.await.unwrap(), 20);
    assert!(seen.is_sorted_by_key(|progress| (progress.examined, progress.ended)));
    assert!(seen.len() >= 20);
    let last = seen.last().unwrap();
    assert_eq!((last.examined, last.ended), (20, 20));
}

#[tokio::test]
async fn an_answer_that_is_lost_is_counted_once() {
    skip_pauses();
    let (world, store) = World::with_store::<Login>().await;
    world.logins(&store, "ada", 3).await;
    world.network.fail_next("DeleteItem", Fault::LoseResponse);
    world.network.fail_next("DeleteItem", Fault::LoseRequest);
    assert_eq!(store.by(Login::USER).end_all("ada").await.unwrap(), 3);
}

/// Credentials that count how often they are asked for.
#[derive(Clone, Debug, Default)]
struct Counting(Arc<AtomicUsize>);

impl ProvideCredentials for Counting {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        self.0.fetch_add(1, Ordering::SeqCst);
        let expiry = SystemTime::now() + Duration::from_secs(3600);
        let credentials = Credentials::new("test", "test", None, Some(expiry), "test");
        future::ProvideCredentials::ready(Ok(credentials))
    }
}

#[tokio::test]
async fn calls_share_one_client() {
    let world = World::new();
    let table = world.store::<Login>().await.table_name().to_owned();
    let counting = Counting::default();
    let config = world.client.config().to_builder().credentials_provider(counting.clone());
    let client = Client::from_conf(config.build());
    let store = SessionStore::<Login>::builder().client(client).table_name(table);
    let store = store.build().await.unwrap();
    store.by(Login::USER).end_all("ada").await.unwrap();
    let asked = counting.0.load(Ordering::SeqCst);
    for user in ["ada", "bob"] {
        store.by(Login::USER).end_all(user).await.unwrap();
        store.count_sessions().await.unwrap();
    }
    assert_eq!(counting.0.load(Ordering::SeqCst), asked);
}

/// Sessions of a user, written in batches as no application would.
async fn put_many(world: &World, store: &SessionStore<Login>, user: &str, count: usize) {
    let number = |seconds: i64| AttributeValue::N(seconds.to_string());
    let requests: Vec<_> = (0..count)
        .map(|_| {
            let item = HashMap::from([
                (
                    "id".to_owned(),
                    AttributeValue::S(Login::SCHEMA.table_key(&SessionId::generate())),
                ),
                ("user".to_owned(), AttributeValue::S(user.to_owned())),
                ("expires_at".to_owned(), number(world.clock.epoch_seconds() + 600)),
                ("created_at".to_owned(), number(world.clock.epoch_seconds())),
                ("_seq".to_owned(), number(1)),
            ]);
            let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        })
        .collect();
    for requests in requests.chunks(25) {
        let write = world.direct.batch_write_item();
        write.request_items(store.table_name(), requests.to_vec()).send().await.unwrap();
    }
}

#[tokio::test]
async fn more_sessions_than_one_page_holds() {
    let (world, store) = World::with_store::<Login>().await;
    put_many(&world, &store, "ada", 1_200).await;
    let kept = world.login(&store, "ada").await;
    let bob = world.login(&store, "bob").await;
    world.network.take_sent();
    let ended = store.by(Login::USER).end_all("ada").except(&kept).await.unwrap();
    assert_eq!(ended, 1_200);
    let sent = world.network.take_sent();
    let mut queries = sent.iter().filter(|sent| sent.operation == "Query");
    assert!(queries.next().unwrap().body["ExclusiveStartKey"].is_null());
    assert!(queries.next().unwrap().body["ExclusiveStartKey"].is_object(), "the page is followed");
    assert_eq!(alive(&store, &[kept, bob]).await, [true, true]);
}

/// Others commit, renew, log in and hand over all the while.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_others_do_meanwhile_nobody_elses_session_ends() {
    let world = Arc::new(World::new());
    let store = world.store::<Login>().await;
    let bobs = world.logins(&store, "bob", 3).await;
    let fates = Arc::new(Mutex::new(Vec::new()));
    let visitors: Vec<_> = (0..8)
        .map(|number| {
            let (world, store, fates) = (world.clone(), store.clone(), fates.clone());
            tokio::spawn(async move {
                for round in 0..12 {
                    let mut session = world.login(&store, "ada").await;
                    session.user_agent = format!("{number} {round}");
                    let result = match (number + round) % 4 {
                        0 => session.commit().await.map(drop),
                        1 => session.renew().await,
                        2 => {
                            session.user = Some("bob".to_owned());
                            session.commit().await.map(drop)
                        }
                        _ => {
                            session.user = Some("bob".to_owned());
                            session.renew().await
                        }
                    };
                    let is_bobs = (number + round) % 4 >= 2;
                    match result {
                        Ok(()) if is_bobs => fates.lock().unwrap().push(session.id().clone()),
                        Ok(()) => {}
                        Err(error) => assert!(error.is_gone(), "{error:?}"),
                    }
                }
            })
        })
        .collect();
    while !visitors.iter().all(|visitor| visitor.is_finished()) {
        match store.by(Login::USER).end_all("ada").await {
            Ok(_) => {}
            Err(error) => assert!(error.is_throttled(), "{error:?}"),
        }
    }
    for visitor in visitors {
        visitor.await.unwrap();
    }
    store.by(Login::USER).end_all("ada").await.unwrap();
    assert!(store.by(Login::USER).list("ada").all().await.unwrap().is_empty());
    assert_eq!(alive(&store, &bobs).await, [true; 3]);
    let handed_over = fates.lock().unwrap().clone();
    assert!(!handed_over.is_empty(), "some were handed over before they were ended");
    for id in handed_over {
        assert_eq!(world.load(&store, &id).await.user.as_deref(), Some("bob"));
    }
}

#[derive(Debug, DynamoSession)]
#[session(table = "not-shared")]
struct NotShared {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index)]
    user: Option<String>,
    #[session(skip)]
    scratch: Cell<u32>,
}

/// A session need not be `Sync`, and a handler's future is `Send` all the same.
async fn log_out_elsewhere(
    store: SessionStore<NotShared>,
    session: Session<NotShared>,
) -> Result<u64, Error> {
    let by_user = store.by(NotShared::USER);
    let _ = by_user.keep_newest("ada", 5, &session).await?;
    let listed = by_user.list("ada").all().await?;
    for listed in &listed {
        if !listed.is(&session) {
            let _ = listed.end().await?;
        }
    }
    by_user.end_all("ada").except(&session).await
}

#[tokio::test]
async fn the_calls_can_be_made_in_a_task_of_their_own() {
    let store = World::new().store::<NotShared>().await;
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    session.scratch.set(1);
    session.commit().await.unwrap();
    let id = session.id().clone();
    let ended = tokio::spawn(log_out_elsewhere(store.clone(), session)).await.unwrap();
    assert_eq!(ended.unwrap(), 0);
    assert!(store.load(&id).await.unwrap().is_some());
}
