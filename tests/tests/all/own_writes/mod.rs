//! Visitors with several tabs, on replicas that are behind: each page shows all that the visitor has done before, logins
//! and logouts included, at about half the price.
//!
//! `DYNAMO_SESSION_TEST_OPERATIONS` says how many requests are made, `DYNAMO_SESSION_TEST_SEED` which.

mod app;
mod visitor;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use dynamo_session::embedded::Engine;
use dynamo_session::{ManualClock, ReadConsistency, SessionStore};
use dynamo_session_tests::{Dice, Fault, Network, Replicas, skip_pauses};

use app::{Desk, app};
use visitor::{Ask, Visitor};

const VISITORS: usize = 8;
/// How many requests `cargo test` makes.
const USUAL: u64 = 3_000;

/// What became of many requests.
#[derive(Debug)]
struct Run {
    missed: Vec<String>,
    eventual_reads: u64,
    strong_reads: u64,
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |number| number.parse().unwrap())
}

async fn run(consistency: ReadConsistency, operations: u64) -> Run {
    let seed = number("DYNAMO_SESSION_TEST_SEED", 1);
    let mut dice = Dice::new(seed);
    let clock = ManualClock::at_epoch_seconds(1_800_000_000);
    let engine = Engine::memory_with_clock(clock.clone());
    let replicas = Replicas::new(engine.clone(), "id", Dice::new(seed + 1));
    let network = Network::new(replicas.clone());
    let config = engine.client().config().to_builder().http_client(network.clone()).build();
    let builder = SessionStore::<Desk>::builder().client(Client::from_conf(config));
    let builder = builder.clock(clock.clone()).read_consistency(consistency);
    let store = builder.auto_create(true).build().await.unwrap();
    let mut faults = Dice::new(seed + 2);
    network.fail_by("UpdateItem", move || faults.percent(2).then_some(Fault::LoseResponse));

    let mut visitors: Vec<_> = (0..VISITORS).map(|_| Visitor::new(app(store.clone()))).collect();
    while visitors.iter().map(|visitor| visitor.requests).sum::<u64>() < operations {
        clock.advance(Duration::from_secs(match dice.below(20) {
            0 => dice.below(1500),
            1..=3 => 30,
            _ => dice.below(2),
        }));
        let place = dice.below(VISITORS as u64) as usize;
        let visitor = &mut visitors[place];
        visitor.notice_time(clock.epoch_seconds());
        let ask = match (visitor.has_session(), dice.below(100)) {
            (false, 0..60) => Ask::Note,
            (false, 60..90) => Ask::LogIn,
            (false, _) => Ask::Look,
            (true, 0..40) => Ask::Look,
            (true, 40..50) => Ask::Open,
            (true, 50..60) => Ask::Note,
            (true, 60..66) => Ask::NoteAtOnce,
            (true, 66..74) => Ask::Count,
            (true, 74..79) => Ask::NoteBeside,
            (true, 79..84) => Ask::LogIn,
            (true, 84..87) => Ask::LogOut,
            (true, 87..88) => Ask::Restart,
            (true, _) => {
                let kinds =
                    [Ask::Look, Ask::Open, Ask::Note, Ask::NoteAtOnce, Ask::Count, Ask::NoteBeside];
                let asks: Vec<_> = (0..2 + dice.below(3)).map(|_| *dice.pick(&kinds)).collect();
                visitor.ask_at_once(&asks, &mut dice).await;
                continue;
            }
        };
        visitor.ask(ask).await;
        // What is sent is forgotten, or it would fill the memory.
        network.take_sent();
    }
    let (eventual_reads, strong_reads) = replicas.reads();
    let missed = visitors.into_iter().flat_map(|visitor| visitor.missed).collect();
    Run { missed, eventual_reads, strong_reads }
}

#[tokio::test]
async fn none_is_missed_however_far_replicas_are_behind() {
    skip_pauses();
    let operations = number("DYNAMO_SESSION_TEST_OPERATIONS", USUAL);
    let run = run(ReadConsistency::OwnWrites, operations).await;
    let first = &run.missed[..run.missed.len().min(3)];
    assert!(run.missed.is_empty(), "{} missed, such as {first:#?}", run.missed.len());
    // Three of four answers are behind here, where DynamoDB's are in the first second only.
    assert!(run.eventual_reads > 1_000 && run.strong_reads > 100, "{run:?}");
}

/// Else the test above would show nothing.
#[tokio::test]
async fn eventual_reads_miss_some_and_strong_ones_none() {
    skip_pauses();
    assert!(run(ReadConsistency::Eventual, 500).await.missed.len() > 10);
    let strong = run(ReadConsistency::Strong, 500).await;
    assert_eq!((strong.missed, strong.eventual_reads), (Vec::new(), 0));
}
