//! Answers of AWS that no local engine gives, for [`Fault::Answer`](crate::Fault::Answer): with status 400 where
//! nothing else is said.

/// A permission is lacking.
pub const DENIED: &str = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"User: arn:aws:iam::111122223333:user/web is not authorized to perform this"}"#;

/// Someone else changes the table.
pub const IN_USE: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceInUseException","message":"Attempt to change a resource which is still in use"}"#;

/// There is no such table, or none that this may be asked of.
pub const NOT_FOUND: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}"#;

/// Too many requests of one kind, by all programs of the account.
pub const THROTTLED: &str =
    r#"{"__type":"com.amazon.coral.availability#ThrottlingException","message":"Rate exceeded"}"#;

/// Status 500: the service could not do it, or did it and could not say so.
pub const BROKEN: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"The request processing has failed because of an unknown error"}"#;

/// More than the table's capacity, or than one partition bears.
pub const OVER_CAPACITY: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"The level of configured provisioned throughput for the table was exceeded"}"#;

/// More than one partition bears, with the reason that AWS gives: one key is written too often.
pub const HOT_KEY: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"The request rate exceeds what a key range bears","ThrottlingReasons":[{"reason":"TableWriteKeyRangeThroughputExceeded","resource":"arn:aws:dynamodb:us-east-1:111122223333:table/shop"}]}"#;

/// More requests than the account may make, with the reason that AWS gives.
pub const ACCOUNT_LIMIT: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Throughput exceeds the current limit","throttlingReasons":[{"reason":"TableReadAccountLimitExceeded","resource":"arn:aws:dynamodb:us-east-1:111122223333:table/shop"}]}"#;

/// A transaction that has the item is under way.
pub const IN_TRANSACTION: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"Transaction is ongoing for the item"}"#;

/// The second item of a transaction is in another one.
pub const TRANSACTION_CONFLICT: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled [None, TransactionConflict]","CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict","Message":"busy"}]}"#;

/// The second item of a transaction was throttled.
pub const TRANSACTION_THROTTLED: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled [None, ThrottlingError]","CancellationReasons":[{"Code":"None"},{"Code":"ThrottlingError","Message":"slow"}]}"#;

/// The credentials are too old.
pub const EXPIRED_TOKEN: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ExpiredTokenException","message":"The security token included in the request is expired"}"#;

/// The request makes no sense to DynamoDB.
pub const INVALID: &str = r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"One or more parameter values were invalid"}"#;

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

/// The answer to `DescribeTable`: `members` is being deleted.
pub const DELETING: &str = r#"{"Table":{"TableName":"members","TableStatus":"DELETING"}}"#;
