//! What is searched, and the faults that must be found in it.

use crate::rules::{Mutant, Rules};
use crate::update::{Plan, Requires};
use crate::world::{Op, Scenario, Start};

const MERGE: Op = Op::Commit(Plan { requires: Requires::Nothing, toggles: false });
const SET: Op = Op::Commit(Plan { requires: Requires::Nothing, toggles: true });
const SHAPE: Op = Op::Commit(Plan { requires: Requires::AsFound, toggles: true });
const GUARDED: Op = Op::Commit(Plan { requires: Requires::AsLoaded, toggles: true });
const WHOLE: Op = Op::Commit(Plan { requires: Requires::NoOthers, toggles: false });

/// Two handles that commit to counters, over and over.
pub(crate) const COUNTERS: Scenario = Scenario {
    name: "counters",
    rules: Rules::scaled(1),
    start: Start::Stored,
    handles: &[&[MERGE], &[MERGE]],
    late: 1,
    runs: 0,
    keys: 1,
    ticks: 0,
    ttl: false,
    is_strict: false,
};

/// As above, and to maps, whose conditions depend on what was found.
pub(crate) const MAPS: Scenario =
    Scenario { name: "maps", handles: &[&[MERGE, SHAPE], &[MERGE, SHAPE]], ..COUNTERS };

/// As above, to an item that another program has made.
pub(crate) const UNMARKED: Scenario =
    Scenario { name: "items without _seq", start: Start::Unmarked, ..MAPS };

/// A handle with a guard, and with more changes than one expression has room for, beside another.
pub(crate) const GUARDS: Scenario =
    Scenario { name: "guards", handles: &[&[GUARDED, WHOLE], &[MERGE, SET]], ..COUNTERS };

/// A call of `update` after another, beside a handle that changes the same.
pub(crate) const UPDATE: Scenario =
    Scenario { name: "update", handles: &[&[Op::Update], &[SET]], runs: 3, ..COUNTERS };

/// From the first commit to the logout, with a renewal.
pub(crate) const LIFE: Scenario = Scenario {
    name: "renewal, logout",
    start: Start::New,
    handles: &[&[MERGE, Op::Renew, Op::Destroy], &[MERGE, Op::Renew, Op::Destroy]],
    keys: 2,
    ttl: true,
    ..COUNTERS
};

/// As above, with a chain of renewals.
pub(crate) const CHAIN: Scenario =
    Scenario { name: "renewals, logout", keys: 3, ttl: false, ..LIFE };

/// `update` beside a renewal and a logout.
pub(crate) const UPDATE_LIFE: Scenario = Scenario {
    name: "update, renewal, logout",
    handles: &[&[Op::Update], &[SET, Op::Renew, Op::Destroy]],
    start: Start::Stored,
    runs: 3,
    keys: 2,
    ..COUNTERS
};

/// A session that is touched, expires and is removed.
pub(crate) const EXPIRY: Scenario = Scenario {
    name: "touch, expiry",
    start: Start::New,
    handles: &[&[MERGE, Op::Touch], &[MERGE, Op::Touch]],
    ticks: 3,
    ttl: true,
    ..COUNTERS
};

/// As above, from a stored session, and within less time.
pub(crate) const SHORT_EXPIRY: Scenario =
    Scenario { name: "touch, expiry soon", start: Start::Stored, ticks: 2, ..EXPIRY };

/// With the crate's own windows, three busy handles beside an `update`.
pub(crate) const BUSY: Scenario = Scenario {
    name: "busy session",
    rules: Rules::REAL,
    handles: &[&[MERGE, SHAPE], &[MERGE, SHAPE], &[GUARDED, WHOLE], &[Op::Update]],
    late: 3,
    runs: 6,
    ..COUNTERS
};

/// As above, from an item that another program has made.
pub(crate) const BUSY_UNMARKED: Scenario =
    Scenario { name: "busy item without _seq", start: Start::Unmarked, ..BUSY };

/// With the crate's own windows, all that there is.
pub(crate) const ALL: Scenario = Scenario {
    name: "all at once",
    rules: Rules::REAL,
    start: Start::New,
    handles: &[
        &[MERGE, SHAPE, Op::Touch, Op::Renew, Op::Destroy],
        &[MERGE, WHOLE, Op::Touch, Op::Renew, Op::Destroy],
        &[GUARDED, Op::Touch],
        &[Op::Update],
    ],
    late: 3,
    runs: 6,
    keys: 4,
    ticks: 100,
    ttl: true,
    ..COUNTERS
};

