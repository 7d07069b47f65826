//! Promise 4: a commit whose answer was lost is not applied twice when it is retried or arrives late.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{Committed, DynamoSession, ErrorKind, Expires, SessionId, SessionStore};
use dynamo_session_tests::refusals::{BROKEN, EXPIRED_TOKEN, THROTTLED};
use dynamo_session_tests::{Fault, Shop, World, skip_pauses, stored};
use tokio::sync::Notify;

/// More attempts than the SDK makes of one request.
const ALL_ATTEMPTS: usize = 5;

/// Commits of other requests, one after the other.
async fn others_commit(world: &World, store: &SessionStore<Shop>, id: &SessionId, count: usize) {
    for _ in 0..count {
        let mut other = world.load(store, id).await;
        other.recent.push(1);
        let _ = other.commit().await.unwrap();
    }
}

async fn let_late_requests_arrive() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_lost_answer_is_settled_within_the_call() {
    skip_pauses();
    let faults = [
        Fault::LoseRequest,
        Fault::LoseResponse,
        Fault::Duplicate,
        Fault::Answer(500, BROKEN),
        Fault::Answer(400, THROTTLED),
        Fault::Answer(200, "<html>"),
    ];
    for fault in faults {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut session = world.load(&store, &id).await;
        session.views += 1;
        session.seen.push("page".to_owned());
        world.network.fail_next("UpdateItem", fault.clone());
        let result = session.commit().await;
        if matches!(fault, Fault::Answer(200, _)) {
            assert!(result.unwrap_err().is_unavailable());
            let _ = session.commit().await.unwrap();
        } else {
            assert_eq!(result.unwrap(), Committed::Updated, "{fault:?}");
        }
        let loaded = world.load(&store, &id).await;
        assert_eq!((loaded.views, loaded.seen.len()), (1, 1), "{fault:?}");
        assert_eq!((session.views, session.seen.len()), (1, 1), "{fault:?}");
    }
}

#[tokio::test]
async fn a_first_commit_whose_answer_was_lost_is_one_session() {
    skip_pauses();
    for faults in [1, ALL_ATTEMPTS] {
        let (world, store) = World::with_store::<Shop>().await;
        let mut session = store.create();
        session.views = 1;
        for _ in 0..faults {
            world.network.fail_next("PutItem", Fault::LoseResponse);
        }
        if session.commit().await.is_err() {
            world.network.forget_faults();
            session.views += 1;
            assert_eq!(session.commit().await.unwrap(), Committed::Updated);
        }
        let loaded = world.load(&store, session.id()).await;
        assert_eq!(loaded.views, session.views);
    }
}

#[tokio::test]
async fn an_answer_that_is_not_from_dynamodb_leaves_the_outcome_open() {
    skip_pauses();
    for (status, body) in [(200, "<html>"), (200, "{\"Attributes\":"), (404, "<html>"), (408, "")] {
        let (world, store) = World::with_store::<Shop>().await;
        let mut session = store.create();
        session.views = 1;
        for operation in ["PutItem", "UpdateItem"] {
            world.network.fail_next(operation, Fault::Garble(status, body));
            assert!(session.commit().await.unwrap_err().is_unavailable(), "{status} {body}");
            let _ = session.commit().await.unwrap();
            session.views += 1;
        }
        let loaded = world.load(&store, session.id()).await;
        assert_eq!(loaded.views, 2, "{status} {body}");
    }
}

#[tokio::test]
async fn the_next_call_settles_what_the_last_one_could_not() {
    skip_pauses();
    // A commit that was applied is one of those that close its window.
    for (fault, most) in [(Fault::LoseResponse, 8), (Fault::LoseRequest, 9)] {
        for others in [0, 1, 5, most] {
            let (world, store) = World::with_store::<Shop>().await;
            let id = stored(&store).await;
            let mut session = world.load(&store, &id).await;
            session.views += 1;
            for _ in 0..ALL_ATTEMPTS {
                world.network.fail_next("UpdateItem", fault.clone());
            }
            assert!(session.commit().await.unwrap_err().is_unavailable());
            world.network.forget_faults();
            others_commit(&world, &store, &id, others).await;

            session.views += 10;
            session.notice = Some("more".to_owned());
            let _ = session.commit().await.unwrap();
            let loaded = world.load(&store, &id).await;
            assert_eq!(loaded.views, 11, "{fault:?} and {others} others");
            assert_eq!(loaded.recent.len(), others);
            assert_eq!(loaded.notice.as_deref(), Some("more"));
        }
    }
}

