//! A model checker of dynamo-session's commit protocol.
//!
//! The protocol is small enough to be explored in full: a session's item, a few handles, and requests that are
//! answered, refused, lost, repeated or late, in every order. The model states its rules again, in a few hundred lines
//! without I/O: tokens, windows and pruning, what each answer means, how `update` keeps earlier runs from applying,
//! creation, renewal with its tombstone, logout, touch and expiry. Each reachable state is visited, nearest first, and
//! in each the promises are checked: an application is told nothing wrong, no change is applied twice, nothing that
//! ended lives again, and every call can end.
//!
//! Windows are scaled down, from 8 and 16 to 1 and 2 or 2 and 4, since only their order matters to the rules; random
//! walks go through the real ones. States that differ only in names, or in where counting began, count as one. The same
//! searches are run on protocols with one fault each: a checker that does not find those checks nothing.
//!
//! # What the model leaves out
//!
//! One condition stands for all that commits ask of fields, and one clock for all servers. An absolute timeout, the
//! size of items, programs that write beside the crate, and global tables in several Regions are not modelled. Whether
//! the crate does what the model does is for the crate's own tests to show.

mod calls;
mod check;
mod handle;
mod normal;
mod outcomes;
mod promises;
mod rules;
mod scenarios;
mod search;
mod suite;
mod table;
mod tokens;
mod update;
mod walk;
mod world;

#[cfg(test)]
mod tests;

pub use suite::{Extent, Report, run};
