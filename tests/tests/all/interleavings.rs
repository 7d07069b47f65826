//! Every order of the requests of two and three operations on one session; after each, the promises.
//!
//! The orders are all run, none is sampled: see [`Schedule`] for what is a step. `--nocapture` prints how many
//! there are. Tasks that do the same are interchangeable, so orders that differ only in which is which are
//! run once.

#![allow(clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{
    DynamoSession, Error, Expires, ManualClock, Session, SessionId, SessionStore,
};
use dynamo_session_tests::{Choices, Schedule, Step, World};
use tokio::task::JoinHandle;

/// What every task writes to, in each way that there is.
#[derive(Debug, DynamoSession)]
#[session(table = "tabs", idle_timeout = "30m", touch_interval = "1m")]
struct Tab {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    /// The same value, by all.
    last: Option<usize>,
    /// A key each.
    keys: BTreeMap<String, u32>,
    /// A map that is not there at first, with a key each. Not by updates, whose guards it would stand in for.
    tags: Option<BTreeMap<String, bool>>,
    /// A decimal digit each, so that the sum tells who counted how often.
    #[session(counter)]
    count: u64,
    #[session(counter)]
    counts: BTreeMap<String, u64>,
    #[session(set)]
    members: BTreeSet<String>,
    #[session(append)]
    log: Vec<String>,
    /// Read and written back, by updates alone.
    balance: u32,
}

impl Tab {
    fn write(&mut self, task: usize) {
        let name = name(task);
        self.last = Some(task);
        self.keys.insert(name.clone(), 1);
        self.count += digit(task);
        *self.counts.entry("all".to_owned()).or_default() += digit(task);
        self.members.insert(name.clone());
        self.log.push(name);
    }

    fn tag(&mut self, task: usize) {
        self.tags.get_or_insert_default().insert(name(task), true);
    }
}

fn name(task: usize) -> String {
    format!("task-{task}")
}

fn digit(task: usize) -> u64 {
    10u64.pow(u32::try_from(task).unwrap())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    Commit,
    Touch,
    Renew,
    Destroy,
    Update,
    Expiry,
}

use Action::{Commit, Destroy, Expiry, Renew, Touch, Update};

const ACTIONS: [Action; 6] = [Commit, Touch, Renew, Destroy, Update, Expiry];

impl Action {
    fn writes(self) -> bool {
        matches!(self, Commit | Renew | Update)
    }
}

/// How one task ended, and the id that its handle had then.
struct Outcome {
    action: Action,
    result: Result<(), Error>,
    id: SessionId,
}

type Items = Vec<HashMap<String, AttributeValue>>;

/// A table, and a store for each task.
struct Stage {
    world: World,
    store: SessionStore<Tab>,
    /// To it, nothing has expired.
    past: SessionStore<Tab>,
    schedule: Schedule,
    stores: Vec<SessionStore<Tab>>,
}

impl Stage {
    /// `None` on an engine that cannot be asked to hold still.
    async fn new(tasks: usize) -> Option<Self> {
        let world = World::new();
        let schedule = Schedule::new(world.embedded()?.clone());
        let store = world.store::<Tab>().await;
        let past = SessionStore::builder()
            .client(world.direct.clone())
            .clock(ManualClock::at_epoch_seconds(0))
            .build()
            .await
            .unwrap();
        let mut stores = Vec::new();
        for task in 0..tasks {
            let config = world.direct.config().to_builder();
            let config = config.http_client(schedule.http_client(task)).build();
            let forever = Duration::from_secs(1_000_000);
            let store = SessionStore::builder()
                .client(aws_sdk_dynamodb::Client::from_conf(config))
                .clock(world.clock.clone())
                .operation_timeout(forever)
                .operation_attempt_timeout(forever)
                .build();
            stores.push(store.await.unwrap());
        }
        Some(Self { world, store, past, schedule, stores })
    }