#[tokio::test]
async fn an_outcome_that_cannot_be_known_is_reported_as_such() {
    skip_pauses();
    let lost = |applied| if applied == 1 { Fault::LoseResponse } else { Fault::LoseRequest };
    for (applied, others) in [(1, 9), (1, 30), (0, 10), (0, 30)] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut session = world.load(&store, &id).await;
        session.views += 1;
        for _ in 0..ALL_ATTEMPTS {
            world.network.fail_next("UpdateItem", lost(applied));
        }
        assert!(session.commit().await.is_err());
        world.network.forget_faults();
        others_commit(&world, &store, &id, others).await;

        for _ in 0..2 {
            let error = session.commit().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
        }
        assert_eq!(world.load(&store, &id).await.views, applied);
        assert_ne!(world.network.deliver_again("UpdateItem").await, 200);
    }
}

#[tokio::test]
async fn a_copy_that_arrives_late_is_refused_whatever_came_between() {
    for others in [0, 1, 7, 8, 9, 10, 20, 70] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut session = world.load(&store, &id).await;
        session.views += 1;
        session.notice = Some("old".to_owned());
        let _ = session.commit().await.unwrap();
        let copy = world.network.copy_of_last("UpdateItem");
        others_commit(&world, &store, &id, others).await;
        let mut newer = world.load(&store, &id).await;
        newer.notice = Some("new".to_owned());
        let _ = newer.commit().await.unwrap();

        assert_eq!(world.network.deliver(copy).await, 400, "{others} others");
        let loaded = world.load(&store, &id).await;
        assert_eq!(loaded.views, 1);
        assert_eq!(loaded.notice.as_deref(), Some("new"), "a plain value is not set back");
    }
}

