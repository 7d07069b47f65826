use std::fmt::Write as _;

use aws_sdk_dynamodb::types::{
    GlobalSecondaryIndexDescription, IndexStatus, KeySchemaElement, KeyType as KeyRole,
    TableDescription, TableStatus,
};

use crate::schema::{Index, Schema};

/// AWS's default for one table; the quota can be raised.
pub(super) const MAX_INDEXES: usize = 20;

/// A table as `DescribeTable` shows it.
#[derive(Clone, Debug)]
pub(super) struct LiveTable(pub(super) TableDescription);

/// What an index is good for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IndexState {
    Active,
    Creating,
    Backfilling,
    Deleting,
}

impl IndexState {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Creating => "CREATING",
            Self::Backfilling => "BACKFILLING",
            Self::Deleting => "DELETING",
        }
    }
}

impl LiveTable {
    pub(super) fn status(&self) -> &str {
        self.0.table_status().map_or("unknown", TableStatus::as_str)
    }

    pub(super) fn is_creating(&self) -> bool {
        matches!(self.0.table_status(), Some(TableStatus::Creating) | None)
    }

    pub(super) fn is_active(&self) -> bool {
        self.0.table_status() == Some(&TableStatus::Active)
    }

    pub(super) fn is_protected(&self) -> bool {
        self.0.deletion_protection_enabled() == Some(true)
    }

    /// The key as text, such as "`id` (HASH, S)".
    pub(super) fn key(&self) -> String {
        self.key_text(self.0.key_schema())
    }

    /// The name of the sort key, if there is one.
    pub(super) fn sort_key(&self) -> Option<&str> {
        let parts = self.0.key_schema().iter();
        let mut sort_keys = parts.filter(|part| *part.key_type() == KeyRole::Range);
        sort_keys.next().map(KeySchemaElement::attribute_name)
    }

    fn key_text(&self, key: &[KeySchemaElement]) -> String {
        let mut text = String::new();
        for part in key {
            let separator = if text.is_empty() { "" } else { " and " };
            let name = part.attribute_name();
            let kind = self.type_of(name).unwrap_or("?");
            let _ = write!(text, "{separator}`{name}` ({}, {kind})", part.key_type());
        }
        text
    }

    /// The type that the table's keys give an attribute.
    fn type_of(&self, attribute: &str) -> Option<&str> {
        self.0
            .attribute_definitions()
            .iter()
            .find(|definition| definition.attribute_name() == attribute)
            .map(|definition| definition.attribute_type().as_str())
    }

    /// The attribute of an index's key that another key of the table has as another type, and that type: AWS takes one
    /// type for each attribute.
    pub(super) fn other_type_in(&self, index: &Index) -> Option<(&'static str, &str)> {
        index.key().find_map(|(attribute, wanted)| {
            let known = self.type_of(attribute)?;
            (known != format!("{wanted:?}")).then_some((attribute, known))
        })
    }

    pub(super) fn index(&self, index: &Index) -> Option<LiveIndex<'_>> {
        self.indexes().find(|live| live.description.index_name() == Some(index.name()))
    }

    pub(super) fn indexes(&self) -> impl Iterator<Item = LiveIndex<'_>> {
        let indexes = self.0.global_secondary_indexes().iter();
        indexes.map(|description| LiveIndex { table: self, description })
    }

    pub(super) fn missing<'a>(&'a self, schema: &'a Schema) -> impl Iterator<Item = Index> + 'a {
        schema.indexes().filter(|index| self.index(index).is_none())
    }

    /// The first of the schema's indexes that is there but not active.
    pub(super) fn unfinished(&self, schema: &Schema) -> Option<(Index, IndexState)> {
        schema.indexes().find_map(|index| match self.index(&index)?.state() {
            IndexState::Active => None,
            state => Some((index, state)),
        })
    }

    /// Read and write units, if they are paid for by the hour.
    pub(super) fn provisioned(&self) -> Option<(u64, u64)> {
        // A table that was always provisioned has no billing summary.
        let mode = self.0.billing_mode_summary().and_then(|summary| summary.billing_mode());
        if mode.is_some_and(|mode| mode.as_str() != "PROVISIONED") {
            return None;
        }
        let throughput = self.0.provisioned_throughput();
        let units = |units: Option<i64>| units.and_then(|units| units.try_into().ok()).unwrap_or(0);
        Some(throughput.map_or((0, 0), |throughput| {
            (units(throughput.read_capacity_units()), units(throughput.write_capacity_units()))
        }))
    }

    /// The limits of an on-demand table.
    pub(super) fn on_demand_limits(&self) -> (Option<u64>, Option<u64>) {
        // AWS writes "no limit" as -1.
        let limit = |units: Option<i64>| units.and_then(|units| units.try_into().ok());
        self.0.on_demand_throughput().map_or((None, None), |throughput| {
            (
                limit(throughput.max_read_request_units()),
                limit(throughput.max_write_request_units()),
            )
        })
    }
}

/// One of a table's indexes.
#[derive(Clone, Copy, Debug)]
pub(super) struct LiveIndex<'a> {
    table: &'a LiveTable,
    description: &'a GlobalSecondaryIndexDescription,
}

impl<'a> LiveIndex<'a> {
    pub(super) fn key(&self) -> String {
        self.table.key_text(self.description.key_schema())
    }

    pub(super) fn state(&self) -> IndexState {
        match self.description.index_status() {
            Some(IndexStatus::Creating) if self.description.backfilling() == Some(true) => {
                IndexState::Backfilling
            }
            Some(IndexStatus::Creating) => IndexState::Creating,
            Some(IndexStatus::Deleting) => IndexState::Deleting,
            _ => IndexState::Active,
        }
    }

    pub(super) fn projection(&self) -> &'a str {
        let projection = self.description.projection().and_then(|it| it.projection_type());
        projection.map_or("unknown", |projection| projection.as_str())
    }
}
