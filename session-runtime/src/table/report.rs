use std::fmt;

use crate::error::{Error, ErrorKind};

/// How a live table differs from what a session type and its options say.
///
/// Returned by [`verify_table`](crate::SessionStore::verify_table). Its [`Display`](fmt::Display) is a short
/// human-readable block: a line for the table, and one for each finding, errors first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableReport {
    table: String,
    findings: Vec<Finding>,
}

impl TableReport {
    pub(super) fn new(table: &str, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(Finding::severity);
        Self { table: table.to_owned(), findings }
    }

    /// The table's name.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// What differs, errors first. Empty if everything is as declared.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether sessions are safe in this table: there is no error among the findings.
    pub fn is_sound(&self) -> bool {
        self.errors().next().is_none()
    }

    pub(super) fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity() == Severity::Error)
    }

    pub(super) fn advice(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity() == Severity::Advice)
    }
}

impl fmt::Display for TableReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table `{}`: ", self.table)?;
        match (self.errors().count(), self.advice().count()) {
            (0, 0) => f.write_str("as declared")?,
            (errors, advice) => {
                let s = |count| if count == 1 { "" } else { "s" };
                let (of_errors, of_advice) = (s(errors), s(advice));
                write!(f, "{errors} error{of_errors}, {advice} recommendation{of_advice}")?;
            }
        }
        for finding in &self.findings {
            write!(f, "\n  {finding}")?;
        }
        Ok(())
    }
}

/// Refuses to go on with a table of which there is any of these findings.
pub(super) fn require_none<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
) -> Result<(), Error> {
    let findings: Vec<&Finding> = findings.into_iter().collect();
    let Some(first) = findings.first() else { return Ok(()) };
    let kind = match first.kind {
        FindingKind::TableMissing => ErrorKind::TableMissing,
        _ if first.is_passing() => ErrorKind::Unavailable,
        _ => ErrorKind::Configuration,
    };
    let details: Vec<String> =
        findings.iter().map(|it| format!("{}; {}", it.problem, it.advice)).collect();
    let error = Error::new(kind, details.join(". Also: "));
    Err(match first.attribute {
        Some(attribute) => error.with_attribute(attribute),
        None => error,
    })
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Sessions would be lost, kept when they should not be, or cannot be read, written or listed.
    Error,
    /// The table serves sessions, and differs from what is declared, or could not be looked at in full.
    Advice,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Advice => "advice",
        })
    }
}

/// One difference between a live table and what is declared.
///
/// Its [`Display`](fmt::Display) is one line: severity, problem, advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    kind: FindingKind,
    severity: Severity,
    problem: String,
    advice: String,
    attribute: Option<&'static str>,
    is_foreign: bool,
}

impl Finding {
    pub(super) fn table_missing() -> Self {
        Self::error(
            FindingKind::TableMissing,
            "the table does not exist in this account, Region or endpoint",
            "create it with `store.create_table()`, or correct its name",
        )
    }

    pub(super) fn error(
        kind: FindingKind,
        problem: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        let (problem, advice) = (problem.into(), advice.into());
        let severity = Severity::Error;
        Self { kind, severity, problem, advice, attribute: None, is_foreign: false }
    }

    pub(super) fn advice_on(
        kind: FindingKind,
        problem: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Advice, ..Self::error(kind, problem, advice) }
    }

    /// Names the attribute at fault.
    pub(super) fn on(mut self, attribute: &'static str) -> Self {
        self.attribute = Some(attribute);
        self
    }

    /// Says that the table belongs to something else, as far as this attribute tells: no call of this crate changes it.
    pub(super) fn foreign(self, attribute: &'static str) -> Self {
        Self { is_foreign: true, ..self.on(attribute) }
    }

    pub(super) fn is_foreign(&self) -> bool {
        self.is_foreign
    }

    pub(super) fn is_missing_index(&self) -> bool {
        matches!(self.kind, FindingKind::IndexMissing { .. })
    }

    /// Whether it keeps an index from being listed.
    pub(super) fn stops_listing(&self) -> bool {
        self.severity == Severity::Error || self.is_passing()
    }

    /// Whether waiting resolves it.
    fn is_passing(&self) -> bool {
        matches!(self.kind, FindingKind::IndexStatus { .. }) && self.severity == Severity::Advice
    }

    /// What differs, as data.
    pub fn kind(&self) -> &FindingKind {
        &self.kind
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What differs, as text for people.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// What to do about it, as text for people.
    pub fn advice(&self) -> &str {
        &self.advice
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.severity, self.problem, self.advice)
    }
}

/// What a [`Finding`] is about. Texts named `found` are what the table has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// An error: there is no table of this name in this account, Region or endpoint.
    TableMissing,
    /// An error: the table does not serve requests, or not yet.
    TableStatus {
        /// AWS's word for it, such as `DELETING`.
        status: String,
    },
    /// An error: the table's key has another name or type, or a sort key.
    KeyDiffers {
        /// The key, such as "`pk` (HASH, S) and `sk` (RANGE, S)".
        found: String,
    },
    /// An error: a field's index is not there.
    IndexMissing {
        /// The index's name.
        index: String,
    },
    /// An error: a field's index is on another attribute or type, has another sort key, or lacks the session's creation
    /// as its sort key.
    IndexKeyDiffers {
        /// The index's name.
        index: String,
        /// Its key, such as "`user` (HASH, S) and `created_at` (RANGE, N)".
        found: String,
    },
    /// Advice: an index cannot be read yet, or no longer. An error if it is being deleted.
    IndexStatus {
        /// The index's name.
        index: String,
        /// `CREATING`, `BACKFILLING` or `DELETING`.
        status: String,
    },
    /// Advice: an index holds more than keys, which costs storage and writes that nothing reads.
    IndexProjection {
        /// The index's name.
        index: String,
        /// AWS's word for it, such as `ALL`.
        found: String,
    },
    /// Advice: TTL is off, so that expired sessions stay and are billed as storage. They are not accepted.
    TimeToLiveOff,
    /// Advice: TTL is on, and the options leave it off.
    TimeToLiveOn,
    /// An error: TTL is on another attribute, by which it may delete sessions that are alive.
    TimeToLiveAttribute {
        /// That attribute.
        found: String,
    },
    /// Advice: TTL is being enabled or disabled, which takes up to an hour.
    TimeToLiveChanging {
        /// `ENABLING` or `DISABLING`.
        status: String,
    },
    /// Advice: the table has another billing mode, or other limits.
    BillingDiffers {
        /// Such as "provisioned, 5 read and 5 write units a second".
        found: String,
    },
    /// Advice: the table has another class.
    TableClassDiffers {
        /// AWS's word for it, such as `STANDARD`.
        found: String,
    },
    /// Advice: the options ask for deletion protection, and it is off.
    DeletionProtectionOff,
    /// Advice: the options ask for point-in-time recovery, and it is off.
    PointInTimeRecoveryOff,
    /// Advice: the table is encrypted with another key.
    EncryptionDiffers {
        /// The key's ARN, or whose it is.
        found: String,
    },
    /// Advice: a tag of the options is missing, or has another value.
    TagDiffers {
        /// The tag's key.
        key: String,
        /// Its value, if the tag is there.
        found: Option<String>,
    },
    /// Advice: a check could not be made, for lack of a permission, because the endpoint does not know it, or because
    /// the table is not active.
    Unchecked {
        /// What could not be looked at, such as `TTL`.
        what: &'static str,
    },
}
