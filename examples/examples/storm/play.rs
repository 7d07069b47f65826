//! The clients, and the check in the end.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as SyncMutex};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{DynamoSession, ManualClock, SessionId};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::dice::Dice;
use crate::image::Image;
use crate::ledger::{Fate, Ledger, Place, Verdict};
use crate::network::{Network, lock};
use crate::options::Options;
use crate::store::{Failure, Handle, Store};
use crate::visit::Visit;

/// How often a client repeats a call before it gives up.
const PATIENCE: u32 = 20;
/// How often, in all, everybody stays away until every session has expired.
const PAUSES: u64 = 6;
/// What only the tombstone of a renewal has, which is no session.
const TOMBSTONE: &str = "_renewed_at";
const IDLE: Duration = Duration::from_secs(30 * 60);

pub(crate) struct Storm {
    pub(crate) options: Options,
    pub(crate) store: Store,
    pub(crate) network: Network,
    /// What the check reads through: the same engine, over a network that harms nothing.
    pub(crate) direct: Client,
    pub(crate) calm: Network,
    pub(crate) table: String,
    pub(crate) clock: ManualClock,
    /// What the labels of this run's sessions begin with.
    pub(crate) run: String,
    pub(crate) state: State,
}

#[derive(Default)]
pub(crate) struct State {
    /// Where clients find the sessions: as a browser has a cookie.
    seats: Vec<Mutex<Option<Seat>>>,
    ledgers: SyncMutex<Vec<Ledger>>,
    /// Keys whose logout or renewal was acknowledged.
    ended: SyncMutex<Vec<String>>,
    revived: SyncMutex<BTreeSet<String>>,
    turns: AtomicU64,
    unknown: AtomicU64,
    gone: AtomicU64,
    unavailable: AtomicU64,
    probes: AtomicU64,
    unexpected: SyncMutex<Vec<String>>,
}

impl State {
    pub(crate) fn new(sessions: u64) -> Self {
        Self { seats: (0..sessions).map(|_| Mutex::default()).collect(), ..Self::default() }
    }
}

#[derive(Clone)]
struct Seat {
    slot: usize,
    id: SessionId,
    /// The number of its ledger.
    number: usize,
}

/// What the storm came to.
pub(crate) struct Report {
    pub(crate) elapsed: Duration,
    pub(crate) operations: u64,
    pub(crate) sessions: u64,
    pub(crate) ended: u64,
    pub(crate) gone: u64,
    pub(crate) unavailable: u64,
    pub(crate) unknown: u64,
    pub(crate) verdict: Verdict,
    pub(crate) revived: u64,
    pub(crate) probes: u64,
    pub(crate) latencies: Vec<Duration>,
    pub(crate) unexpected: Vec<String>,
}

struct Player {
    name: String,
    dice: Dice,
    held: Option<(Seat, Handle)>,
    latencies: Vec<Duration>,
}

enum Action {
    Add(Place),
    Remove(Place),
    Mark,
    Note,
    Hit,
    Update,
    Touch,
    Renew,
    Destroy,
    Read,
}

impl Action {
    fn choose(dice: &mut Dice) -> Self {
        match dice.below(200) {
            0..=49 => Self::Add(Place::Cart),
            50..=74 => Self::Add(Place::Seen),
            75..=99 => Self::Add(Place::Roles),
            100..=109 => Self::Remove(Place::Cart),
            110..=119 => Self::Remove(Place::Roles),
            120..=139 => Self::Mark,
            140..=149 => Self::Note,
            150..=174 => Self::Hit,
            175..=184 => Self::Update,
            185..=188 => Self::Touch,
            189..=192 => Self::Renew,
            193 => Self::Destroy,
            _ => Self::Read,
        }
    }
}

impl Storm {
    pub(crate) fn turns(&self) -> u64 {
        self.state.turns.load(Ordering::Relaxed).min(self.options.operations)
    }

