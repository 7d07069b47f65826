//! The only room that calls DynamoDB for sessions: requests, responses, and what their failures mean.

mod attempts;
mod failure;
mod sweep;
mod table;

pub(crate) use failure::{WriteFailure, error};
pub(crate) use sweep::{Deletion, Page, PageRequest};
pub(crate) use table::{RenameFailure, Table};
