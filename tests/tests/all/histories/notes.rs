use std::collections::{BTreeMap, BTreeSet};

use dynamo_session::{DynamoSession, Expires, SessionId};
use serde::{Deserialize, Serialize};

/// The number of an operation, which all that it writes tells of.
pub(super) type Mark = u64;

fn base() -> BTreeMap<String, Mark> {
    BTreeMap::from([("base".to_owned(), 0), ("ground".to_owned(), 0)])
}

/// A session with a field of each kind.
#[derive(Debug, DynamoSession)]
#[session(table = "notes", idle_timeout = "30m", touch_interval = "1s")]
pub(super) struct Notes {
    #[session(hash_key)]
    pub(super) id: SessionId,
    #[session(ttl)]
    pub(super) expires_at: Expires,
    /// The marks of all operations that were carried out, in their order.
    #[session(append)]
    pub(super) log: Vec<Mark>,
    /// 1 for each operation that was carried out once.
    #[session(counter)]
    pub(super) marks: BTreeMap<String, i64>,
    #[session(counter)]
    pub(super) tally: u64,
    /// A key for each client, which it alone counts and removes.
    #[session(counter)]
    pub(super) visits: BTreeMap<String, i64>,
    pub(super) last: Option<Mark>,
    /// Added and removed by the one that added.
    pub(super) keys: BTreeMap<String, Mark>,
    pub(super) deep: BTreeMap<String, BTreeMap<String, Mark>>,
    #[session(set)]
    pub(super) names: BTreeSet<String>,
    /// Both of one mark.
    pub(super) pair: Pair,
    pub(super) pairs: BTreeMap<String, Pair>,
    /// Each of a mark of its own.
    #[session(merge)]
    pub(super) settings: Settings,
    pub(super) step: Step,
    pub(super) list: Vec<Mark>,
    #[session(whole)]
    pub(super) layout: BTreeMap<String, Mark>,
    #[session(default = Some(base()))]
    pub(super) shelf: Option<BTreeMap<String, Mark>>,
    #[session(default = base())]
    pub(super) consents: BTreeMap<String, Mark>,
    /// Who changed it from what to what is in `plans`.
    #[session(guard)]
    pub(super) plan: Mark,
    #[session(append)]
    pub(super) plans: Vec<(Mark, Mark)>,
    /// By the crowd alone.
    #[session(counter)]
    pub(super) crowd: u64,
    /// Read and written back, by updates alone.
    pub(super) balance: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Pair {
    pub(super) one: Mark,
    pub(super) other: Mark,
}

impl Pair {
    pub(super) fn of(mark: Mark) -> Self {
        Self { one: mark, other: mark }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) left: Mark,
    pub(super) right: Mark,
    pub(super) inner: BTreeMap<String, Mark>,
}

/// A form of enum that is easily torn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", content = "data")]
pub(super) enum Step {
    #[default]
    Start,
    Email(String),
    Shipping {
        zip: Mark,
        again: Mark,
    },
}

impl Notes {
    /// Every value that some operation must have written.
    pub(super) fn values(&self) -> Vec<Mark> {
        let mut values = vec![self.plan, self.pair.one, self.settings.left, self.settings.right];
        values.extend(&self.log);
        values.extend(self.last);
        values.extend(self.keys.values());
        values.extend(self.deep.values().flat_map(BTreeMap::values));
        values.extend(self.names.iter().map(|name| name.parse::<Mark>().unwrap_or(Mark::MAX)));
        values.extend(self.pairs.values().map(|pair| pair.one));
        values.extend(self.settings.inner.values());
        values.extend(&self.list);
        values.extend(self.layout.values());
        values.extend(self.shelf.iter().flat_map(BTreeMap::values));
        values.extend(self.consents.values());
        match &self.step {
            Step::Start => {}
            Step::Email(text) => values.push(text.parse().unwrap_or(Mark::MAX)),
            Step::Shipping { zip, .. } => values.push(*zip),
        }
        values
    }

    /// What holds for each state on its own; `None` if all of it does.
    pub(super) fn torn(&self) -> Option<String> {
        let pairs = [&self.pair].into_iter().chain(self.pairs.values());
        if let Some(pair) = pairs.into_iter().find(|pair| pair.one != pair.other) {
            return Some(format!("{pair:?} is of two commits"));
        }
        if let Step::Shipping { zip, again } = self.step
            && zip != again
        {
            return Some(format!("{:?} is of two commits", self.step));
        }
        let layout: BTreeSet<_> = self.layout.values().collect();
        if layout.len() > 1 {
            return Some(format!("{:?} is of two commits", self.layout));
        }
        let mut plan = 0;
        for (from, to) in &self.plans {
            if *from != plan {
                return Some(format!("{:?} skips a change of what it guards", self.plans));
            }
            plan = *to;
        }
        if plan != self.plan {
            return Some(format!("{} is not the last of {:?}", self.plan, self.plans));
        }
        let once: BTreeSet<_> = self.log.iter().collect();
        if once.len() != self.log.len() {
            return Some(format!("{:?} has one operation twice", self.log));
        }
        let marks: BTreeSet<_> = self.log.iter().map(Mark::to_string).collect();
        let marked: BTreeSet<_> = self.marks.keys().cloned().collect();
        if marks != marked || self.marks.values().any(|times| *times != 1) {
            return Some(format!("{:?} is not {:?}, once each", self.marks, self.log));
        }
        if self.tally != u64::try_from(self.log.len()).unwrap_or(u64::MAX) {
            return Some(format!("{} is not the number of {:?}", self.tally, self.log));
        }
        None
    }
}
