use crate::error::{Error, ErrorKind};
use crate::schema::require_valid_name;

/// Where a table is, as far as it is known; what is not known is `*`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Location<'a> {
    partition: &'a str,
    region: &'a str,
    account: &'a str,
}

impl<'a> Location<'a> {
    /// What is said outright counts for more than the table's ARN.
    pub(super) fn of(
        table: Option<&'a str>,
        region: Option<&'a str>,
        account: Option<&'a str>,
    ) -> Result<Self, Error> {
        let mut location = Self { partition: "aws", region: "*", account: "*" };
        if let Some(arn) = table.filter(|table| table.starts_with("arn:")) {
            let parts: Vec<&str> = arn.splitn(6, ':').collect();
            let ["arn", partition, "dynamodb", region, account, _] = parts[..] else {
                return Err(no_table_arn());
            };
            if !is_table_name(table_in(arn)) {
                return Err(no_table_arn());
            }
            location = Self { partition, region, account };
        }
        if let Some(region) = region {
            location = Self { partition: partition_of(region), region, ..location };
        }
        if let Some(account) = account {
            location.account = account;
        }
        location.check()
    }

    fn check(self) -> Result<Self, Error> {
        let plain = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let refused = |what: &str, text: &str, example: &str| {
            let detail = format!("{text:?} is not a valid {what}: give one such as {example}");
            Err(Error::new(ErrorKind::Configuration, detail))
        };
        let is_account =
            self.account.len() == 12 && self.account.bytes().all(|b| b.is_ascii_digit());
        if !plain(self.partition) {
            return refused("partition", self.partition, "aws");
        }
        if self.region != "*" && !plain(self.region) {
            return refused("Region", self.region, "eu-west-1");
        }
        if self.account != "*" && !is_account {
            return refused("account", self.account, "111122223333");
        }
        Ok(self)
    }

    /// What is not known, and so left open in ARNs.
    pub(super) fn open(&self) -> Option<&'static str> {
        match (self.region, self.account) {
            ("*", "*") => Some("Region and account"),
            ("*", _) => Some("Region"),
            (_, "*") => Some("account"),
            _ => None,
        }
    }

    pub(super) fn arn(&self, service: &str, resource: &str) -> String {
        let Self { partition, region, account } = self;
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }

    /// The name by which DynamoDB calls other services.
    pub(super) fn dynamodb_host(&self) -> String {
        let suffix = if self.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("dynamodb.{}.{suffix}", self.region)
    }
}

/// The table's name in its ARN, or the name itself.
pub(super) fn table_in(table: &str) -> &str {
    match table.strip_prefix("arn:") {
        Some(arn) => arn.split_once(":table/").map_or("", |(_, name)| name),
        None => table,
    }
}

fn is_table_name(name: &str) -> bool {
    !name.starts_with("arn:") && require_valid_name(name).is_ok()
}

fn no_table_arn() -> Error {
    Error::new(
        ErrorKind::Configuration,
        "this is not the ARN of a table, such as arn:aws:dynamodb:eu-west-1:111122223333:table/shop-sessions",
    )
}

/// The partition that a Region belongs to: AWS fixes it by the Region's prefix.
fn partition_of(region: &str) -> &'static str {
    const PREFIXES: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("eu-isoe-", "aws-iso-e"),
        ("eusc-", "aws-eusc"),
    ];
    PREFIXES
        .iter()
        .find(|(prefix, _)| region.starts_with(prefix))
        .map_or("aws", |(_, partition)| partition)
}
