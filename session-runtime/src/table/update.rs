use super::check::require_keys;
use super::create::wait_until_ready;
use super::definition::addition;
use super::live::{IndexState, Live, MAX_INDEXES};
use super::options::Billing;
use super::progress::{TableChange, TableProgress};
use super::work::Work;
use crate::dynamo::{Refusal, Why, unbuildable};
use crate::schema::Index;
use crate::{Error, ErrorKind};

/// Adds to a live table what the session type and the options ask for and it lacks.
pub(crate) async fn update(work: &mut Work<'_>) -> Result<(), Error> {
    let Some(live) = work.look().await? else {
        let detail = "the table does not exist in this account, Region or endpoint; create it with \
                      `store.create_table()`, or correct its name";
        return Err(Error::new(ErrorKind::TableMissing, detail));
    };
    live.require_usable()?;
    require_keys(&live, work.schema)?;
    if work.options.deletion_protection && !is_protected(&live) {
        work.plan(TableChange::DeletionProtection);
    }
    wait_until_ready(work, live, false).await?;
    work.plan_enabling(false).await?;
    let live = work.look_again().await?;
    for index in live.missing(work.schema) {
        work.plan(change_of(&index));
    }
    if work.plans(&TableChange::DeletionProtection) {
        protect(work).await?;
    }
    work.enable().await?;
    add_indexes(work).await?;
    work.report(TableProgress::Ready);
    Ok(())
}

fn is_protected(live: &Live) -> bool {
    live.0.deletion_protection_enabled() == Some(true)
}

fn change_of(index: &Index) -> TableChange {
    TableChange::Index { index: index.name().to_owned() }
}

async fn protect(work: &mut Work<'_>) -> Result<(), Error> {
    loop {
        work.report(TableProgress::EnablingDeletionProtection);
        let Err(refusal) = work.control.protect_from_deletion().await else {
            work.finish(TableChange::DeletionProtection);
            return Ok(());
        };
        if refusal.why == Why::Denied {
            return Err(refusal.into_error());
        }
        if is_protected(&work.look_again().await?) {
            work.drop_plan(&TableChange::DeletionProtection);
            return Ok(());
        }
        match refusal.why {
            Why::Busy | Why::Missing => work.wait_out(&refusal).await,
            _ => return Err(refusal.into_error()),
        }
    }
}

/// Adds the missing indexes, one after the other as AWS wants it, and waits until all are active.
///
/// Each step begins with a look, so that it does not matter who added an index, or when.
async fn add_indexes(work: &mut Work<'_>) -> Result<(), Error> {
    let mut asked: Option<Index> = None;
    loop {
        let live = work.look_again().await?;
        require_keys(&live, work.schema)?;
        if let Some((index, state)) = live.unfinished(work.schema) {
            work.report(waiting_for(&index, state));
            work.pause().await;
            continue;
        }
        if let Some(index) = asked.take_if(|index| live.index(index).is_some()) {
            work.finish(change_of(&index));
        }
        let Some(index) = live.missing(work.schema).next() else { break };
        if !live.is_active() {
            work.report(TableProgress::WaitingForTable { status: live.status().to_owned() });
            work.pause().await;
            continue;
        }
        work.report(TableProgress::AddingIndex { index: index.name().to_owned() });
        let (key, action) =
            addition(&index, units(work, &live), work.options.billing).map_err(unbuildable)?;
        match work.control.add_index(key, action).await {
            Ok(()) => {
                asked = Some(index);
                work.pause().await;
            }
            Err(refusal) => settle(work, &index, refusal).await?,
        }
    }
    // What others added meanwhile.
    for index in work.schema.indexes() {
        work.drop_plan(&change_of(&index));
    }
    Ok(())
}

fn waiting_for(index: &Index, state: IndexState) -> TableProgress {
    let index = index.name().to_owned();
    match state {
        IndexState::Backfilling => TableProgress::BackfillingIndex { index },
        IndexState::Deleting => {
            TableProgress::WaitingForIndex { index, status: "DELETING".to_owned() }
        }
        IndexState::Creating | IndexState::Active => {
            TableProgress::WaitingForIndex { index, status: "CREATING".to_owned() }
        }
    }
}

/// An index of a table that pays by the hour needs units: the options' ones, else those of the table.
fn units(work: &Work<'_>, live: &Live) -> Option<(u64, u64)> {
    let of_table = live.provisioned()?;
    Some(match work.options.billing {
        Billing::Provisioned { read, write } => (read, write),
        Billing::OnDemand { .. } => of_table,
    })
}

/// An error if a refusal is final; otherwise the next look tells what to do.
async fn settle(work: &mut Work<'_>, index: &Index, refusal: Refusal) -> Result<(), Error> {
    let fail = |error: Error| {
        let lead = format!("adding index `{}`", index.name());
        Err(error.with_lead(lead).with_attribute(index.attribute()))
    };
    if matches!(refusal.why, Why::Denied | Why::Unknown | Why::Other) {
        return fail(refusal.into_error());
    }
    let live = work.look_again().await?;
    if live.index(index).is_some() {
        return Ok(());
    }
    let is_settled = live.is_active() && live.indexes().all(|it| it.state() == IndexState::Active);
    match refusal.why {
        Why::Busy | Why::Invalid if is_settled && live.indexes().count() >= MAX_INDEXES => {
            let detail = format!(
                "the table has {} indexes, and AWS allows {MAX_INDEXES} unless the account's quota is \
                 raised ({}); delete one that is not used, or have the quota raised",
                live.indexes().count(),
                refusal.error()
            );
            fail(Error::new(ErrorKind::Configuration, detail).with_source(refusal.into_error()))
        }
        Why::Busy | Why::Missing => {
            work.wait_out(&refusal).await;
            Ok(())
        }
        _ => fail(refusal.into_error()),
    }
}