    /// Begins a session, and runs one order of what these actions do to it.
    async fn run(&self, actions: &[Action], swept: bool, mishaps: bool, choices: &mut Choices) {
        let mut session = self.store.create();
        session.keys.insert("first".to_owned(), 1);
        let _ = session.commit().await.unwrap();
        let id = session.id().clone();
        let mut handles = Vec::new();
        for store in &self.stores {
            handles.push(self.world.load(store, &id).await);
        }
        self.world.clock.advance(Duration::from_secs(100));

        self.schedule.begin(actions);
        let tasks: Vec<_> = actions
            .iter()
            .zip(handles)
            .enumerate()
            .map(|(task, (action, handle))| self.spawn(task, *action, swept, handle))
            .collect();
        let steps = self.schedule.play(choices, mishaps).await;
        let mut outcomes = Vec::new();
        for task in tasks {
            outcomes.push(task.await.unwrap());
        }
        let run = Run { stage: self, id, steps, outcomes, swept };
        run.check().await;
        self.clear().await;
    }

    fn spawn(
        &self,
        task: usize,
        action: Action,
        swept: bool,
        mut session: Session<Tab>,
    ) -> JoinHandle<Outcome> {
        let (store, clock) = (self.stores[task].clone(), self.world.clock.clone());
        let engine = self.world.embedded().unwrap().clone();
        let work = async move {
            let id = session.id().clone();
            let result = match action {
                Commit => {
                    session.write(task);
                    session.tag(task);
                    session.commit().await.map(drop)
                }
                Touch => session.touch().await.map(drop),
                Renew => {
                    session.write(task);
                    session.tag(task);
                    session.renew().await
                }
                Destroy => session.destroy().await,
                Update => {
                    let change = |tab: &mut Tab| {
                        tab.write(task);
                        tab.balance += 1;
                    };
                    store.update(&id, change).await
                }
                Expiry => {
                    expire(&clock);
                    swept.then(|| engine.delete_expired()).transpose().map(drop)
                }
            };
            Outcome { action, result, id: session.id().clone() }
        };
        match action {
            Expiry => self.schedule.spawn_event(task, work),
            _ => self.schedule.spawn(task, work),
        }
    }

    async fn items(&self) -> Items {
        self.world.items(&self.store).await
    }

    async fn clear(&self) {
        let scan = self.world.direct.scan().table_name(self.store.table_name()).send();
        for item in scan.await.unwrap().items.unwrap_or_default() {
            let key = item["id"].clone();
            let delete = self.world.direct.delete_item().table_name(self.store.table_name());
            delete.key("id", key).send().await.unwrap();
        }
    }
}

fn expire(clock: &ManualClock) {
    clock.advance(Duration::from_secs(31 * 60));
}

/// One order of requests, and what came of it.
struct Run<'s> {
    stage: &'s Stage,
    id: SessionId,
    steps: Vec<Step>,
    outcomes: Vec<Outcome>,
    swept: bool,
}

