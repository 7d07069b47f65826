use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, CreateGlobalSecondaryIndexAction,
    GlobalSecondaryIndexUpdate, PointInTimeRecoverySpecification, PointInTimeRecoveryStatus,
    TableDescription, TimeToLiveDescription, TimeToLiveSpecification,
};

use super::refusal::{Refusal, Why};
use crate::item::Item;
use crate::{Error, ErrorKind};

/// The requests about one table itself, rather than about its items.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    client: Client,
    table: String,
}

impl Control {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// The table as it stands; `None` if there is none, or none to be seen yet.
    pub(crate) async fn describe(&self) -> Result<Option<TableDescription>, Refusal> {
        match self.client.describe_table().table_name(&self.table).send().await {
            Ok(output) => Ok(output.table),
            Err(source) => match Refusal::new("`dynamodb:DescribeTable`", source) {
                refusal if refusal.why == Why::Missing => Ok(None),
                refusal => Err(refusal),
            },
        }
    }

    pub(crate) async fn create(&self, input: CreateTableInputBuilder) -> Result<(), Refusal> {
        let needs_tagging = input.get_tags().is_some();
        let sent = input.table_name(&self.table).send_with(&self.client).await;
        let permissions = match needs_tagging {
            true => "`dynamodb:CreateTable` and `dynamodb:TagResource`",
            false => "`dynamodb:CreateTable`",
        };
        sent.map(drop).map_err(|source| Refusal::new(permissions, source))
    }

    pub(crate) async fn add_index(
        &self,
        key: AttributeDefinition,
        index: CreateGlobalSecondaryIndexAction,
    ) -> Result<(), Refusal> {
        let update = GlobalSecondaryIndexUpdate::builder().create(index).build();
        let sent = self
            .client
            .update_table()
            .table_name(&self.table)
            .attribute_definitions(key)
            .global_secondary_index_updates(update)
            .send()
            .await;
        sent.map(drop).map_err(|source| Refusal::new("`dynamodb:UpdateTable`", source))
    }

    pub(crate) async fn protect_from_deletion(&self) -> Result<(), Refusal> {
        let update = self.client.update_table().table_name(&self.table);
        let sent = update.deletion_protection_enabled(true).send().await;
        sent.map(drop).map_err(|source| Refusal::new("`dynamodb:UpdateTable`", source))
    }

    pub(crate) async fn time_to_live(&self) -> Result<Option<TimeToLiveDescription>, Refusal> {
        match self.client.describe_time_to_live().table_name(&self.table).send().await {
            Ok(output) => Ok(output.time_to_live_description),
            Err(source) => Err(Refusal::new("`dynamodb:DescribeTimeToLive`", source)),
        }
    }

    pub(crate) async fn enable_time_to_live(
        &self,
        specification: TimeToLiveSpecification,
    ) -> Result<(), Refusal> {
        let update = self.client.update_time_to_live().table_name(&self.table);
        let sent = update.time_to_live_specification(specification).send().await;
        sent.map(drop).map_err(|source| Refusal::new("`dynamodb:UpdateTimeToLive`", source))
    }

    /// Whether the table can be restored as it was at any second.
    pub(crate) async fn has_point_in_time_recovery(&self) -> Result<bool, Refusal> {
        match self.client.describe_continuous_backups().table_name(&self.table).send().await {
            Ok(output) => Ok(output
                .continuous_backups_description()
                .and_then(|backups| backups.point_in_time_recovery_description())
                .and_then(|recovery| recovery.point_in_time_recovery_status())
                == Some(&PointInTimeRecoveryStatus::Enabled)),
            Err(source) => Err(Refusal::new("`dynamodb:DescribeContinuousBackups`", source)),
        }
    }

    pub(crate) async fn enable_point_in_time_recovery(
        &self,
        specification: PointInTimeRecoverySpecification,
    ) -> Result<(), Refusal> {
        let update = self.client.update_continuous_backups().table_name(&self.table);
        let sent = update.point_in_time_recovery_specification(specification).send().await;
        sent.map(drop).map_err(|source| Refusal::new("`dynamodb:UpdateContinuousBackups`", source))
    }

    /// The tags of the table with this ARN.
    pub(crate) async fn tags(&self, arn: &str) -> Result<Vec<(String, String)>, Refusal> {
        let mut tags = Vec::new();
        let mut next = None;
        loop {
            let page = self.client.list_tags_of_resource().resource_arn(arn);
            let page = page
                .set_next_token(next)
                .send()
                .await
                .map_err(|source| Refusal::new("`dynamodb:ListTagsOfResource`", source))?;
            tags.extend(page.tags.into_iter().flatten().map(|tag| (tag.key, tag.value)));
            next = page.next_token;
            if next.is_none() {
                return Ok(tags);
            }
        }
    }

    /// This one attribute of the first few items, with or without a value.
    pub(crate) async fn sample(&self, attribute: &str, limit: i32) -> Result<Vec<Item>, Refusal> {
        let sent = self
            .client
            .scan()
            .table_name(&self.table)
            .limit(limit)
            .projection_expression("#0")
            .expression_attribute_names("#0", attribute)
            .send()
            .await;
        match sent {
            Ok(output) => Ok(output.items.unwrap_or_default()),
            Err(source) => Err(Refusal::new("`dynamodb:Scan`", source)),
        }
    }
}

/// A request that lacks a part: a mistake of ours, or of an option.
pub(crate) fn unbuildable(source: BuildError) -> Error {
    Error::new(ErrorKind::Configuration, "the request could not be built").with_source(source)
}

/// Whether an item has this attribute as a Number.
pub(crate) fn has_number(item: &Item, attribute: &str) -> bool {
    matches!(item.get(attribute), Some(AttributeValue::N(_)))
}
