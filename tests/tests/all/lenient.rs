//! `lenient`: what no longer decodes has the default, and the rest of the session lives.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{Committed, DynamoSession, ErrorKind, Expires, SessionId, SessionStore};
use dynamo_session_tests::attribute::{Item, m, n, s};
use dynamo_session_tests::{Traces, World};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Plan {
    Free,
    Paid,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Line {
    count: u32,
}

type Map<V> = BTreeMap<String, V>;

#[derive(Debug, DynamoSession)]
#[session(table = "accounts", key_prefix = "account#", idle_timeout = "30m", touch_interval = "1m")]
struct Account {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    name: String,
    #[session(lenient, default = Plan::Free)]
    plan: Plan,
    #[session(lenient)]
    cart: Map<Line>,
    #[session(lenient, merge)]
    line: Line,
    #[session(lenient, whole)]
    layout: Map<u32>,
    #[session(lenient, counter)]
    count: u8,
    #[session(lenient, counter)]
    counts: Map<u32>,
    #[session(lenient, set)]
    plans: BTreeSet<Plan>,
    #[session(lenient, set, default = BTreeSet::from([1]))]
    levels: BTreeSet<u8>,
    #[session(lenient, append)]
    log: Vec<Plan>,
    #[session(lenient)]
    key: [u8; 2],
    #[session(lenient, alias = "old_note")]
    note: Option<u32>,
    #[session(guard)]
    strict: u32,
}

/// What another version of the program may have left in each lenient field.
fn foreign() -> Vec<(&'static str, AttributeValue)> {
    vec![
        ("plan", s("Enterprise")),
        ("cart", m([("tea", m([("amount", n("2"))]))])),
        ("line", m([("count", s("two"))])),
        ("layout", m([("left", s("wide"))])),
        ("count", n("300")),
        ("counts", m([("home", s("many"))])),
        ("plans", AttributeValue::Ss(vec!["Enterprise".to_owned(), "Free".to_owned()])),
        ("levels", s("one")),
        ("log", AttributeValue::L(vec![s("Free"), s("Enterprise")])),
        ("key", AttributeValue::B(vec![1, 2, 3].into())),
        ("note", s("text")),
    ]
}

/// A world with a session that holds these values.
async fn stored(
    foreign: impl IntoIterator<Item = (&'static str, AttributeValue)>,
) -> (World, SessionStore<Account>, SessionId) {
    let (world, store) = World::with_store::<Account>().await;
    let mut session = store.create();
    session.name = "ada".to_owned();
    let _ = session.commit().await.unwrap();
    let id = session.id().clone();
    let mut item = world.item(&store, &id).await.unwrap();
    item.extend(foreign.into_iter().map(|(name, value)| (name.to_owned(), value)));
    world.put(&store, item).await;
    (world, store, id)
}

fn without_bookkeeping(mut item: Item) -> Item {
    for name in ["id", "expires_at", "_seq", "_commits", "name"] {
        item.remove(name);
    }
    for value in item.values_mut() {
        if let AttributeValue::Ss(members) = value {
            members.sort();
        }
    }
    item
}

fn assert_defaults(account: &Account) {
    assert_eq!(account.name, "ada");
    assert_eq!(
        (account.plan, account.count, account.key, account.note),
        (Plan::Free, 0, [0; 2], None)
    );
    assert_eq!((&account.cart, &account.line), (&Map::new(), &Line::default()));
    assert_eq!((&account.layout, &account.counts), (&Map::new(), &Map::new()));
    assert_eq!((&account.plans, &account.levels), (&BTreeSet::new(), &BTreeSet::from([1])));
    assert_eq!(account.log, []);
}

#[tokio::test]
async fn what_does_not_decode_has_the_default_and_the_rest_lives() {
    let (world, store, id) = stored(foreign()).await;
    let traces = Traces::collect();
    assert_defaults(&*world.load(&store, &id).await);
    for (name, _) in foreign() {
        assert!(traces.text().contains(&format!("attribute=\"{name}\"")), "{name} is not traced");
    }
}

#[tokio::test]
async fn other_fields_are_not_lenient() {
    let (_, store, id) = stored([("strict", s("text"))]).await;
    let error = store.load(&id).await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Decode, Some("strict")));
}

/// Commits of other fields, touches, updates and renewals leave it alone.
#[tokio::test]
async fn what_does_not_decode_stays_until_it_is_changed() {
    let (world, store, id) = stored(foreign()).await;
    let before = without_bookkeeping(world.item(&store, &id).await.unwrap());

    let mut session = world.load(&store, &id).await;
    // Given out for changing, and left as it is.
    session.cart.clear();
    world.clock.advance(std::time::Duration::from_secs(120));
    assert_eq!(session.commit().await.unwrap(), Committed::Touched);
    for name in ["bob", "ada"] {
        session.name = name.to_owned();
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    }
    store.update(&id, |account| account.name = "bob".to_owned()).await.unwrap();
    let mut other = world.load(&store, &id).await;
    other.name = "ada".to_owned();
    other.renew().await.unwrap();
    let id = other.id().clone();
    assert_eq!(without_bookkeeping(world.item(&store, &id).await.unwrap()), before);
    other.name = "eve".to_owned();
    assert_eq!(other.commit().await.unwrap(), Committed::Updated);
    assert_eq!(without_bookkeeping(world.item(&store, &id).await.unwrap()), before);
}

fn change_all(account: &mut Account) {
    let text = str::to_owned;
    account.plan = Plan::Paid;
    account.cart.insert(text("milk"), Line { count: 1 });
    account.line.count = 1;
    account.layout.insert(text("right"), 1);
    account.count += 1;
    account.counts.insert(text("cart"), 1);
    account.plans.insert(Plan::Paid);
    account.levels = BTreeSet::new();
    account.log.push(Plan::Paid);
    account.key = [1; 2];
    account.note = Some(1);
}