const fn wider(scenario: Scenario, shortest: i32) -> Scenario {
    Scenario { rules: Rules::scaled(shortest), ..scenario }
}

/// Each fault, where it must be found.
pub(crate) const MUTANTS: [(Mutant, Scenario); 14] = [
    (Mutant::PrunedAtOnce, wider(MAPS, 2)),
    (Mutant::DoubledThreshold, COUNTERS),
    (Mutant::UnansweredIfSentBefore, COUNTERS),
    (Mutant::SameWindow, COUNTERS),
    (Mutant::Unsettled, wider(UPDATE, 2)),
    (Mutant::EarlierOutlived, wider(UPDATE, 2)),
    (Mutant::FirstEarlier, wider(UPDATE, 3)),
    (Mutant::TokenTakenOver, wider(UPDATE, 2)),
    (Mutant::ClosedWithoutToken, wider(UPDATE, 2)),
    (Mutant::RenewalUnguarded, LIFE),
    (Mutant::DeletedAtRenewal, LIFE),
    (Mutant::LogoutStopsAtTombstone, LIFE),
    (Mutant::TouchMovesBack, EXPIRY),
    (Mutant::ExpiredIsAlive, EXPIRY),
];

/// What the crate documents as a limit, where it must be found.
pub(crate) const LIMITS: [(&str, Scenario); 2] = [
    (
        "a first put that is carried out after its session has ended",
        Scenario { is_strict: true, ..LIFE },
    ),
    (
        "a write that was made before an expiry and is carried out after it",
        Scenario { is_strict: true, start: Start::Stored, ttl: false, ..EXPIRY },
    ),
];

/// What is gone through in full within seconds, or as far as this many states.
pub(crate) const SHORT: [(Scenario, usize); 8] = [
    (COUNTERS, usize::MAX),
    (UPDATE, usize::MAX),
    (MAPS, 150_000),
    (UNMARKED, 100_000),
    (GUARDS, 100_000),
    (LIFE, 150_000),
    (UPDATE_LIFE, 100_000),
    (EXPIRY, 150_000),
];

/// What is gone through in full within minutes, or as far as this many states.
pub(crate) const LONG: [(Scenario, usize); 13] = [
    (COUNTERS, usize::MAX),
    (wider(COUNTERS, 2), usize::MAX),
    (UPDATE, usize::MAX),
    (wider(UPDATE, 2), usize::MAX),
    (MAPS, usize::MAX),
    (UNMARKED, usize::MAX),
    (GUARDS, 5_000_000),
    (LIFE, 5_000_000),
    (CHAIN, 5_000_000),
    (UPDATE_LIFE, 5_000_000),
    (SHORT_EXPIRY, 5_000_000),
    (EXPIRY, 3_000_000),
    (wider(UPDATE, 3), 5_000_000),
];

/// What is walked at random.
pub(crate) const WALKS: [Scenario; 3] = [BUSY, BUSY_UNMARKED, ALL];

impl Mutant {
    /// What is wrong.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::PrunedAtOnce => {
                "a token is pruned by one that does not outlast it by more than 8"
            }
            Self::DoubledThreshold => "pruning is taken to leave a distance of 16",
            Self::UnansweredIfSentBefore => "a request that was refused counts as unanswered",
            Self::SameWindow => "a window that has closed is kept",
            Self::Unsettled => "`update` returns while an earlier run may still be applied",
            Self::EarlierOutlived => "a later run's window closes after the earlier one's",
            Self::FirstEarlier => "the first token of earlier runs tells which was applied",
            Self::TokenTakenOver => "a later run takes over the token of the one before",
            Self::ClosedWithoutToken => "what closes an earlier run has that one's token",
            Self::RenewalUnguarded => "a renewal moves the item whatever its `_seq`",
            Self::DeletedAtRenewal => "a renewal leaves no tombstone",
            Self::LogoutStopsAtTombstone => "a logout does not follow a tombstone",
            Self::TouchMovesBack => "a touch sets the expiry whatever it is",
            Self::ExpiredIsAlive => "a write does not compare the expiry with the time",
        }
    }
}