    pub(crate) async fn play(self: Arc<Self>) -> Result<Report, aws_sdk_dynamodb::Error> {
        let started = Instant::now();
        let prober = tokio::spawn(self.clone().probe());
        let mut clients = JoinSet::new();
        for number in 0..self.options.clients {
            let storm = self.clone();
            clients.spawn(async move { storm.client(number).await });
        }
        let mut latencies = Vec::new();
        while let Some(client) = clients.join_next().await {
            match client {
                Ok(more) => latencies.extend(more?),
                Err(panic) => self.unexpected(format!("a client panicked: {panic}")),
            }
        }
        let elapsed = started.elapsed();
        self.network.be_quiet().await;
        prober.abort();
        latencies.sort_unstable();
        let verdict = self.judge().await?;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Ok(Report {
            elapsed,
            operations: self.turns(),
            sessions: lock(&self.state.ledgers).len() as u64,
            ended: lock(&self.state.ended).len() as u64,
            gone: count(&self.state.gone),
            unavailable: count(&self.state.unavailable),
            unknown: count(&self.state.unknown),
            verdict,
            revived: lock(&self.state.revived).len() as u64,
            probes: count(&self.state.probes),
            latencies,
            unexpected: std::mem::take(&mut lock(&self.state.unexpected)),
        })
    }

    async fn client(&self, number: u64) -> Result<Vec<Duration>, aws_sdk_dynamodb::Error> {
        let mut me = Player {
            name: format!("c{number}"),
            dice: Dice::new(self.options.seed, number + 1),
            held: None,
            latencies: Vec::new(),
        };
        loop {
            let turn = self.state.turns.fetch_add(1, Ordering::Relaxed);
            if turn >= self.options.operations {
                return Ok(me.latencies);
            }
            if (turn + 1).is_multiple_of(self.options.operations / PAUSES + 1) {
                self.let_all_expire().await?;
            }
            self.clock.advance(Duration::from_secs(1));
            self.turn(&mut me, turn).await;
        }
    }

    async fn turn(&self, me: &mut Player, turn: u64) {
        let started = Instant::now();
        let (seat, mut handle) = match me.held.take() {
            Some(held) if me.dice.percent(30) => held,
            _ => match self.open(me).await {
                Some(opened) => opened,
                None => return,
            },
        };
        let loaded = started.elapsed();
        // While a request is at work, others come between.
        match me.dice.below(4) {
            0 => tokio::time::sleep(Duration::from_millis(me.dice.below(4))).await,
            _ => tokio::task::yield_now().await,
        }
        let started = Instant::now();
        let action = Action::choose(&mut me.dice);
        let fate = self.act(me, &seat, &mut handle, action, turn).await;
        me.latencies.push(loaded + started.elapsed());
        match fate {
            Some(Fate::Done) => me.held = Some((seat, handle)),
            Some(Fate::Gone) => {
                self.state.gone.fetch_add(1, Ordering::Relaxed);
                self.leave(&seat).await;
            }
            Some(Fate::Unknown) => {
                self.state.unknown.fetch_add(1, Ordering::Relaxed);
            }
            None => {}
        }
    }

    /// The session of some seat, which is a new one if the last was ended.
    async fn open(&self, me: &mut Player) -> Option<(Seat, Handle)> {
        let slot = usize::try_from(me.dice.below(self.options.sessions)).ok()?;
        let seat = {
            let mut place = self.state.seats[slot].lock().await;
            match &*place {
                Some(seat) => seat.clone(),
                None => {
                    let (seat, handle) = self.begin(me, slot).await?;
                    *place = Some(seat.clone());
                    return Some((seat, handle));
                }
            }
        };
        for attempt in 0..PATIENCE {
            match self.store.load(&seat.id).await {
                Ok(Some(handle)) => return Some((seat, handle)),
                Ok(None) => {
                    self.leave(&seat).await;
                    return None;
                }
                Err(failure) => self.wait(&failure, attempt).await,
            }
        }
        self.state.unavailable.fetch_add(1, Ordering::Relaxed);
        None
    }