#[tokio::test]
async fn a_request_that_overtakes_its_own_retry_counts_once() {
    skip_pauses();
    for released_before_retry in [true, false] {
        for others in [0, 3, 8, 12] {
            let (world, store) = World::with_store::<Shop>().await;
            let id = stored(&store).await;
            let mut session = world.load(&store, &id).await;
            session.views += 1;
            let gate = Arc::new(Notify::new());
            world.network.fail_next("UpdateItem", Fault::Late(gate.clone()));
            for _ in 0..ALL_ATTEMPTS {
                world.network.fail_next("UpdateItem", Fault::LoseRequest);
            }
            assert!(session.commit().await.is_err());
            world.network.forget_faults();
            others_commit(&world, &store, &id, others).await;

            if released_before_retry {
                gate.notify_one();
                let_late_requests_arrive().await;
            }
            let result = session.commit().await;
            gate.notify_one();
            let_late_requests_arrive().await;
            let views = world.load(&store, &id).await.views;
            match result {
                Ok(_) => assert_eq!(views, 1),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
                    assert!(others > 8 && views == 0, "the window had closed");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_cancelled_commit_is_settled_by_the_next() {
    for applied in [true, false] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut session = world.load(&store, &id).await;
        session.views += 1;
        let gate = Arc::new(Notify::new());
        world.network.fail_next("UpdateItem", Fault::Hold(gate.clone()));
        let cancelled = tokio::time::timeout(Duration::from_millis(5), session.commit()).await;
        assert!(cancelled.is_err());
        if applied {
            world.network.deliver_again("UpdateItem").await;
        }
        session.views += 1;
        let _ = session.commit().await.unwrap();
        assert_eq!(world.load(&store, &id).await.views, 2);
    }
}

#[tokio::test]
async fn a_lost_touch_a_lost_renewal_and_a_lost_logout_can_be_called_again() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    let lose = |operation: &str| {
        for _ in 0..ALL_ATTEMPTS {
            world.network.fail_next(operation, Fault::LoseResponse);
        }
    };
    world.clock.advance(Duration::from_secs(100));
    lose("UpdateItem");
    assert!(session.touch().await.is_err());
    world.network.forget_faults();
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);

    session.views += 1;
    lose("TransactWriteItems");
    assert!(session.renew().await.is_err());
    world.network.forget_faults();
    session.renew().await.unwrap();
    assert_ne!(*session.id(), id);
    assert!(store.load(&id).await.unwrap().is_none());
    assert_eq!(world.load(&store, session.id()).await.views, 1);

    lose("DeleteItem");
    assert!(session.destroy().await.is_err());
    world.network.forget_faults();
    session.destroy().await.unwrap();
    assert!(store.load(session.id()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_touch_that_arrives_late_does_not_move_the_expiry_back() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let (mut early, mut late) = (world.load(&store, &id).await, world.load(&store, &id).await);
    world.clock.advance(Duration::from_secs(100));
    assert_eq!(early.touch().await.unwrap(), Committed::Touched);
    let copy = world.network.copy_of_last("UpdateItem");
    world.clock.advance(Duration::from_secs(1000));
    assert_eq!(early.touch().await.unwrap(), Committed::Touched);
    assert_eq!(world.network.deliver(copy).await, 400);

    assert_eq!(late.touch().await.unwrap(), Committed::Touched);
    assert_eq!(late.expires_at(), early.expires_at());
    assert_eq!(world.load(&store, &id).await.expires_at(), early.expires_at());
}

#[tokio::test]
async fn a_commit_that_arrives_late_does_not_move_the_expiry_back() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let (mut slow, mut quick) = (world.load(&store, &id).await, world.load(&store, &id).await);
    world.clock.advance(Duration::from_secs(100));
    let gate = Arc::new(Notify::new());
    world.network.fail_next("UpdateItem", Fault::Hold(gate.clone()));
    let commit = tokio::spawn(async move {
        slow.views += 1;
        slow.commit().await.map(|_| slow.expires_at())
    });
    while !world.network.operations().contains(&"UpdateItem".to_owned()) {
        tokio::task::yield_now().await;
    }
    world.clock.advance(Duration::from_secs(500));
    assert_eq!(quick.touch().await.unwrap(), Committed::Touched);
    gate.notify_one();
    commit.await.unwrap().unwrap();
    let loaded = world.load(&store, &id).await;
    assert_eq!((loaded.views, loaded.expires_at()), (1, quick.expires_at()));
}

#[tokio::test]
async fn an_update_whose_answers_were_lost_counts_once() {
    skip_pauses();
    for fault in [Fault::LoseResponse, Fault::LoseRequest, Fault::Duplicate] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        world.network.fail_next("UpdateItem", fault);
        let user = |session: &mut Shop| {
            let user = session.user.get_or_insert_default();
            user.push('!');
            user.len()
        };
        assert_eq!(store.update(&id, user).await.unwrap(), 4);
        assert_eq!(world.load(&store, &id).await.user.as_deref(), Some("ada!"));
    }
}

async fn sent(world: &World, operation: &str, times: usize) {
    while world.network.operations().iter().filter(|sent| *sent == operation).count() < times {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_retry_that_comes_after_its_token_was_pruned_does_not_count_again() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.views += 1;
    world.network.take_sent();
    let retry = Arc::new(Notify::new());
    world.network.fail_next("UpdateItem", Fault::LoseResponse);
    world.network.fail_next("UpdateItem", Fault::Hold(retry.clone()));
    let commit = tokio::spawn(async move { session.commit().await });
    sent(&world, "UpdateItem", 2).await;
    others_commit(&world, &store, &id, 30).await;
    retry.notify_one();
    assert!(commit.await.unwrap().unwrap_err().is_outcome_unknown());
    assert_eq!(world.load(&store, &id).await.views, 1);
}

/// A commit that starts over knows of a later sequence than its token tells: what it prunes must show all the same.
#[tokio::test]
async fn a_retry_that_comes_after_a_rebased_commit_does_not_count_again() {
    skip_pauses();
    for earlier in [0, 1, 4, 10] {
        for between in 5..10 {
            let (world, store) = World::with_store::<Shop>().await;
            let id = stored(&store).await;
            let mut unanswered = world.load(&store, &id).await;
            unanswered.views += 1;
            for _ in 0..ALL_ATTEMPTS {
                world.network.fail_next("UpdateItem", Fault::LoseResponse);
            }
            assert!(unanswered.commit().await.unwrap_err().is_unavailable());
            world.network.forget_faults();

            others_commit(&world, &store, &id, earlier).await;
            let mut rebased = world.load(&store, &id).await;
            others_commit(&world, &store, &id, between).await;
            // What makes the next commit start over: both make the same map.
            let mut other = world.load(&store, &id).await;
            other.preferences.tags = Some(BTreeMap::from([("theirs".to_owned(), true)]));
            let _ = other.commit().await.unwrap();
            rebased.preferences.tags = Some(BTreeMap::from([("mine".to_owned(), true)]));
            let _ = rebased.commit().await.unwrap();

            let settled = unanswered.commit().await;
            let counted = world.load(&store, &id).await.views;
            assert_eq!(counted, 1, "{earlier} before and {between} between: {settled:?}");
            if let Err(error) = settled {
                assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
            }
        }
    }
}

#[tokio::test]
async fn an_update_that_was_made_anew_stands_in_for_its_late_self() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    world.network.take_sent();
    let (late, retry) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    world.network.fail_next("UpdateItem", Fault::Late(late.clone()));
    world.network.fail_next("UpdateItem", Fault::Hold(retry.clone()));
    let update = {
        let (store, id) = (store.clone(), id.clone());
        tokio::spawn(async move {
            store.update(&id, |session| session.user.get_or_insert_default().push('!')).await
        })
    };
    sent(&world, "UpdateItem", 2).await;
    let mut other = world.load(&store, &id).await;
    other.user = Some("eve".to_owned());
    let _ = other.commit().await.unwrap();
    retry.notify_one();
    update.await.unwrap().unwrap();
    assert_eq!(world.load(&store, &id).await.user.as_deref(), Some("eve!"));

    // The value that the late request was guarded by is there again.
    other.user = Some("ada".to_owned());
    let _ = other.commit().await.unwrap();
    late.notify_one();
    let_late_requests_arrive().await;
    assert_eq!(world.load(&store, &id).await.user.as_deref(), Some("ada"));
}

#[tokio::test]
async fn a_logout_after_a_renewal_without_an_answer_ends_both_ids() {
    skip_pauses();
    for fault in [Fault::LoseResponse, Fault::LoseRequest] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut session = world.load(&store, &id).await;
        for _ in 0..ALL_ATTEMPTS {
            world.network.fail_next("TransactWriteItems", fault.clone());
        }
        assert!(session.renew().await.unwrap_err().is_unavailable());
        let copy = world.network.copy_of_last("TransactWriteItems");
        session.destroy().await.unwrap();
        world.network.deliver(copy).await;
        assert_eq!(world.items(&store).await, [], "{fault:?}");
    }
}

