use std::error::Error as StdError;
use std::pin::{Pin, pin};
use std::sync::Arc;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::exchange::Exchange;
use super::throttling_reason::throttling_reason;
use crate::metrics;

const SERVICE: &str = "DynamoDB.";

/// One request to DynamoDB, with the SDK's retries, as OpenTelemetry and metrics see it.
///
/// Of what it holds, only the table is named: keys may be secret.
#[derive(Debug)]
pub(super) struct Request {
    span: Span,
    measured: metrics::Request,
    exchange: Arc<Exchange>,
    is_answered: bool,
}

impl Request {
    /// A request that is about to be made. `name` is the span's, such as `DynamoDB.GetItem`.
    pub(super) fn new(name: &'static str, table: &str) -> Self {
        let operation = name.strip_prefix(SERVICE).unwrap_or(name);
        let span = tracing::info_span!(
            "dynamodb",
            otel.name = name,
            otel.kind = "client",
            otel.status_code = Empty,
            db.system.name = "aws.dynamodb",
            db.operation.name = operation,
            db.collection.name = table,
            db.response.status_code = Empty,
            "error.type" = Empty,
            dynamo_session.capacity_units = Empty,
            dynamo_session.retries = Empty,
            dynamo_session.throttling_reason = Empty,
        );
        let measured = metrics::Request::begin(table, operation);
        Self { span, measured, exchange: Arc::default(), is_answered: false }
    }

    /// Made in this exchange.
    pub(super) fn by(mut self, exchange: Exchange) -> Self {
        self.exchange = Arc::new(exchange);
        self
    }

    /// What tells more of the request than its answer does.
    pub(super) fn exchange(&self) -> &Arc<Exchange> {
        &self.exchange
    }

    /// What DynamoDB is to tell of the capacity that it takes: nothing where nobody would know.
    pub(super) fn capacity(&self) -> Option<ReturnConsumedCapacity> {
        let is_seen = cfg!(feature = "metrics") || !self.span.is_disabled();
        is_seen.then_some(ReturnConsumedCapacity::Total)
    }

    /// Waits for the answer. A request is kilobytes large as a future, and a hundred types deep: whoever makes one boxes it, so
    /// that the futures of applications, which are built around it, are neither.
    pub(super) async fn answered<T, E>(
        mut self,
        answer: Pin<&mut (impl Future<Output = Result<T, SdkError<E, HttpResponse>>> + ?Sized)>,
        consumed: impl FnOnce(&T) -> Option<f64>,
    ) -> Result<T, SdkError<E, HttpResponse>>
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let answer = pin!(answer.instrument(self.span.clone()));
        let result = self.exchange.clone().of(answer).await;
        let retries = self.exchange.attempts().saturating_sub(1);
        self.span.record("dynamo_session.retries", retries);
        self.is_answered = true;
        match &result {
            Ok(output) => self.note_units(consumed(output)),
            Err(error) => self.note_failure(error),
        }
        result
    }

    fn note_units(&self, units: Option<f64>) {
        self.measured.end("ok");
        if let Some(units) = units {
            self.span.record("dynamo_session.capacity_units", units);
            self.measured.consumed(units);
        }
    }

    fn note_failure<E>(&self, error: &SdkError<E, HttpResponse>)
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
        if let Some(code) = code {
            self.span.record("db.response.status_code", code);
        }
        if let Some(reason) = throttling_reason(error) {
            self.span.record("dynamo_session.throttling_reason", reason);
            self.measured.throttled(reason);
        }
        if is_condition(code, error) {
            self.measured.end("refused");
        } else {
            self.fail(code.unwrap_or_else(|| kind(error)));
        }
    }

    fn fail(&self, error_type: &str) {
        self.span.record("error.type", error_type);
        self.span.record("otel.status_code", "ERROR");
        self.measured.end(error_type);
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if !self.is_answered {
            self.fail("cancelled");
        }
    }
}

/// Whether a condition did not hold, which is an answer like any other.
fn is_condition<E>(code: Option<&str>, error: &SdkError<E, HttpResponse>) -> bool
where
    E: StdError + 'static,
{
    const REFUSED: &str = "ConditionalCheckFailed";
    let cancelled = error.as_service_error().and_then(StdError::source);
    let cancelled =
        cancelled.and_then(|error| error.downcast_ref::<TransactionCanceledException>());
    match cancelled {
        Some(cancelled) => {
            cancelled.cancellation_reasons().iter().any(|reason| reason.code() == Some(REFUSED))
        }
        None => code == Some("ConditionalCheckFailedException"),
    }
}

/// What failed where DynamoDB itself named no error.
fn kind<E>(error: &SdkError<E, HttpResponse>) -> &'static str {
    match error {
        SdkError::ConstructionFailure(_) => "construction_failure",
        SdkError::TimeoutError(_) => "timeout",
        SdkError::DispatchFailure(_) => "dispatch_failure",
        _ => "invalid_response",
    }
}

/// The units that one table gave.
pub(super) fn units(capacity: &Option<ConsumedCapacity>) -> Option<f64> {
    capacity.as_ref()?.capacity_units
}

/// The units that several tables gave.
pub(super) fn all_units(capacity: &Option<Vec<ConsumedCapacity>>) -> Option<f64> {
    let units = capacity.as_ref()?.iter().map(|capacity| capacity.capacity_units);
    units.sum()
}
