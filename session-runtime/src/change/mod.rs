//! Two versions of a session's fields become a list of changes, and the changes an expression, or a new value in memory.
//!
//! Merging means the same in both: what [`plan`] writes for DynamoDB to do is what [`apply`] does to a value in hand.

mod apply;
mod changes;
mod diff;
mod path;
mod plan;
mod range;

pub(crate) use apply::{apply, apply_to_item};
#[cfg(feature = "interop")]
pub(crate) use changes::Change;
pub(crate) use changes::{Changes, Kind};
pub(crate) use path::{Path, value_at};
pub(crate) use plan::{Base, Plan, plan, plan_whole};
pub(crate) use range::counter_out_of_range;
