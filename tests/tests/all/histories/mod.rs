//! Random histories: several clients on one session, over a network that loses, doubles, delays and refuses, whose calls are
//! cancelled and whose session is renewed and ended under them. After each, nothing is lost, doubled or revived, all that
//! is stored decodes, and each value is one that a commit wrote.
//!
//! `DYNAMO_SESSION_TEST_HISTORIES` says how many histories are played, `DYNAMO_SESSION_TEST_SEED` with which they begin. A
//! failure names the seed: the same operations and faults come again with it, the tokens and pauses of the library are
//! random all the same.

mod client;
mod faults;
mod notes;
mod oracle;

use std::time::Duration;

use dynamo_session_tests::{Dice, World, let_late_requests_arrive, skip_pauses};

use client::Client;
use faults::misbehave;
use notes::Notes;
use oracle::Oracle;

/// How many histories `cargo test` plays.
const USUAL: u64 = 25;

/// What differs between histories.
#[derive(Debug)]
struct Plan {
    clients: u64,
    operations: u64,
    /// In percent of the requests.
    faults: u64,
    /// In percent of the operations.
    renewals: u64,
    cancellations: u64,
    /// How often many others commit at once.
    crowds: u64,
    /// Whether the last operation ends the session.
    ends: bool,
}

impl Plan {
    fn of(dice: &mut Dice) -> Self {
        Self {
            clients: 1 + dice.below(5),
            operations: 2 + dice.below(12),
            faults: *dice.pick(&[0, 5, 15, 40]),
            renewals: *dice.pick(&[0, 0, 5, 15]),
            cancellations: *dice.pick(&[0, 0, 10]),
            crowds: *dice.pick(&[0, 0, 3, 8]),
            ends: dice.percent(30),
        }
    }
}

async fn play(seed: u64) {
    let mut dice = Dice::new(seed);
    let plan = Plan::of(&mut dice);
    let (world, store) = World::with_store::<Notes>().await;
    let mut first = store.create();
    first.last = Some(0);
    let _ = first.commit().await.unwrap();
    let oracle = Oracle::begin(seed, world, store, first.id().clone()).await;
    misbehave(&oracle.world.network, plan.faults, &dice);

    let mut clients = Vec::new();
    for number in 0..plan.clients {
        let dice = Dice::new(seed.wrapping_mul(1_000).wrapping_add(number));
        clients.push(tokio::spawn(Client::new(number, dice, oracle.clone()).run(
            plan.operations,
            plan.renewals,
            plan.cancellations,
        )));
    }
    for _ in 0..plan.crowds {
        tokio::time::sleep(Duration::from_millis(dice.below(150))).await;
        oracle.crowd(1 + dice.below(20)).await;
    }
    if plan.ends {
        let pause = Duration::from_millis(dice.below(400));
        tokio::time::sleep(pause).await;
        oracle.end(&mut dice).await;
    }
    for client in clients {
        if let Err(error) = client.await {
            panic!("seed {seed}, {plan:?}: {error}");
        }
    }
    oracle.world.network.forget_faults();
    // By now, all that was kept back has arrived.
    tokio::time::sleep(faults::LONGEST * 2).await;
    let_late_requests_arrive().await;
    oracle.judge(&format!("seed {seed}, {plan:?}")).await;
}

#[tokio::test]
async fn nothing_is_lost_doubled_revived_or_made_up() {
    if std::env::var_os(dynamo_session_tests::ENDPOINT).is_some() {
        return; // The time would be real.
    }
    skip_pauses();
    let number = |name: &str, usual: u64| match std::env::var(name) {
        Ok(number) => number.parse().unwrap(),
        Err(_) => usual,
    };
    let first = number("DYNAMO_SESSION_TEST_SEED", 0);
    for seed in first..first + number("DYNAMO_SESSION_TEST_HISTORIES", USUAL) {
        play(seed).await;
    }
}
