//! One session, those who use it, and the requests under way: all that can happen next.

use crate::handle::{Call, Handle, Phase};
use crate::promises::{Change, Life, Violation};
use crate::rules::{Mutant, Rules};
use crate::table::{Item, Key, Outcome, Request, Slot, Time, What};
use crate::tokens::Bookkeeping;
use crate::update::{Plan, Record, Requires};

/// How long a session lives after a commit or a touch.
pub(crate) const IDLE: Time = 2;

/// What is explored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) rules: Rules,
    pub(crate) start: Start,
    /// What each handle may do, again and again.
    pub(crate) handles: &'static [&'static [Op]],
    /// How many requests may be late at the same time.
    pub(crate) late: usize,
    /// How many runs of its function one `update` makes at most.
    pub(crate) runs: u8,
    /// How many keys the session may have had.
    pub(crate) keys: usize,
    /// How often the clock may go on.
    pub(crate) ticks: Time,
    /// Whether DynamoDB's TTL removes what has expired.
    pub(crate) ttl: bool,
    /// Whether even what is documented as a limit counts as a violation.
    pub(crate) is_strict: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Nothing is stored; the first handle has made a session.
    New,
    Stored,
    /// The item has neither `_seq` nor `_commits`: another program has made it.
    Unmarked,
}

/// A call that a handle may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Commit(Plan),
    /// `SessionStore::update`, by a function that may do anything at each run.
    Update,
    Touch,
    /// `renew`, with a change that was not committed.
    Renew,
    Destroy,
}

/// All that there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct State {
    pub(crate) now: Time,
    /// By key.
    pub(crate) slots: Vec<Slot>,
    pub(crate) handles: Vec<Handle>,
    /// Requests that nobody waits for any more and that may still be carried out.
    pub(crate) late: Vec<Request>,
    /// The changes that somebody or something refers to.
    pub(crate) changes: Vec<Change>,
    /// By key.
    pub(crate) lives: Vec<Life>,
    /// The text of the next token.
    pub(crate) next_text: u16,
    pub(crate) is_strict: bool,
}

/// One thing that can happen. A handle is told by its number, and so is a late request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The handle drops what it had, and loads what is under the key.
    Load(usize, Key),
    /// The handle begins a call, the one with this number among those it may make.
    Begin(usize, usize),
    /// The handle is called again, which settles what is pending.
    Settle(usize),
    /// The request is carried out and answered.
    Answer(usize),
    /// The request is refused by DynamoDB: it was throttled, say.
    Refuse(usize),
    /// The request is refused, and the SDK sends it again.
    RefuseAndRepeat(usize),
    /// The request is carried out and its answer lost.
    LoseAnswer(usize, Then),
    /// The request is late: given up, and carried out later, or never.
    Delay(usize, Then),
    /// A run of the function changes something, or nothing.
    Run(usize, bool),
    /// A late request is carried out.
    Arrive(usize),
    /// A late request is lost for good.
    Vanish(usize),
    Tick,
    /// DynamoDB's TTL removes what is under the key.
    Expire(Key),
}

/// What follows an attempt without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The SDK sends it again.
    Repeat,
    /// The call ends in an error, or is cancelled.
    End,
}

pub(crate) type Stepped<T = ()> = Result<T, Violation>;

impl Scenario {
    /// Whether a value that was loaded can matter.
    pub(crate) fn has_guards(&self) -> bool {
        let guards =
            |op: &Op| matches!(op, Op::Commit(plan) if plan.requires == Requires::AsLoaded);
        self.handles.iter().copied().flatten().any(guards)
    }
}

