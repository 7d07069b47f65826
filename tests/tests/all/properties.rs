//! What holds for every session: random fields, random changes, both orders.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{DynamoSession, Expires, Session, SessionId, SessionStore};
use dynamo_session_tests::World;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, DynamoSession)]
#[session(table = "anything")]
struct Anything {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    text: Option<String>,
    #[session(default = Some(7))]
    number: Option<i64>,
    flat: BTreeMap<String, u32>,
    deep: BTreeMap<String, BTreeMap<String, u32>>,
    #[session(merge)]
    inner: Inner,
    pair: Inner,
    choice: Choice,
    choices: BTreeMap<String, Choice>,
    #[session(counter)]
    count: i64,
    #[session(counter)]
    counts: BTreeMap<String, i64>,
    #[session(set)]
    names: BTreeSet<String>,
    #[session(set, default = BTreeSet::from([1]))]
    levels: BTreeSet<u8>,
    #[session(append)]
    log: Vec<u32>,
    list: Vec<Choice>,
    float: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Inner {
    left: String,
    right: Option<BTreeMap<String, bool>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Choice {
    #[default]
    Nothing,
    One(u32),
    Two {
        a: u8,
        b: Option<u8>,
    },
}

/// The fields of [`Anything`] by themselves.
#[derive(Clone, Debug, PartialEq)]
struct Content {
    text: Option<String>,
    number: Option<i64>,
    flat: BTreeMap<String, u32>,
    deep: BTreeMap<String, BTreeMap<String, u32>>,
    inner: Inner,
    pair: Inner,
    choice: Choice,
    choices: BTreeMap<String, Choice>,
    count: i64,
    counts: BTreeMap<String, i64>,
    names: BTreeSet<String>,
    levels: BTreeSet<u8>,
    log: Vec<u32>,
    list: Vec<Choice>,
    float: f64,
}

impl Content {
    fn write(&self, session: &mut Session<Anything>) {
        let Self { text, number, flat, deep, inner, pair, choice, choices, .. } = self.clone();
        let Self { count, counts, names, levels, log, list, float, .. } = self.clone();
        (session.text, session.number, session.flat, session.deep) = (text, number, flat, deep);
        (session.inner, session.pair) = (inner, pair);
        (session.choice, session.choices) = (choice, choices);
        (session.count, session.counts, session.names) = (count, counts, names);
        (session.levels, session.log, session.list, session.float) = (levels, log, list, float);
    }

    fn read(session: &Anything) -> Self {
        Self {
            text: session.text.clone(),
            number: session.number,
            flat: session.flat.clone(),
            deep: session.deep.clone(),
            inner: session.inner.clone(),
            pair: session.pair.clone(),
            choice: session.choice.clone(),
            choices: session.choices.clone(),
            count: session.count,
            counts: session.counts.clone(),
            names: session.names.clone(),
            levels: session.levels.clone(),
            log: session.log.clone(),
            list: session.list.clone(),
            float: session.float,
        }
    }
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![Just("a".to_owned()), Just("b.c".to_owned()), Just("#d".to_owned()), "[a-z]{1,3}"]
}

fn map<V: Debug>(value: impl Strategy<Value = V>) -> impl Strategy<Value = BTreeMap<String, V>> {
    btree_map(key(), value, 0..4)
}

fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![
        Just(Choice::Nothing),
        (0..3u32).prop_map(Choice::One),
        (0..3u8, option::of(0..3u8)).prop_map(|(a, b)| Choice::Two { a, b }),
    ]
}

fn inner() -> impl Strategy<Value = Inner> {
    ("[a-c]?", option::of(map(any::<bool>()))).prop_map(|(left, right)| Inner { left, right })
}

fn content() -> impl Strategy<Value = Content> {
    let plain = (
        option::of("[a-c]?"),
        option::of(-3..3i64),
        map(0..3u32),
        map(map(0..3u32)),
        inner(),
        inner(),
        choice(),
        map(choice()),
    );
    let merged = (
        -1000..1000i64,
        map(-1000..1000i64),
        btree_set(key(), 0..4),
        btree_set(0..4u8, 0..4),
        vec(0..4u32, 0..4),
        vec(choice(), 0..3),
        prop_oneof![Just(0.1), Just(-1e100), Just(1e-100), -1e6..1e6],
    );
    (plain, merged).prop_map(|(plain, merged)| {
        let (text, number, flat, deep, inner, pair, choice, choices) = plain;
        let (count, counts, names, levels, log, list, float) = merged;
        Content {
            text,
            number,
            flat,
            deep,
            inner,
            pair,
            choice,
            choices,
            count,
            counts,
            names,
            levels,
            log,
            list,
            float,
        }
    })
}

fn run(test: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

async fn stored(world: &World, store: &SessionStore<Anything>, content: &Content) -> SessionId {
    let mut session = store.create();
    content.write(&mut session);
    session.commit().await.unwrap();
    if session.is_new() {
        session.count += 1;
        session.commit().await.unwrap();
        session.count -= 1;
        session.commit().await.unwrap();
    }
    let _ = world;
    session.id().clone()
}

/// The stored fields, without what belongs to the handle.
async fn fields(
    world: &World,
    store: &SessionStore<Anything>,
    id: &SessionId,
) -> HashMap<String, AttributeValue> {
    let mut item = world.item(store, id).await.unwrap();
    for name in ["id", "expires_at", "_seq", "_commits"] {
        item.remove(name);
    }
    for value in item.values_mut() {
        if let AttributeValue::Ss(members) | AttributeValue::Ns(members) = value {
            members.sort();
        }
    }
    item
}

/// What a place must hold that at most one of two commits has changed; `None` if both did.
fn merged<T: PartialEq + Clone>(base: T, mine: T, theirs: T) -> Option<T> {
    match (mine == base, theirs == base) {
        (true, _) => Some(theirs),
        (_, true) => Some(mine),
        _ => None,
    }
}

fn keys<V>(maps: [&BTreeMap<String, V>; 3]) -> BTreeSet<String> {
    maps.iter().flat_map(|map| map.keys().cloned()).collect()
}

fn check_map<V: PartialEq + Clone + Debug>(
    [base, mine, theirs]: [&BTreeMap<String, V>; 3],
    result: &BTreeMap<String, V>,
) -> Result<(), TestCaseError> {
    for key in keys([base, mine, theirs]) {
        let at = |map: &BTreeMap<String, V>| map.get(&key).cloned();
        if let Some(expected) = merged(at(base), at(mine), at(theirs)) {
            prop_assert_eq!(at(result), expected, "at `{}`", key);
        }
    }
    Ok(())
}

fn check_merge(
    base: &Content,
    mine: &Content,
    theirs: &Content,
    result: &Content,
) -> Result<(), TestCaseError> {
    macro_rules! plain {
        ($($field:ident).*) => {
            let (b, m, t) = (&base.$($field).*, &mine.$($field).*, &theirs.$($field).*);
            if let Some(expected) = merged(b, m, t) {
                prop_assert_eq!(&result.$($field).*, expected);
            }
        };
    }
    plain!(text);
    plain!(number);
    plain!(inner.left);
    plain!(pair);
    prop_assert!(result.pair == mine.pair || result.pair == theirs.pair, "{:?}", result.pair);
    plain!(choice);
    plain!(list);
    plain!(float);
    check_map([&base.flat, &mine.flat, &theirs.flat], &result.flat)?;
    check_map([&base.choices, &mine.choices, &theirs.choices], &result.choices)?;
    for key in keys([&base.deep, &mine.deep, &theirs.deep]) {
        let maps = [&base.deep, &mine.deep, &theirs.deep].map(|deep| deep.get(&key));
        if let [base, Some(mine), Some(theirs)] = maps {
            let none = BTreeMap::new();
            let base = base.unwrap_or(&none);
            check_map([base, mine, theirs], &result.deep[&key])?;
        }
    }
    prop_assert_eq!(result.count, mine.count + theirs.count - base.count);
    for key in keys([&base.counts, &mine.counts, &theirs.counts]) {
        let [base, mine, theirs] =
            [&base.counts, &mine.counts, &theirs.counts].map(|counts| counts.get(&key));
        let kept = mine.is_some() && theirs.is_some();
        if kept || base.is_none() {
            let value = |count: Option<&i64>| count.copied().unwrap_or(0);
            let sum = value(mine) + value(theirs) - value(base);
            prop_assert_eq!(result.counts[&key], sum, "at `{}`", key);
        }
    }
    let names: BTreeSet<_> = [base, mine, theirs].iter().flat_map(|c| c.names.clone()).collect();
    for name in names {
        let [base, mine, theirs] =
            [base, mine, theirs].map(|content| content.names.contains(&name));
        // Two sides that change the same member change it the same way.
        let expected = merged(base, mine, theirs).unwrap_or(mine);
        prop_assert_eq!(result.names.contains(&name), expected, "`{}`", name);
    }
    for level in 0..4 {
        let [base, mine, theirs] =
            [base, mine, theirs].map(|content| content.levels.contains(&level));
        let expected = merged(base, mine, theirs).unwrap_or(mine);
        prop_assert_eq!(result.levels.contains(&level), expected, "{}", level);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_stored_reads_back(first in content(), second in content()) {
        run(async {
            let (world, store) = World::with_store::<Anything>().await;
            let id = stored(&world, &store, &first).await;
            let mut session = world.load(&store, &id).await;
            prop_assert_eq!(Content::read(&session), first);
            second.write(&mut session);
            session.commit().await.unwrap();
            prop_assert_eq!(Content::read(&session), second.clone());
            prop_assert_eq!(Content::read(&*world.load(&store, &id).await), second);
            Ok(())
        })?;
    }

    #[test]
    fn neither_of_two_commits_loses_what_only_it_changed(
        base in content(), mine in content(), theirs in content(),
    ) {
        run(async {
            let (world, store) = World::with_store::<Anything>().await;
            for mine_first in [true, false] {
                let id = stored(&world, &store, &base).await;
                let (mut one, mut other) =
                    (world.load(&store, &id).await, world.load(&store, &id).await);
                mine.write(&mut one);
                theirs.write(&mut other);
                let (first, second) =
                    if mine_first { (&mut one, &mut other) } else { (&mut other, &mut one) };
                first.commit().await.unwrap();
                second.commit().await.unwrap();
                let result = Content::read(&*world.load(&store, &id).await);
                check_merge(&base, &mine, &theirs, &result)?;
            }
            Ok(())
        })?;
    }

    /// A renewal applies the changes in memory, a commit as an expression: both must do the same.
    #[test]
    fn a_renewal_merges_as_a_commit_does(
        base in content(), mine in content(), theirs in content(),
    ) {
        run(async {
            let (world, store) = World::with_store::<Anything>().await;
            let mut items = Vec::new();
            for renew in [true, false] {
                let id = stored(&world, &store, &base).await;
                let (mut one, mut other) =
                    (world.load(&store, &id).await, world.load(&store, &id).await);
                mine.write(&mut one);
                theirs.write(&mut other);
                other.commit().await.unwrap();
                if renew {
                    one.renew().await.unwrap();
                    prop_assert!(store.load(&id).await.unwrap().is_none());
                } else {
                    one.commit().await.unwrap();
                }
                items.push(fields(&world, &store, one.id()).await);
            }
            prop_assert_eq!(&items[0], &items[1]);
            Ok(())
        })?;
    }
}
