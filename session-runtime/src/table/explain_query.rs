use super::compare::compare_index;
use super::live::LiveTable;
use super::report::{Finding, require_none};
use crate::dynamo::{Control, Table};
use crate::error::{Error, ErrorKind};
use crate::schema::Index;

/// Why a query of an index was refused: the table itself tells, if it may be looked at.
pub(crate) async fn explain_query(table: &Table, index: Index, refusal: Error) -> Error {
    // Some engines say of an index that is missing that the table is.
    if !matches!(refusal.kind(), ErrorKind::Rejected | ErrorKind::TableMissing) {
        return refusal;
    }
    let findings = match Control::of(table).describe().await {
        Ok(Some(description)) => compare_index(&LiveTable(description), index),
        Ok(None) => vec![Finding::table_missing()],
        Err(error) => {
            return refusal.with_note(format_args!(
                "most likely the index `{}` is missing, still being built or made without its sort key, but \
                 it could not be looked at ({})",
                index.name(),
                error.error()
            ));
        }
    };
    match require_none(findings.iter().filter(|it| it.stops_listing()).take(1)) {
        Ok(()) => refusal,
        Err(error) => error.with_source(refusal),
    }
}