    async fn begin(&self, me: &mut Player, slot: usize) -> Option<(Seat, Handle)> {
        let number = {
            let mut ledgers = lock(&self.state.ledgers);
            ledgers.push(Ledger::default());
            ledgers.len() - 1
        };
        let mut handle = self.store.create();
        handle.label = format!("{}{number}", self.run);
        match self.commit(me, &mut handle, false).await {
            Fate::Done => Some((Seat { slot, id: handle.id().clone(), number }, handle)),
            _ => None,
        }
    }

    async fn leave(&self, seat: &Seat) {
        let mut place = self.state.seats[seat.slot].lock().await;
        if place.as_ref().is_some_and(|now| now.id == seat.id) {
            *place = None;
        }
    }

    /// Does one thing to a session, and writes down what came of it: `None` if nothing was to be written.
    async fn act(
        &self,
        me: &mut Player,
        seat: &Seat,
        handle: &mut Handle,
        action: Action,
        turn: u64,
    ) -> Option<Fate> {
        let key = format!("{}-{turn}", me.name);
        let book = |write: &dyn Fn(&mut Ledger)| write(&mut lock(&self.state.ledgers)[seat.number]);
        let fate = match action {
            Action::Add(place) => {
                add(handle, place, &key);
                let fate = self.commit(me, handle, true).await;
                book(&|ledger| ledger.added(place, key.clone(), fate));
                fate
            }
            Action::Remove(place) => {
                let old = self.removable(me, seat, handle, place)?;
                match place {
                    Place::Roles => drop(handle.roles.remove(&old)),
                    _ => drop(handle.cart.remove(&old)),
                }
                let fate = self.commit(me, handle, true).await;
                book(&|ledger| ledger.removed(place, &old, fate));
                fate
            }
            Action::Mark => {
                handle.marks.insert(me.name.clone(), turn);
                let fate = self.commit(me, handle, true).await;
                book(&|ledger| ledger.marked(me.name.clone(), turn, fate));
                fate
            }
            Action::Note => {
                handle.note = Some(key.clone());
                // Before, since others may see it before this client has its answer.
                book(&|ledger| ledger.noted(key.clone(), Fate::Unknown));
                let fate = self.commit(me, handle, true).await;
                book(&|ledger| ledger.noted(key.clone(), fate));
                fate
            }
            Action::Hit => {
                let page = format!("p{}", me.dice.below(4));
                *handle.hits.entry(page.clone()).or_default() += 1;
                let fate = self.commit(me, handle, true).await;
                book(&|ledger| ledger.hit(&page, fate));
                fate
            }
            Action::Update => {
                let pay = |visit: &mut Visit| {
                    visit.coins += 1;
                    visit.cart.insert(key.clone(), 1);
                };
                let fate = match self.store.update(&seat.id, pay).await {
                    Ok(()) => Fate::Done,
                    Err(Failure::Gone) => Fate::Gone,
                    Err(Failure::Unknown | Failure::Again) => Fate::Unknown,
                    Err(Failure::Unexpected(error)) => {
                        self.unexpected(error);
                        Fate::Unknown
                    }
                };
                book(&|ledger| ledger.added(Place::Purchase, key.clone(), fate));
                fate
            }
            Action::Touch => self.touch(handle).await,
            Action::Renew => {
                let with_change = me.dice.percent(50);
                if with_change {
                    add(handle, Place::Cart, &key);
                }
                let fate = self.renew(seat, handle).await;
                if with_change {
                    book(&|ledger| ledger.added(Place::Cart, key.clone(), fate));
                }
                // The seat is under the new id; this handle is not held, as its seat is the old one.
                return (fate != Fate::Done).then_some(fate);
            }
            Action::Destroy => {
                let by_handle = me.dice.percent(50);
                return self.destroy(seat, handle, by_handle).await;
            }
            Action::Read => {
                let fate = self.commit(me, handle, false).await;
                // Nothing was changed, so that nothing depends on it.
                return (fate != Fate::Unknown).then_some(fate);
            }
        };
        Some(fate)
    }

