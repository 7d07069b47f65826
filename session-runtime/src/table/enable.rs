use std::time::Duration;

use aws_sdk_dynamodb::types::{
    PointInTimeRecoverySpecification, TimeToLiveDescription, TimeToLiveSpecification,
    TimeToLiveStatus,
};

use super::compare::compare_time_to_live;
use super::progress::{TableChange, TableProgress};
use super::setup::{TableSetup, require_untouched};
use crate::dynamo::{Refusal, Why, has_number, unbuildable};
use crate::error::{Error, ErrorKind};
use crate::expiry::EpochSeconds;

/// How many items are looked at before TTL may delete any.
const SAMPLE: i32 = 25;
/// How often in a row TTL is looked at before a refusal to enable it is taken as final.
const LOOKS: u32 = 6;
/// AWS accepts one change of TTL per table in this time.
const BETWEEN_TTL_CHANGES: Duration = Duration::from_secs(3600);

/// What is enabled on a table that is active already: TTL and point-in-time recovery.
impl TableSetup<'_> {
    fn time_to_live(&self) -> TableChange {
        TableChange::TimeToLive { attribute: self.schema.time_to_live().to_owned() }
    }

    /// Looks, before anything is changed, at what is off and should be on.
    pub(super) async fn plan_enabling(&mut self, is_new: bool) -> Result<(), Error> {
        let wanted = self.options.time_to_live;
        match self.control.time_to_live().await {
            Ok(description) => {
                let is_on = self.is_on(description.as_ref())?;
                self.set_plan(self.time_to_live(), wanted && !is_on);
            }
            // Then it only tells whose table it is.
            Err(refusal) if !wanted && matches!(refusal.why, Why::Denied | Why::Unknown) => {}
            Err(refusal) => return Err(refusal.into_error()),
        }
        if self.options.point_in_time_recovery {
            let is_on = match self.control.has_point_in_time_recovery().await {
                Ok(is_on) => is_on,
                Err(refusal) if refusal.why == Why::Unknown => {
                    self.skip_recovery();
                    true
                }
                Err(refusal) => return Err(refusal.into_error()),
            };
            self.set_plan(TableChange::PointInTimeRecovery, !is_on);
        }
        if !is_new && self.plans(&self.time_to_live()) {
            self.require_sessions().await?;
        }
        Ok(())
    }

    fn set_plan(&mut self, change: TableChange, is_due: bool) {
        match is_due {
            true if self.plans(&change) => {}
            true => self.plan(change),
            false => self.drop_plan(&change),
        }
    }

    /// Whether TTL is on for the session's expiry; an error if it is on for anything else.
    fn is_on(&self, found: Option<&TimeToLiveDescription>) -> Result<bool, Error> {
        let finding = compare_time_to_live(found, self.schema.time_to_live(), true);
        require_untouched(finding.iter().filter(|it| it.is_foreign()))?;
        Ok(matches!(
            found.and_then(TimeToLiveDescription::time_to_live_status),
            Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
        ))
    }

    /// TTL would delete whatever has a past Number in the attribute: what is there should be sessions.
    async fn require_sessions(&mut self) -> Result<(), Error> {
        self.report(TableProgress::SamplingItems);
        let attribute = self.schema.time_to_live();
        let sample = self.control.sample(attribute, SAMPLE).await.map_err(|refusal| {
            refusal
                .into_error()
                .with_lead("TTL is off, and it is enabled on an existing table only after a few items have been read")
                .with_note("or enable TTL by hand")
        })?;
        let strangers = sample.iter().filter(|item| !has_number(item, attribute)).count();
        if strangers == 0 {
            return Ok(());
        }
        let detail = format!(
            "{strangers} of {} items that were looked at have no Number (N) in `{attribute}`, so they are \
             not sessions of this type, and TTL could delete what belongs to someone else; name another \
             table, delete those items, or enable TTL by hand. The table was not touched",
            sample.len()
        );
        Err(Error::new(ErrorKind::Configuration, detail).with_attribute(attribute))
    }

    /// Enables what is planned.
    pub(super) async fn enable(&mut self) -> Result<(), Error> {
        if self.plans(&self.time_to_live()) {
            self.enable_time_to_live().await?;
        }
        if self.plans(&TableChange::PointInTimeRecovery) {
            self.enable_point_in_time_recovery().await?;
        }
        Ok(())
    }

    async fn enable_time_to_live(&mut self) -> Result<(), Error> {
        let attribute = self.schema.time_to_live();
        let specification = TimeToLiveSpecification::builder().attribute_name(attribute);
        let specification = specification.enabled(true).build().map_err(unbuildable)?;
        loop {
            self.report(TableProgress::EnablingTimeToLive { attribute: attribute.to_owned() });
            let Err(refusal) = self.control.enable_time_to_live(specification.clone()).await else {
                self.finish(self.time_to_live());
                return Ok(());
            };
            // AWS refuses to enable it twice: someone else may have been first.
            let looks = match refusal.why {
                Why::Denied => 0,
                Why::Invalid => LOOKS,
                _ => 1,
            };
            if self.finds_time_to_live_on(looks).await? {
                self.drop_plan(&self.time_to_live());
                return Ok(());
            }
            match refusal.why {
                Why::Busy | Why::Missing => {
                    self.look_again().await?;
                    self.wait_out(&refusal).await;
                }
                Why::Invalid => return Err(self.changed_lately(refusal).with_attribute(attribute)),
                _ => return Err(refusal.into_error().with_attribute(attribute)),
            }
        }
    }

    /// Looks so often, since what someone else has just enabled may not be visible at once.
    async fn finds_time_to_live_on(&mut self, looks: u32) -> Result<bool, Error> {
        for look in 0..looks {
            if look > 0 {
                self.pause().await;
            }
            let description = self.control.time_to_live().await.map_err(Refusal::into_error)?;
            if self.is_on(description.as_ref())? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A request as plain as this is only invalid to AWS when TTL was changed less than an hour ago.
    fn changed_lately(&self, refusal: Refusal) -> Error {
        let retry = self.clock.now() + BETWEEN_TTL_CHANGES;
        let minute = retry.epoch_seconds().rem_euclid(86_400) / 60;
        let detail = format!(
            "TTL was not enabled: {}; AWS accepts one change of TTL per table per hour: call again \
             in {} minutes, at {:02}:{:02} UTC, at the latest",
            refusal.error(),
            BETWEEN_TTL_CHANGES.as_secs() / 60,
            minute / 60,
            minute % 60,
        );
        Error::new(ErrorKind::Throttled, detail).with_source(refusal.into_error())
    }

    async fn enable_point_in_time_recovery(&mut self) -> Result<(), Error> {
        let specification = PointInTimeRecoverySpecification::builder();
        let specification =
            specification.point_in_time_recovery_enabled(true).build().map_err(unbuildable)?;
        loop {
            self.report(TableProgress::EnablingPointInTimeRecovery);
            let sent = self.control.enable_point_in_time_recovery(specification.clone()).await;
            let Err(refusal) = sent else {
                self.finish(TableChange::PointInTimeRecovery);
                return Ok(());
            };
            match refusal.why {
                Why::Busy | Why::Missing => {
                    self.look_again().await?;
                    self.wait_out(&refusal).await;
                }
                Why::Unknown => {
                    self.skip_recovery();
                    return Ok(());
                }
                _ => return Err(refusal.into_error()),
            }
        }
    }

    /// Local engines have no backups; AWS always does.
    fn skip_recovery(&mut self) {
        tracing::warn!(
            table = self.table(),
            "this endpoint does not offer point-in-time recovery, so the table is left without it"
        );
        self.drop_plan(&TableChange::PointInTimeRecovery);
    }
}
