use std::sync::Arc;

use super::expired::require_expired;
use super::outage::Outage;
use super::position::Position;
use super::rate::Rate;
use super::settings::SweepSettings;
use super::target::Target;
use crate::context::Context;
use crate::dynamo::{Page, PageRequest, Swept, Table};
use crate::error::{Error, ErrorKind};
use crate::expiry::{EpochSeconds as _, Lifetime};
use crate::expression::Expression;
use crate::item::{Attributes as _, Item, Value};
use crate::protocol::{RENEWED_AT, RENEWED_TO};
use crate::schema::Schema;

/// Makes the requests of one sweep: at its rate, patiently, in pages of a size that the table can serve.
#[derive(Debug)]
pub(super) struct PacedTable {
    context: Arc<Context>,
    table: Table,
    schema: &'static Schema,
    settings: SweepSettings,
    rate: Rate,
}

/// What a page of a scan is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The keys of expired sessions and of tombstones, and what tells them apart.
    ExpiredKeys,
    /// The keys of sessions, alive or expired, and of tombstones, and what there is to tell of them.
    Sessions,
    /// Expiry and creation of every item, and what makes it a tombstone.
    Times,
    /// Every item whole.
    Items,
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

impl PacedTable {
    pub(super) fn new(
        context: Arc<Context>,
        schema: &'static Schema,
        settings: SweepSettings,
    ) -> Arc<Self> {
        let table = context.sweeping_table().clone();
        let rate = Rate::new(settings.capacity_per_second);
        Arc::new(Self { context, table, schema, settings, rate })
    }

    pub(super) fn schema(&self) -> &'static Schema {
        self.schema
    }

    pub(super) fn table_name(&self) -> &str {
        &self.table.name
    }

    pub(super) fn cursor(&self, segment: u32, position: Position) -> Cursor {
        Cursor { segment, position, most_items: self.settings.page_items() }
    }

    /// When a session ends, in epoch seconds.
    pub(super) fn end_of(&self, lifetime: Lifetime) -> i64 {
        self.context.timeouts.ends_at(lifetime.expires, lifetime.created)
    }

    /// Looks at the table's key before anything else is done. Throttling is waited out here too, but not silence: a
    /// wrong endpoint is likelier than an outage.
    pub(super) async fn require_key(&self) -> Result<f64, Error> {
        let mut outage = Outage::none();
        loop {
            match self.table.require_key_by_scan().await {
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
    pub(super) async fn read(&self, cursor: Cursor, wanted: Wanted) -> Result<Read, Error> {
        let Cursor { segment, position, mut most_items } = cursor;
        let mut outage = Outage::none();
        loop {
            let limit = self.rate.page_items(most_items);
            let reserved = self.rate.expected_page(limit);
            self.rate.reserve(reserved).await;
            let now = self.context.clock.now().epoch_seconds();
            let request = self.request(segment, &position, limit, wanted, now);
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

    fn request(
        &self,
        segment: u32,
        position: &Position,
        limit: u32,
        wanted: Wanted,
        now: i64,
    ) -> PageRequest {
        let mut filter = Expression::default();
        let mut attributes = Vec::new();
        // What else the table holds is not this type's.
        let prefix = self.schema.key_prefix();
        let hash_key = self.schema.hash_key();
        if !prefix.is_empty() {
            let key = filter.attribute(hash_key);
            filter.require_prefix(&key, prefix);
        }
        if let Some(sort_key) = self.schema.sort_key() {
            let sort = filter.attribute(sort_key.name());
            match sort_key.fixed_value() {
                Some(value) => filter.require_value(&sort, Some(Value::text(value))),
                None => {
                    let hash = filter.attribute(hash_key);
                    filter.require_equal(&sort, &hash);
                }
            }
        }
        match wanted {
            Wanted::Items => {}
            Wanted::Times => {
                attributes.push(self.schema.time_to_live());
                attributes.extend(self.schema.created());
                attributes.push(RENEWED_AT);
            }
            Wanted::ExpiredKeys => {
                attributes.push(hash_key);
                attributes.push(RENEWED_AT);
                require_expired(&mut filter, &self.context, now, false);
            }
            Wanted::Sessions => {
                let time_to_live = self.schema.time_to_live();
                attributes.extend([hash_key, time_to_live]);
                attributes.extend(self.schema.created());
                attributes.extend([RENEWED_AT, RENEWED_TO]);
                let expiry = filter.attribute(time_to_live);
                filter.require_type(&expiry, "N");
            }
        }
        let projection = attributes.into_iter().map(|name| filter.name(name).to_string()).collect();
        let after = match position {
            Position::After(key) => Some(key.clone()),
            Position::Start | Position::Finished => None,
        };
        let segments = self.settings.segments();
        PageRequest { segment, segments, after, limit, projection, filter }
    }

    /// The key of an item that was read with it.
    pub(super) fn key_of(&self, item: &Item) -> Result<String, Error> {
        let hash_key = self.schema.hash_key();
        item.text(hash_key).map(str::to_owned).ok_or_else(|| {
            Error::new(
                ErrorKind::Configuration,
                "the table holds items that do not have it as their key; name another table, or change \
                 the field marked `hash_key`",
            )
            .with_attribute(hash_key)
        })
    }

    /// Deletes an item if that is still right.
    pub(super) async fn delete(&self, target: &Target, now: i64) -> Result<Swept, Error> {
        let mut outage = Outage::none();
        loop {
            let condition = target.condition(&self.context, now);
            let reserved = self.rate.expected_delete();
            self.rate.reserve(reserved).await;
            match self.table.delete_swept(target.key(), condition, target.may_be_followed()).await {
                Ok(deletion) => {
                    if let Swept::Done { units: Some(units) } = deletion {
                        self.rate.settle(reserved, units);
                        self.rate.learn_delete(units);
                    }
                    return Ok(deletion);
                }
                Err(error) => {
                    self.refund(&error, reserved);
                    outage.wait_out(error).await?;
                }
            }
        }
    }

    /// A request that was throttled consumed nothing; of one without an answer it is not known.
    fn refund(&self, error: &Error, reserved: f64) {
        if error.is_throttled() {
            self.rate.settle(reserved, 0.0);
        }
    }
}
