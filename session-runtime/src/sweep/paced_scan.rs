use std::sync::Arc;

use super::outage::Outage;
use super::position::Position;
use super::rate::Rate;
use super::settings::SweepSettings;
use crate::context::Context;
use crate::dynamo::{Page, PageRequest, ScannedTable};
use crate::error::Error;
use crate::expression::Expression;

/// Scans a table: at a rate, patiently, in pages of a size that the table can serve.
#[derive(Debug)]
pub(super) struct PacedScan {
    pub(super) context: Arc<Context>,
    table: ScannedTable,
    settings: SweepSettings,
    pub(super) rate: Rate,
}

/// Where the next page of a segment begins, and how many items it may look at.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    pub(super) segment: u32,
    pub(super) position: Position,
    pub(super) most_items: u32,
}

/// A page, and the time by which it was judged.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) page: Page,
    pub(super) now: i64,
    pub(super) next: Cursor,
}

/// What is asked of the items of a page.
#[derive(Debug, Default)]
pub(super) struct Question<'a> {
    pub(super) filter: Expression<'a>,
    /// The attributes wanted, as placeholders of the filter; all of them if there are none.
    pub(super) projection: Vec<String>,
}

impl PacedScan {
    pub(super) fn new(context: Arc<Context>, table: ScannedTable, settings: SweepSettings) -> Self {
        let rate = Rate::new(settings.capacity_per_second);
        Self { context, table, settings, rate }
    }

    pub(super) fn table_name(&self) -> &str {
        self.table.name()
    }

    pub(super) fn cursor(&self, segment: u32, position: Position) -> Cursor {
        Cursor { segment, position, most_items: self.settings.page_items() }
    }

    /// Looks at the table's key before anything else is done. Throttling is waited out here too, but not silence: a
    /// wrong endpoint is likelier than an outage.
    pub(super) async fn require_key(&self) -> Result<f64, Error> {
        self.context.require_own_rows(
            "call it on a store of your own rows, after the other service is gone",
        )?;
        let mut outage = Outage::none();
        loop {
            match self.table.require_key().await {
                Ok(units) => {
                    let units = units.unwrap_or_default();
                    self.rate.settle(0.0, units);
                    return Ok(units);
                }
                Err(error) if error.is_throttled() => outage.wait_out(error).await?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads one page. One that fails is asked for again with half the items: a slow line or a small table may not
    /// bear more.
    pub(super) async fn read<'a>(
        &self,
        cursor: Cursor,
        question: impl Fn(i64) -> Question<'a>,
    ) -> Result<Read, Error> {
        let Cursor { segment, position, mut most_items } = cursor;
        let mut outage = Outage::none();
        loop {
            let limit = self.rate.page_items(most_items);
            let reserved = self.rate.expected_page(limit);
            self.rate.reserve(reserved).await;
            let now = self.context.now();
            let Question { filter, projection } = question(now);
            let after = match &position {
                Position::After(key) => Some(key.clone()),
                Position::Start | Position::Finished => None,
            };
            let segments = self.settings.segments();
            let request = PageRequest { segment, segments, after, limit, projection, filter };
            match self.table.scan(request).await {
                Ok(page) => {
                    if let Some(units) = page.units {
                        self.rate.settle(reserved, units);
                        self.rate.learn_page(page.scanned, units);
                    }
                    let position = page.last.clone().map_or(Position::Finished, Position::After);
                    let most_items = self.settings.page_items().min(most_items.saturating_mul(2));
                    let next = Cursor { segment, position, most_items };
                    return Ok(Read { page, now, next });
                }
                Err(error) => {
                    self.refund(&error, reserved);
                    most_items = (limit / 2).max(1);
                    outage.wait_out(error).await?;
                }
            }
        }
    }

    /// A request that was throttled consumed nothing; of one without an answer it is not known.
    pub(super) fn refund(&self, error: &Error, reserved: f64) {
        if error.is_throttled() {
            self.rate.settle(reserved, 0.0);
        }
    }
}
