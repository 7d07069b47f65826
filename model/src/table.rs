//! The table, and what DynamoDB does with a request.

use crate::rules::{Mutant, Rules, Sequence};
use crate::tokens::{Bookkeeping, Token};

pub(crate) type Key = u8;
/// In units of the touch interval.
pub(crate) type Time = i8;

/// Which change of whom a request carries: what tells whether something was applied twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Carried {
    /// An index into the state's changes.
    pub(crate) change: u8,
    /// Which run of the function of `update` made it.
    pub(crate) run: u8,
}

/// A session's item, expired or not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Item {
    pub(crate) known: Bookkeeping,
    /// Stands for all that a condition can ask of fields: the value of a guard, whether a map is there.
    pub(crate) value: u8,
    pub(crate) expires: Time,
}

/// What there is under a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Slot {
    Absent,
    Stored(Item),
    /// What a renewal leaves. Its expiry is so long past that no request takes it for alive.
    Tombstone(Key),
}

/// One write.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Request {
    pub(crate) key: Key,
    /// The time at which it was made, as its condition has it.
    pub(crate) now: Time,
    pub(crate) what: What,
    pub(crate) carried: Option<Carried>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum What {
    /// The first commit of a session: if there is nothing under the key.
    Put(Item),
    Update(UpdateItem),
    /// Moves the expiry.
    Touch(Time),
    /// Puts this under another key and a tombstone here, if the item has the sequence with which it was read.
    Move {
        to: Key,
        read: Option<Sequence>,
        item: Item,
    },
    /// Unless it is a tombstone.
    Delete,
}

/// A commit, as `count_commit` and the planner write it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct UpdateItem {
    /// Absent before, and there afterwards.
    pub(crate) token: Token,
    /// The tokens of requests that must not apply beside it: likewise.
    pub(crate) earlier: Vec<Token>,
    /// The item was found without `_seq`, or without `_commits`.
    pub(crate) is_unmarked: bool,
    /// `_seq` is this, or absent, where the plan excludes all others.
    pub(crate) exactly: Option<Option<Sequence>>,
    /// The fields are this.
    pub(crate) value: Option<u8>,
    /// What it makes of the fields.
    pub(crate) sets: Option<u8>,
    /// Where it moves the expiry.
    pub(crate) expires: Option<Time>,
    /// The tokens that it prunes.
    pub(crate) removes: Vec<Token>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was carried out.
    Done,
    /// Its condition did not hold, on this.
    Refused(Slot),
}

impl UpdateItem {
    fn applies_to(&self, item: &Item) -> bool {
        let known = &item.known;
        let is_open = match known.sequence {
            Some(sequence) => sequence <= self.token.last,
            None => self.is_unmarked,
        };
        is_open
            && known.tokens.is_none() == self.is_unmarked
            && !known.holds(&self.token)
            && !self.earlier.iter().any(|other| known.holds(other))
            && self.exactly.is_none_or(|sequence| known.sequence == sequence)
            && self.value.is_none_or(|value| item.value == value)
            && self.expires.is_none_or(|expires| item.expires <= expires)
    }

    fn apply_to(&self, item: &mut Item) {
        item.known.sequence = Some(item.known.sequence() + 1);
        let tokens = item.known.tokens.get_or_insert_default();
        tokens.retain(|known| self.removes.iter().all(|old| old.text != known.text));
        tokens.push(self.token);
        tokens.extend(&self.earlier);
        item.value = self.sets.unwrap_or(item.value);
        item.expires = self.expires.unwrap_or(item.expires);
    }
}

impl Request {
    /// Carries it out, if its condition holds.
    pub(crate) fn carry_out(&self, rules: &Rules, slots: &mut [Slot]) -> Outcome {
        let here = usize::from(self.key);
        let is_alive = |item: &Item| item.expires > self.now || rules.has(Mutant::ExpiredIsAlive);
        match (&self.what, &mut slots[here]) {
            (What::Put(item), slot @ Slot::Absent) => *slot = Slot::Stored(item.clone()),
            (What::Update(update), Slot::Stored(item))
                if is_alive(item) && update.applies_to(item) =>
            {
                update.apply_to(item);
            }
            (What::Touch(expires), Slot::Stored(item))
                if is_alive(item)
                    && (item.expires <= *expires || rules.has(Mutant::TouchMovesBack)) =>
            {
                item.expires = *expires;
            }
            (What::Move { to, read, item }, Slot::Stored(old)) => {
                let is_unchanged =
                    old.known.sequence == *read || rules.has(Mutant::RenewalUnguarded);
                let there = usize::from(*to);
                if !is_alive(old) || !is_unchanged || slots[there] != Slot::Absent {
                    return Outcome::Refused(slots[there].clone());
                }
                slots[here] = match rules.has(Mutant::DeletedAtRenewal) {
                    true => Slot::Absent,
                    false => Slot::Tombstone(*to),
                };
                slots[there] = Slot::Stored(item.clone());
            }
            (What::Delete, slot @ (Slot::Absent | Slot::Stored(_))) => *slot = Slot::Absent,
            (What::Move { to, .. }, _) => return Outcome::Refused(slots[usize::from(*to)].clone()),
            (_, slot) => return Outcome::Refused(slot.clone()),
        }
        Outcome::Done
    }

    /// Whether it can never be carried out any more, whatever comes.
    pub(crate) fn is_dead(&self, rules: &Rules, slots: &[Slot]) -> bool {
        match (&self.what, &slots[usize::from(self.key)]) {
            (What::Put(_), _) => false,
            (_, Slot::Absent | Slot::Tombstone(_)) => true,
            (What::Update(update), Slot::Stored(item)) => {
                item.known.has_closed(&update.token)
                    || item.known.holds(&update.token)
                    || update.exactly.is_some_and(|sequence| item.known.sequence != sequence)
            }
            (What::Touch(expires), Slot::Stored(item)) => match rules.has(Mutant::TouchMovesBack) {
                true => item.expires == *expires,
                false => item.expires >= *expires,
            },
            (What::Move { to, read, .. }, Slot::Stored(item)) => {
                let is_changed = item.known.sequence != *read;
                slots[usize::from(*to)] != Slot::Absent
                    || (is_changed && !rules.has(Mutant::RenewalUnguarded))
            }
            (What::Delete, Slot::Stored(_)) => false,
        }
    }
}
