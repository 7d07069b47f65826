//! The constants of the protocol, and the faults that can be put into it.

/// A value of `_seq`, or a bound on it.
pub(crate) type Sequence = i32;

/// The protocol under test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// How many commits of others may come between a load and a commit: at first, and after each time that the window has
    /// closed.
    pub(crate) windows: [Sequence; 4],
    pub(crate) mutant: Option<Mutant>,
}

/// A protocol that is wrong in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// A token is removed as soon as its window has closed, also by one that outlasts it by less than the shortest window.
    PrunedAtOnce,
    /// `may_have_pruned` asks for twice the distance that pruning leaves.
    DoubledThreshold,
    /// A request counts as unanswered because it was sent before, though that was refused.
    UnansweredIfSentBefore,
    /// A window that has closed is not given up for a wider one.
    SameWindow,
    /// `update` returns while a request of an earlier run may still arrive.
    Unsettled,
    /// A request that carries the tokens of earlier runs has a window of its own, not the one that closes with theirs.
    EarlierOutlived,
    /// Of the tokens of earlier runs, the first that is found tells which run was applied.
    FirstEarlier,
    /// The next run of `update` takes over the token of the one before.
    TokenTakenOver,
    /// What only closes the windows of earlier runs has the token of the first of them.
    ClosedWithoutToken,
    /// A renewal moves the item whoever has committed since it was read.
    RenewalUnguarded,
    /// A renewal deletes the old item, and leaves no tombstone.
    DeletedAtRenewal,
    /// A logout does not follow a tombstone to what became of the session.
    LogoutStopsAtTombstone,
    /// A touch does not ask whether the expiry is further ahead already.
    TouchMovesBack,
    /// A write does not ask whether the session has expired.
    ExpiredIsAlive,
}

impl Rules {
    /// As the crate has them.
    pub(crate) const REAL: Self = Self { windows: [8, 16, 32, 64], mutant: None };

    /// With windows that double once, from this one.
    pub(crate) const fn scaled(shortest: Sequence) -> Self {
        Self { windows: [shortest, 2 * shortest, 2 * shortest, 2 * shortest], mutant: None }
    }

    pub(crate) const fn with(self, mutant: Mutant) -> Self {
        Self { mutant: Some(mutant), ..self }
    }

    pub(crate) fn has(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    pub(crate) const fn shortest_window(&self) -> Sequence {
        self.windows[0]
    }

    pub(crate) fn window(&self, closed_windows: u8) -> Sequence {
        self.windows[usize::from(closed_windows).min(self.windows.len() - 1)]
    }
}
