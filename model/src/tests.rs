use crate::normal::normalise;
use crate::promises::Violation;
use crate::rules::{Mutant, Rules};
use crate::scenarios::{
    ALL, BUSY, COUNTERS, EXPIRY, GUARDS, LIFE, LIMITS, MAPS, MUTANTS, UNMARKED, UPDATE, UPDATE_LIFE,
};
use crate::search::{after, search};
use crate::walk::{Random, walk};
use crate::world::{Scenario, State, Stepped};

fn holds(scenario: Scenario, most: usize) {
    let found = search(&scenario, most);
    let broken = found.counterexample.map(|found| found.violation);
    assert_eq!(broken, None, "{}: {broken:?}", scenario.name);
}

fn is_found(scenario: Scenario) -> Violation {
    let found = search(&scenario, 500_000);
    let found = found.counterexample.map(|found| found.violation);
    found.unwrap_or_else(|| panic!("not found: {:?}", scenario.rules.mutant))
}

#[test]
fn no_promise_is_broken_near_the_start() {
    for scenario in [COUNTERS, MAPS, UNMARKED, GUARDS, UPDATE, LIFE, UPDATE_LIFE, EXPIRY] {
        holds(scenario, 8_000);
    }
}

#[test]
fn no_promise_is_broken_on_random_walks() {
    for scenario in [BUSY, ALL] {
        let broken = walk(&scenario, 20_000, 7).counterexample.map(|found| found.violation);
        assert_eq!(broken, None, "{}", scenario.name);
    }
}

/// What each fault breaks.
#[test]
fn every_fault_is_found() {
    for (mutant, scenario) in MUTANTS {
        let rules = scenario.rules.with(mutant);
        let expected = match mutant {
            Mutant::PrunedAtOnce | Mutant::DoubledThreshold => Violation::AppliedTwice,
            Mutant::UnansweredIfSentBefore => Violation::UnknownThoughAnswered,
            Mutant::SameWindow => Violation::Endless,
            Mutant::Unsettled => Violation::AppliedAfterAnswer,
            Mutant::EarlierOutlived
            | Mutant::FirstEarlier
            | Mutant::TokenTakenOver
            | Mutant::ClosedWithoutToken => Violation::WrongSuccess,
            Mutant::RenewalUnguarded => Violation::LostAtRenewal,
            Mutant::DeletedAtRenewal | Mutant::LogoutStopsAtTombstone => Violation::Resurrected,
            Mutant::TouchMovesBack => Violation::MovedBack,
            Mutant::ExpiredIsAlive => Violation::ExpiredLives,
        };
        assert_eq!(is_found(Scenario { rules, ..scenario }), expected, "{mutant:?}");
    }
}

/// The limits that the guarantees name are real, and the model can see them.
#[test]
fn documented_limits_are_found() {
    let found = LIMITS.map(|(_, scenario)| is_found(scenario));
    assert_eq!(found, [Violation::Resurrected, Violation::ExpiredLives]);
}

/// Whatever can happen in a state can happen in its normal form, and comes to the same.
#[test]
fn a_normal_form_leaves_nothing_out() {
    let mut random = Random(1);
    let busy = Scenario { rules: Rules::scaled(3), late: 1, ..BUSY };
    for scenario in [MAPS, UNMARKED, GUARDS, UPDATE, LIFE, UPDATE_LIFE, EXPIRY, busy] {
        for _ in 0..60 {
            let mut state = State::new(&scenario);
            for _ in 0..40 {
                assert_normal_form_stands_for(&scenario, &state);
                let steps = state.steps(&scenario);
                if steps.is_empty() {
                    break;
                }
                match state.after(&scenario, steps[random.below(steps.len())]) {
                    Ok(next) => state = next,
                    Err(violation) => panic!("{}: {violation}", scenario.name),
                }
            }
        }
    }
}

fn assert_normal_form_stands_for(scenario: &Scenario, state: &State) {
    let mut normal = state.clone();
    normalise(scenario, &mut normal);
    let mut again = normal.clone();
    normalise(scenario, &mut again);
    assert_eq!(normal, again, "{}", scenario.name);
    let steps = normal.steps(scenario);
    let of_normal: Vec<Stepped<State>> =
        steps.into_iter().map(|step| after(scenario, &normal, step)).collect();
    for step in state.steps(scenario) {
        let next = after(scenario, state, step);
        // A late request that can no longer be carried out is not in the normal form.
        let is_nothing = next.as_ref() == Ok(&normal);
        assert!(
            is_nothing || of_normal.contains(&next),
            "{}: {step:?}\nin {state:?}\nof {normal:?}\nto {next:?}",
            scenario.name
        );
    }
}