impl Run<'_> {
    async fn check(&self) {
        let actions = || self.outcomes.iter().map(|outcome| outcome.action);
        let items = self.stage.items().await;
        let now = self.stage.world.clock.epoch_seconds();
        let live = items.iter().filter(|item| number(&item["expires_at"]) > now).count();
        let moved = self.position(|step| is_carried(step, "TransactWriteItems"));
        let destroyed = self.position(|step| is_carried(step, "DeleteItem"));
        let renewed: Vec<_> = self.acknowledged().filter(|(_, o)| o.action == Renew).collect();

        for outcome in &self.outcomes {
            match &outcome.result {
                Ok(()) => {}
                Err(error) => {
                    self.must(error.is_gone(), &format!("{:?}: {error}", outcome.action));
                    self.must(
                        !matches!(outcome.action, Destroy | Expiry),
                        "a logout always succeeds",
                    );
                    let ended = moved.is_some() || destroyed.is_some();
                    let ended = ended || actions().any(|action| action == Expiry);
                    self.must(ended, "gone, although nobody ended the session");
                }
            }
        }

        self.must(items.len() <= 1, "one item at most");
        self.must(renewed.len() <= 1, "one renewal at most");
        self.must(renewed.is_empty() == moved.is_none(), "a renewal took place, or did not");
        let old = self.stage.world.item(&self.stage.store, &self.id).await;
        if actions().any(|action| action == Destroy) || moved.is_some() {
            let is_tombstone = |item: &HashMap<_, _>| item.contains_key("_renewed_at");
            let ended = old.is_none_or(|item| is_tombstone(&item));
            self.must(ended, "no session is left under the id that was ended");
        }
        if let (Some(destroyed), Some(moved)) = (destroyed, moved) {
            self.must(moved < destroyed, "a renewal that comes after a logout fails");
        }
        if actions().any(|action| action == Expiry) {
            self.must(live == 0, "nothing makes an expired session live again");
            if !self.swept && destroyed.is_none() {
                self.must(items.len() == 1, "an expired session stays as it is");
            }
        } else {
            let ended = destroyed.is_some();
            self.must(live == usize::from(!ended), "the session lives unless it was ended");
        }

        let id = renewed.first().map_or(&self.id, |(_, outcome)| &outcome.id);
        match items.first() {
            Some(item) => self.check_fields(item, id, live).await,
            None => self.must(self.load(id).await.is_none(), "an absent session"),
        }
        if *id != self.id {
            self.must(self.load(&self.id).await.is_none(), "the old id is absent");
        }
    }

    async fn check_fields(
        &self,
        item: &HashMap<String, AttributeValue>,
        id: &SessionId,
        live: usize,
    ) {
        let key = AttributeValue::S(Tab::SCHEMA.table_key(id));
        self.must(item["id"] == key, "the item is under the id that the session has");
        if live == 0 {
            self.must(self.load(id).await.is_none(), "an expired session is absent");
        }
        let tab = match self.stage.past.load(id).await {
            Ok(Some(tab)) => tab,
            other => panic!("not read: {other:?}\n{}", self.story()),
        };
        let mut writers = Vec::new();
        for (task, outcome) in self.outcomes.iter().enumerate() {
            let name = name(task);
            let times = tab.count / digit(task) % 10;
            let expected = u64::from(outcome.action.writes() && outcome.result.is_ok());
            let in_doubt =
                self.steps.iter().any(|step| matches!(step, Step::Befell(t, _) if *t == task));
            if outcome.result.is_ok() || !in_doubt {
                self.must(times == expected, &format!("{name} counted {times} times"));
            }
            self.must(times <= 1, &format!("{name} counted {times} times"));
            let wrote = times == 1;
            let counted = tab.counts.get("all").copied().unwrap_or(0) / digit(task) % 10;
            self.must(counted == times, "the entry of the map of counters");
            self.must(tab.keys.contains_key(&name) == wrote, "the key of the map");
            let tagged = tab.tags.as_ref().is_some_and(|tags| tags.contains_key(&name));
            self.must(
                tagged == (wrote && outcome.action != Update),
                "the key of the map that was made",
            );
            self.must(tab.members.contains(&name) == wrote, "the member of the set");
            let logged = tab.log.iter().filter(|entry| **entry == name).count();
            self.must(logged == usize::from(wrote), "the element of the list");
            if wrote {
                writers.push(task);
            }
        }
        self.must(tab.keys.contains_key("first"), "what was there before");
        match tab.last {
            Some(last) => self.must(writers.contains(&last), "the last writer wrote"),
            None => self.must(writers.is_empty(), "one of the writers was the last"),
        }
        let updates = writers.iter().filter(|task| self.outcomes[**task].action == Update).count();
        self.must(usize::try_from(tab.balance).unwrap() == updates, "no update lost another's");
    }

    fn acknowledged(&self) -> impl Iterator<Item = (usize, &Outcome)> {
        self.outcomes.iter().enumerate().filter(|(_, outcome)| outcome.result.is_ok())
    }

    fn position(&self, is: impl Fn(&Step) -> bool) -> Option<usize> {
        self.steps.iter().position(is)
    }

    async fn load(&self, id: &SessionId) -> Option<Session<Tab>> {
        match self.stage.store.load(id).await {
            Ok(session) => session,
            Err(error) => panic!("does not decode: {error}\n{}", self.story()),
        }
    }

    fn must(&self, holds: bool, what: &str) {
        assert!(holds, "not so: {what}\n{}", self.story());
    }

    fn story(&self) -> String {
        let steps: Vec<_> = self.steps.iter().map(|step| format!("  {step:?}\n")).collect();
        let outcomes: Vec<_> = self
            .outcomes
            .iter()
            .map(|outcome| format!("  {:?}: {:?}\n", outcome.action, outcome.result))
            .collect();
        format!("swept: {}\n{}{}", self.swept, steps.concat(), outcomes.concat())
    }
}