fn assert_changed(account: &Account) {
    let text = str::to_owned;
    assert_eq!(
        (account.plan, account.count, account.key, account.note),
        (Plan::Paid, 1, [1; 2], Some(1))
    );
    assert_eq!(account.cart, Map::from([(text("milk"), Line { count: 1 })]));
    assert_eq!((account.line.count, &account.layout), (1, &Map::from([(text("right"), 1)])));
    assert_eq!(account.counts, Map::from([(text("cart"), 1)]));
    assert_eq!(
        (&account.plans, &account.levels),
        (&BTreeSet::from([Plan::Paid]), &BTreeSet::new())
    );
    assert_eq!(account.log, [Plan::Paid]);
}

/// There is nothing to merge with: what is stored is what the session has.
#[tokio::test]
async fn a_change_replaces_what_does_not_decode() {
    for name in foreign().into_iter().map(|(name, _)| name).chain(["all"]) {
        let values = || foreign().into_iter().filter(|(known, _)| name == "all" || *known == name);

        let (world, store, id) = stored(values()).await;
        let mut session = world.load(&store, &id).await;
        change_all(&mut session);
        assert_eq!(session.commit().await.unwrap(), Committed::Updated, "{name}");
        assert_changed(&session);
        assert_changed(&*world.load(&store, &id).await);
        assert_eq!(session.commit().await.unwrap(), Committed::Unchanged, "{name}");

        let (world, store, id) = stored(values()).await;
        store.update(&id, change_all).await.unwrap();
        assert_changed(&*world.load(&store, &id).await);

        let (world, store, id) = stored(values()).await;
        let mut session = world.load(&store, &id).await;
        change_all(&mut session);
        session.renew().await.unwrap();
        assert_changed(&*world.load(&store, session.id()).await);

        // Beside another session that does the same.
        let (world, store, id) = stored(values()).await;
        let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
        change_all(&mut one);
        change_all(&mut other);
        let _ = one.commit().await.unwrap();
        let _ = other.commit().await.unwrap();
        assert_eq!(world.load(&store, &id).await.plan, Plan::Paid);
        if name == "all" {
            assert_changed(&*world.load(&store, &id).await);
        }
    }
}

/// The default that replaces what did not decode is the session's own, not what was there before.
#[tokio::test]
async fn a_changed_field_may_go_back_to_its_default() {
    let (world, store, id) = stored(foreign()).await;
    let mut session = world.load(&store, &id).await;
    change_all(&mut session);
    let _ = session.commit().await.unwrap();
    session.plan = Plan::Free;
    session.cart.clear();
    session.line.count = 0;
    session.layout.clear();
    session.count = 0;
    session.counts.clear();
    session.plans.clear();
    session.levels = BTreeSet::from([1]);
    session.log.clear();
    session.key = [0; 2];
    session.note = None;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_defaults(&*world.load(&store, &id).await);
    let traces = Traces::collect();
    world.load(&store, &id).await;
    assert!(!traces.text().contains("lenient"), "every value decodes");
}

/// A value under an older name is moved as it is, as one that decodes would be.
#[tokio::test]
async fn an_alias_that_does_not_decode_keeps_its_value() {
    let (world, store, id) = stored([("old_note", s("text"))]).await;
    let mut session = world.load(&store, &id).await;
    assert_eq!(session.note, None);
    session.name = "bob".to_owned();
    let _ = session.commit().await.unwrap();
    let item = world.item(&store, &id).await.unwrap();
    assert_eq!((&item["note"], item.get("old_note")), (&s("text"), None));

    let (world, store, id) = stored([("old_note", s("text"))]).await;
    let mut session = world.load(&store, &id).await;
    session.note = Some(2);
    let _ = session.commit().await.unwrap();
    let item = world.item(&store, &id).await.unwrap();
    assert_eq!((&item["note"], item.get("old_note")), (&n("2"), None));
}

/// A value that merges with what a newer version wrote is not read back, and stays stored all the same.
#[tokio::test]
async fn members_of_a_newer_version_stay() {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
    enum Newer {
        Free,
        Enterprise,
    }
    #[derive(Debug, DynamoSession)]
    #[session(table = "accounts", key_prefix = "account#")]
    struct NewAccount {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        #[session(set)]
        plans: BTreeSet<Newer>,
        #[session(append)]
        log: Vec<Newer>,
    }
    #[derive(Debug, DynamoSession)]
    #[session(table = "accounts", key_prefix = "account#")]
    struct OldAccount {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        name: String,
        #[session(set)]
        plans: BTreeSet<Plan>,
        #[session(append)]
        log: Vec<Plan>,
    }
    let (world, old_store, id) = stored([]).await;
    let _ = old_store;
    let newer = world.store::<NewAccount>().await;
    let older = world.store::<OldAccount>().await;
    let mut session = world.load(&older, &id).await;
    newer
        .update(&id, |account| {
            account.plans.insert(Newer::Enterprise);
            account.log.push(Newer::Enterprise);
        })
        .await
        .unwrap();
    session.plans.insert(Plan::Free);
    session.log.push(Plan::Free);
    let _ = session.commit().await.unwrap();
    session.name = "bob".to_owned();
    let _ = session.commit().await.unwrap();
    let account = world.load(&newer, &id).await;
    assert_eq!(account.plans, BTreeSet::from([Newer::Free, Newer::Enterprise]));
    assert_eq!(account.log, [Newer::Enterprise, Newer::Free]);
}
