//! The table itself: its name, and its creation.

mod create;
mod name;

pub(crate) use create::create_if_missing;
pub(crate) use name::require_valid_name;
