use std::sync::{Arc, Mutex};
use std::time::Duration;

use dynamo_session_tests::refusals::{
    BROKEN, IN_TRANSACTION, OVER_CAPACITY, THROTTLED, TRANSACTION_CONFLICT, TRANSACTION_THROTTLED,
};
use dynamo_session_tests::{Dice, Fault, Network};
use tokio::sync::Notify;

/// How late a request arrives at most.
pub(super) const LONGEST: Duration = Duration::from_secs(20);

/// Gives each request a time on its way, and so many of a hundred a fault.
pub(super) fn misbehave(network: &Network, percent: u64, dice: &Dice) {
    let dice = Arc::new(Mutex::new(dice.clone()));
    for operation in ["GetItem", "UpdateItem", "TransactWriteItems", "DeleteItem"] {
        let dice = dice.clone();
        network.fail_by(operation, move || {
            let mut dice = dice.lock().unwrap();
            let wait = Duration::from_millis(1 + dice.below(30));
            let fault = dice.percent(percent).then(|| Box::new(fault(operation, &mut dice)));
            Some(Fault::Slow(wait, fault))
        });
    }
}

fn fault(operation: &str, dice: &mut Dice) -> Fault {
    let in_a_transaction = operation == "TransactWriteItems";
    match dice.below(10) {
        0 => Fault::LoseRequest,
        1 => Fault::LoseResponse,
        2 => Fault::Duplicate,
        3 => Fault::Answer(500, BROKEN),
        4 => Fault::Garble(500, BROKEN),
        5 => Fault::Answer(400, if in_a_transaction { TRANSACTION_THROTTLED } else { THROTTLED }),
        6 if in_a_transaction => Fault::Answer(400, TRANSACTION_CONFLICT),
        6 if operation != "GetItem" => Fault::Answer(400, IN_TRANSACTION),
        6 | 7 => Fault::Answer(400, OVER_CAPACITY),
        _ => {
            let gate = Arc::new(Notify::new());
            let longest = u64::try_from(LONGEST.as_millis()).unwrap_or(u64::MAX);
            // Most of them soon, when it matters the most.
            let longest = if dice.percent(60) { 200 } else { longest };
            let late = Duration::from_millis(dice.below(longest));
            let release = gate.clone();
            tokio::spawn(async move {
                tokio::time::sleep(late).await;
                release.notify_one();
            });
            Fault::Late(gate)
        }
    }
}
