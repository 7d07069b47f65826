//! Random ways through a scenario that has too many states to go through them all.

use crate::normal::normalise;
use crate::search::{Counterexample, after};
use crate::world::{Scenario, State, Step};

/// How far each walk goes before the next begins anew.
const LENGTH: usize = 400;

/// What walks came to.
#[derive(Debug)]
pub(crate) struct Walked {
    pub(crate) steps: usize,
    pub(crate) counterexample: Option<Counterexample>,
}

/// The splitmix64 generator: the same walks each time.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// How often each kind of step is taken beside the others. Each walk has its own, so that there are walks on which requests
/// are late for long, and others on which many answers are lost.
struct Weights([usize; 12]);

impl Weights {
    fn new(random: &mut Random) -> Self {
        const SCALE: [usize; 4] = [1, 4, 16, 64];
        let mut weights = Self([0; 12]);
        weights.0.iter_mut().for_each(|weight| *weight = SCALE[random.below(SCALE.len())]);
        weights
    }

    fn of(&self, step: Step) -> usize {
        let kind = match step {
            Step::Load(..) => 0,
            Step::Begin(..) => 1,
            Step::Settle(_) => 2,
            // Without answers, nothing goes on.
            Step::Answer(_) => return 64,
            Step::Refuse(_) | Step::RefuseAndRepeat(_) => 3,
            Step::LoseAnswer(..) => 4,
            Step::Delay(..) => 5,
            Step::Run(_, true) => 6,
            Step::Run(_, false) => 7,
            Step::Arrive(_) => 8,
            Step::Vanish(_) => 9,
            Step::Tick => 10,
            Step::Expire(_) => 11,
        };
        self.0[kind]
    }

    fn choose(&self, steps: &[Step], random: &mut Random) -> Option<Step> {
        let total: usize = steps.iter().map(|step| self.of(*step)).sum();
        let mut left = random.below(total.max(1));
        steps.iter().copied().find(|step| match left.checked_sub(self.of(*step)) {
            Some(less) => {
                left = less;
                false
            }
            None => true,
        })
    }
}

/// Walks about this many steps.
pub(crate) fn walk(scenario: &Scenario, most: usize, seed: u64) -> Walked {
    let mut random = Random(seed);
    let mut steps = 0;
    while steps < most {
        let weights = Weights::new(&mut random);
        let mut state = State::new(scenario);
        normalise(scenario, &mut state);
        let mut trace = Vec::new();
        for _ in 0..LENGTH {
            let Some(step) = weights.choose(&state.steps(scenario), &mut random) else { break };
            steps += 1;
            let next = after(scenario, &state, step);
            trace.push((state, step));
            match next {
                Ok(next) => state = next,
                Err(violation) => {
                    let counterexample = Some(Counterexample { violation, trace });
                    return Walked { steps, counterexample };
                }
            }
        }
    }
    Walked { steps, counterexample: None }
}
