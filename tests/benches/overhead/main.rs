//! What the typed session costs over the same work written by hand on `aws-sdk-dynamodb` and `serde_dynamo`, and beside a
//! store that keeps one blob.
//!
//! Nothing leaves the process: all sides talk to an HTTP client that answers at once with a prepared body, under one
//! client configuration, timeouts included. So what is measured is CPU time of the calling thread: building and
//! signing the request, and reading the response. Sessions that a commit or a touch needs are loaded outside the
//! measurement, and the stored item is one that has seen many commits, with a full set of commit tokens.
//!
//! Criterion measures each side alone and compares it with earlier runs. It cannot pair two functions, and a ratio of
//! two of its results moves with whatever else the machine does between them; so the ratios come from rounds of our
//! own, in which the two sides take turns.
//!
//! ```console
//! cargo bench -p dynamo-session-tests --bench overhead                     # all of it
//! cargo bench -p dynamo-session-tests --bench overhead -- --ratios         # the ratios alone, a minute
//! cargo bench -p dynamo-session-tests --bench overhead -- --instructions   # counted by valgrind, some minutes
//! ```
//!
//! Instructions move with nothing but the code. They are those of whole operations, what a commit or a touch needs to have
//! loaded included, and of a machine without instructions for SHA-256, which valgrind does not know.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

mod blob;
mod by_hand;
mod canned;
mod contests;
mod instructions;
mod ours;
mod page;
mod ready;
mod session;
mod timed;

use std::rc::Rc;
use std::time::Duration;

use contests::{Contest, SIZES, contests};
use criterion::Criterion;
use timed::{TURN, Timed};
use tokio::runtime::Runtime;

const ROUNDS: usize = 101;

fn measure_alone(criterion: &mut Criterion, contests: &[Contest]) {
    for Contest { operation, size, ours, others } in contests {
        let mut group = criterion.benchmark_group(format!("{operation} of {size}"));
        let mut side = |name: &str, timed: &Timed| {
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|count| timed(usize::try_from(count).unwrap()));
            });
        };
        side("dynamo-session", ours);
        for (name, timed) in others {
            side(name, timed);
        }
        group.finish();
    }
}

/// Both sides take turns, so that what else the machine does meets both alike.
fn ratios(ours: &Timed, other: &Timed) -> Vec<f64> {
    let mut ratios: Vec<f64> = (0..ROUNDS)
        .map(|round| {
            let (ours, other) = if round % 2 == 0 {
                let ours = ours(TURN);
                (ours, other(TURN))
            } else {
                let other = other(TURN);
                (ours(TURN), other)
            };
            ours.as_secs_f64() / other.as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios
}

fn print_ratios(contests: &[Contest]) {
    println!("CPU time of dynamo-session over that of others: median of {ROUNDS} paired rounds");
    println!("{:<21}{:<20}{:<8}{:>7}   least to most", "", "over", "size", "ratio");
    for Contest { operation, size, ours, others } in contests {
        for (name, other) in others {
            let ratios = ratios(ours, other);
            println!(
                "{operation:<21}{name:<20}{size:<8}{:>7.2}   {:.2} to {:.2}",
                ratios[ROUNDS / 2],
                ratios[0],
                ratios[ROUNDS - 1],
            );
        }
    }
}

fn all(runtime: &Rc<Runtime>) -> Vec<Contest> {
    SIZES.iter().flat_map(|(size, bytes)| contests(runtime, size, *bytes)).collect()
}

fn main() {
    let asked = |option: &str| std::env::args().any(|argument| argument == option);
    if asked("--instructions") {
        return instructions::print();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let runtime = Rc::new(runtime);
    if let Some(count) = instructions::asked() {
        return count.run(&runtime);
    }
    let contests = all(&runtime);
    if !asked("--ratios") {
        let mut criterion = Criterion::default()
            .warm_up_time(Duration::from_millis(200))
            .measurement_time(Duration::from_millis(500))
            .sample_size(20)
            .configure_from_args();
        measure_alone(&mut criterion, &contests);
        criterion.final_summary();
    }
    // Without `--bench`, Cargo asks whether everything runs, not how fast.
    if asked("--bench") && !asked("--profile-time") {
        print_ratios(&contests);
    }
}
