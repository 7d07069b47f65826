//! How a write is applied exactly once: the sequence of an item, and the tokens of its recent commits.
//!
//! Networks lose answers and deliver requests late and twice. No clock tells these apart, so none is asked: two attributes of the
//! item do. `_seq` counts its commits, and only ever grows. `_commits` holds tokens, each with the last sequence at which
//! its request can apply.
//!
//! # The invariant
//!
//! A request with the token *t*, made by a commit that read `_seq` = *s*, **applies only while `_seq` <= *last* and *t* is
//! absent**, with *last* = *s* + the window. Whenever it applies, it leaves *t* in `_commits`, with *last* as its value,
//! and `_seq` is one more.
//!
//! # What can be known of a request whose answer was lost
//!
//! | the item | the request |
//! |---|---|
//! | has *t* | was applied |
//! | has not, and `_seq` <= *last* | was not applied; it still may be, but never beside another request with *t* |
//! | has not, `_seq` > *last*, and no value in `_commits` is above *last* + 8 | was not applied, and never will be |
//! | has not, `_seq` > *last*, and there is such a value | was not applied, or its token was pruned: it cannot be known |
//!
//! # Why pruning is safe, and is seen
//!
//! A commit that found `_seq` = *r* removes a token *o* if *o.last* < *r*, and *o.last* + 8 < its own *last*.
//!
//! - **Safe**: `_seq` never goes down, so from then on it is above *o.last*, and no copy of *o*'s request can ever apply.
//! - **Seen**: the token that is left tells by its value that *o* may have been there, so that whoever looks for *o* does
//!   not take its absence for an answer. When that token is pruned in turn, its pruner leaves a larger value still.
//!
//! The second condition matters to a commit that was rebased: it has found a later sequence than its own token tells of,
//! and without the condition would remove tokens that nothing remembers.
//!
//! # Windows
//!
//! A token stays in the item for about as many commits as its window is wide, so the window is small until a session turns
//! out to be contended: 8, then 16, 32 and 64 each time that it has closed before the request arrived.

use crate::error::{Error, ErrorKind};
use crate::expression::{Comparison, Expression};
use crate::id::random_token;
use crate::item::{Integers, Item, Mismatch, Value};

/// The number of commits that an item has seen.
pub(crate) const SEQUENCE: &str = "_seq";
/// The tokens of recent commits, each with the last sequence at which its request can still apply.
pub(crate) const COMMITS: &str = "_commits";

/// How many commits of others may come between a read and a commit before it has to start over.
const WINDOWS: [i64; 4] = [SHORTEST_WINDOW, 16, 32, 64];
const SHORTEST_WINDOW: i64 = 8;

/// A commit's token, and the last sequence that the item may have for its request to apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) last: i64,
}

impl Token {
    /// The token of a request that applies to nothing but what was read.
    pub(crate) fn of_put(sequence: i64) -> Self {
        Self { text: random_token(), last: sequence }
    }

    /// The token of a commit that has started over this often because its window had closed.
    pub(crate) fn of_commit(sequence: i64, closed_windows: usize) -> Self {
        let window = WINDOWS[closed_windows.min(WINDOWS.len() - 1)];
        Self { text: random_token(), last: sequence.saturating_add(window) }
    }

    pub(crate) fn is_in(&self, item: &Item) -> bool {
        item.has_entry(COMMITS, &self.text)
    }

    fn may_prune(&self, other: &Self, found: i64) -> bool {
        other.last < found && other.last.saturating_add(SHORTEST_WINDOW) < self.last
    }
}

/// Where among the states of its item a session's last known write, or read, stands.
#[cfg(feature = "_web")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// That of a commit whose `_seq` was not returned.
    pub(super) token: Option<String>,
    /// The `_seq` from which on each state is the one that is meant, or a later one.
    pub(super) sequence: i64,
}

/// The bookkeeping of an item, as it was last seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bookkeeping {
    /// `None` if the item was never committed to by this crate.
    sequence: Option<i64>,
    tokens: Option<Vec<Token>>,
    /// The commit since which the sequence is the least that it can be, because it was not returned.
    uncounted: Option<Token>,
}

impl Bookkeeping {
    /// From what the item has of [`SEQUENCE`] and [`COMMITS`].
    pub(crate) fn read(
        sequence: Result<Option<i64>, Mismatch>,
        commits: Result<Option<Integers>, Mismatch>,
    ) -> Result<Self, Error> {
        let number = |found| reserved(SEQUENCE, "a whole Number", found);
        let map = |found| reserved(COMMITS, "a Map of whole Numbers", found);
        let token = |(text, last)| Token { text, last };
        let tokens = commits.map_err(map)?;
        let tokens = tokens.map(|tokens| tokens.into_iter().map(token).collect());
        Ok(Self { sequence: sequence.map_err(number)?, tokens, uncounted: None })
    }

    /// The sequence that the next commit counts from.
    pub(crate) fn sequence(&self) -> i64 {
        self.sequence.unwrap_or(0)
    }

