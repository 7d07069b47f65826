//! What is counted and timed, by the facade [`metrics`](https://docs.rs/metrics): any of its recorders, such as that for
//! Prometheus, takes it. Without a recorder, nothing is kept.
//!
//! | metric | kind | labels | |
//! |---|---|---|---|
//! | `dynamo_session_loads_total` | counter | `table`, `outcome` | loads that DynamoDB answered |
//! | `dynamo_session_operations_total` | counter | `table`, `operation`, `outcome` | calls of a store or a session |
//! | `dynamo_session_operation_duration_seconds` | histogram | `table`, `operation` | how long each took, with all of its requests |
//! | `dynamo_session_rebases_total` | counter | `table`, `operation` | writes that started over because of changes of others |
//! | `dynamo_session_rejected_ids_total` | counter | | ids in cookies that open nothing |
//! | `dynamo_session_request_duration_seconds` | histogram | `table`, `request`, `outcome` | how long each request to DynamoDB took, with the SDK's retries |
//! | `dynamo_session_consumed_capacity_units` | histogram | `table`, `request` | what each request consumed |
//! | `dynamo_session_throttled_total` | counter | `table`, `request`, `reason` | requests that were throttled in the end |
//!
//! - The `outcome` of a load is `hit`, `absent`, `expired` (or unreadable, where
//!   [`OnUndecodable::End`](crate::OnUndecodable::End) ends such a session) or `superseded`: another request has renewed
//!   the session within the grace.
//! - `operation` is an [`Operation`](crate::Operation), in the words of its `as_str`: `load`, `commit`, `touch`, `renew`,
//!   `destroy` or `update`. Its `outcome` is `ok`, or the [`ErrorKind`](crate::ErrorKind), such as `Gone` or `Conflict`. A
//!   commit or touch with nothing to write is not counted.
//! - `request` is one of DynamoDB's operations, such as `UpdateItem`. Its `outcome` is `ok`, `refused` where its condition
//!   did not hold, or what the span's `error.type` says.
//! - The `reason` of throttling is DynamoDB's own, such as `TableWriteKeyRangeThroughputExceeded` for one session that is
//!   written too often, or `unknown`.
//! - A table is named as the store names it. No label ever holds an id, or anything else that a visitor chooses.
//!
//! Install the recorder before you build a store: that is when the metrics are described.

#[cfg(not(feature = "metrics"))]
mod nothing;
#[cfg(feature = "metrics")]
mod recorded;

#[cfg(not(feature = "metrics"))]
pub(crate) use nothing::*;
#[cfg(feature = "metrics")]
pub(crate) use recorded::*;
