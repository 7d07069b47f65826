//! The table itself: its name, and its creation.

mod create;
mod name;
mod options;

pub(crate) use create::create_if_missing;
pub(crate) use name::require_valid_name;
#[allow(unused_imports)]
pub(crate) use options::{Billing, Encryption};
pub use options::{TableClass, TableOptions};
