//! The table itself: its name, its creation, and what it is as text.

mod create;
mod infrastructure;
mod name;
mod options;

pub(crate) use create::create_if_missing;
pub use infrastructure::{Access, Infrastructure};
pub(crate) use name::require_valid_name;
pub use options::{TableClass, TableOptions};
