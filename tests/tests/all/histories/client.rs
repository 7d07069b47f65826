use std::time::Duration;

use dynamo_session::{Error, ErrorKind, Session};
use dynamo_session_tests::Dice;

use super::notes::{Mark, Notes, Pair, Step};
use super::oracle::Oracle;

/// One who uses the session, by one handle at a time.
pub(super) struct Client {
    number: u64,
    dice: Dice,
    oracle: Oracle,
    handle: Option<Session<Notes>>,
    /// What the handle was given to write and is not known to have written.
    unsettled: Vec<Operation>,
    /// What this client has added and not removed, by the kind of field.
    added: Vec<(&'static str, String)>,
    visits: Option<i64>,
}

/// What one operation does beside leaving its mark.
#[derive(Default)]
struct Operation {
    mark: Mark,
    added: Vec<(&'static str, String)>,
    removed: Vec<(&'static str, String)>,
    /// By how much the visits go up; `None` if they were removed.
    visits: Option<i64>,
    forgot_visits: bool,
}

enum Call {
    Commit,
    Touch,
    Renew,
}

impl Client {
    pub(super) fn new(number: u64, dice: Dice, oracle: Oracle) -> Self {
        Self {
            number,
            dice,
            oracle,
            handle: None,
            unsettled: Vec::new(),
            added: Vec::new(),
            visits: Some(0),
        }
    }

    fn name(&self) -> String {
        format!("client-{}", self.number)
    }

    pub(super) async fn run(mut self, operations: u64, renewals: u64, cancellations: u64) {
        for _ in 0..operations {
            if !self.take_handle().await {
                return;
            }
            let call = match self.dice.below(100) {
                roll if roll < renewals => Call::Renew,
                90.. => Call::Touch,
                75.. => {
                    self.update(cancellations).await;
                    continue;
                }
                _ => Call::Commit,
            };
            if !matches!(call, Call::Touch) {
                self.change();
            }
            self.call(&call, cancellations).await;
            self.oracle.look().await;
            self.oracle.pause(&mut self.dice).await;
            if self.unsettled.is_empty() && self.dice.percent(40) {
                self.handle = None;
            }
        }
        // Whoever leaves a commit or a renewal half-done settles it first.
        for _ in 0..200 {
            if self.handle.is_none() || self.unsettled.is_empty() {
                break;
            }
            self.call(&Call::Commit, 0).await;
        }
        self.give_up();
    }

    /// A handle of the session as it is; false if there is none any more.
    async fn take_handle(&mut self) -> bool {
        for _ in 0..2_000 {
            if self.handle.is_some() {
                return true;
            }
            if self.oracle.is_ended() {
                return false;
            }
            let id = self.oracle.id();
            if let Ok(Some(session)) = self.oracle.store.load(&id).await {
                self.handle = Some(session);
            } else {
                // Someone renews it and was not told so yet, or the request was lost.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        panic!("client {}: the session is not to be found", self.number);
    }

    /// Changes fields of several kinds, each in a way that tells of the operation.
    fn change(&mut self) {
        let mark = self.oracle.mark();
        let name = self.name();
        let Some(session) = &mut self.handle else { return };
        let mut operation = Operation { mark, ..Operation::default() };
        session.log.push(mark);
        session.marks.insert(mark.to_string(), 1);
        session.tally += 1;
        for _ in 0..1 + self.dice.below(4) {
            let key = mark.to_string();
            match self.dice.below(17) {
                0 => session.last = Some(mark),
                1 => {
                    session.keys.insert(key.clone(), mark);
                    operation.added.push(("keys", key));
                }
                2 => {
                    let shared = self.dice.percent(50);
                    let outer = if shared { "shared".to_owned() } else { name.clone() };
                    session.deep.entry(outer).or_default().insert(key.clone(), mark);
                    operation.added.push(("deep", key));
                }
                3 => {
                    session.names.insert(key.clone());
                    operation.added.push(("names", key));
                }
                4 => {
                    session.consents.insert(key.clone(), mark);
                    operation.added.push(("consents", key));
                }
                5 => session.pair = Pair::of(mark),
                6 => {
                    session.pairs.insert(name.clone(), Pair::of(mark));
                }
                7 => {
                    session.pairs.insert("shared".to_owned(), Pair::of(mark));
                }
                8 => session.settings.left = mark,
                9 => session.settings.right = mark,
                10 => {
                    session.settings.inner.insert(name.clone(), mark);
                }
                11 => {
                    session.step = match self.dice.percent(50) {
                        true => Step::Email(mark.to_string()),
                        false => Step::Shipping { zip: mark, again: mark },
                    }
                }
                12 => session.list = vec![mark; 1 + usize::from(self.dice.percent(50))],
                13 => {
                    let keys: &[&str] = if self.dice.percent(50) { &["a", "b"] } else { &["c"] };
                    session.layout = keys.iter().map(|key| ((*key).to_owned(), mark)).collect();
                }
                14 => match self.dice.below(4) {
                    0 => session.shelf = None,
                    1 => {
                        session.shelf.get_or_insert_default().remove("base");
                    }
                    _ => {
                        session.shelf.get_or_insert_default().insert(key, mark);
                    }
                },
                15 if operation.visits.is_none() && !operation.forgot_visits => {
                    if self.dice.percent(25) {
                        session.visits.remove(&name);
                        operation.forgot_visits = true;
                    } else {
                        *session.visits.entry(name.clone()).or_default() += 1;
                        operation.visits = Some(1);
                    }
                }
                _ => {
                    if session.plan != mark {
                        let from = std::mem::replace(&mut session.plan, mark);
                        session.plans.push((from, mark));
                    }
                }
            }
        }
        if !self.added.is_empty() && self.dice.percent(40) {
            let place = self.dice.below(self.added.len().try_into().unwrap_or(1));
            let (kind, key) = self.added.remove(usize::try_from(place).unwrap_or(0));
            match kind {
                "keys" => {
                    session.keys.remove(&key);
                }
                "names" => {
                    session.names.remove(&key);
                }
                "consents" => {
                    session.consents.remove(&key);
                }
                _ => session.deep.values_mut().for_each(|inner| {
                    inner.remove(&key);
                }),
            }
            operation.removed.push((kind, key));
        }
        if self.dice.percent(5) && session.consents.remove("base").is_some() {
            operation.removed.push(("consents", "base".to_owned()));
        }
        self.unsettled.push(operation);
    }

    async fn call(&mut self, call: &Call, cancellations: u64) {
        let Some(session) = &mut self.handle else { return };
        let before = session.id().clone();
        let result = {
            let work = async {
                match call {
                    Call::Commit => session.commit().await.map(drop),
                    Call::Touch => session.touch().await.map(drop),
                    Call::Renew => session.renew().await,
                }
            };
            match self.dice.percent(cancellations) {
                true => {
                    let patience = Duration::from_millis(self.dice.below(60));
                    tokio::time::timeout(patience, work).await.ok()
                }
                false => Some(work.await),
            }
        };
        if *session.id() != before {
            self.oracle.renewed(session.id());
        }
        self.settle(result, call);
    }

    fn settle(&mut self, result: Option<Result<(), Error>>, call: &Call) {
        match result {
            // A touch settles what was on its way, and not what was changed since.
            Some(Ok(())) if matches!(call, Call::Touch) => {}
            Some(Ok(())) => {
                for operation in std::mem::take(&mut self.unsettled) {
                    self.record(operation);
                }
            }
            None => {}
            Some(Err(error)) => match error.kind() {
                ErrorKind::Throttled | ErrorKind::Unavailable => {}
                ErrorKind::Conflict | ErrorKind::Gone | ErrorKind::OutcomeUnknown => {
                    self.give_up();
                }
                _ => panic!("client {}: {error}", self.number),
            },
        }
    }

    fn record(&mut self, operation: Operation) {
        self.oracle.done(&[operation.mark]);
        for (kind, key) in operation.added {
            self.oracle.keeps(format!("{kind} {key}"), Some(true));
            self.added.push((kind, key));
        }
        for (kind, key) in operation.removed {
            // Of those that are there from the start, another client may put none back.
            self.oracle.keeps(format!("{kind} {key}"), Some(false));
        }
        if operation.forgot_visits {
            self.visits = self.visits.map(|_| 0);
        }
        if let (Some(visits), Some(more)) = (&mut self.visits, operation.visits) {
            *visits += more;
        }
        self.oracle.counts(self.name(), self.visits);
    }

    /// Lets the handle go, and with it the knowledge of what it was to write.
    fn give_up(&mut self) {
        self.handle = None;
        for operation in std::mem::take(&mut self.unsettled) {
            for (kind, key) in operation.added.into_iter().chain(operation.removed) {
                if key != "base" {
                    self.oracle.keeps(format!("{kind} {key}"), None);
                }
            }
            if operation.visits.is_some() || operation.forgot_visits {
                self.visits = None;
                self.oracle.counts(self.name(), None);
            }
        }
    }

    async fn update(&mut self, cancellations: u64) {
        let mark = self.oracle.mark();
        let id = self.oracle.id();
        let store = self.oracle.store.clone();
        let work = store.update(&id, |notes| {
            notes.log.push(mark);
            notes.marks.insert(mark.to_string(), 1);
            notes.tally += 1;
            notes.balance += 1;
        });
        let result = match self.dice.percent(cancellations) {
            true => {
                let patience = Duration::from_millis(self.dice.below(60));
                tokio::time::timeout(patience, work).await.ok()
            }
            false => Some(work.await),
        };
        match result {
            Some(Ok(())) => {
                self.oracle.done(&[mark]);
                self.oracle.updated(true);
            }
            None => self.oracle.updated(false),
            Some(Err(error)) => match error.kind() {
                ErrorKind::Throttled
                | ErrorKind::Unavailable
                | ErrorKind::Conflict
                | ErrorKind::Gone
                | ErrorKind::OutcomeUnknown => self.oracle.updated(false),
                _ => panic!("client {}: {error}", self.number),
            },
        }
        self.oracle.look().await;
    }
}
