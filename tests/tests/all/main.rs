//! All tests that do not need a process of their own, as one program: a module for each theme.

#![allow(clippy::unwrap_used)]
#![allow(clippy::duplicate_mod, reason = "some tests run once more for tables of another form")]
#![recursion_limit = "1024"]

// Modules that run once more for tables of another form find the session type above them.
use dynamo_session_tests::{Shop, stored};

mod alias;
mod alias_rollout;
mod append;
mod architecture;
mod attempts;
mod attempts_answered;
mod authenticated;
mod auto_create;
mod bad_input;
mod capacity;
mod carried_expiry;
mod commit;
mod commit_until;
mod conditions;
mod contention;
mod count;
mod counter;
mod create_table;
mod created;
mod dates;
mod deadline;
mod default;
mod derive;
mod derive_anywhere;
mod embedded;
mod encoding;
mod end_all;
mod end_everyone;
mod environment;
mod exactly_once;
mod foreign_writes;
mod forms;
mod guard;
mod histories;
mod iam;
mod index;
mod index_faults;
mod index_throttled;
mod infrastructure;
mod interleavings;
mod interop;
mod keep_newest;
mod key_prefix;
mod keys;
mod late_touch;
mod lenient;
mod limits;
mod metrics;
mod own_writes;
mod promises;
mod properties;
mod purge;
mod remember;
mod removals;
mod rename;
mod renew;
mod restart;
mod secret;
mod security;
mod sessions_by;
mod set;
mod settling;
mod skip;
mod snapshot;
mod sort_key;
mod spans;
mod structs;
mod test_network;
mod timeouts;
mod tombstones;
mod ttl;
mod unreadable;
mod update;
mod update_table;
mod valid_since;
mod verify_table;
mod web;
mod whole;
mod wire;
mod with;
