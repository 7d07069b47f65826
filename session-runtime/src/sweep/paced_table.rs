use std::sync::Arc;

use super::expired::require_expired;
use super::outage::Outage;
use super::paced_scan::{Cursor, PacedScan, Question, Read};
use super::parallel_scan::Source;
use super::position::Position;
use super::settings::SweepSettings;
use super::target::Target;
use crate::context::Context;
use crate::dynamo::{Swept, Table};
use crate::error::{Error, ErrorKind};
use crate::expiry::Lifetime;
use crate::item::{Attributes as _, Item, Value};
use crate::protocol::{RENEWED_AT, RENEWED_TO};
use crate::schema::Schema;

/// The table of a session type, as a sweep goes through it and deletes from it.
#[derive(Debug)]
pub(super) struct PacedTable {
    scan: PacedScan,
    table: Table,
    schema: &'static Schema,
    wanted: Wanted,
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

impl PacedTable {
    pub(super) fn new(
        context: Arc<Context>,
        schema: &'static Schema,
        settings: SweepSettings,
        wanted: Wanted,
    ) -> Arc<Self> {
        let table = context.sweeping_table().clone();
        let scan = PacedScan::new(context, table.scanned(), settings);
        Arc::new(Self { scan, table, schema, wanted })
    }

    pub(super) fn schema(&self) -> &'static Schema {
        self.schema
    }

    /// When a session ends, in epoch seconds.
    pub(super) fn end_of(&self, lifetime: Lifetime) -> i64 {
        self.scan.context.timeouts.ends_at(lifetime.expires, lifetime.created)
    }

    fn question(&self, now: i64) -> Question<'static> {
        let Question { mut filter, .. } = Question::default();
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
        match self.wanted {
            Wanted::Items => {}
            Wanted::Times => {
                attributes.push(self.schema.time_to_live());
                attributes.extend(self.schema.created());
                attributes.push(RENEWED_AT);
            }
            Wanted::ExpiredKeys => {
                attributes.push(hash_key);
                attributes.push(RENEWED_AT);
                require_expired(&mut filter, &self.scan.context, now, false);
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
        Question { filter, projection }
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
}

impl Source for PacedTable {
    type Target = Target;
    type Outcome = Swept;

    fn table_name(&self) -> &str {
        self.scan.table_name()
    }

    fn cursor(&self, segment: u32, position: Position) -> Cursor {
        self.scan.cursor(segment, position)
    }

    async fn require_key(&self) -> Result<f64, Error> {
        self.scan.require_key().await
    }

    async fn read(&self, cursor: Cursor) -> Result<Read, Error> {
        self.scan.read(cursor, |now| self.question(now)).await
    }

    /// Deletes an item if that is still right.
    async fn treat(&self, target: &Target, now: i64) -> Result<Swept, Error> {
        let rate = &self.scan.rate;
        let mut outage = Outage::none();
        loop {
            let condition = target.condition(&self.scan.context, now);
            let reserved = rate.expected_delete();
            rate.reserve(reserved).await;
            match self.table.delete_swept(target.key(), condition, target.may_be_followed()).await {
                Ok(deletion) => {
                    if let Swept::Done { units: Some(units) } = deletion {
                        rate.settle(reserved, units);
                        rate.learn_delete(units);
                    }
                    return Ok(deletion);
                }
                Err(error) => {
                    self.scan.refund(&error, reserved);
                    outage.wait_out(error).await?;
                }
            }
        }
    }
}
