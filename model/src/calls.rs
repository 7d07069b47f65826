//! How each call goes on after an answer.

use crate::handle::{Call, Creation, Handle, Phase, Rounds};
use crate::promises::Change;
use crate::rules::{Mutant, Rules};
use crate::table::{Carried, Item, Key, Outcome, Request, Slot, What};
use crate::tokens::{Bookkeeping, Token};
use crate::update::{Plan, Record, Requires, Update, Verdict};
use crate::world::{IDLE, Op, State, Stepped, Then};

impl State {
    pub(crate) fn new_text(&mut self) -> u16 {
        self.next_text += 1;
        self.next_text - 1
    }

    fn new_change(&mut self, index: usize) {
        self.changes.push(Change::default());
        let change = (self.changes.len() - 1) as u8;
        self.handles[index].carried = Some(Carried { change, run: 0 });
    }

    pub(crate) fn begin(&mut self, rules: &Rules, index: usize, op: Op) -> Stepped {
        let now = self.now;
        match op {
            Op::Commit(plan) => self.begin_commit(rules, index, plan),
            Op::Update => {
                let Some(key) = self.live_key() else { return Ok(()) };
                if let Slot::Stored(item) = &self.slots[usize::from(key)] {
                    let phase = Phase::Stored(Record::read(item));
                    let call = Call::Run(Rounds::default());
                    self.handles[index] = Handle { key, call, ..Handle::new(phase) };
                    self.new_change(index);
                }
            }
            Op::Touch => self.handles[index].call = Call::Touch(now + IDLE),
            Op::Renew => {
                let handle = &mut self.handles[index];
                if handle.renewal.is_none() {
                    handle.renewal = Some(self.slots.len() as Key);
                    self.slots.push(Slot::Absent);
                    self.lives.push(Default::default());
                }
                match self.handles[index].is_pending() {
                    true => self.settle(index),
                    false => self.handles[index].call = Call::Read,
                }
            }
            Op::Destroy => {
                let key = self.handles[index].key;
                self.handles[index].call = Call::Destroy { key, is_second: false };
            }
        }
        Ok(())
    }

    fn begin_commit(&mut self, rules: &Rules, index: usize, plan: Plan) {
        let text = self.new_text();
        let phase = std::mem::replace(&mut self.handles[index].phase, Phase::Over);
        let phase = match phase {
            Phase::New => {
                let token = Token { text, last: 0 };
                let known = Bookkeeping::default().of_put(token);
                let item = Item { known, value: 0, expires: self.now + IDLE };
                Phase::Creating(Creation { item, token, unanswered: false })
            }
            Phase::Stored(record) => {
                let mut update = Update::new(rules, &record, plan, text);
                update.expires = self.is_due(&record).then_some(self.now + IDLE);
                Phase::Updating(record, update)
            }
            phase => unreachable!("a commit begins in {phase:?}"),
        };
        self.new_change(index);
        self.handles[index].phase = phase;
        self.handles[index].call = Call::Commit;
    }

    pub(crate) fn settle(&mut self, index: usize) {
        self.assume_unanswered(index);
        self.handles[index].call = Call::Commit;
    }

    pub(crate) fn assume_unanswered(&mut self, index: usize) {
        match &mut self.handles[index].phase {
            Phase::Creating(creation) => creation.unanswered = true,
            Phase::Updating(_, update) => update.unanswered = true,
            Phase::New | Phase::Stored(_) | Phase::Over => {}
        }
    }

    /// The request that a handle has under way.
    pub(crate) fn request(&self, rules: &Rules, index: usize) -> Request {
        let Handle { key, phase, call, carried, .. } = &self.handles[index];
        let (what, carried) = match (call, phase) {
            (Call::Move(request), _) => return request.clone(),
            (Call::Touch(expires), _) => (What::Touch(*expires), None),
            (Call::Destroy { key, .. }, _) => {
                return Request { key: *key, now: self.now, what: What::Delete, carried: None };
            }
            (_, Phase::Creating(creation)) => (What::Put(creation.item.clone()), *carried),
            (_, Phase::Updating(record, update)) => {
                let carried = carried.filter(|_| !update.only_closes);
                (What::Update(update.request(rules, record)), carried)
            }
            _ => unreachable!("there is no request in {call:?}"),
        };
        Request { key: *key, now: self.now, what, carried }
    }

    /// There was no answer.
    pub(crate) fn lose(&mut self, index: usize, then: Then) {
        self.assume_unanswered(index);
        if let Some(carried) = self.handles[index].carried {
            self.changes[usize::from(carried.change)].unanswered = true;
        }
        if then == Then::End {
            self.stop(index);
        }
    }

    /// The call returns an error that leaves the outcome open.
    fn stop(&mut self, index: usize) {
        let handle = &mut self.handles[index];
        if let Call::Update(_) = handle.call {
            // There is no handle that could settle it afterwards.
            *handle = Handle::new(Phase::Over);
        }
        handle.call = Call::Idle;
    }

