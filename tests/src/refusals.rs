//! Answers of AWS that no local engine gives, for [`Fault::Answer`](crate::Fault::Answer) with status 400.

/// A permission is lacking.
pub const DENIED: &str = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"User: arn:aws:iam::111122223333:user/web is not authorized to perform this"}"#;

/// Someone else changes the table.
pub const IN_USE: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceInUseException","message":"Attempt to change a resource which is still in use"}"#;

/// There is no such table, or none that this may be asked of.
pub const NOT_FOUND: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}"#;

/// Too many requests of one kind, by all programs of the account.
pub const THROTTLED: &str =
    r#"{"__type":"com.amazon.coral.availability#ThrottlingException","message":"Rate exceeded"}"#;

/// Too many changes at once.
pub const LIMIT: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#LimitExceededException","message":"Subscriber limit exceeded"}"#;

/// Not an operation of this endpoint.
pub const UNKNOWN: &str = r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#;

/// TTL was changed within the last hour.
pub const TTL_TOO_SOON: &str = r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"Time to live has been modified multiple times within a fixed interval"}"#;

/// Continuous backups are not there yet on a new table.
pub const BACKUPS_UNAVAILABLE: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ContinuousBackupsUnavailableException","message":"Backups are being enabled for the table. Please retry later"}"#;

/// The answer to `DescribeContinuousBackups`: point-in-time recovery is off.
pub const RECOVERY_OFF: &str = r#"{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"DISABLED"}}}"#;

/// The answer to `DescribeContinuousBackups` and `UpdateContinuousBackups`: point-in-time recovery is on.
pub const RECOVERY_ON: &str = r#"{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"ENABLED"}}}"#;
