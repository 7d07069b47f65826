//! All tests that do not need a process of their own, as one program: a module for each theme.

#![allow(clippy::unwrap_used)]
#![recursion_limit = "1024"]

mod alias;
mod append;
mod attempts;
mod auto_create;
mod bad_input;
mod capacity;
mod commit;
mod conditions;
mod count;
mod counter;
mod create_table;
mod created;
mod dates;
mod default;
mod derive;
mod derive_anywhere;
mod embedded;
mod encoding;
mod end_all;
mod environment;
mod exactly_once;
mod guard;
mod iam;
mod index;
mod index_faults;
mod index_throttled;
mod infrastructure;
mod interleavings;
mod keep_newest;
mod keys;
mod limits;
mod promises;
mod properties;
mod purge;
mod rename;
mod renew;
mod sessions_by;
mod set;
mod skip;
mod structs;
mod timeouts;
mod ttl;
mod unreadable;
mod update;
mod update_table;
mod verify_table;
mod web;
mod whole;
mod with;
