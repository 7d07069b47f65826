use super::compare::{compare_options, compare_recovery, compare_tags, compare_time_to_live};
use super::live::{IndexState, Live, advice_on_key, key_of, key_of_index};
use super::report::{Finding, FindingKind, TableReport};
use crate::derived::DynamoSession;
use crate::dynamo::{Control, Refusal, Why};
use crate::error::{Error, ErrorKind};
use crate::operation::Operation;
use crate::schema::{KeyType, Schema, TableOptions};
use crate::store::SessionStore;

/// Comparing the table with what is declared.
impl<S: DynamoSession> SessionStore<S> {
    /// Compares the live table with what the session type and the [`TableOptions`](crate::table::TableOptions) say, and
    /// changes nothing.
    ///
    /// What would lose sessions, keep them wrongly or make an operation fail is an error in the report; all else is
    /// advice. A missing table is a finding too.
    ///
    /// # Permissions
    ///
    /// `dynamodb:DescribeTable`. `dynamodb:DescribeTimeToLive`, and where the options ask for them
    /// `dynamodb:DescribeContinuousBackups` and `dynamodb:ListTagsOfResource`; without one of these, what it is for is
    /// reported as not checked.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::table::TableOptions;
    /// # use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore};
    /// # #[derive(DynamoSession)]
    /// # #[session(table = "shop-sessions")]
    /// # struct ShopSession {
    /// #     #[session(hash_key)]
    /// #     id: SessionId,
    /// #     #[session(ttl)]
    /// #     expires_at: Expires,
    /// #     #[session(index = "by_user")]
    /// #     user: Option<String>,
    /// # }
    /// use dynamo_session::table::FindingKind;
    ///
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// let store = SessionStore::<ShopSession>::builder()
    ///     .client(client)
    ///     .table_options(TableOptions::new().provisioned(5, 5))
    ///     .build()
    ///     .await?;
    /// let report = store.verify_table().await?;
    /// assert!(!report.is_sound());
    /// assert_eq!(report.findings()[0].kind(), &FindingKind::TableMissing);
    ///
    /// store.create_table().await?;
    /// let report = store.verify_table().await?;
    /// println!("{report}");
    /// assert!(report.is_sound());
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AccessDenied`], [`ErrorKind::Throttled`] and [`ErrorKind::Unavailable`], if the table could not be
    /// looked at; [`ErrorKind::TableMissing`], if someone deleted it meanwhile.
    pub async fn verify_table(&self) -> Result<TableReport, Error> {
        let context = self.context();
        verify(&Control::of(context.sweeping_table()), S::SCHEMA, &context.table_options)
            .await
            .map_err(|error| error.with_context(Operation::VerifyTable, self.table_name(), None))
    }

    /// Fails with what would lose or keep sessions wrongly, and traces the rest.
    pub(crate) async fn require_sound_table(&self) -> Result<(), Error> {
        let report = self.verify_table().await?;
        for advice in report.advice() {
            tracing::warn!(table = self.table_name(), %advice, "table differs from what is declared");
        }
        if report.is_sound() {
            return Ok(());
        }
        let errors: Vec<String> = report
            .errors()
            .map(|finding| format!("{}; {}", finding.problem(), finding.advice()))
            .collect();
        let is_missing = |kind: &FindingKind| *kind == FindingKind::TableMissing;
        let kind = match report.errors().any(|finding| is_missing(finding.kind())) {
            true => ErrorKind::TableMissing,
            false => ErrorKind::Configuration,
        };
        let error = Error::new(kind, errors.join(". Also: "));
        Err(error.with_context(Operation::VerifyTable, self.table_name(), None))
    }
}

/// Compares the live table with what is declared; changes nothing.
async fn verify(
    control: &Control,
    schema: &Schema,
    options: &TableOptions,
) -> Result<TableReport, Error> {
    let report = |findings| TableReport::new(control.table(), findings);
    let Some(description) = control.describe().await.map_err(Refusal::into_error)? else {
        let problem = "the table does not exist in this account, Region or endpoint";
        let advice = "create it with `store.create_table()`, or correct its name";
        return Ok(report(vec![Finding::error(FindingKind::TableMissing, problem, advice)]));
    };
    let live = Live(description);
    let mut findings = Vec::new();
    compare_status(&live, &mut findings);
    compare_keys(&live, schema, &mut findings);
    compare_options(&live, options, &mut findings);
    match control.time_to_live().await {
        Ok(found) => {
            let on = options.time_to_live;
            findings.extend(compare_time_to_live(found.as_ref(), schema.time_to_live(), on));
        }
        Err(refusal) => findings.push(unchecked("TTL", refusal, &live)?),
    }
    if options.point_in_time_recovery {
        match control.has_point_in_time_recovery().await {
            Ok(is_on) => findings.extend(compare_recovery(is_on)),
            Err(refusal) => findings.push(unchecked("point-in-time recovery", refusal, &live)?),
        }
    }
    if !options.tags.is_empty() {
        match control.tags(live.0.table_arn().unwrap_or(control.table())).await {
            Ok(found) => compare_tags(&found, &options.tags, &mut findings),
            Err(refusal) => findings.push(unchecked("tags", refusal, &live)?),
        }
    }
    Ok(report(findings))
}

/// The finding of a check that could not be made, where the rest still can.
fn unchecked(what: &'static str, refusal: Refusal, live: &Live) -> Result<Finding, Error> {
    let advice = match refusal.why {
        Why::Denied => format!("allow {}, or look at it by hand", refusal.permissions()),
        Why::Unknown => {
            format!("this endpoint does not offer it, AWS does ({})", refusal.permissions())
        }
        // AWS describes a table that it is making or deleting, and otherwise says that there is none.
        Why::Missing | Why::Busy if !live.is_active() => {
            "verify again when it is active".to_owned()
        }
        _ => return Err(refusal.into_error()),
    };
    let problem = match live.is_active() {
        true => format!("{what} could not be checked: {}", refusal.error()),
        false => format!("{what} could not be checked while the table is {}", live.status()),
    };
    Ok(Finding::advice_on(FindingKind::Unchecked { what }, problem, advice))
}

fn compare_status(live: &Live, findings: &mut Vec<Finding>) {
    if live.is_usable() && !live.is_creating() {
        return;
    }
    let status = live.status().to_owned();
    let problem = format!("the table's status is {status}, and it serves no requests");
    let advice = match live.is_creating() {
        true => "wait until it is active, for instance with `store.create_table()`",
        false => "look at it in the DynamoDB console, or name another table",
    };
    findings.push(Finding::error(FindingKind::TableStatus { status }, problem, advice));
}

fn compare_keys(live: &Live, schema: &Schema, findings: &mut Vec<Finding>) {
    if !live.has_key_of(schema) {
        let found = live.key();
        let wanted = key_of(schema.hash_key(), KeyType::S);
        findings.push(Finding::error(
            FindingKind::KeyDiffers { found: found.clone() },
            format!("the table's key is {found}, the session's is {wanted}"),
            "name another table, or change the field marked `hash_key`",
        ));
    }
    for index in schema.indexes() {
        let name = index.name().to_owned();
        let wanted = key_of_index(&index);
        let Some(found) = live.index(&index) else {
            let advice = match live.other_type_in(&index) {
                Some((attribute, known)) => format!(
                    "another key of the table has `{attribute}` as {known}: change the field's type, or \
                     name another table"
                ),
                None => "add it with `store.update_table()`".to_owned(),
            };
            let problem = format!("the index `{name}` on {wanted} is missing");
            findings.push(Finding::error(
                FindingKind::IndexMissing { index: name },
                problem,
                advice,
            ));
            continue;
        };
        if !found.has_key_of(&index) {
            let key = found.key();
            findings.push(Finding::error(
                FindingKind::IndexKeyDiffers { index: name.clone(), found: key.clone() },
                format!("the key of the index `{name}` is {key}, the session's is {wanted}"),
                advice_on_key(live, &index),
            ));
        }
        let projection = found.projection();
        if projection != "KEYS_ONLY" {
            findings.push(Finding::advice_on(
                FindingKind::IndexProjection { index: name.clone(), found: projection.to_owned() },
                format!("the index `{name}` holds more than keys ({projection})"),
                "every commit that changes what it holds is billed for it, and listing reads only keys",
            ));
        }
        let (status, make, advice): (_, fn(_, String, _) -> Finding, _) = match found.state() {
            IndexState::Active => continue,
            IndexState::Creating => {
                ("CREATING", Finding::advice_on, "listing fails until it is active")
            }
            IndexState::Backfilling => {
                ("BACKFILLING", Finding::advice_on, "listing fails until AWS has filled it")
            }
            IndexState::Deleting => {
                ("DELETING", Finding::error, "when it is gone, add it with `store.update_table()`")
            }
        };
        let problem = format!("the index `{name}` is not active ({status})");
        findings.push(make(
            FindingKind::IndexStatus { index: name, status: status.to_owned() },
            problem,
            advice,
        ));
    }
}