    /// An entry that this client added and that is there for certain.
    fn removable(&self, me: &Player, seat: &Seat, visit: &Visit, place: Place) -> Option<String> {
        let mine = format!("{}-", me.name);
        let ledger = &lock(&self.state.ledgers)[seat.number];
        let wanted = |key: &&String| key.starts_with(&mine) && ledger.may_remove(place, key);
        match place {
            Place::Roles => visit.roles.iter().find(wanted).cloned(),
            _ => visit.cart.keys().find(wanted).cloned(),
        }
    }

    /// Commits until there is an answer; sometimes, the first call is cancelled on its way.
    async fn commit(&self, me: &mut Player, handle: &mut Handle, cancel: bool) -> Fate {
        for attempt in 0..PATIENCE {
            let result = if cancel && attempt == 0 && me.dice.percent(self.options.faults) {
                let soon = Duration::from_millis(me.dice.below(4));
                match tokio::time::timeout(soon, handle.commit(&self.store)).await {
                    Ok(result) => result,
                    Err(_) => continue,
                }
            } else {
                handle.commit(&self.store).await
            };
            match result {
                Ok(()) => return Fate::Done,
                Err(Failure::Gone) => return Fate::Gone,
                Err(Failure::Unknown) => return Fate::Unknown,
                Err(failure) => self.wait(&failure, attempt).await,
            }
        }
        Fate::Unknown
    }

    async fn touch(&self, handle: &mut Handle) -> Fate {
        for attempt in 0..PATIENCE {
            match handle.touch(&self.store).await {
                Ok(()) => return Fate::Done,
                Err(Failure::Gone) => return Fate::Gone,
                Err(Failure::Unknown) => return Fate::Unknown,
                Err(failure) => self.wait(&failure, attempt).await,
            }
        }
        Fate::Unknown
    }

    async fn renew(&self, seat: &Seat, handle: &mut Handle) -> Fate {
        let old = handle.key();
        for attempt in 0..PATIENCE {
            match handle.renew(&self.store).await {
                Ok(()) => {
                    lock(&self.state.ended).push(old);
                    let mut place = self.state.seats[seat.slot].lock().await;
                    if let Some(now) = &mut *place
                        && now.id == seat.id
                    {
                        now.id = handle.id().clone();
                    }
                    return Fate::Done;
                }
                Err(Failure::Gone) => return Fate::Gone,
                Err(Failure::Unknown) => return Fate::Unknown,
                Err(failure) => self.wait(&failure, attempt).await,
            }
        }
        Fate::Unknown
    }

    async fn destroy(&self, seat: &Seat, handle: &mut Handle, by_handle: bool) -> Option<Fate> {
        for attempt in 0..PATIENCE {
            let result = match by_handle {
                true => handle.destroy(&self.store).await,
                false => self.store.destroy(&seat.id).await,
            };
            match result {
                Ok(()) => {
                    lock(&self.state.ended).push(Visit::SCHEMA.table_key(&seat.id));
                    self.leave(seat).await;
                    return None;
                }
                Err(failure) => self.wait(&failure, attempt).await,
            }
        }
        self.leave(seat).await;
        Some(Fate::Unknown)
    }

    async fn wait(&self, failure: &Failure, attempt: u32) {
        if let Failure::Unexpected(error) = failure {
            self.unexpected(error.clone());
        }
        tokio::time::sleep(Duration::from_millis(1 << attempt.min(6))).await;
    }

    fn unexpected(&self, error: String) {
        lock(&self.state.unexpected).push(error);
    }

    /// Nobody comes for so long that every session expires; then what has expired is deleted, as DynamoDB does
    /// days later.
    async fn let_all_expire(&self) -> Result<(), aws_sdk_dynamodb::Error> {
        let mut seats = Vec::new();
        for seat in &self.state.seats {
            seats.push(seat.lock().await);
        }
        self.clock.advance(IDLE + Duration::from_secs(1));
        let now = self.clock.epoch_seconds();
        for ledger in &mut *lock(&self.state.ledgers) {
            ledger.expired_at.get_or_insert(now);
        }
        for mut seat in seats {
            *seat = None;
        }
        self.sweep(Some(now - 1)).await
    }

