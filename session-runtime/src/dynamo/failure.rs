use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};

use super::profile::ChosenProfile;
use super::throttling_reason::{UNKNOWN, throttling_reason};
use crate::error::{Error, ErrorKind};
use crate::item::Malformed;

/// The SDK's error as one of ours, with the service's own code and message in the text.
pub(crate) fn error<E>(source: SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let (kind, detail) = classify(&source);
    let failed = Error::new(kind, detail);
    let failed = match throttling_reason(&source) {
        Some(reason) if reason != UNKNOWN => failed.with_note(format_args!("reason: {reason}")),
        _ => failed,
    };
    failed.with_source(source)
}

/// The error of a request to another store's table, which is not to be created here.
pub(super) fn of_foreign_table(error: Error, table: &str) -> Error {
    match error.kind() {
        ErrorKind::TableMissing => Error::new(
            ErrorKind::TableMissing,
            format!(
                "the other store's table `{table}` does not exist in this account, Region or endpoint; correct \
                 its name in the `ForeignStore`, or give the session store a client for where it is"
            ),
        )
        .with_source(error),
        _ => error.with_note(format_args!("the rows are in `{table}`")),
    }
}

/// A request that lacks a part that it must have.
pub(crate) fn unbuildable(source: BuildError) -> Error {
    Error::internal("a request to DynamoDB lacks a part").with_source(source)
}

/// An answer that is a success and no DynamoDB JSON.
pub(crate) fn unreadable_answer(malformed: Malformed) -> Error {
    Error::new(ErrorKind::Unavailable, NO_ANSWER).with_source(malformed)
}

const NO_ANSWER: &str = "what answered is not DynamoDB, or the answer broke off; check the endpoint, and any proxy in front of it";

fn classify<E>(source: &SdkError<E, HttpResponse>) -> (ErrorKind, String)
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    match source {
        _ if is_credentials_failure(source) => (
            ErrorKind::AccessDenied,
            format!(
                "no AWS credentials could be loaded; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a \
                 profile, or a role (a local endpoint takes any values){ChosenProfile}"
            ),
        ),
        SdkError::ConstructionFailure(_) => (
            ErrorKind::Configuration,
            format!("the request could not be built: {}", describe(source)),
        ),
        SdkError::TimeoutError(_) => (
            ErrorKind::Unavailable,
            "DynamoDB did not answer in time; try again, or raise the store's timeouts".to_owned(),
        ),
        SdkError::DispatchFailure(_) => (
            ErrorKind::Unavailable,
            format!(
                "DynamoDB could not be reached: {}; check the network, the Region and the endpoint",
                describe(source)
            ),
        ),
        SdkError::ServiceError(service) => {
            classify_service(service.err(), service.raw().status().is_server_error())
        }
        _ => (ErrorKind::Unavailable, format!("{NO_ANSWER}: {}", describe(source))),
    }
}

fn classify_service<E: ProvideErrorMetadata>(error: &E, server_error: bool) -> (ErrorKind, String) {
    let Some(code) = error.code() else {
        return (ErrorKind::Unavailable, NO_ANSWER.to_owned());
    };
    let said = match error.message() {
        Some(message) => format!("{code}: {message}"),
        None => code.to_owned(),
    };
    match code {
        "ResourceNotFoundException" | "TableNotFoundException" => (
            ErrorKind::TableMissing,
            format!(
                "the table does not exist in this account, Region or endpoint ({said}); create it with \
                 `store.create_table()` or by building the store with `.auto_create(true)`, or correct \
                 its name"
            ),
        ),
        "ProvisionedThroughputExceededException"
        | "ThrottlingException"
        | "RequestLimitExceeded"
        | "TransactionConflictException"
        | "TransactionInProgressException" => (
            ErrorKind::Throttled,
            format!("DynamoDB throttled the request ({said}); try again later"),
        ),
        "AccessDeniedException"
        | "ExpiredTokenException"
        | "IncompleteSignatureException"
        | "InvalidSignatureException"
        | "MissingAuthenticationTokenException"
        | "UnrecognizedClientException" => (
            ErrorKind::AccessDenied,
            format!(
                "AWS refused the credentials, or they lack a permission ({said}); the policy is \
                 `Infrastructure::iam_policy`, see the guide's page on deploying"
            ),
        ),
        _ if server_error => {
            (ErrorKind::Unavailable, format!("DynamoDB failed on its side ({said}); try again"))
        }
        _ => (ErrorKind::Rejected, format!("DynamoDB refused the request ({said})")),
    }
}

fn is_credentials_failure(source: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(source);
    while let Some(error) = cause {
        if error.is::<CredentialsError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The innermost cause, which the SDK's own text leaves out.
fn describe(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// Names the permission that is lacking.
pub(super) fn denied(error: Error, action: &str) -> Error {
    match error.kind() {
        ErrorKind::AccessDenied => error.with_note(format!("the action is `{action}`")),
        _ => error,
    }
}
