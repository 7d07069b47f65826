use aws_sdk_dynamodb::types::{TableStatus, TimeToLiveDescription, TimeToLiveStatus};

use super::live::{IndexState, LiveTable};
use super::report::{Finding, FindingKind};
use crate::schema::{Index, KeyType, Schema};

/// Whether the table serves requests, or will when it has been created.
pub(super) fn compare_status(live: &LiveTable) -> Option<Finding> {
    let advice = match live.0.table_status() {
        Some(TableStatus::Active | TableStatus::Updating) => return None,
        Some(TableStatus::Creating) | None => {
            "wait until it is active, for instance with `store.create_table()`"
        }
        Some(TableStatus::Deleting) => {
            "someone is deleting it: call again when it is gone, or name another table"
        }
        Some(TableStatus::InaccessibleEncryptionCredentials) => {
            "DynamoDB cannot use its KMS key: enable the key, or give DynamoDB access to it"
        }
        Some(TableStatus::Archiving | TableStatus::Archived) => {
            "DynamoDB archived it because its KMS key was lost: restore it from its backup, or name \
             another table"
        }
        Some(_) => "look at it in the DynamoDB console, or name another table",
    };
    let status = live.status().to_owned();
    let problem = format!("the table's status is {status}, and it serves no requests");
    Some(Finding::error(FindingKind::TableStatus { status }, problem, advice))
}

/// The table's key, and those of its indexes that the schema has.
pub(super) fn compare_schema(live: &LiveTable, schema: &Schema) -> Vec<Finding> {
    let mut findings = Vec::new();
    let found = live.key();
    let wanted = key_text(schema.primary_key().names().map(|name| (name, KeyType::S)));
    if found != wanted {
        let problem = format!("the table's key is {found}, the session's is {wanted}");
        let advice = match (live.sort_key(), schema.sort_key()) {
            (Some(_), None) => {
                "name another table, or write its sort key as `sort_key` on the struct, and its \
                 partition key as the field marked `hash_key`"
            }
            (None, Some(_)) => "name another table, or take `sort_key` off the struct",
            (Some(_), Some(_)) => {
                "name another table, or change the field marked `hash_key` or the struct's `sort_key`"
            }
            (None, None) => "name another table, or change the field marked `hash_key`",
        };
        let finding = Finding::error(FindingKind::KeyDiffers { found }, problem, advice);
        findings.push(finding.foreign(schema.hash_key()));
    }
    findings.extend(schema.indexes().flat_map(|index| compare_index(live, index)));
    findings
}

/// One of the schema's indexes; what keeps it from being listed comes first.
pub(super) fn compare_index(live: &LiveTable, index: Index) -> Vec<Finding> {
    let name = || index.name().to_owned();
    let wanted = key_text(index.key());
    let taken = live.other_type_in(&index);
    let Some(found) = live.index(&index) else {
        let problem = format!("the index `{}` on {wanted} is missing", index.name());
        let kind = FindingKind::IndexMissing { index: name() };
        return vec![match taken {
            // AWS would add the index with the type that it knows, and say nothing.
            Some((attribute, found)) => {
                let advice = format!(
                    "another key of the table has `{attribute}` as {found}: change the field's type, or \
                     name another table"
                );
                Finding::error(kind, problem, advice).foreign(attribute)
            }
            None => {
                let advice = "add it with `store.update_table()`";
                Finding::error(kind, problem, advice).on(index.attribute())
            }
        }];
    };
    let mut findings = Vec::new();
    let key = found.key();
    if key != wanted {
        let advice = match taken {
            Some(_) => "change the field's type, or name another table",
            None => {
                "AWS cannot change the key of an index: give the field's index another name, add that \
                 with `store.update_table()`, and delete this one when no running version uses it"
            }
        };
        let problem =
            format!("the key of the index `{}` is {key}, the session's is {wanted}", index.name());
        let kind = FindingKind::IndexKeyDiffers { index: name(), found: key };
        findings.push(Finding::error(kind, problem, advice).foreign(index.attribute()));
    }
    findings.extend(compare_index_state(&index, found.state()));
    let projection = found.projection();
    if projection != "KEYS_ONLY" {
        findings.push(Finding::advice_on(
            FindingKind::IndexProjection { index: name(), found: projection.to_owned() },
            format!("the index `{}` holds more than keys ({projection})", index.name()),
            "every commit that changes what it holds pays for it, and listing reads only keys",
        ));
    }
    findings
}

fn compare_index_state(index: &Index, state: IndexState) -> Option<Finding> {
    let advice = match state {
        IndexState::Active => return None,
        IndexState::Creating => "listing fails until it is active",
        IndexState::Backfilling => "listing fails until AWS has filled it",
        IndexState::Deleting => "when it is gone, add it with `store.update_table()`",
    };
    let status = state.as_str().to_owned();
    let problem = format!("the index `{}` is not active ({status})", index.name());
    let kind = FindingKind::IndexStatus { index: index.name().to_owned(), status };
    Some(match state {
        IndexState::Deleting => Finding::error(kind, problem, advice),
        _ => Finding::advice_on(kind, problem, advice),
    })
}

/// A key as text, such as "`user` (HASH, S) and `created_at` (RANGE, N)".
fn key_text(key: impl IntoIterator<Item = (&'static str, KeyType)>) -> String {
    let parts = key.into_iter().zip(["HASH", "RANGE"]);
    let parts = parts.map(|((name, key_type), role)| format!("`{name}` ({role}, {key_type:?})"));
    parts.collect::<Vec<_>>().join(" and ")
}

pub(super) fn compare_time_to_live(
    found: Option<&TimeToLiveDescription>,
    attribute: &'static str,
    wanted: bool,
) -> Option<Finding> {
    let status = found.and_then(|found| found.time_to_live_status());
    let other = found.and_then(attribute_in_use).filter(|name| *name != attribute);
    if let Some(name) = other {
        let finding = Finding::error(
            FindingKind::TimeToLiveAttribute { found: name.to_owned() },
            format!("TTL is on the attribute `{name}`, the session's expiry is `{attribute}`"),
            "move it by hand: disable it, then enable it an hour later (AWS accepts one change an hour); or \
             change the field marked `ttl`",
        );
        return Some(finding.foreign(attribute));
    }
    let (kind, problem, advice) = match status {
        Some(status @ (TimeToLiveStatus::Enabling | TimeToLiveStatus::Disabling)) => (
            FindingKind::TimeToLiveChanging { status: status.as_str().to_owned() },
            format!("TTL on `{attribute}` is being changed ({status})"),
            "AWS accepts no other change of TTL for up to an hour",
        ),
        Some(TimeToLiveStatus::Enabled) if wanted => return None,
        Some(TimeToLiveStatus::Enabled) => (
            FindingKind::TimeToLiveOn,
            format!("TTL is on `{attribute}`; the options leave it off"),
            "disable it by hand, or change the table's options",
        ),
        _ if !wanted => return None,
        _ => (
            FindingKind::TimeToLiveOff,
            "TTL is off, so expired sessions stay and are billed as storage".to_owned(),
            "enable it with `store.update_table()`; if TTL was changed within the last hour, AWS refuses \
             until that hour is over",
        ),
    };
    Some(Finding::advice_on(kind, problem, advice))
}

/// The attribute that TTL is on, or that it is being taken from.
fn attribute_in_use(description: &TimeToLiveDescription) -> Option<&str> {
    match description.time_to_live_status() {
        Some(
            TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling | TimeToLiveStatus::Disabling,
        ) => description.attribute_name(),
        _ => None,
    }
}