impl State {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let known = match scenario.start {
            Start::Unmarked => Bookkeeping::default(),
            _ => Bookkeeping { sequence: Some(1), tokens: Some(Vec::new()) },
        };
        let is_stored = scenario.start != Start::New;
        let slot = match is_stored {
            true => Slot::Stored(Item { known, value: 0, expires: IDLE }),
            false => Slot::Absent,
        };
        let mut handles = vec![Handle::new(Phase::Over); scenario.handles.len()];
        if !is_stored {
            handles[0].phase = Phase::New;
        }
        Self {
            now: 0,
            slots: vec![slot],
            handles,
            late: Vec::new(),
            changes: Vec::new(),
            lives: vec![Life { has_begun: is_stored, ..Life::default() }],
            next_text: 0,
            is_strict: scenario.is_strict,
        }
    }

    /// All that can happen.
    pub(crate) fn steps(&self, scenario: &Scenario) -> Vec<Step> {
        let mut steps = Vec::new();
        for (index, handle) in self.handles.iter().enumerate() {
            if let Call::Run(rounds) = &handle.call {
                // The function takes no time that anyone could use otherwise: all that matters is read already.
                steps.push(Step::Run(index, false));
                if rounds.run + 1 < scenario.runs {
                    steps.push(Step::Run(index, true));
                }
                return steps;
            }
        }
        for index in 0..self.handles.len() {
            self.steps_of(scenario, index, &mut steps);
        }
        for index in 0..self.late.len() {
            steps.extend([Step::Arrive(index), Step::Vanish(index)]);
        }
        if self.now < scenario.ticks {
            steps.push(Step::Tick);
        }
        if scenario.ttl {
            let keys = self.slots.iter().zip(0..);
            let is_expired = |slot: &Slot| match slot {
                Slot::Absent => false,
                Slot::Stored(item) => item.expires <= self.now,
                Slot::Tombstone(_) => true,
            };
            steps.extend(
                keys.filter(|(slot, _)| is_expired(slot)).map(|(_, key)| Step::Expire(key)),
            );
        }
        steps
    }

    fn steps_of(&self, scenario: &Scenario, index: usize, steps: &mut Vec<Step>) {
        let handle = &self.handles[index];
        let thens: &[Then] = match &handle.call {
            Call::Idle => return self.idle_steps(scenario, index, steps),
            // The function runs by itself.
            Call::Run(_) => return,
            Call::Read | Call::Find => {
                return steps.extend([Step::Answer(index), Step::Refuse(index)]);
            }
            // Called again, it sends the same request.
            Call::Commit | Call::Touch(_) => &[Then::End],
            Call::Update(_) | Call::Move(_) | Call::Destroy { .. } => &[Then::Repeat, Then::End],
        };
        steps.extend([Step::Answer(index), Step::Refuse(index)]);
        if scenario.rules.has(Mutant::UnansweredIfSentBefore) {
            steps.push(Step::RefuseAndRepeat(index));
        }
        for then in thens {
            steps.push(Step::LoseAnswer(index, *then));
            if self.late.len() < scenario.late {
                steps.push(Step::Delay(index, *then));
            }
        }
    }

    fn idle_steps(&self, scenario: &Scenario, index: usize, steps: &mut Vec<Step>) {
        let handle = &self.handles[index];
        let ops = scenario.handles[index];
        if handle.is_pending() && handle.renewal.is_none() {
            steps.push(Step::Settle(index));
        }
        if ops.iter().any(|op| *op != Op::Update) && handle.phase != Phase::New {
            for (slot, key) in self.slots.iter().zip(0..) {
                let Slot::Stored(item) = slot else { continue };
                let is_news = handle.key != key
                    || handle.is_pending()
                    || handle.renewal.is_some()
                    || handle.record().is_none_or(|record| *record != Record::read(item));
                if item.expires > self.now && is_news {
                    steps.push(Step::Load(index, key));
                }
            }
        }
        let is_ready = handle.renewal.is_none() && !handle.is_pending();
        for (op, what) in ops.iter().enumerate() {
            let can_begin = match what {
                Op::Commit(_) => is_ready && handle.phase != Phase::Over,
                Op::Update => self.live_key().is_some(),
                Op::Touch => is_ready && handle.record().is_some_and(|known| self.is_due(known)),
                Op::Renew => match &handle.phase {
                    Phase::New | Phase::Over => false,
                    // Called again; or with a key that is left for it.
                    _ => handle.renewal.is_some() || self.slots.len() < scenario.keys,
                },
                Op::Destroy => !matches!(handle.phase, Phase::New | Phase::Over),
            };
            if can_begin {
                steps.push(Step::Begin(index, op));
            }
        }
    }

    /// Whether a commit or a touch now moves the expiry.
    pub(crate) fn is_due(&self, record: &Record) -> bool {
        self.now + IDLE > record.expires
    }

    pub(crate) fn live_key(&self) -> Option<Key> {
        let is_live = |slot: &Slot| matches!(slot, Slot::Stored(item) if item.expires > self.now);
        self.slots.iter().zip(0..).find(|(slot, _)| is_live(slot)).map(|(_, key)| key)
    }

    /// What is when this has happened, or the promise that it breaks.
    pub(crate) fn after(&self, scenario: &Scenario, step: Step) -> Stepped<Self> {
        let mut next = self.clone();
        let rules = &scenario.rules;
        match step {
            Step::Load(index, key) => {
                if let Slot::Stored(item) = &next.slots[usize::from(key)] {
                    let phase = Phase::Stored(Record::read(item));
                    next.handles[index] = Handle { key, ..Handle::new(phase) };
                }
            }
            Step::Begin(index, op) => next.begin(rules, index, scenario.handles[index][op])?,
            Step::Settle(index) => next.settle(index),
            Step::Answer(index) => match next.handles[index].call {
                Call::Read => next.read(index)?,
                Call::Find => next.find(index)?,
                _ => {
                    let request = next.request(rules, index);
                    match next.carry_out(rules, &request)? {
                        Some(outcome) => next.answer(rules, index, outcome)?,
                        None => next.refuse(index)?,
                    }
                }
            },
            Step::Refuse(index) => next.refuse(index)?,
            Step::RefuseAndRepeat(index) => next.assume_unanswered(index),
            Step::LoseAnswer(index, then) => {
                let request = next.request(rules, index);
                next.carry_out(rules, &request)?;
                next.lose(index, then);
            }
            Step::Delay(index, then) => {
                let request = next.request(rules, index);
                next.late.push(request);
                next.lose(index, then);
            }
            Step::Run(index, has_changes) => next.run(rules, index, has_changes)?,
            Step::Arrive(index) => {
                let request = next.late.remove(index);
                next.carry_out(rules, &request)?;
            }
            Step::Vanish(index) => drop(next.late.remove(index)),
            Step::Tick => next.now += 1,
            Step::Expire(key) => {
                next.slots[usize::from(key)] = Slot::Absent;
                next.lives[usize::from(key)].has_ended = true;
                next.lives[usize::from(key)].successor = None;
            }
        }
        Ok(next)
    }

    /// Carries a request out; unless it is what the crate documents as a limit, and limits are not looked for.
    fn carry_out(&mut self, rules: &Rules, request: &Request) -> Stepped<Option<Outcome>> {
        if self.is_put_again(request) && !self.is_strict {
            return Ok(None);
        }
        let before = self.slots[usize::from(request.key)].clone();
        let outcome = request.carry_out(rules, &mut self.slots);
        if outcome == Outcome::Done {
            self.check_applied(request, &before)?;
        }
        Ok(Some(outcome))
    }

    /// Whether it is the first put of a session that has been there, or was ended before.
    pub(crate) fn is_put_again(&self, request: &Request) -> bool {
        let life = self.lives[usize::from(request.key)];
        let is_absent = self.slots[usize::from(request.key)] == Slot::Absent;
        matches!(request.what, What::Put(_)) && is_absent && (life.has_begun || life.has_ended)
    }
}
