use aws_sdk_dynamodb::types::SseStatus;

use super::live::LiveTable;
use super::report::{Finding, FindingKind};
use crate::schema::{Billing, Encryption, TableClass, TableOptions};

/// What the description of a table says about its options.
pub(super) fn compare_options(
    live: &LiveTable,
    options: &TableOptions,
    findings: &mut Vec<Finding>,
) {
    findings.extend(compare_billing(live, options.billing));
    findings.extend(compare_class(live, options.table_class));
    findings.extend(compare_encryption(live, &options.encryption));
    if options.deletion_protection && !live.is_protected() {
        findings.push(Finding::advice_on(
            FindingKind::DeletionProtectionOff,
            "deletion protection is off",
            "enable it with `store.update_table()`",
        ));
    }
}

fn compare_billing(live: &LiveTable, wanted: Billing) -> Option<Finding> {
    let found = match live.provisioned() {
        Some((read, write)) => Billing::Provisioned { read, write },
        None => {
            let (max_read, max_write) = live.on_demand_limits();
            Billing::OnDemand { max_read, max_write }
        }
    };
    if found == wanted {
        return None;
    }
    let advice = match (found, wanted) {
        (Billing::Provisioned { .. }, Billing::Provisioned { .. }) => {
            "if auto scaling does not set the units, set them by hand"
        }
        _ => "change it by hand, or change the table's options",
    };
    let (found, wanted) = (billing(found), billing(wanted));
    let problem = format!("billing is {found}; the options say {wanted}");
    Some(Finding::advice_on(FindingKind::BillingDiffers { found }, problem, advice))
}

fn billing(billing: Billing) -> String {
    let limit = |limit: Option<u64>| limit.map_or("any".to_owned(), |units| units.to_string());
    match billing {
        Billing::OnDemand { max_read: None, max_write: None } => {
            "on demand, without limits".to_owned()
        }
        Billing::OnDemand { max_read, max_write } => format!(
            "on demand, up to {} read and {} write units a second",
            limit(max_read),
            limit(max_write)
        ),
        Billing::Provisioned { read, write } => {
            format!("provisioned, {read} read and {write} write units a second")
        }
    }
}

fn compare_class(live: &LiveTable, wanted: TableClass) -> Option<Finding> {
    let class = live.0.table_class_summary().and_then(|summary| summary.table_class());
    let found = class.map_or("STANDARD", |class| class.as_str());
    let wanted = wanted.as_str();
    (found != wanted).then(|| {
        Finding::advice_on(
            FindingKind::TableClassDiffers { found: found.to_owned() },
            format!("the table's class is {found}; the options say {wanted}"),
            "change it by hand (at most twice in 30 days), or change the table's options",
        )
    })
}

fn compare_encryption(live: &LiveTable, wanted: &Encryption) -> Option<Finding> {
    const OWNED: &str = "a key that AWS owns";
    let description = live.0.sse_description().filter(|description| {
        matches!(
            description.status(),
            Some(SseStatus::Enabled | SseStatus::Enabling | SseStatus::Updating)
        )
    });
    let found = description.map(|it| it.kms_master_key_arn().unwrap_or("a key in KMS"));
    let (differs, wanted) = match (found, wanted) {
        (found, Encryption::AwsOwned) => (found.is_some(), OWNED),
        // Whose the key is, only KMS could tell.
        (found, Encryption::AwsManaged) => (found.is_none(), "the account's `aws/dynamodb` key"),
        (None, Encryption::CustomerManaged(key)) => (true, key.as_str()),
        (Some(arn), Encryption::CustomerManaged(key)) => (!may_be_key(arn, key), key.as_str()),
    };
    let found = found.unwrap_or(OWNED).to_owned();
    differs.then(|| {
        let problem = format!("the table is encrypted with {found}; the options say {wanted}");
        let advice = "change it by hand, or change the table's options";
        Finding::advice_on(FindingKind::EncryptionDiffers { found }, problem, advice)
    })
}

/// Whether a key's ARN may belong to what names it: an alias could stand for any.
fn may_be_key(arn: &str, name: &str) -> bool {
    arn == name
        || name.starts_with("alias/")
        || name.contains(":alias/")
        || arn.rsplit_once("key/").is_some_and(|(_, id)| id == name)
}

pub(super) fn compare_recovery(is_on: bool) -> Option<Finding> {
    (!is_on).then(|| {
        Finding::advice_on(
            FindingKind::PointInTimeRecoveryOff,
            "point-in-time recovery is off",
            "enable it with `store.update_table()`",
        )
    })
}

pub(super) fn compare_tags(
    found: &[(String, String)],
    wanted: &[(String, String)],
    findings: &mut Vec<Finding>,
) {
    for (key, value) in wanted {
        let found = found.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone());
        if found.as_ref() == Some(value) {
            continue;
        }
        let problem = match &found {
            Some(found) => format!("the tag `{key}` is `{found}`; the options say `{value}`"),
            None => format!("the tag `{key}` is missing; the options say `{value}`"),
        };
        let kind = FindingKind::TagDiffers { key: key.clone(), found };
        findings.push(Finding::advice_on(kind, problem, "set it by hand"));
    }
}