#[tokio::test]
async fn a_first_commit_without_an_answer_is_not_forgotten_after_a_refusal() {
    skip_pauses();
    for end in [true, false] {
        let (world, store) = World::with_store::<Shop>().await;
        let mut session = store.create();
        session.views = 1;
        for _ in 0..ALL_ATTEMPTS {
            world.network.fail_next("PutItem", Fault::LoseResponse);
        }
        assert!(session.commit().await.unwrap_err().is_unavailable());
        world.network.forget_faults();
        world.network.fail_next("PutItem", Fault::Answer(400, EXPIRED_TOKEN));
        assert!(session.commit().await.unwrap_err().is_access_denied());
        if end {
            session.destroy().await.unwrap();
            assert!(store.load(session.id()).await.unwrap().is_none());
        } else {
            assert_eq!(session.commit().await.unwrap(), Committed::Created, "says what it did");
            assert_eq!(world.load(&store, session.id()).await.views, 1);
        }
    }
}

#[tokio::test]
async fn a_dozen_tokens_live_in_a_session_that_is_used_alone() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut most = 0;
    for round in 0..100 {
        let mut session = world.load(&store, &id).await;
        for _ in 0..=round % 3 {
            session.views += 1;
            let _ = session.commit().await.unwrap();
        }
        let item = world.item(&store, &id).await.unwrap();
        most = most.max(item["_commits"].as_m().unwrap().len());
    }
    assert!((2..=12).contains(&most), "{most} tokens");
}

/// A refusal that stays the same however often a commit is rebased on it.
async fn endless_refusal(world: &World, store: &SessionStore<Shop>, id: &SessionId) -> Fault {
    let item = world.item(store, id).await.unwrap();
    let failure = format!(
        r#"{{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"no","Item":{{"id":{{"S":"x"}},"expires_at":{{"N":"{}"}},"_seq":{{"N":"1"}},"_commits":{{"M":{{}}}}}}}}"#,
        item["expires_at"].as_n().unwrap()
    );
    Fault::Answer(400, Box::leak(failure.into_boxed_str()))
}