    /// Deletes this run's items that had expired by then, or all.
    async fn sweep(&self, expired_by: Option<i64>) -> Result<(), aws_sdk_dynamodb::Error> {
        let mut pages = self
            .direct
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .filter_expression("begins_with(label, :run)")
            .expression_attribute_values(":run", AttributeValue::S(self.run.clone()))
            .projection_expression("id")
            .into_paginator()
            .items()
            .send();
        while let Some(item) = pages.try_next().await? {
            let delete = self.direct.delete_item().table_name(&self.table).set_key(Some(item));
            let Some(time) = expired_by else {
                delete.send().await?;
                continue;
            };
            let deleted = delete
                .condition_expression("expires_at <= :then")
                .expression_attribute_values(":then", AttributeValue::N(time.to_string()))
                .send()
                .await;
            match deleted.map_err(aws_sdk_dynamodb::Error::from) {
                Ok(_) | Err(aws_sdk_dynamodb::Error::ConditionalCheckFailedException(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Looks, again and again, whether a session that was ended is there all the same.
    async fn probe(self: Arc<Self>) {
        let mut dice = Dice::new(self.options.seed, 0);
        loop {
            let key = {
                let ended = lock(&self.state.ended);
                let recent = dice.below(64).min(dice.below(ended.len() as u64 + 1));
                ended.iter().rev().nth(usize::try_from(recent).unwrap_or(0)).cloned()
            };
            if let Some(key) = key {
                let found = self
                    .direct
                    .get_item()
                    .table_name(&self.table)
                    .key("id", AttributeValue::S(key.clone()))
                    .consistent_read(true)
                    .send()
                    .await;
                self.state.probes.fetch_add(1, Ordering::Relaxed);
                let is_session =
                    |item: HashMap<String, AttributeValue>| !item.contains_key(TOMBSTONE);
                if found.is_ok_and(|found| found.item.is_some_and(is_session)) {
                    lock(&self.state.revived).insert(key);
                }
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Compares what the clients were told with every session as the table held it last.
    async fn judge(&self) -> Result<Verdict, aws_sdk_dynamodb::Error> {
        let mut words = self.network.take_last_words();
        words.extend(self.calm.take_last_words());
        let before = words.len();
        self.sweep(None).await?;
        words.extend(self.calm.take_last_words());
        let ledgers = lock(&self.state.ledgers);
        let mut revived = lock(&self.state.revived);
        let ended: BTreeSet<String> = lock(&self.state.ended).iter().cloned().collect();
        let mut images: BTreeMap<usize, Image> = BTreeMap::new();
        let mut deleted = BTreeSet::new();
        for (index, item) in words.into_iter().enumerate() {
            if item.get(TOMBSTONE).is_some() {
                continue;
            }
            let Some(image) = Image::read(item, &self.run) else {
                self.unexpected("an item of the storm cannot be read".to_owned());
                continue;
            };
            let expired_at = ledgers.get(image.number).and_then(|ledger| ledger.expired_at);
            let after_end = index >= before && ended.contains(&image.key);
            if after_end || expired_at.is_some_and(|time| image.expires > time) {
                revived.insert(image.key.clone());
            }
            let deleted_before = !deleted.insert(image.key.clone());
            let (number, key) = (image.number, image.key.clone());
            let ended_before = images.insert(number, image).is_some();
            // A session ends once. The other store's renewal is no move, but a put and a delete.
            if deleted_before || (ended_before && matches!(self.store, Store::Typed(..))) {
                revived.insert(key);
            }
        }
        let mut verdict = Verdict::default();
        for (number, ledger) in ledgers.iter().enumerate() {
            verdict.add(ledger.judge(images.get(&number).map(|image| &image.visit)));
        }
        Ok(verdict)
    }
}

/// Adds an entry, and counts it.
fn add(handle: &mut Handle, place: Place, key: &str) {
    handle.count += 1;
    match place {
        Place::Seen => handle.seen.push(key.to_owned()),
        Place::Roles => drop(handle.roles.insert(key.to_owned())),
        Place::Cart | Place::Purchase => drop(handle.cart.insert(key.to_owned(), 1)),
    }
}
