use std::time::Instant;

use ::metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

use crate::error::Error;
use crate::operation::Operation;

const LOADS: &str = "dynamo_session_loads_total";
const OPERATIONS: &str = "dynamo_session_operations_total";
const OPERATION_DURATION: &str = "dynamo_session_operation_duration_seconds";
const REBASES: &str = "dynamo_session_rebases_total";
#[cfg(feature = "_web")]
const REJECTED_IDS: &str = "dynamo_session_rejected_ids_total";
const REQUEST_DURATION: &str = "dynamo_session_request_duration_seconds";
const CONSUMED_CAPACITY: &str = "dynamo_session_consumed_capacity_units";
const THROTTLED: &str = "dynamo_session_throttled_total";

/// When something began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timer(Instant);

impl Timer {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
}

/// Tells the recorder what there will be.
pub(crate) fn describe() {
    describe_counter!(LOADS, Unit::Count, "Loads that DynamoDB answered, by what was found");
    describe_counter!(OPERATIONS, Unit::Count, "Calls of a store or a session, by outcome");
    describe_histogram!(OPERATION_DURATION, Unit::Seconds, "How long each call took");
    describe_counter!(REBASES, Unit::Count, "Writes that started over because of others");
    #[cfg(feature = "_web")]
    describe_counter!(REJECTED_IDS, Unit::Count, "Ids in cookies that open nothing");
    describe_histogram!(REQUEST_DURATION, Unit::Seconds, "How long each request to DynamoDB took");
    describe_histogram!(CONSUMED_CAPACITY, "Capacity units that each request consumed");
    describe_counter!(THROTTLED, Unit::Count, "Requests that were throttled, by reason");
}

pub(crate) fn loaded(table: &str, outcome: &'static str) {
    counter!(LOADS, "table" => table.to_owned(), "outcome" => outcome).increment(1);
}

pub(crate) fn operation<T>(
    began: Timer,
    table: &str,
    operation: Operation,
    result: &Result<T, Error>,
    rebases: u32,
) {
    let labels = || [("table", table.to_owned()), ("operation", operation.as_str().to_owned())];
    let outcome = match result {
        Ok(_) => "ok".to_owned(),
        Err(error) => format!("{:?}", error.kind()),
    };
    let [table, operation] = labels();
    counter!(OPERATIONS, &[table, operation, ("outcome", outcome)]).increment(1);
    histogram!(OPERATION_DURATION, &labels()).record(began.0.elapsed());
    if rebases > 0 {
        counter!(REBASES, &labels()).increment(rebases.into());
    }
}

#[cfg(feature = "_web")]
pub(crate) fn rejected(ids: u64) {
    counter!(REJECTED_IDS).increment(ids);
}

/// One request to DynamoDB.
#[derive(Debug)]
pub(crate) struct Request {
    began: Instant,
    table: String,
    name: &'static str,
}

impl Request {
    pub(crate) fn begin(table: &str, name: &'static str) -> Self {
        Self { began: Instant::now(), table: table.to_owned(), name }
    }

    fn labels(&self) -> [(&'static str, String); 2] {
        [("table", self.table.clone()), ("request", self.name.to_owned())]
    }

    pub(crate) fn end(&self, outcome: &str) {
        let [table, request] = self.labels();
        histogram!(REQUEST_DURATION, &[table, request, ("outcome", outcome.to_owned())])
            .record(self.began.elapsed());
    }

    pub(crate) fn consumed(&self, units: f64) {
        histogram!(CONSUMED_CAPACITY, &self.labels()).record(units);
    }

    pub(crate) fn throttled(&self, reason: &str) {
        let [table, request] = self.labels();
        counter!(THROTTLED, &[table, request, ("reason", reason.to_owned())]).increment(1);
    }
}
