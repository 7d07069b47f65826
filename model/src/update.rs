//! A commit to a stored session, across all of its requests, as in `session-runtime/src/protocol/update.rs`.

use crate::rules::{Mutant, Rules};
use crate::table::{Item, Outcome, Slot, Time, UpdateItem};
use crate::tokens::{Bookkeeping, Token};

/// What a commit asks of the fields, beside what every commit asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Requires {
    /// Nothing, as for a counter or a plain value.
    Nothing,
    /// That they are as they were found, else it is planned again: a map that is there, or absent.
    AsFound,
    /// That they are as they were loaded, else it is a `Conflict`: a `guard`.
    AsLoaded,
    /// As above, and whatever else fails is a `Conflict` as well: a run of `update`.
    AsRead,
    /// That nobody committed in between, else it is planned again: what has no room in one expression.
    NoOthers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Plan {
    pub(crate) requires: Requires,
    /// Whether it changes what conditions ask for.
    pub(crate) toggles: bool,
}

/// The session as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Record {
    pub(crate) known: Bookkeeping,
    /// What the fields were found to be.
    pub(crate) value: u8,
    /// What they were when they were loaded.
    pub(crate) loaded: u8,
    pub(crate) expires: Time,
}

impl Record {
    pub(crate) fn read(item: &Item) -> Self {
        let (known, value, expires) = (item.known.clone(), item.value, item.expires);
        Self { known, value, loaded: value, expires }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Update {
    /// The token of the next request, and of those before it whose window has not closed.
    pub(crate) token: Token,
    /// Some request with this token got no answer, so that it may have been applied, or may still be.
    pub(crate) unanswered: bool,
    pub(crate) closed_windows: u8,
    pub(crate) requires: Requires,
    /// What it makes of the fields.
    pub(crate) sets: Option<u8>,
    pub(crate) expires: Option<Time>,
    /// Requests that must not apply any more: each applies never, or this one does not.
    pub(crate) earlier: Vec<Token>,
    /// It makes no change: it only keeps the earlier ones from applying.
    pub(crate) only_closes: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Applied,
    /// The item shows that it was applied already.
    FoundApplied(Item),
    /// An earlier request had been applied: which of them.
    EarlierApplied(usize),
    Conflict {
        winner: Item,
        /// The item shows that the write cannot be applied any more.
        is_closed: bool,
    },
    /// To be sent again, on this item, under a new token if the window has closed.
    Rebase {
        theirs: Item,
        is_closed: bool,
    },
    Gone,
    Unknown,
}

impl Update {
    pub(crate) fn new(rules: &Rules, record: &Record, plan: Plan, text: u16) -> Self {
        Self {
            token: Token { text, last: record.known.sequence() + rules.window(0) },
            unanswered: false,
            closed_windows: 0,
            requires: plan.requires,
            sets: plan.toggles.then_some(1 - record.value),
            expires: None,
            earlier: Vec::new(),
            only_closes: false,
        }
    }

    /// Keeps the requests with these tokens from being applied beside this one, or after it.
    pub(crate) fn instead_of(mut self, rules: &Rules, mut earlier: Vec<Token>) -> Self {
        let Some(first) = earlier.first().copied() else { return self };
        let least = earlier.iter().map(|token| token.last).min().unwrap_or(first.last);
        match rules.mutant {
            Some(Mutant::TokenTakenOver) => {
                self.token = first;
                self.unanswered = true;
                return self;
            }
            Some(Mutant::ClosedWithoutToken) if self.only_closes => {
                self.token = first;
                earlier.remove(0);
            }
            Some(Mutant::EarlierOutlived) => {}
            _ => self.token.last = self.token.last.min(least),
        }
        self.earlier = earlier;
        self
    }

    pub(crate) fn request(&self, rules: &Rules, record: &Record) -> UpdateItem {
        let found = record.known.sequence();
        let prunable = |known: &&Token| self.token.may_prune(rules, known, found);
        UpdateItem {
            token: self.token,
            earlier: self.earlier.clone(),
            is_unmarked: record.known.tokens.is_none(),
            exactly: (self.requires == Requires::NoOthers).then_some(record.known.sequence),
            value: match self.requires {
                Requires::AsFound | Requires::AsRead => Some(record.value),
                Requires::AsLoaded => Some(record.loaded),
                Requires::Nothing | Requires::NoOthers => None,
            },
            sets: self.sets,
            expires: self.expires,
            removes: record.known.tokens().filter(prunable).copied().collect(),
        }
    }

    /// What an answer means. `record` is what was known of the item when the request was made.
    pub(crate) fn judge(
        &self,
        rules: &Rules,
        record: &Record,
        outcome: Outcome,
        now: Time,
    ) -> Verdict {
        let slot = match outcome {
            Outcome::Done => return Verdict::Applied,
            Outcome::Refused(slot) => slot,
        };
        let Slot::Stored(theirs) = slot else { return Verdict::Gone };
        let known = &theirs.known;
        if known.holds(&self.token) {
            // Whose it is cannot be told: it is taken for the earlier one's.
            return match rules.has(Mutant::ClosedWithoutToken) && self.only_closes {
                true => Verdict::EarlierApplied(0),
                false => Verdict::FoundApplied(theirs),
            };
        }
        let mut places = 0..self.earlier.len();
        let is_there = |place: &usize| known.holds(&self.earlier[*place]);
        let applied = match rules.has(Mutant::FirstEarlier) {
            true => places.find(is_there),
            // The last of them: a later request leaves the tokens of those before it, too.
            false => places.rfind(is_there),
        };
        if let Some(applied) = applied {
            return Verdict::EarlierApplied(applied);
        }
        if theirs.expires <= now {
            return Verdict::Gone;
        }
        let is_closed = known.has_closed(&self.token);
        let has_earlier = !self.earlier.is_empty();
        if is_closed
            && (self.unanswered || has_earlier)
            && known.may_have_pruned(rules, &self.token)
        {
            return Verdict::Unknown;
        }
        let is_broken = self.requires == Requires::AsLoaded && theirs.value != record.loaded;
        if is_broken || self.requires == Requires::AsRead || (is_closed && has_earlier) {
            return Verdict::Conflict { winner: theirs, is_closed };
        }
        Verdict::Rebase { theirs, is_closed }
    }

    /// Moves the changes onto the item as it was found; a guard stays as old as it was loaded.
    pub(crate) fn rebase(
        &mut self,
        rules: &Rules,
        record: &mut Record,
        theirs: &Item,
        is_closed: bool,
        text: u16,
    ) {
        if is_closed && !rules.has(Mutant::SameWindow) {
            self.closed_windows = (self.closed_windows + 1).min(3);
            let last = theirs.known.sequence() + rules.window(self.closed_windows);
            self.token = Token { text, last };
            self.unanswered = false;
        }
        *record = Record { loaded: record.loaded, ..Record::read(theirs) };
    }

    /// Takes note of what it did, when the item has become this.
    pub(crate) fn finish(&self, rules: &Rules, record: &mut Record, item: &Item) {
        record.known.count(rules, self.token, item.known.sequence());
        record.value = self.sets.unwrap_or(record.value);
        record.loaded = self.sets.unwrap_or(record.loaded);
        record.expires = self.expires.unwrap_or(record.expires);
    }

    /// As above, when the item was found to have it already.
    pub(crate) fn finish_found(&self, record: &mut Record, theirs: &Item) {
        let loaded = self.sets.unwrap_or(record.loaded);
        *record = Record { loaded, ..Record::read(theirs) };
    }
}
