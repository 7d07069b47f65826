//! What the tests share: a session type with every role, a world to run it in, and a network that can fail.

pub mod attribute;
mod dice;
mod login;
mod measurements;
pub mod refusals;
mod replicas;
mod schedule;
mod shop;
mod tables;
mod traces;
mod usual_visit;
mod world;

pub use dice::{Dice, let_late_requests_arrive};
pub use dynamo_session::testing::{Fault, Network, Sent};
pub use login::{AccountId, Login, Place, Plan, alive, index_answer, newest_first_answer};
pub use measurements::Measurements;
pub use replicas::Replicas;
pub use schedule::{Choices, Mishap, Schedule, Step};
pub use shop::{Payment, Preferences, Shop, stored, with_fixed_sort_key, with_sort_key};
pub use tables::{Device, Guest, Ledger, Odd, Visit, tables};
pub use traces::{TracedSpan, Traces};
pub use usual_visit::{Bill, usual_visit};
pub use world::{ENDPOINT, World, key_of, skip_pauses};

// The derive works in the older edition too, which a test of its own cannot choose.
#[cfg(doctest)]
mod doctests {
    #[doc = include_str!("../../session-derive/src/derive.md")]
    mod derive {}

    #[doc = concat!("```edition2021\n", include_str!("../tests/all/derive_anywhere/anywhere.rs"), "fn main() {}\n```")]
    mod edition_2021 {}
}
