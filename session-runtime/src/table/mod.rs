//! The table itself: its name, its options, how it is created, verified and changed, and what it is as text.

mod check;
mod compare;
mod create;
mod definition;
mod enable;
mod infrastructure;
mod live;
mod name;
mod options;
mod progress;
mod report;
mod request;
mod store;
mod update;
mod verify;
mod work;

pub use infrastructure::{Access, Infrastructure};
pub(crate) use name::require_valid_name;
pub use options::{TableClass, TableOptions};
pub use progress::{TableChange, TableProgress};
pub use report::{Finding, FindingKind, Severity, TableReport};
pub use request::{CreateTable, UpdateTable};
