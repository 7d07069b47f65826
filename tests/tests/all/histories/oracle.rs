use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use dynamo_session::{Session, SessionId, SessionKey, SessionStore};
use dynamo_session_tests::{Dice, World};

use super::notes::{Mark, Notes};

/// What is known of a history, and what has to hold of it.
#[derive(Clone)]
pub(super) struct Oracle(Arc<Shared>);

pub(super) struct Shared {
    pub(super) world: World,
    pub(super) store: SessionStore<Notes>,
    /// Behind the network's back, whatever its faults.
    direct: SessionStore<Notes>,
    seed: u64,
    known: Mutex<Known>,
}

struct Known {
    /// Under which id the session is, as far as anybody was told.
    id: SessionId,
    ended: bool,
    marks: Mark,
    /// Operations that succeeded, and those of which it is not known.
    sure: BTreeSet<Mark>,
    open: BTreeSet<Mark>,
    updates: (u64, u64),
    /// By the name of what is there or not, if that is certain.
    kept: BTreeMap<String, bool>,
    visits: BTreeMap<String, Option<i64>>,
    expiries: BTreeMap<String, i64>,
}

impl Deref for Oracle {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Oracle {
    pub(super) async fn begin(
        seed: u64,
        world: World,
        store: SessionStore<Notes>,
        id: SessionId,
    ) -> Self {
        let direct = SessionStore::builder().client(world.direct.clone());
        let direct = direct.clock(world.clock.clone()).table_name(store.table_name());
        let direct = direct.build().await.unwrap();
        let known = Known {
            id,
            ended: false,
            marks: 0,
            sure: BTreeSet::new(),
            open: BTreeSet::new(),
            updates: (0, 0),
            kept: BTreeMap::new(),
            visits: BTreeMap::new(),
            expiries: BTreeMap::new(),
        };
        Self(Arc::new(Shared { world, store, direct, seed, known: Mutex::new(known) }))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    pub(super) fn id(&self) -> SessionId {
        self.known().id.clone()
    }

    pub(super) fn is_ended(&self) -> bool {
        self.known().ended
    }

    /// A number for an operation that begins now.
    pub(super) fn mark(&self) -> Mark {
        let mut known = self.known();
        known.marks += 1;
        let mark = known.marks;
        known.open.insert(mark);
        mark
    }

    /// These operations were carried out.
    pub(super) fn done(&self, marks: &[Mark]) {
        let mut known = self.known();
        for mark in marks {
            known.open.remove(mark);
            known.sure.insert(*mark);
        }
    }

    pub(super) fn updated(&self, sure: bool) {
        let mut known = self.known();
        match sure {
            true => known.updates.0 += 1,
            false => known.updates.1 += 1,
        }
    }

    pub(super) fn renewed(&self, id: &SessionId) {
        self.known().id = id.clone();
    }

    /// Something is there in the end or is not, or that is no longer certain.
    pub(super) fn keeps(&self, what: String, there: Option<bool>) {
        let mut known = self.known();
        match there {
            Some(there) => known.kept.insert(what, there),
            None => known.kept.remove(&what),
        };
    }

    pub(super) fn counts(&self, client: String, visits: Option<i64>) {
        self.known().visits.insert(client, visits);
    }

    /// Ends the session by the id that is known, again and again until that was answered.
    pub(super) async fn end(&self, dice: &mut Dice) {
        let id = self.id();
        for _ in 0..200 {
            let ended = match dice.percent(50) {
                true => self.store.destroy(&id).await,
                false => match self.store.load(&id).await {
                    Ok(Some(mut session)) => session.destroy().await,
                    Ok(None) => self.store.destroy(&id).await,
                    Err(error) => Err(error),
                },
            };
            if ended.is_ok() {
                self.known().ended = true;
                return;
            }
        }
        panic!("seed {}: the session cannot be ended", self.seed);
    }

    /// What is stored now is sound, and its expiry has not moved back.
    pub(super) async fn look(&self) {
        let id = self.id();
        let before = self.known().expiries.get(&id.attribute_value()).copied().unwrap_or(0);
        let Some(item) = self.world.item(&self.store, &id).await else { return };
        if item.contains_key("_renewed_at") {
            return;
        }
        let expires: i64 = item["expires_at"].as_n().unwrap().parse().unwrap();
        let back = before - expires;
        assert!(back <= 0, "seed {}: the expiry moved back by {back} s", self.seed);
        self.known().expiries.insert(id.attribute_value(), expires.max(before));
        if let Some(notes) = self.stored(&id).await {
            self.must_be_sound(&notes);
        }
    }

    async fn stored(&self, id: &SessionId) -> Option<Session<Notes>> {
        match self.direct.load(id).await {
            Ok(session) => session,
            Err(error) => panic!("seed {}: what is stored does not decode: {error}", self.seed),
        }
    }

    fn must_be_sound(&self, notes: &Notes) {
        if let Some(torn) = notes.torn() {
            panic!("seed {}: {torn}", self.seed);
        }
        let begun = self.known().marks;
        let made_up: Vec<_> = notes.values().into_iter().filter(|value| *value > begun).collect();
        assert!(made_up.is_empty(), "seed {}: nobody wrote {made_up:?}", self.seed);
    }

    /// What has to hold when all requests have arrived.
    pub(super) async fn judge(&self, what: &str) {
        let live = self.world.items(&self.store).await.len();
        if self.is_ended() {
            assert_eq!(live, 0, "{what}: the session was ended, and lives");
            return;
        }
        assert_eq!(live, 1, "{what}: one session");
        let id = self.id();
        let Some(notes) = self.stored(&id).await else { panic!("{what}: the session is gone") };
        self.must_be_sound(&notes);
        let known = self.known();
        let log: BTreeSet<_> = notes.log.iter().copied().collect();
        let lost: Vec<_> = known.sure.difference(&log).collect();
        assert!(lost.is_empty(), "{what}: {lost:?} succeeded and are lost");
        let (sure, open) = known.updates;
        assert!(
            (sure..=sure + open).contains(&notes.balance),
            "{what}: {sure} updates, and {open} perhaps, made {}",
            notes.balance
        );
        for (kept, there) in &known.kept {
            let (kind, key) = kept.split_once(' ').unwrap();
            let is_there = match kind {
                "keys" => notes.keys.contains_key(key),
                "names" => notes.names.contains(key),
                "deep" => notes.deep.values().any(|inner| inner.contains_key(key)),
                "consents" => notes.consents.contains_key(key),
                other => panic!("no such kind: {other}"),
            };
            assert_eq!(is_there, *there, "{what}: {kept}");
        }
        for (client, visits) in &known.visits {
            let stored = notes.visits.get(client).copied().unwrap_or(0);
            assert!(
                visits.is_none_or(|visits| visits == stored),
                "{what}: {client}, {visits:?}, {stored}"
            );
        }
    }

    /// Many quick commits without a fault, which close the windows of those on their way.
    pub(super) async fn crowd(&self, commits: u64) {
        for _ in 0..commits {
            let Some(mut session) = self.stored(&self.id()).await else { return };
            session.crowd += 1;
            let _ = session.commit().await;
            tokio::task::yield_now().await;
        }
    }

    pub(super) async fn pause(&self, dice: &mut Dice) {
        tokio::time::sleep(Duration::from_millis(dice.below(60))).await;
        if dice.percent(5) {
            self.world.clock.advance(Duration::from_secs(1));
        }
    }
}
