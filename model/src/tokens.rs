//! What an item tells of its commits, as in `session-runtime/src/protocol/tokens.rs`.

use crate::rules::{Mutant, Rules, Sequence};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Token {
    /// The last sequence at which the request applies.
    pub(crate) last: Sequence,
    /// Stands for the random text: two tokens are the same if and only if this is.
    pub(crate) text: u16,
}

impl Token {
    /// Whether a commit with this token, which finds this sequence, removes the other one.
    pub(crate) fn may_prune(&self, rules: &Rules, other: &Self, found: Sequence) -> bool {
        let is_outlasted = other.last + rules.shortest_window() < self.last;
        other.last < found && (is_outlasted || rules.has(Mutant::PrunedAtOnce))
    }
}

/// `_seq` and `_commits`; nothing where an item has them not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Bookkeeping {
    pub(crate) sequence: Option<Sequence>,
    pub(crate) tokens: Option<Vec<Token>>,
}

impl Bookkeeping {
    pub(crate) fn sequence(&self) -> Sequence {
        self.sequence.unwrap_or(0)
    }

    pub(crate) fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.tokens.iter().flatten()
    }

    pub(crate) fn holds(&self, token: &Token) -> bool {
        self.tokens().any(|known| known.text == token.text)
    }

    pub(crate) fn has_closed(&self, token: &Token) -> bool {
        self.sequence() > token.last
    }

    /// Whether a token that is not in the item may have been there.
    pub(crate) fn may_have_pruned(&self, rules: &Rules, token: &Token) -> bool {
        let distance = match rules.has(Mutant::DoubledThreshold) {
            true => 2 * rules.shortest_window(),
            false => rules.shortest_window(),
        };
        self.tokens().map(|known| known.last).max().is_some_and(|last| last > token.last + distance)
    }

    /// Of an item that is put whole.
    pub(crate) fn of_put(&self, token: Token) -> Self {
        Self { sequence: Some(self.sequence() + 1), tokens: Some(vec![token]) }
    }

    /// Takes note of a commit with this token, which found the item as it is known here and returned this sequence.
    pub(crate) fn count(&mut self, rules: &Rules, token: Token, written: Sequence) {
        let found = self.sequence();
        let tokens = self.tokens.get_or_insert_default();
        tokens.retain(|known| !token.may_prune(rules, known, found) && known.text != token.text);
        tokens.push(token);
        self.sequence = Some(written);
    }
}