    /// DynamoDB refused the request: it was not and will not be carried out.
    pub(crate) fn refuse(&mut self, index: usize) -> Stepped {
        let handle = &mut self.handles[index];
        let is_open = match (&mut handle.call, &handle.phase) {
            (Call::Update(rounds), Phase::Updating(_, update)) => {
                update.unanswered || !rounds.open.is_empty()
            }
            (Call::Commit, Phase::Creating(creation)) => creation.unanswered,
            (Call::Commit, Phase::Updating(_, update)) => update.unanswered,
            // Earlier transactions of the renewal may have been carried out.
            _ => true,
        };
        if is_open {
            self.stop(index);
            return Ok(());
        }
        let handle = &mut self.handles[index];
        handle.phase = match std::mem::replace(&mut handle.phase, Phase::Over) {
            Phase::Creating(_) => Phase::New,
            Phase::Updating(record, _) => Phase::Stored(record),
            phase => phase,
        };
        self.fail(index)
    }

    pub(crate) fn answer(&mut self, rules: &Rules, index: usize, outcome: Outcome) -> Stepped {
        match self.handles[index].call.clone() {
            Call::Commit | Call::Update(_) => match self.handles[index].phase.clone() {
                Phase::Creating(creation) => self.answer_creation(index, creation, outcome),
                Phase::Updating(record, update) => {
                    self.answer_update(rules, index, record, update, outcome)
                }
                phase => unreachable!("nothing is sent in {phase:?}"),
            },
            Call::Touch(expires) => {
                let now = self.now;
                let handle = &mut self.handles[index];
                handle.call = Call::Idle;
                let expires = match outcome {
                    Outcome::Done => Some(expires),
                    Outcome::Refused(Slot::Stored(item)) if item.expires > now => {
                        Some(item.expires)
                    }
                    Outcome::Refused(_) => None,
                };
                match (expires, handle.record_mut()) {
                    (Some(expires), Some(record)) => record.expires = expires,
                    _ => handle.phase = Phase::Over,
                }
                Ok(())
            }
            Call::Move(request) => self.answer_move(index, &request, outcome),
            Call::Destroy { is_second, .. } => {
                self.answer_destroy(rules, index, is_second, outcome)
            }
            Call::Idle | Call::Run(_) | Call::Read | Call::Find => {
                unreachable!("no write is under way")
            }
        }
    }

    fn answer_creation(&mut self, index: usize, creation: Creation, outcome: Outcome) -> Stepped {
        let Creation { item, token, unanswered } = creation;
        let is_applied = match outcome {
            Outcome::Done => true,
            Outcome::Refused(Slot::Stored(found)) => found.known.holds(&token),
            Outcome::Refused(_) => false,
        };
        if is_applied {
            self.handles[index].phase = Phase::Stored(Record::read(&item));
            return self.succeed(index, Some(0));
        }
        self.handles[index].phase = Phase::Over;
        if unanswered { self.unknown(index) } else { self.fail(index) }
    }

    fn answer_update(
        &mut self,
        rules: &Rules,
        index: usize,
        mut record: Record,
        mut update: Update,
        outcome: Outcome,
    ) -> Stepped {
        let text = self.new_text();
        let now = self.now;
        let verdict = update.judge(rules, &record, outcome, now);
        let handle = &mut self.handles[index];
        let rounds = handle.rounds_mut().map(std::mem::take);
        let run = (!update.only_closes).then(|| rounds.as_ref().map_or(0, |rounds| rounds.run));
        match (verdict, rounds) {
            (Verdict::Applied, _) => {
                if let Slot::Stored(item) = &self.slots[usize::from(handle.key)] {
                    update.finish(rules, &mut record, item);
                }
                handle.phase = Phase::Stored(record);
                self.succeed(index, run)
            }
            (Verdict::FoundApplied(theirs), _) => {
                update.finish_found(&mut record, &theirs);
                handle.phase = Phase::Stored(record);
                self.succeed(index, run)
            }
            (Verdict::EarlierApplied(place), Some(rounds)) => {
                self.succeed(index, Some(rounds.open[place].1))
            }
            (Verdict::EarlierApplied(_), None) => unreachable!("a commit has no earlier runs"),
            (Verdict::Rebase { theirs, is_closed }, rounds) => {
                update.rebase(rules, &mut record, &theirs, is_closed, text);
                update.expires = (now + IDLE > record.expires).then_some(now + IDLE);
                handle.phase = Phase::Updating(record, update);
                handle.call = rounds.map_or(Call::Commit, Call::Update);
                Ok(())
            }
            (Verdict::Conflict { winner, is_closed }, Some(mut rounds)) => {
                if rules.has(Mutant::TokenTakenOver) {
                    rounds.open.clear();
                }
                if update.unanswered && !is_closed {
                    rounds.open.push((update.token, rounds.run));
                }
                rounds.run += 1;
                handle.phase = Phase::Stored(Record::read(&winner));
                handle.call = Call::Run(rounds);
                if let Some(carried) = &mut handle.carried {
                    carried.run += 1;
                }
                Ok(())
            }
            (Verdict::Conflict { is_closed, .. }, None) => {
                if update.unanswered && !is_closed {
                    handle.call = Call::Idle;
                    return Ok(());
                }
                handle.phase = Phase::Stored(record);
                self.fail(index)
            }
            (Verdict::Gone, _) => self.gone(index),
            (Verdict::Unknown, _) => self.unknown(index),
        }
    }

