//! What the crate promises, as far as the model can see it broken.

use std::fmt;

use crate::table::Key;

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
                "a change was applied after its call had returned a certain answer"
            }
            Self::WrongSuccess => {
                "success was reported, but something else was applied, or nothing"
            }
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
