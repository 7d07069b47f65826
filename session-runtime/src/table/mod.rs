//! The table itself: its name, its options, and how it is created, verified and changed.

mod check;
mod compare;
mod create;
mod definition;
mod enable;
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

pub(crate) use name::require_valid_name;
#[allow(unused_imports)]
pub(crate) use options::{Billing, Encryption};
pub use options::{TableClass, TableOptions};
pub use progress::{TableChange, TableProgress};
pub use report::{Finding, FindingKind, Severity, TableReport};
pub use request::{CreateTable, UpdateTable};