#[tokio::test]
async fn constant_interference_is_an_error_and_not_a_loop() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.views += 1;
    let refusal = endless_refusal(&world, &store, &id).await;
    for _ in 0..100 {
        world.network.fail_next("UpdateItem", refusal.clone());
    }
    let error = session.commit().await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
    world.network.forget_faults();
    assert_eq!(session.commit().await.unwrap(), Committed::Updated, "nothing is lost");
    assert_eq!(world.load(&store, &id).await.views, 1);
}

#[tokio::test]
async fn a_request_that_outlives_constant_interference_counts_once() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.views += 1;
    let refusal = endless_refusal(&world, &store, &id).await;
    let gate = Arc::new(Notify::new());
    world.network.fail_next("UpdateItem", Fault::Late(gate.clone()));
    for _ in 0..100 {
        world.network.fail_next("UpdateItem", refusal.clone());
    }
    assert!(session.commit().await.unwrap_err().is_throttled());
    world.network.forget_faults();
    gate.notify_one();
    let_late_requests_arrive().await;
    assert_eq!(world.load(&store, &id).await.views, 1);
    let _ = session.commit().await.unwrap();
    assert_eq!(world.load(&store, &id).await.views, 1);
}

/// What is only ever added to.
#[derive(DynamoSession)]
#[session(table = "tallies")]
struct Tally {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(counter)]
    count: u64,
    #[session(counter)]
    hits: BTreeMap<String, i64>,
    #[session(set)]
    names: BTreeSet<String>,
}

/// A small generator of reproducible numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[tokio::test]
async fn two_thousand_commits_under_ten_percent_faults_add_up() {
    skip_pauses();
    const HANDLES: u64 = 4;
    let (world, store) = World::with_store::<Tally>().await;
    let mut first = store.create();
    first.names.insert("first".to_owned());
    let _ = first.commit().await.unwrap();
    let id = first.id().clone();
    let mut dice = Dice(0x5eed_1234_5678_9abc);
    let (mut sure, mut unknown) = (0u64, 0u64);
    let mut keys = BTreeSet::new();
    let mut handles = Vec::new();
    for _ in 0..HANDLES {
        handles.push(world.load(&store, &id).await);
    }
    let commits = if world.embedded().is_some() { 2_000 } else { 200 };
    for commit in 0..commits {
        for _ in 0..3 {
            let fault = match dice.below(60) {
                0 => Fault::LoseRequest,
                1 => Fault::LoseResponse,
                2 => Fault::Duplicate,
                3 => Fault::Answer(500, BROKEN),
                4 => Fault::Answer(400, THROTTLED),
                5 => {
                    let gate = Arc::new(Notify::new());
                    let late = Duration::from_millis(dice.below(5000));
                    let release = gate.clone();
                    tokio::spawn(async move {
                        tokio::time::sleep(late).await;
                        release.notify_one();
                    });
                    Fault::Late(gate)
                }
                _ => continue,
            };
            world.network.fail_next("UpdateItem", fault);
        }
        let chosen = usize::try_from(dice.below(HANDLES)).unwrap();
        let session = &mut handles[chosen];
        session.count += 1;
        *session.hits.entry(format!("h{}", dice.below(3))).or_default() += 1;
        let key = format!("k{}", commit % 20);
        session.names.insert(key.clone());
        keys.insert(key);
        let mut attempts = 0;
        loop {
            match session.commit().await {
                Ok(_) => {
                    sure += 1;
                    break;
                }
                Err(error) if error.is_outcome_unknown() => {
                    unknown += 1;
                    handles[chosen] = world.load(&store, &id).await;
                    break;
                }
                Err(error) => {
                    attempts += 1;
                    assert!(attempts < 50, "{error}");
                }
            }
        }
        if dice.below(2) == 0 {
            handles[chosen] = world.load(&store, &id).await;
        }
        world.network.take_sent();
        world.network.forget_faults();
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    let session = world.load(&store, &id).await;
    let hits: i64 = session.hits.values().sum();
    assert!(
        session.count >= sure && session.count <= sure + unknown,
        "{} of {sure}",
        session.count
    );
    assert_eq!(u64::try_from(hits).unwrap(), session.count, "one commit is applied whole or not");
    assert!(unknown < 100, "{unknown} unknown outcomes");
    let missing = keys.iter().filter(|key| !session.names.contains(*key)).count();
    assert!(missing <= usize::try_from(unknown).unwrap());
    let item = world.item(&store, &id).await.unwrap();
    assert!(matches!(&item["_commits"], AttributeValue::M(commits) if commits.len() < 70));
}
