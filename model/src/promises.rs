//! What the crate promises, as far as the model can see it broken.

use std::fmt;

use crate::table::{Item, Key, Request, Slot, What};
use crate::world::State;

/// A promise that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Violation {
    /// A change was applied twice.
    AppliedTwice,
    /// A change was applied after its caller had been told for certain what became of it.
    AppliedAfterAnswer,
    /// Success was reported, and nothing or something else was applied.
    WrongSuccess,
    /// A failure was reported that rules out that the change was applied, and it was.
    WrongFailure,
    /// `OutcomeUnknown`, though every attempt was answered.
    UnknownThoughAnswered,
    /// A renewal moved an item that was not what it had read.
    LostAtRenewal,
    /// A session that was ended, or renewed, lives under a key that it had.
    Resurrected,
    /// A session that had expired lives again.
    ExpiredLives,
    /// An expiry has moved back.
    MovedBack,
    /// A call goes on and on, though nobody else does anything and every request is answered.
    Endless,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AppliedTwice => "a change was applied twice",
            Self::AppliedAfterAnswer => {
                "a change was applied after its call had answered for certain"
            }
            Self::WrongSuccess => "success was reported, but not what it reports was applied",
            Self::WrongFailure => "a certain failure was reported, but the change was applied",
            Self::UnknownThoughAnswered => {
                "the outcome is unknown, though every attempt was answered"
            }
            Self::LostAtRenewal => {
                "a renewal lost what was committed after it had read the session"
            }
            Self::Resurrected => "a session that was ended or renewed is alive",
            Self::ExpiredLives => "a session that had expired is alive again",
            Self::MovedBack => "an expiry has moved back",
            Self::Endless => "a call does not end, though nobody disturbs it",
        })
    }
}

/// What is true of a change, whoever knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Change {
    /// The run that was applied.
    pub(crate) applied: Option<u8>,
    /// The caller was told for certain, so that nothing may change any more.
    pub(crate) settled: bool,
    /// Some attempt got no answer.
    pub(crate) unanswered: bool,
}

/// What is true of a key, whoever knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Life {
    /// There was an item.
    pub(crate) has_begun: bool,
    /// A call said that the session is ended, or it went on under another key.
    pub(crate) has_ended: bool,
    /// That key, as long as the tombstone is not due for removal.
    pub(crate) successor: Option<Key>,
}

impl State {
    /// Checks what a request has just done, beside an item that was there before.
    pub(crate) fn check_applied(
        &mut self,
        request: &Request,
        before: &Slot,
    ) -> Result<(), Violation> {
        if let (What::Put(_), true) =
            (&request.what, self.lives[usize::from(request.key)].has_begun)
        {
            return Err(Violation::Resurrected);
        }
        if let Some(carried) = request.carried {
            let change = &mut self.changes[usize::from(carried.change)];
            match (change.applied, change.settled) {
                (Some(_), _) => return Err(Violation::AppliedTwice),
                (None, true) => return Err(Violation::AppliedAfterAnswer),
                (None, false) => change.applied = Some(carried.run),
            }
        }
        let here = usize::from(request.key);
        let after = self.slots[here].clone();
        match (&request.what, before, &after) {
            (What::Move { to, read, item }, Slot::Stored(old), _) => {
                if (old.known.sequence, old.value) != (*read, item.value) {
                    return Err(Violation::LostAtRenewal);
                }
                self.lives[here].has_ended = true;
                self.lives[here].successor = Some(*to);
                self.lives[usize::from(*to)].has_begun = true;
                self.check_revival(old, request)?;
            }
            (What::Put(_), ..) => self.lives[here].has_begun = true,
            // Whether or not its call says so.
            (What::Delete, ..) => self.lives[here].has_ended = true,
            (_, Slot::Stored(old), Slot::Stored(new)) => {
                if new.expires < old.expires {
                    return Err(Violation::MovedBack);
                }
                if new.expires > old.expires {
                    self.check_revival(old, request)?;
                }
            }
            _ => {}
        }
        self.check_ended()
    }

    /// A request that was made before the expiry is carried out, however late it is. That is a known limit.
    fn check_revival(&self, old: &Item, request: &Request) -> Result<(), Violation> {
        let is_excused = request.now < old.expires && !self.is_strict;
        match old.expires <= self.now && !is_excused {
            true => Err(Violation::ExpiredLives),
            false => Ok(()),
        }
    }

    /// A call has said that the session under this key is ended: so is what it went on as.
    pub(crate) fn end(&mut self, key: Key) -> Result<(), Violation> {
        let mut next = Some(key);
        while let Some(key) = next {
            let life = &mut self.lives[usize::from(key)];
            life.has_ended = true;
            next = life.successor;
        }
        self.check_ended()
    }

    fn check_ended(&self) -> Result<(), Violation> {
        let mut keys = self.lives.iter().zip(&self.slots);
        match keys.any(|(life, slot)| life.has_ended && matches!(slot, Slot::Stored(_))) {
            true => Err(Violation::Resurrected),
            false => Ok(()),
        }
    }
}