    /// The function of `update` has run on what was found.
    pub(crate) fn run(&mut self, rules: &Rules, index: usize, has_changes: bool) -> Stepped {
        let text = self.new_text();
        let due = self.now + IDLE;
        let handle = &mut self.handles[index];
        let Call::Run(mut rounds) = std::mem::replace(&mut handle.call, Call::Idle) else {
            unreachable!("no function runs")
        };
        let Phase::Stored(record) = handle.phase.clone() else { unreachable!("nothing was read") };
        let known = &record.known;
        if let Some((_, run)) = rounds.open.iter().rfind(|(token, _)| known.holds(token)) {
            let run = *run;
            return self.succeed(index, Some(run));
        }
        let is_lost =
            |token: &Token| known.has_closed(token) && known.may_have_pruned(rules, token);
        if rounds.open.iter().any(|(token, _)| is_lost(token)) {
            return self.unknown(index);
        }
        rounds.open.retain(|(token, _)| !known.has_closed(token));
        let is_settled = rounds.open.is_empty() || rules.has(Mutant::Unsettled);
        if !has_changes && is_settled {
            return self.succeed(index, None);
        }
        let requires = if has_changes { Requires::AsRead } else { Requires::Nothing };
        let plan = Plan { requires, toggles: has_changes };
        let mut update = Update::new(rules, &record, plan, text);
        update.only_closes = !has_changes;
        update.expires = (due > record.expires).then_some(due);
        let earlier = rounds.open.iter().map(|(token, _)| *token).collect();
        handle.phase = Phase::Updating(record, update.instead_of(rules, earlier));
        handle.call = Call::Update(rounds);
        Ok(())
    }

    /// A renewal has read the item.
    pub(crate) fn read(&mut self, index: usize) -> Stepped {
        let (now, text) = (self.now, self.new_text());
        let Handle { key, renewal: Some(to), carried, .. } = self.handles[index] else {
            unreachable!("no renewal has begun")
        };
        let item = match self.slots[usize::from(key)].clone() {
            Slot::Absent => {
                self.handles[index].call = Call::Find;
                return Ok(());
            }
            Slot::Tombstone(successor) if successor == to => {
                self.handles[index].call = Call::Find;
                return Ok(());
            }
            Slot::Tombstone(_) => return self.gone(index),
            Slot::Stored(item) if item.expires <= now => return self.gone(index),
            Slot::Stored(item) => item,
        };
        if carried.is_none() {
            self.new_change(index);
        }
        let carried = self.handles[index].carried;
        let token = Token { text, last: item.known.sequence() };
        let (read, known, expires) = (item.known.sequence, item.known.of_put(token), now + IDLE);
        let renewed = Item { known, value: item.value, expires };
        let what = What::Move { to, read, item: renewed };
        self.handles[index].call = Call::Move(Request { key, now, what, carried });
        Ok(())
    }

    fn answer_move(&mut self, index: usize, request: &Request, outcome: Outcome) -> Stepped {
        let What::Move { to, item, .. } = &request.what else { unreachable!("it is a renewal") };
        match outcome {
            Outcome::Done => self.adopt(index, *to, item),
            // The first condition that does not hold is that there is nothing under the new key.
            Outcome::Refused(Slot::Absent) => {
                self.handles[index].call = Call::Read;
                Ok(())
            }
            Outcome::Refused(_) => {
                self.handles[index].call = Call::Find;
                Ok(())
            }
        }
    }

    /// A renewal has found the old item gone.
    pub(crate) fn find(&mut self, index: usize) -> Stepped {
        let Some(to) = self.handles[index].renewal else { unreachable!("no renewal has begun") };
        match self.slots[usize::from(to)].clone() {
            Slot::Stored(item) => self.adopt(index, to, &item),
            Slot::Absent | Slot::Tombstone(_) => self.gone(index),
        }
    }

    fn adopt(&mut self, index: usize, to: Key, item: &Item) -> Stepped {
        let handle = &mut self.handles[index];
        (handle.key, handle.renewal) = (to, None);
        handle.phase = Phase::Stored(Record::read(item));
        // What another program's renewal carried is not known here; what this one carried was applied.
        self.succeed(index, Some(0))
    }

    fn answer_destroy(
        &mut self,
        rules: &Rules,
        index: usize,
        is_second: bool,
        outcome: Outcome,
    ) -> Stepped {
        let handle = &mut self.handles[index];
        if let Outcome::Refused(Slot::Tombstone(key)) = outcome
            && !rules.has(Mutant::LogoutStopsAtTombstone)
        {
            handle.call = Call::Destroy { key, is_second };
            return Ok(());
        }
        let (key, renewal) = (handle.key, handle.renewal);
        if let Some(key) = renewal
            && !is_second
        {
            handle.call = Call::Destroy { key, is_second: true };
            return Ok(());
        }
        *handle = Handle::new(Phase::Over);
        for key in [Some(key), renewal].into_iter().flatten() {
            self.end(key)?;
        }
        Ok(())
    }
}
