use super::check::{require_indexes, require_keys};
use super::definition::creation;
use super::live::{IndexState, Live};
use super::progress::{TableChange, TableProgress};
use super::work::Work;
use crate::Error;
use crate::dynamo::{Why, unbuildable};

/// Makes sure that the table is there and active, with its indexes, TTL and backups.
///
/// Safe under many processes that start at once: whoever is late waits for the one that was first.
pub(crate) async fn create(work: &mut Work<'_>) -> Result<(), Error> {
    let (live, is_ours) = match work.look().await? {
        Some(live) => (live, false),
        None => {
            work.plan(TableChange::Table);
            if work.options.time_to_live {
                let attribute = work.schema.time_to_live().to_owned();
                work.plan(TableChange::TimeToLive { attribute });
            }
            if work.options.point_in_time_recovery {
                work.plan(TableChange::PointInTimeRecovery);
            }
            let is_ours = request(work).await?;
            (first_sight(work).await?, is_ours)
        }
    };
    live.require_usable()?;
    require_keys(&live, work.schema)?;
    require_indexes(&live, work.schema)?;
    wait_until_ready(work, live, is_ours).await?;
    match is_ours {
        true => work.finish(TableChange::Table),
        false => work.drop_plan(&TableChange::Table),
    }
    work.plan_enabling(is_ours).await?;
    work.enable().await?;
    work.report(TableProgress::Ready);
    Ok(())
}

/// Asks for the table; whether it was this request that made it.
async fn request(work: &mut Work<'_>) -> Result<bool, Error> {
    let request = creation(work.schema, &work.options).map_err(unbuildable)?;
    loop {
        work.report(TableProgress::CreatingTable);
        let Err(refusal) = work.control.create(request.clone()).await else {
            return Ok(true);
        };
        match refusal.why {
            // Someone else is first, or too many tables are being created: a look tells which.
            Why::Busy | Why::Passing if work.look().await?.is_some() => return Ok(false),
            Why::Busy => work.wait_out(&refusal).await,
            _ => return Err(refusal.into_error()),
        }
    }
}

/// A table that was just created may not be visible at once.
async fn first_sight(work: &mut Work<'_>) -> Result<Live, Error> {
    loop {
        if let Some(live) = work.look().await? {
            return Ok(live);
        }
        work.report(TableProgress::WaitingForTable { status: "not visible yet".to_owned() });
        work.pause().await;
    }
}

/// Waits until the table is active, and with it the indexes that it is created with.
///
/// An index that is being added to a live table is not waited for: the table serves sessions meanwhile.
pub(super) async fn wait_until_ready(
    work: &mut Work<'_>,
    mut live: Live,
    is_new: bool,
) -> Result<(), Error> {
    let is_new = is_new || live.is_creating();
    loop {
        let unfinished = live.unfinished(work.schema).filter(|_| is_new);
        let progress = match unfinished {
            _ if live.is_creating() => {
                TableProgress::WaitingForTable { status: live.status().to_owned() }
            }
            Some((index, IndexState::Creating)) => TableProgress::WaitingForIndex {
                index: index.name().to_owned(),
                status: "CREATING".to_owned(),
            },
            _ => return Ok(()),
        };
        work.report(progress);
        work.pause().await;
        live = work.look_again().await?;
        // Meanwhile another may have taken its name.
        require_keys(&live, work.schema)?;
    }
}
