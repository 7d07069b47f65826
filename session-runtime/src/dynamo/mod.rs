//! The only room that calls DynamoDB for sessions: requests, responses, and what their failures mean.

mod failure;
mod table;
mod transmissions;

pub(crate) use failure::{WriteFailure, error};
pub(crate) use table::{RenameFailure, Table};
