//! `guard`: a commit fails if someone else changed this since it was loaded.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{Committed, DynamoSession, Expires, Session, SessionId, SessionStore};
use dynamo_session_tests::{Fault, World, skip_pauses};
use serde::{Deserialize, Serialize};

#[derive(Debug, DynamoSession)]
#[session(table = "accounts")]
struct Account {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(guard)]
    plan: Option<String>,
    #[session(guard, merge)]
    limits: Limits,
    #[session(guard, set)]
    roles: BTreeSet<String>,
    #[session(guard, append)]
    log: Vec<u32>,
    #[session(guard, alias = "old_level")]
    level: u32,
    notes: BTreeMap<String, u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Limits {
    daily: u32,
    monthly: u32,
}

async fn stored(store: &SessionStore<Account>) -> SessionId {
    let mut session = store.create();
    session.notes.insert("created".to_owned(), 1);
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    session.id().clone()
}

/// `theirs` commits between the load and the commit of a session that changes something that is not guarded.
async fn assert_conflict(attribute: &str, theirs: impl Fn(&mut Session<Account>)) {
    let (world, store) = World::with_store::<Account>().await;
    let id = stored(&store).await;
    let (mut mine, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    theirs(&mut other);
    let _ = other.commit().await.unwrap();
    let before = world.item(&store, &id).await.unwrap();

    mine.notes.insert("mine".to_owned(), 1);
    assert!(mine.latest().is_none());
    let error = mine.commit().await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert_eq!(error.attribute(), Some(attribute));
    assert!(error.to_string().contains("nothing was written"), "{error}");
    let latest = mine.latest().unwrap();
    assert_eq!(latest.plan, other.plan);
    assert_eq!(latest.limits, other.limits);
    assert_eq!(world.item(&store, &id).await.unwrap(), before);
    assert!(mine.commit().await.unwrap_err().is_conflict(), "it stays a conflict");

    let mut again = world.load(&store, &id).await;
    again.notes.insert("mine".to_owned(), 1);
    assert_eq!(again.commit().await.unwrap(), Committed::Updated);
}

#[tokio::test]
async fn someone_elses_change_is_a_conflict_even_where_it_was_absent_at_load() {
    assert_conflict("plan", |session| session.plan = Some("gold".to_owned())).await;
    assert_conflict("limits", |session| session.limits.daily = 5).await;
    assert_conflict("roles", |session| {
        session.roles.insert("admin".to_owned());
    })
    .await;
    assert_conflict("log", |session| session.log.push(1)).await;
    assert_conflict("level", |session| session.level = 1).await;
}

#[tokio::test]
async fn what_is_not_guarded_does_not_conflict() {
    let (world, store) = World::with_store::<Account>().await;
    let id = stored(&store).await;
    let (mut mine, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    other.notes.insert("other".to_owned(), 1);
    let _ = other.commit().await.unwrap();
    mine.plan = Some("gold".to_owned());
    mine.notes.insert("mine".to_owned(), 1);
    assert_eq!(mine.commit().await.unwrap(), Committed::Updated);
    let loaded = world.load(&store, &id).await;
    assert_eq!((loaded.plan.as_deref(), loaded.notes.len()), (Some("gold"), 3));
}

#[tokio::test]
async fn a_value_that_is_back_to_what_it_was_is_no_conflict() {
    let (world, store) = World::with_store::<Account>().await;
    let id = stored(&store).await;
    let (mut mine, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    other.plan = Some("gold".to_owned());
    let _ = other.commit().await.unwrap();
    other.plan = None;
    let _ = other.commit().await.unwrap();
    mine.notes.insert("mine".to_owned(), 1);
    assert_eq!(mine.commit().await.unwrap(), Committed::Updated);
}

async fn change_everything_twice(session: &mut Session<Account>) {
    for number in 1..=3 {
        session.plan = (number % 2 == 1).then(|| format!("plan-{number}"));
        session.limits.monthly += 1;
        session.roles.insert(format!("role-{number}"));
        session.log.push(number);
        session.level += 1;
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
        session.notes.insert(format!("note-{number}"), 1);
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    }
    session.roles.remove("role-1");
    session.roles.insert("role-9".to_owned());
    session.log.clear();
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    session.notes.clear();
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
}

#[tokio::test]
async fn own_changes_do_not_conflict_with_themselves() {
    let (world, store) = World::with_store::<Account>().await;
    let mut created = store.create();
    created.level = 1;
    let _ = created.commit().await.unwrap();
    change_everything_twice(&mut created).await;

    let id = stored(&store).await;
    change_everything_twice(&mut world.load(&store, &id).await).await;
}

#[tokio::test]
async fn own_changes_do_not_conflict_where_the_item_holds_more_than_the_type_names() {
    let (world, store) = World::with_store::<Account>().await;
    let id = stored(&store).await;
    let mut item = world.item(&store, &id).await.unwrap();
    let mut limits = item["limits"].as_m().unwrap().clone();
    limits.insert("yearly".to_owned(), AttributeValue::N("9".to_owned()));
    item.insert("limits".to_owned(), AttributeValue::M(limits));
    let level = item.remove("level").unwrap();
    item.insert("old_level".to_owned(), level);
    world.put(&store, item).await;

    change_everything_twice(&mut world.load(&store, &id).await).await;
    let item = world.item(&store, &id).await.unwrap();
    assert!(item["limits"].as_m().unwrap().contains_key("yearly"));
    assert!(!item.contains_key("old_level"));
}

#[tokio::test]
async fn a_change_of_someone_else_after_a_lost_answer_still_breaks_the_guard() {
    skip_pauses();
    let (world, store) = World::with_store::<Account>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.notes.insert("a".to_owned(), 1);
    for _ in 0..5 {
        world.network.fail_next("UpdateItem", Fault::LoseResponse);
    }
    session.commit().await.unwrap_err();
    world.network.forget_faults();
    let mut other = world.load(&store, &id).await;
    other.level = 50;
    other.commit().await.unwrap();

    assert_eq!(session.commit().await.unwrap(), Committed::Updated, "says what it settled");
    session.level += 1;
    let error = session.commit().await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert_eq!(world.load(&store, &id).await.level, 50);
}

#[tokio::test]
async fn a_lost_answer_does_not_break_ones_own_guard() {
    skip_pauses();
    let (world, store) = World::with_store::<Account>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.log.push(1);
    world.network.fail_next("UpdateItem", Fault::LoseResponse);
    session.commit().await.unwrap();
    session.notes.insert("b".to_owned(), 2);
    session.commit().await.unwrap();
    assert_eq!(world.load(&store, &id).await.log, [1]);
}
