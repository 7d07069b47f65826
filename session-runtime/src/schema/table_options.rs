/// How a session table is set up, beyond what the session type says: billing, tags, protection, backups.
///
/// Given once to [`table_options`](crate::SessionStoreBuilder::table_options), it is what the table is created with and
/// verified against. The default is what AWS creates without being asked, with on-demand billing and with TTL.
///
/// # Examples
///
/// ```
/// use dynamo_session::table::TableOptions;
///
/// let production = TableOptions::new()
///     .deletion_protection(true)
///     .point_in_time_recovery(true)
///     .max_on_demand(4_000, 1_000)
///     .tag("team", "web");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableOptions {
    pub(crate) billing: Billing,
    pub(crate) time_to_live: bool,
    pub(crate) deletion_protection: bool,
    pub(crate) point_in_time_recovery: bool,
    pub(crate) table_class: TableClass,
    pub(crate) encryption: Encryption,
    pub(crate) tags: Vec<(String, String)>,
}

/// How a table's capacity is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Billing {
    /// Per request, up to so many units a second if limits are set.
    OnDemand { max_read: Option<u64>, max_write: Option<u64> },
    /// Per hour, for so many units a second; the same again for each index.
    Provisioned { read: u64, write: u64 },
}

/// What storage costs beside what requests cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TableClass {
    /// DynamoDB Standard: what a table of sessions nearly always wants.
    #[default]
    Standard,
    /// DynamoDB Standard-Infrequent Access: cheaper storage, dearer requests.
    StandardInfrequentAccess,
}

impl Billing {
    /// AWS's word for it.
    #[cfg(feature = "infrastructure")]
    pub(crate) const fn mode(self) -> &'static str {
        match self {
            Self::OnDemand { .. } => "PAY_PER_REQUEST",
            Self::Provisioned { .. } => "PROVISIONED",
        }
    }
}

impl TableClass {
    /// AWS's word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::StandardInfrequentAccess => "STANDARD_INFREQUENT_ACCESS",
        }
    }
}

/// The key that a table is encrypted with at rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// Owned by AWS: free, and not visible in the account.
    AwsOwned,
    /// The account's `aws/dynamodb` key in KMS.
    AwsManaged,
    /// A key of the account: its ARN, id or alias.
    CustomerManaged(String),
}

impl Default for TableOptions {
    fn default() -> Self {
        Self {
            billing: Billing::OnDemand { max_read: None, max_write: None },
            time_to_live: true,
            deletion_protection: false,
            point_in_time_recovery: false,
            table_class: TableClass::Standard,
            encryption: Encryption::AwsOwned,
            tags: Vec::new(),
        }
    }
}

impl TableOptions {
    /// The defaults: on demand, with TTL, encrypted with the key that AWS owns; no tags, protection or backups.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bills per hour for so many read and write units a second, for the table and again for each index.
    #[must_use]
    pub fn provisioned(mut self, read_units: u64, write_units: u64) -> Self {
        self.billing = Billing::Provisioned { read: read_units, write: write_units };
        self
    }

    /// Bills per request, and refuses what goes beyond so many read and write units a second, of the table and again of
    /// each index: a limit to the bill.
    ///
    /// A login writes an index once, and a change of the indexed value twice, so set it well above the logins a second:
    /// a throttled index refuses the commit that it belongs to.
    #[must_use]
    pub fn max_on_demand(mut self, read_units: u64, write_units: u64) -> Self {
        self.billing =
            Billing::OnDemand { max_read: Some(read_units), max_write: Some(write_units) };
        self
    }

    /// Whether DynamoDB deletes expired sessions by itself, within days, at no cost. On by default.
    ///
    /// Without it they stay, and are billed as storage, until [a purge](crate::SessionStore::purge_expired) deletes them.
    /// Expired sessions are never accepted either way.
    #[must_use]
    pub fn time_to_live(mut self, enabled: bool) -> Self {
        self.time_to_live = enabled;
        self
    }

    /// Whether the table refuses to be deleted. Off by default.
    #[must_use]
    pub fn deletion_protection(mut self, enabled: bool) -> Self {
        self.deletion_protection = enabled;
        self
    }

    /// Whether the table is backed up continuously and can be restored as it was at any second. Off by default.
    /// On an endpoint without backups, as local engines are, it is left off with a traced warning.
    ///
    /// A restored table holds every session that was ended since, without TTL: end them before it serves anyone.
    #[must_use]
    pub fn point_in_time_recovery(mut self, enabled: bool) -> Self {
        self.point_in_time_recovery = enabled;
        self
    }

    /// The table's class: [`TableClass::Standard`] by default.
    #[must_use]
    pub fn table_class(mut self, class: TableClass) -> Self {
        self.table_class = class;
        self
    }

    /// Encrypts with the account's own `aws/dynamodb` key in KMS, which bills per request, in place of the one that AWS
    /// owns.
    #[must_use]
    pub fn aws_managed_key(mut self) -> Self {
        self.encryption = Encryption::AwsManaged;
        self
    }

    /// Encrypts with a key of the account: the ARN, id or alias (`alias/..`) of a symmetric key in KMS.
    #[must_use]
    pub fn kms_key(mut self, key: impl Into<String>) -> Self {
        self.encryption = Encryption::CustomerManaged(key.into());
        self
    }

    /// Puts a tag on the table when it is created. A key given twice has the last value.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let key = key.into();
        self.tags.retain(|(known, _)| *known != key);
        self.tags.push((key, value.into()));
        self
    }
}
