//! What the clients were told, and what the table must hold accordingly.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::visit::Visit;

/// What a client was told about one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was committed.
    Done,
    /// The session was gone, so nothing was written.
    Gone,
    /// No answer, or one that says that the outcome is unknown.
    Unknown,
}

/// Where an entry of its own was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    Cart,
    Seen,
    Roles,
    /// An entry of `cart` that `update` made together with one coin.
    Purchase,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    added: Fate,
    removed: Option<Fate>,
}

/// One session of the storm, through all of its ids.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: HashMap<(Place, String), Entry>,
    hits: BTreeMap<String, Interval>,
    notes: BTreeSet<String>,
    noted: bool,
    marks: BTreeMap<String, Marks>,
    /// At this time it had expired for certain.
    pub(crate) expired_at: Option<i64>,
}

/// A sum that is known up to unknown outcomes.
#[derive(Clone, Copy, Debug, Default)]
struct Interval {
    sure: i64,
    perhaps: i64,
}

#[derive(Debug, Default)]
struct Marks {
    last: Option<u64>,
    perhaps: BTreeSet<u64>,
}

/// What a counter should hold, and how many of the entries that were counted are missing.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    expected: u64,
    missing: u64,
}

/// What is wrong in the end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Verdict {
    /// Changes that were committed and are not there.
    pub(crate) lost: u64,
    /// What counters and lists have too much.
    pub(crate) doubled: u64,
    /// Changes that were said to be impossible and are there all the same.
    pub(crate) despite_gone: u64,
}

impl Ledger {
    pub(crate) fn added(&mut self, place: Place, key: String, fate: Fate) {
        self.entries.insert((place, key), Entry { added: fate, removed: None });
    }

    /// Whether an entry is there for certain.
    pub(crate) fn may_remove(&self, place: Place, key: &str) -> bool {
        let entry = self.entries.get(&(place, key.to_owned()));
        entry.is_some_and(|entry| entry.added == Fate::Done && entry.removed.is_none())
    }

    pub(crate) fn removed(&mut self, place: Place, key: &str, fate: Fate) {
        if let Some(entry) = self.entries.get_mut(&(place, key.to_owned())) {
            entry.removed = Some(fate);
        }
    }

    pub(crate) fn hit(&mut self, key: &str, fate: Fate) {
        let interval = self.hits.entry(key.to_owned()).or_default();
        match fate {
            Fate::Done => interval.sure += 1,
            Fate::Gone | Fate::Unknown => interval.perhaps += 1,
        }
    }

    pub(crate) fn noted(&mut self, note: String, fate: Fate) {
        self.notes.insert(note);
        self.noted |= fate == Fate::Done;
    }

    pub(crate) fn marked(&mut self, client: String, turn: u64, fate: Fate) {
        let marks = self.marks.entry(client).or_default();
        match fate {
            Fate::Done => marks.last = Some(turn),
            Fate::Gone | Fate::Unknown => {
                marks.perhaps.insert(turn);
            }
        }
    }

    /// Compares with the session as the table held it last.
    pub(crate) fn judge(&self, visit: Option<&Visit>) -> Verdict {
        let Some(visit) = visit else {
            let lost = self.entries.values().filter(|entry| entry.added == Fate::Done).count();
            return Verdict { lost: lost as u64, ..Verdict::default() };
        };
        let mut verdict = Verdict::default();
        let (mut count, mut coins) = (Sum::default(), Sum::default());
        for ((place, key), entry) in &self.entries {
            let times = match place {
                Place::Cart | Place::Purchase => usize::from(visit.cart.contains_key(key)),
                Place::Roles => usize::from(visit.roles.contains(key)),
                Place::Seen => visit.seen.iter().filter(|seen| *seen == key).count(),
            };
            // Whoever adds an entry counts in the same commit: where the outcome is unknown, the entry tells.
            let applied = match (entry.added, entry.removed) {
                (Fate::Done, None) => {
                    verdict.lost += u64::from(times == 0);
                    true
                }
                (Fate::Done, Some(Fate::Done)) => {
                    verdict.lost += u64::from(times > 0);
                    true
                }
                (Fate::Done, Some(_)) => true,
                (Fate::Gone, _) => {
                    verdict.despite_gone += u64::from(times > 0);
                    times > 0
                }
                (Fate::Unknown, _) => times > 0,
            };
            verdict.doubled += times.saturating_sub(1) as u64;
            let sum = match place {
                Place::Purchase => &mut coins,
                _ => &mut count,
            };
            sum.expected += u64::from(applied);
            sum.missing += u64::from(entry.removed.is_none() && applied && times == 0);
        }
        verdict.compare(count, visit.count);
        verdict.compare(coins, visit.coins);
        for (key, expected) in &self.hits {
            let hits = visit.hits.get(key).copied().unwrap_or(0);
            verdict.lost += u64::try_from(expected.sure - hits).unwrap_or(0);
            verdict.doubled += u64::try_from(hits - expected.sure - expected.perhaps).unwrap_or(0);
        }
        for (client, marks) in &self.marks {
            verdict.lost += u64::from(match visit.marks.get(client) {
                Some(mark) => marks.last != Some(*mark) && !marks.perhaps.contains(mark),
                None => marks.last.is_some(),
            });
        }
        verdict.lost += u64::from(match &visit.note {
            Some(note) => !self.notes.contains(note),
            None => self.noted,
        });
        verdict
    }
}

impl Verdict {
    /// Where an entry is missing, what it counted is not lost once more.
    fn compare(&mut self, sum: Sum, stored: u64) {
        self.lost += sum.expected.saturating_sub(stored).saturating_sub(sum.missing);
        self.doubled += stored.saturating_sub(sum.expected);
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.despite_gone += other.despite_gone;
    }
}
