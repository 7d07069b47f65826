//! Every state that can be reached, nearest first.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hasher};

use crate::handle::Call;
use crate::normal::normalise;
use crate::promises::Violation;
use crate::world::{Scenario, State, Step, Stepped};

/// What a search found.
#[derive(Debug)]
pub(crate) struct Found {
    /// How many states there are, up to names.
    pub(crate) states: usize,
    /// How many steps the furthest of them is away.
    pub(crate) depth: usize,
    /// Whether these are all.
    pub(crate) is_complete: bool,
    /// The shortest way to a broken promise.
    pub(crate) counterexample: Option<Counterexample>,
}

/// A way to a broken promise.
#[derive(Debug)]
pub(crate) struct Counterexample {
    pub(crate) violation: Violation,
    /// Each step, and the state that it was taken in.
    pub(crate) trace: Vec<(State, Step)>,
}

/// A set of hashes needs no hasher of its own.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only whole hashes are put in")
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Goes through all states of a scenario, or about as many as this.
pub(crate) fn search(scenario: &Scenario, most: usize) -> Found {
    // A state is remembered by 64 bits of its hash; that two of ten million share them is one chance in 300,000.
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let mut first = State::new(scenario);
    normalise(scenario, &mut first);
    let mut seen: HashSet<u64, BuildHasherDefault<AsItIs>> = HashSet::default();
    seen.insert(hasher.hash_one(&first));
    // Where each state came from: the number of the state before, and of the step there.
    let mut came: Vec<(u32, u16)> = vec![(0, 0)];
    let mut layer = vec![(0_u32, first)];
    let mut depth = 0;
    while !layer.is_empty() {
        let mut next_layer = Vec::new();
        for (number, state) in layer {
            for (choice, step) in state.steps(scenario).into_iter().enumerate() {
                match after(scenario, &state, step) {
                    Ok(next) => {
                        if seen.insert(hasher.hash_one(&next)) {
                            next_layer.push((came.len() as u32, next));
                            came.push((number, choice as u16));
                        }
                    }
                    Err(violation) => {
                        let trace = trace(scenario, &came, number, choice);
                        let counterexample = Some(Counterexample { violation, trace });
                        let states = came.len();
                        return Found { states, depth, is_complete: false, counterexample };
                    }
                }
            }
            if came.len() > most {
                let states = came.len();
                return Found { states, depth, is_complete: false, counterexample: None };
            }
        }
        depth += 1;
        layer = next_layer;
    }
    Found { states: came.len(), depth, is_complete: true, counterexample: None }
}

/// The normal form of what is when this has happened.
pub(crate) fn after(scenario: &Scenario, state: &State, step: Step) -> Stepped<State> {
    let mut next = state.after(scenario, step)?;
    normalise(scenario, &mut next);
    if let Step::Answer(index) | Step::Run(index, _) = step {
        require_end(scenario, &next, index)?;
    }
    Ok(next)
}

/// A call ends within a few requests, if each is answered and nobody else does anything.
fn require_end(scenario: &Scenario, state: &State, index: usize) -> Stepped {
    const MOST: usize = 12;
    let mut quiet: Option<State> = None;
    for _ in 0..MOST {
        let state = quiet.as_ref().unwrap_or(state);
        let step = match &state.handles[index].call {
            Call::Idle => return Ok(()),
            Call::Run(rounds) => Step::Run(index, rounds.run + 1 < scenario.runs),
            _ => Step::Answer(index),
        };
        quiet = Some(state.after(scenario, step)?);
    }
    Err(Violation::Endless)
}

fn trace(scenario: &Scenario, came: &[(u32, u16)], last: u32, choice: usize) -> Vec<(State, Step)> {
    let mut choices = vec![choice];
    let mut number = last;
    while number != 0 {
        let (before, choice) = came[number as usize];
        choices.push(usize::from(choice));
        number = before;
    }
    let mut state = State::new(scenario);
    normalise(scenario, &mut state);
    let mut trace = Vec::new();
    for choice in choices.into_iter().rev() {
        let step = state.steps(scenario)[choice];
        trace.push((state.clone(), step));
        if let Ok(next) = after(scenario, &state, step) {
            state = next;
        }
    }
    trace
}
