//! The only room that calls DynamoDB: requests, responses, and what their failures mean.

mod answer;
mod body;
mod control;
mod empty_answer;
mod exchange;
mod failure;
#[cfg(feature = "interop")]
mod foreign;
mod index;
mod intercepted;
mod keep_body;
mod moved;
mod observer;
mod profile;
mod refusal;
mod request;
mod request_body;
mod scan;
#[cfg(feature = "interop")]
mod shared;
mod sweep;
mod table;
mod throttling;
mod throttling_reason;
mod wrong_key;

pub(crate) use answer::{Answer, Outcome};
pub(crate) use body::Body;
pub(crate) use control::{Control, has_number};
pub(crate) use failure::{unbuildable, unreadable_answer};
#[cfg(feature = "interop")]
pub(crate) use foreign::RowDeletion;
pub(crate) use index::{Deletion, IndexEntry, IndexOrder, IndexPage, MAX_BATCH};
pub(crate) use moved::Moved;
pub(crate) use profile::ChosenProfile;
pub(crate) use refusal::{Refusal, Why};
pub(crate) use scan::{ItemKey, Page, PageRequest, ScannedTable};
pub(crate) use sweep::Swept;
pub(crate) use table::{Loaded, Retries, Table, UpdateRequest};
