use super::compare::{compare_schema, compare_status, compare_time_to_live};
use super::compare_options::{compare_options, compare_recovery, compare_tags};
use super::live::LiveTable;
use super::report::{Finding, FindingKind, TableReport, require_none};
use crate::derived::DynamoSession;
use crate::dynamo::{Control, Refusal, Why};
use crate::error::Error;
use crate::operation::Operation;
use crate::schema::{Schema, TableOptions};
use crate::store::SessionStore;

/// Comparing the table with what is declared.
impl<S: DynamoSession> SessionStore<S> {
    /// Compares the live table with what the session type and the [`TableOptions`](crate::table::TableOptions) say, and
    /// changes nothing.
    ///
    /// Whatever would lose sessions, keep them after they should have ended, or make an operation fail is an error in
    /// the report; everything else is advice. A missing table is a finding, too.
    ///
    /// # Permissions
    ///
    /// `dynamodb:DescribeTable`. `dynamodb:DescribeTimeToLive`, and where the options ask for them
    /// `dynamodb:DescribeContinuousBackups` and `dynamodb:ListTagsOfResource`; without one of these permissions, what
    /// it is for is reported as not checked.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::table::TableOptions;
    /// # use dynamo_session::SessionStore;
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
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
    /// [`ErrorKind::AccessDenied`](crate::ErrorKind::AccessDenied),
    /// [`ErrorKind::Throttled`](crate::ErrorKind::Throttled) and
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable), if the table could not be looked at;
    /// [`ErrorKind::TableMissing`](crate::ErrorKind::TableMissing), if someone deleted it meanwhile.
    pub async fn verify_table(&self) -> Result<TableReport, Error> {
        let context = self.context();
        context
            .require_own_rows("let the other service look after its table")
            .map_err(|error| error.with_context(Operation::VerifyTable, self.table_name(), None))?;
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
        require_none(report.errors())
            .map_err(|error| error.with_context(Operation::VerifyTable, self.table_name(), None))
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
        return Ok(report(vec![Finding::table_missing()]));
    };
    let live = LiveTable(description);
    let mut findings = Vec::from_iter(compare_status(&live));
    findings.extend(compare_schema(&live, schema));
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
fn unchecked(what: &'static str, refusal: Refusal, live: &LiveTable) -> Result<Finding, Error> {
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
