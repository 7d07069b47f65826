use std::collections::{BTreeSet, HashSet};

/// What decides which of two sessions is the newer: when it began, and then its key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// When it began; when it expires, where the type does not tell.
    pub(super) age: i64,
    pub(super) key: String,
}

/// The newest sessions of those that were found, and no more of them than a number.
///
/// Whoever looks at the same sessions finds the same ones to be the newest, so that several who do so at once agree on
/// which ones to end.
#[derive(Debug)]
pub(super) struct Newest {
    count: usize,
    ranks: BTreeSet<Rank>,
    keys: HashSet<String>,
}

impl Newest {
    pub(super) fn new(count: usize) -> Self {
        Self { count, ranks: BTreeSet::new(), keys: HashSet::new() }
    }

    /// How many more there is room for.
    pub(super) fn room(&self) -> usize {
        self.count - self.ranks.len()
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// Whether this one would be older than as many as there may be.
    pub(super) fn excludes(&self, rank: &Rank) -> bool {
        self.room() == 0 && self.ranks.first().is_none_or(|oldest| rank < oldest)
    }

    /// Takes one in that is alive; returns the oldest, if there is one too many now.
    pub(super) fn insert(&mut self, rank: Rank) -> Option<Rank> {
        if self.keys.insert(rank.key.clone()) {
            self.ranks.insert(rank);
        }
        if self.ranks.len() <= self.count {
            return None;
        }
        let oldest = self.ranks.pop_first()?;
        self.keys.remove(&oldest.key);
        Some(oldest)
    }
}
