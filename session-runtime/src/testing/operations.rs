/// What this library sends.
const OF_SESSIONS: &[&str] = &[
    "BatchGetItem",
    "CreateTable",
    "DeleteItem",
    "DescribeContinuousBackups",
    "DescribeTable",
    "DescribeTimeToLive",
    "GetItem",
    "ListTagsOfResource",
    "PutItem",
    "Query",
    "Scan",
    "TransactWriteItems",
    "UpdateContinuousBackups",
    "UpdateItem",
    "UpdateTable",
    "UpdateTimeToLive",
];

/// What else DynamoDB has, for a client that the application shares with its other tables.
const OTHERS: &[&str] = &[
    "BatchExecuteStatement",
    "BatchWriteItem",
    "CreateBackup",
    "CreateGlobalTable",
    "DeleteBackup",
    "DeleteResourcePolicy",
    "DeleteTable",
    "DescribeBackup",
    "DescribeContributorInsights",
    "DescribeEndpoints",
    "DescribeExport",
    "DescribeGlobalTable",
    "DescribeGlobalTableSettings",
    "DescribeImport",
    "DescribeKinesisStreamingDestination",
    "DescribeLimits",
    "DescribeTableReplicaAutoScaling",
    "DisableKinesisStreamingDestination",
    "EnableKinesisStreamingDestination",
    "ExecuteStatement",
    "ExecuteTransaction",
    "ExportTableToPointInTime",
    "GetResourcePolicy",
    "ImportTable",
    "ListBackups",
    "ListContributorInsights",
    "ListExports",
    "ListGlobalTables",
    "ListImports",
    "ListTables",
    "PutResourcePolicy",
    "RestoreTableFromBackup",
    "RestoreTableToPointInTime",
    "SearchVectors",
    "TagResource",
    "TransactGetItems",
    "UntagResource",
    "UpdateContributorInsights",
    "UpdateGlobalTable",
    "UpdateGlobalTableSettings",
    "UpdateKinesisStreamingDestination",
    "UpdateTableReplicaAutoScaling",
];

/// Refuses a name that no request has: a fault for it would never happen, and the test would pass for nothing.
#[track_caller]
pub(super) fn require_operation(name: &str) {
    if OF_SESSIONS.contains(&name) || OTHERS.contains(&name) {
        return;
    }
    let meant = closest(name).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    let sent = OF_SESSIONS.join(", ");
    panic!("DynamoDB has no operation `{name}`{meant}\nSessions are kept with these: {sent}");
}

/// The operation that was probably meant.
fn closest(name: &str) -> Option<&'static str> {
    let written = name.to_ascii_lowercase();
    OF_SESSIONS
        .iter()
        .chain(OTHERS)
        .map(|known| (strsim::osa_distance(&written, &known.to_ascii_lowercase()), *known))
        .filter(|(distance, known)| *distance <= known.len() / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}
