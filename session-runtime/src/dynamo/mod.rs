//! The only room that calls DynamoDB for sessions: requests, responses, and what their failures mean.

mod attempts;
mod failure;
mod index;
mod index_failure;
mod patience;
mod table;

pub(crate) use failure::{WriteFailure, error};
pub(crate) use index::{Deletion, IndexPage, MAX_BATCH};
pub(crate) use patience::pause;
pub(crate) use table::{RenameFailure, Table};
