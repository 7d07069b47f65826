//! A handle, or a call of `SessionStore::update`, and where it stands.

use crate::table::{Carried, Item, Key, Request, Time};
use crate::tokens::Token;
use crate::update::{Record, Update};

/// The runs of the function of `update`, as in `session-runtime/src/protocol/rounds.rs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Rounds {
    /// The run whose request is under way, or that is about to be made, from 0.
    pub(crate) run: u8,
    /// The tokens of earlier runs' requests that may still be applied, each with its run.
    pub(crate) open: Vec<(Token, u8)>,
}

/// What a handle knows of its session, as `Phase` in `session-runtime/src/protocol/phase.rs`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Phase {
    New,
    Creating(Creation),
    Stored(Record),
    Updating(Record, Update),
    Over,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Creation {
    pub(crate) item: Item,
    pub(crate) token: Token,
    pub(crate) unanswered: bool,
}

/// The call that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Call {
    Idle,
    /// A first commit or a later one.
    Commit,
    Update(Rounds),
    /// The function of `update` runs, on what was found.
    Run(Rounds),
    Touch(Time),
    /// A renewal reads the item.
    Read,
    /// A renewal's transaction.
    Move(Request),
    /// A renewal looks under the new key, the old item being gone.
    Find,
    /// A logout deletes what is under this key; `is_second` if that is where a renewal was to move it.
    Destroy {
        key: Key,
        is_second: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Handle {
    pub(crate) key: Key,
    pub(crate) phase: Phase,
    /// The key that a renewal has chosen which is not known to be done.
    pub(crate) renewal: Option<Key>,
    pub(crate) call: Call,
    /// What the write under way carries, as long as its caller does not know what became of it.
    pub(crate) carried: Option<Carried>,
}

impl Handle {
    pub(crate) fn new(phase: Phase) -> Self {
        Self { key: 0, phase, renewal: None, call: Call::Idle, carried: None }
    }

    pub(crate) fn record(&self) -> Option<&Record> {
        match &self.phase {
            Phase::Stored(record) | Phase::Updating(record, _) => Some(record),
            Phase::New | Phase::Creating(_) | Phase::Over => None,
        }
    }

    pub(crate) fn record_mut(&mut self) -> Option<&mut Record> {
        match &mut self.phase {
            Phase::Stored(record) | Phase::Updating(record, _) => Some(record),
            Phase::New | Phase::Creating(_) | Phase::Over => None,
        }
    }

    /// Whether a write is not known to be applied, nor that it never will be.
    pub(crate) fn is_pending(&self) -> bool {
        matches!(self.phase, Phase::Creating(_) | Phase::Updating(..))
    }

    pub(crate) fn rounds_mut(&mut self) -> Option<&mut Rounds> {
        match &mut self.call {
            Call::Update(rounds) | Call::Run(rounds) => Some(rounds),
            _ => None,
        }
    }
}

impl Handle {
    /// Leaves only what can be compared with another handle.
    pub(crate) fn forget_names(&mut self) {
        self.carried = self.carried.map(|carried| Carried { change: 0, ..carried });
        match &mut self.phase {
            Phase::Creating(creation) => creation.token.text = 0,
            Phase::Updating(_, update) => {
                update.token.text = 0;
                update.earlier.iter_mut().for_each(|token| token.text = 0);
            }
            Phase::New | Phase::Stored(_) | Phase::Over => {}
        }
        let tokens = self.record_mut().and_then(|record| record.known.tokens.as_mut());
        tokens.into_iter().flatten().for_each(|token| token.text = 0);
        for (token, _) in self.rounds_mut().map(|rounds| &mut rounds.open).into_iter().flatten() {
            token.text = 0;
        }
    }
}
