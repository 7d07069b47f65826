use std::error::Error as StdError;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::ThrottlingReason;
use aws_sdk_dynamodb::types::error::{
    ProvisionedThroughputExceededException, RequestLimitExceeded, ThrottlingException,
};

/// The reason where DynamoDB gives none.
pub(super) const UNKNOWN: &str = "unknown";

/// Why DynamoDB throttled a request, in its own words: table or index, read or write, and whose limit it was, such as
/// `TableWriteKeyRangeThroughputExceeded`; [`UNKNOWN`] if it does not say. `None` where it did not throttle.
pub(super) fn throttling_reason<E: StdError + 'static>(
    error: &SdkError<E, HttpResponse>,
) -> Option<&str> {
    let error = error.as_service_error()?.source()?;
    let reasons = [
        error.downcast_ref().map(ProvisionedThroughputExceededException::throttling_reasons),
        error.downcast_ref().map(ThrottlingException::throttling_reasons),
        error.downcast_ref().map(RequestLimitExceeded::throttling_reasons),
    ];
    let reasons: &[ThrottlingReason] = reasons.into_iter().flatten().next()?;
    Some(reasons.iter().find_map(ThrottlingReason::reason).unwrap_or(UNKNOWN))
}