fn is_carried(step: &Step, wanted: &str) -> bool {
    matches!(step, Step::Carried { operation, status: 200, .. } if operation == wanted)
}

fn number(value: &AttributeValue) -> i64 {
    value.as_n().unwrap().parse().unwrap()
}

/// Runs every order of these actions; returns how many there are.
async fn explore(actions: &[Action], mishaps: bool) -> usize {
    let Some(stage) = Stage::new(actions.len()).await else { return 0 };
    let mut schedules = 0;
    let sweeps = if actions.contains(&Expiry) { &[false, true][..] } else { &[false] };
    for swept in sweeps {
        let mut choices = Choices::default();
        loop {
            stage.run(actions, *swept, mishaps, &mut choices).await;
            schedules += 1;
            if !choices.advance() {
                break;
            }
        }
    }
    schedules
}

/// Explores each of these, and fails if there was less to explore than there should be.
async fn explore_all(combinations: Vec<Vec<Action>>, mishaps: bool, at_least: usize) {
    let mut schedules = 0;
    for actions in &combinations {
        let found = explore(actions, mishaps).await;
        println!("{found:>6} schedules of {actions:?}");
        schedules += found;
    }
    println!("{schedules:>6} schedules of {} combinations", combinations.len());
    let embedded = std::env::var_os(dynamo_session_tests::ENDPOINT).is_none();
    assert!(!embedded || schedules >= at_least, "only {schedules} schedules");
}

fn pairs(of: &[Action]) -> Vec<Vec<Action>> {
    let pairs = of.iter().enumerate().flat_map(|(i, a)| of[i..].iter().map(move |b| vec![*a, *b]));
    pairs.collect()
}

/// The triples whose first action is this one; each set of three is in one of the six lists.
fn triples_from(first: Action) -> Vec<Vec<Action>> {
    let rest: Vec<_> = ACTIONS.into_iter().filter(|action| *action >= first).collect();
    pairs(&rest).into_iter().map(|pair| [vec![first], pair].concat()).collect()
}

#[tokio::test(start_paused = true)]
async fn every_order_of_two() {
    explore_all(pairs(&ACTIONS), false, 79).await;
}

#[tokio::test(start_paused = true)]
async fn every_order_of_three_with_a_commit() {
    explore_all(triples_from(Commit), false, 446).await;
}

#[tokio::test(start_paused = true)]
async fn every_order_of_three_with_a_touch_and_no_commit() {
    explore_all(triples_from(Touch), false, 280).await;
}

#[tokio::test(start_paused = true)]
async fn every_order_of_three_with_a_renewal_and_neither() {
    explore_all(triples_from(Renew), false, 690).await;
}

#[tokio::test(start_paused = true)]
async fn every_order_of_three_of_the_others() {
    let others = [Destroy, Update, Expiry].map(triples_from).concat();
    explore_all(others, false, 216).await;
}

#[tokio::test(start_paused = true)]
async fn every_order_of_two_with_one_mishap_anywhere() {
    explore_all(pairs(&[Commit, Renew, Destroy, Update]), true, 1_261).await;
}