    /// What tells this state of the item and later ones from earlier ones.
    #[cfg(feature = "_web")]
    pub(super) fn position(&self) -> Position {
        match &self.uncounted {
            Some(Token { text, last }) => {
                Position { token: Some(text.clone()), sequence: last.saturating_add(1) }
            }
            None => Position { token: None, sequence: self.sequence() },
        }
    }

    /// Whether the item, as it was read, is at least as new.
    #[cfg(feature = "_web")]
    pub(super) fn shows(&self, Position { token, sequence }: &Position) -> bool {
        let has = |token: &String| self.tokens.iter().flatten().any(|known| known.text == *token);
        self.sequence() >= *sequence || token.as_ref().is_some_and(has)
    }

    pub(crate) fn has_closed(&self, token: &Token) -> bool {
        self.sequence() > token.last
    }

    /// Whether a token that is not in the item may have been there.
    pub(crate) fn may_have_pruned(&self, token: &Token) -> bool {
        let latest = self.tokens.iter().flatten().map(|known| known.last).max();
        latest.is_some_and(|latest| latest > token.last.saturating_add(SHORTEST_WINDOW))
    }

    fn pruned<'a>(&'a self, token: &'a Token) -> impl Iterator<Item = &'a Token> {
        let known = self.tokens.iter().flatten();
        known.filter(|known| token.may_prune(known, self.sequence()))
    }

    /// The bookkeeping of an item that is put whole: one commit more, and no request but this one to look out for.
    pub(crate) fn of_put(&self, token: &Token) -> Self {
        let sequence = self.sequence().saturating_add(1);
        Self { sequence: Some(sequence), tokens: Some(vec![token.clone()]), uncounted: None }
    }

    /// Takes note of a commit with this token, which found the item as it is known here; `written` is the sequence that it
    /// returned, if it did.
    pub(crate) fn count(&mut self, token: Token, written: Option<i64>) {
        let sequence = self.sequence();
        let tokens = self.tokens.get_or_insert_default();
        tokens.retain(|known| !token.may_prune(known, sequence) && known.text != token.text);
        tokens.push(token.clone());
        self.uncounted = written.is_none().then_some(token);
        self.sequence = written.or(Some(sequence.saturating_add(1)));
    }

    pub(crate) fn insert_into(&self, item: &mut Item) {
        item.insert(SEQUENCE, Value::number(self.sequence()));
        let tokens = self.tokens.iter().flatten();
        let tokens = tokens.map(|token| (token.text.clone().into(), Value::number(token.last)));
        item.insert(COMMITS, Value::Map(tokens.collect()));
    }

    /// Counts a commit, and leaves its tokens, on the condition under which they let it apply.
    ///
    /// More than one: `earlier` are those of requests that must not apply any more.
    pub(crate) fn count_commit<'a>(
        &'a self,
        expression: &mut Expression<'a>,
        token: &'a Token,
        earlier: &'a [Token],
    ) {
        let sequence = expression.attribute(SEQUENCE);
        match self.sequence {
            Some(_) => {
                expression.increase(&sequence, 1);
                expression.require_number(&sequence, Comparison::AtMost, token.last);
            }
            None => {
                expression.increase_from(&sequence, 0, 1);
                expression.require_number_or_absence(&sequence, Comparison::AtMost, token.last);
            }
        }
        self.leave_tokens(expression, token, earlier);
    }

    /// As [`count_commit`](Self::count_commit), on condition that nobody has committed since.
    pub(crate) fn count_commit_alone<'a>(
        &'a self,
        expression: &mut Expression<'a>,
        token: &'a Token,
        earlier: &'a [Token],
    ) {
        let sequence = expression.attribute(SEQUENCE);
        expression.set(&sequence, Value::number(self.sequence().saturating_add(1)));
        self.require_unchanged(expression);
        self.leave_tokens(expression, token, earlier);
    }

    /// That nobody has committed since.
    pub(crate) fn require_unchanged(&self, expression: &mut Expression<'_>) {
        let sequence = expression.attribute(SEQUENCE);
        expression.require_value(&sequence, self.sequence.map(Value::number));
    }

    fn leave_tokens<'a>(
        &'a self,
        expression: &mut Expression<'a>,
        token: &'a Token,
        earlier: &'a [Token],
    ) {
        let commits = expression.attribute(COMMITS);
        let tokens = [token].into_iter().chain(earlier);
        if self.tokens.is_none() {
            let entry = |token: &Token| (token.text.clone().into(), Value::number(token.last));
            expression.set(&commits, Value::Map(tokens.map(entry).collect()));
            expression.require_absence(&commits);
            return;
        }
        expression.require_type(&commits, "M");
        for token in tokens {
            let place = expression.entry(&commits, &token.text);
            expression.set(&place, Value::number(token.last));
            expression.require_absence(&place);
        }
        for old in self.pruned(token) {
            let place = expression.entry(&commits, &old.text);
            expression.remove(&place);
        }
    }
}

fn reserved(attribute: &str, expected: &str, Mismatch(found): Mismatch) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!(
            "the table holds {found} where this crate keeps {expected}; the name is reserved, so no other \
             program may write it"
        ),
    )
    .with_attribute(attribute)
}
