use super::verdict::Verdict;
use crate::error::{Error, ErrorKind};
use crate::item::Item;
use crate::schema::{Attribute, Role, Schema};

/// Why a call did not succeed; after a conflict, with the item that won.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    pub(crate) winner: Option<Item>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, winner: None }
    }
}

pub(crate) fn gone() -> Error {
    Error::new(
        ErrorKind::Gone,
        "the session was destroyed or has expired, so nothing was written; begin a new one",
    )
}

pub(super) fn gone_while_unanswered() -> Error {
    Error::new(
        ErrorKind::Gone,
        "the session was destroyed, renewed by another request, or has expired; an attempt that got no \
         answer may have been applied before. Begin a new session",
    )
}

pub(super) fn superseded() -> Error {
    Error::new(
        ErrorKind::Gone,
        "another request has just given the session a new id, or it cannot be told which of several presented ids is the \
         visitor's, so nothing was written; send the request again with the cookie as it is then",
    )
}

pub(super) fn outcome_unknown() -> Error {
    Error::new(
        ErrorKind::OutcomeUnknown,
        "an earlier commit got no answer, and too many others came after it to tell whether it was \
         applied; load the session again and look",
    )
}

pub(super) fn conflict(schema: &Schema, attribute: Option<&'static str>, winner: Item) -> Failure {
    let named = |known: &&Attribute| Some(known.name()) == attribute;
    let role = schema.attributes().iter().find(named).map(Attribute::role);
    let what = match role {
        Some(Role::Counter) => {
            "adding the difference to what is stored now would leave the range of the field's type"
        }
        _ => "someone else changed it since the session was loaded",
    };
    let detail = format!("{what}; nothing was written. `latest` is the stored session");
    let error = Error::new(ErrorKind::Conflict, detail);
    let error = match attribute {
        Some(attribute) => error.with_attribute(attribute),
        None => error,
    };
    Failure { error, winner: Some(winner) }
}

pub(super) fn unexpected(what: &str, verdict: &Verdict) -> Error {
    let how = match verdict {
        Verdict::Applied(_) => "was applied",
        Verdict::FoundApplied(..) => "was found applied",
        Verdict::EarlierApplied(_) => "gave way to an earlier one",
        Verdict::Conflict { .. } => "met a conflict",
        Verdict::Gone => "found no session",
        Verdict::Unknown => "cannot be known",
        Verdict::Failed(_) => "failed",
    };
    Error::internal(format!("{what} {how}, which should be impossible"))
}
