//! What a run of the checker consists of, and what its results must be.

use std::fmt::Write;
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::rules::Mutant;
use crate::scenarios::{LIMITS, LONG, MUTANTS, SHORT, WALKS};
use crate::search::{Counterexample, Found, search};
use crate::walk::{Walked, walk};
use crate::world::Scenario;

/// How much is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What takes less than a minute.
    Short,
    /// What takes a quarter of an hour on two cores, and up to 3 GB.
    Long,
}

/// The result of one part of a run.
#[derive(Debug)]
pub struct Report {
    /// Whether the result is what it must be.
    pub is_expected: bool,
    /// What was done and found, in one line.
    pub line: String,
    /// The steps to what was found, one per line; empty if nothing was.
    pub trace: String,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    /// No promise is broken in any state, or in the nearest ones, up to this many.
    Search(Scenario, usize),
    /// No promise is broken on random walks of so many steps.
    Walk(Scenario, usize),
    /// A fault must be found.
    Mutant(Mutant, Scenario),
    /// What is documented as a limit must be found.
    Limit(&'static str, Scenario),
}

/// How many states a fault may take to be found.
const MOST_FOR_FAULT: usize = 500_000;

/// Runs all parts, on two threads, and passes on the report of each; whether all came to what they must.
pub fn run(extent: Extent, mut report: impl FnMut(&Report)) -> bool {
    let parts = Mutex::new(parts(extent).into_iter());
    let (send, receive) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let (parts, send) = (&parts, send.clone());
            scope.spawn(move || {
                while let Some(part) = next(parts) {
                    if send.send(part.run()).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        receive.iter().fold(true, |all, found| {
            report(&found);
            all && found.is_expected
        })
    })
}

fn next(parts: &Mutex<std::vec::IntoIter<Part>>) -> Option<Part> {
    parts.lock().unwrap_or_else(PoisonError::into_inner).next()
}

fn parts(extent: Extent) -> Vec<Part> {
    let (searches, steps) = match extent {
        Extent::Short => (&SHORT[..], 200_000),
        Extent::Long => (&LONG[..], 5_000_000),
    };
    let searches = searches.iter().map(|(scenario, most)| Part::Search(*scenario, *most));
    let walks = WALKS.iter().map(|scenario| Part::Walk(*scenario, steps));
    let mutants = MUTANTS.iter().map(|(mutant, scenario)| Part::Mutant(*mutant, *scenario));
    let limits = LIMITS.iter().map(|(what, scenario)| Part::Limit(what, *scenario));
    mutants.chain(limits).chain(walks).chain(searches).collect()
}

impl Part {
    fn run(self) -> Report {
        let started = Instant::now();
        match self {
            Self::Search(scenario, most) => {
                let found = search(&scenario, most);
                // All states were asked for, if no number was.
                let is_enough = found.is_complete || most != usize::MAX;
                let extent = match found.is_complete {
                    true => "all",
                    false => "the nearest",
                };
                let what = format!(
                    "{}, windows {:?}: {extent} {} states, up to {} steps away",
                    scenario.name,
                    &scenario.rules.windows[..2],
                    found.states,
                    found.depth
                );
                holds(what, is_enough, found.counterexample, started.elapsed())
            }
            Self::Walk(scenario, most) => {
                let Walked { steps, counterexample } = walk(&scenario, most, 1);
                let windows = scenario.rules.windows;
                let what = format!(
                    "{}, windows {windows:?}: {steps} steps at random, not all states",
                    scenario.name
                );
                holds(what, true, counterexample, started.elapsed())
            }
            Self::Mutant(mutant, scenario) => {
                let rules = scenario.rules.with(mutant);
                let found = search(&Scenario { rules, ..scenario }, MOST_FOR_FAULT);
                is_found(format!("fault: {}", mutant.describe()), found, started.elapsed())
            }
            Self::Limit(what, scenario) => {
                let found = search(&scenario, MOST_FOR_FAULT);
                is_found(format!("limit: {what}"), found, started.elapsed())
            }
        }
    }
}

fn holds(what: String, is_enough: bool, found: Option<Counterexample>, took: Duration) -> Report {
    let came_to = match &found {
        None => "no promise is broken".to_owned(),
        Some(found) => format!("BROKEN after {} steps: {}", found.trace.len(), found.violation),
    };
    Report {
        is_expected: is_enough && found.is_none(),
        line: format!("{what}: {came_to} ({:.1} s)", took.as_secs_f64()),
        trace: found.map(|found| trace(&found)).unwrap_or_default(),
    }
}

fn is_found(what: String, found: Found, took: Duration) -> Report {
    let came_to = match &found.counterexample {
        None => format!("NOT FOUND among {} states", found.states),
        Some(found) => format!("found after {} steps: {}", found.trace.len(), found.violation),
    };
    Report {
        is_expected: found.counterexample.is_some(),
        line: format!("{what}: {came_to} ({:.1} s)", took.as_secs_f64()),
        trace: found.counterexample.map(|found| trace(&found)).unwrap_or_default(),
    }
}

fn trace(found: &Counterexample) -> String {
    let mut lines = String::new();
    for (state, step) in &found.trace {
        let late = state.late.len();
        let _ = writeln!(lines, "    at {}, {:?}, {late} late: {step:?}", state.now, state.slots);
    }
    lines
}
