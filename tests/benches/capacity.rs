//! What a visit costs: capacity units, requests and bytes of a usual one, for each way to read.
//!
//! A visitor logs in, asks for 100 pages a second apart, of which every tenth is followed by a change of a small field, and
//! logs out: `tests/src/usual_visit.rs` plays that by the clock, through the layer, on the embedded engine. The units are
//! those that the engine reports; `tests/tests/all/capacity.rs` compares them with DynamoDB's rules.
//!
//! ```console
//! cargo bench -p dynamo-session-tests --bench capacity
//! ```

#![allow(clippy::print_stdout)]

use dynamo_session::ReadConsistency;
use dynamo_session_tests::{Bill, usual_visit};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let ways = [
        ("strong", ReadConsistency::Strong),
        ("own writes", ReadConsistency::OwnWrites),
        ("eventual", ReadConsistency::Eventual),
    ];
    println!("1 login, 100 pages a second apart, 10 changes of a small field, 1 logout:\n");
    println!("| session | reads | read units | write units | requests | item bytes |");
    println!("|---|---|---|---|---|---|");
    let sizes = [("0.5 KB", 512), ("2 KB", 2048), ("10 KB", 10_240)];
    for is_stored_before in [false, true] {
        for (name, bytes) in sizes {
            for (way, consistency) in ways {
                let bill = usual_visit(bytes, consistency, is_stored_before).await;
                let before = if is_stored_before { ", stored before the login" } else { "" };
                let Bill { reads, writes, requests, item_bytes } = bill;
                println!(
                    "| {name}{before} | {way} | {reads} | {writes} | {requests} | {item_bytes} |"
                );
            }
        }
    }
}
