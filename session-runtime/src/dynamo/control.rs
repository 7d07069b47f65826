use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, CreateGlobalSecondaryIndexAction,
    GlobalSecondaryIndexUpdate, PointInTimeRecoverySpecification, PointInTimeRecoveryStatus,
    TableDescription, TimeToLiveDescription, TimeToLiveSpecification,
};

use super::refusal::{Refusal, Why};
use super::table::Table;
use super::throttling::while_throttled;
use crate::item::Item;

/// The requests about one table itself, rather than about its items.
///
/// For some of them, AWS allows a whole account only a few requests a second: many processes that start together will
/// exceed that.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    client: Client,
    table: String,
}

impl Control {
    pub(crate) fn of(table: &Table) -> Self {
        Self { client: table.client.clone(), table: table.name.clone() }
    }

    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// The table as it stands; `None` if there is none, or none to be seen yet.
    pub(crate) async fn describe(&self) -> Result<Option<TableDescription>, Refusal> {
        let describe = || async {
            let sent = self.client.describe_table().table_name(&self.table).send().await;
            sent.map_err(|source| Refusal::new("`dynamodb:DescribeTable`", source))
        };
        match while_throttled(describe).await {
            Ok(output) => Ok(output.table),
            Err(refusal) if refusal.why == Why::Missing => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    pub(crate) async fn create(&self, input: CreateTableInputBuilder) -> Result<(), Refusal> {
        let needs_tagging = input.get_tags().is_some();
        let permissions = match needs_tagging {
            true => "`dynamodb:CreateTable` and `dynamodb:TagResource`",
            false => "`dynamodb:CreateTable`",
        };
        let create = || async {
            let sent = input.clone().table_name(&self.table).send_with(&self.client).await;
            sent.map(drop).map_err(|source| Refusal::new(permissions, source))
        };
        while_throttled(create).await
    }

    pub(crate) async fn add_index(
        &self,
        key: Vec<AttributeDefinition>,
        index: CreateGlobalSecondaryIndexAction,
    ) -> Result<(), Refusal> {
        let update = GlobalSecondaryIndexUpdate::builder().create(index).build();
        let add = || async {
            let sent = self
                .client
                .update_table()
                .table_name(&self.table)
                .set_attribute_definitions(Some(key.clone()))
                .global_secondary_index_updates(update.clone())
                .send()
                .await;
            sent.map(drop).map_err(|source| Refusal::new("`dynamodb:UpdateTable`", source))
        };
        while_throttled(add).await
    }

    pub(crate) async fn protect_from_deletion(&self) -> Result<(), Refusal> {
        let protect = || async {
            let update = self.client.update_table().table_name(&self.table);
            let sent = update.deletion_protection_enabled(true).send().await;
            sent.map(drop).map_err(|source| Refusal::new("`dynamodb:UpdateTable`", source))
        };
        while_throttled(protect).await
    }

    pub(crate) async fn time_to_live(&self) -> Result<Option<TimeToLiveDescription>, Refusal> {
        let describe = || async {
            let sent = self.client.describe_time_to_live().table_name(&self.table).send().await;
            sent.map_err(|source| Refusal::new("`dynamodb:DescribeTimeToLive`", source))
        };
        Ok(while_throttled(describe).await?.time_to_live_description)
    }

    pub(crate) async fn enable_time_to_live(
        &self,
        specification: TimeToLiveSpecification,
    ) -> Result<(), Refusal> {
        let enable = || async {
            let update = self.client.update_time_to_live().table_name(&self.table);
            let sent = update.time_to_live_specification(specification.clone()).send().await;
            sent.map(drop).map_err(|source| Refusal::new("`dynamodb:UpdateTimeToLive`", source))
        };
        while_throttled(enable).await
    }

    /// Whether the table can be restored as it was at any second.
    pub(crate) async fn has_point_in_time_recovery(&self) -> Result<bool, Refusal> {
        let describe = || async {
            let backups = self.client.describe_continuous_backups().table_name(&self.table);
            let sent = backups.send().await;
            sent.map_err(|source| Refusal::new("`dynamodb:DescribeContinuousBackups`", source))
        };
        let status = while_throttled(describe)
            .await?
            .continuous_backups_description
            .and_then(|backups| backups.point_in_time_recovery_description)
            .and_then(|recovery| recovery.point_in_time_recovery_status);
        Ok(status == Some(PointInTimeRecoveryStatus::Enabled))
    }

    pub(crate) async fn enable_point_in_time_recovery(
        &self,
        specification: PointInTimeRecoverySpecification,
    ) -> Result<(), Refusal> {
        const PERMISSION: &str = "`dynamodb:UpdateContinuousBackups`";
        let enable = || async {
            let update = self.client.update_continuous_backups().table_name(&self.table);
            let update = update.point_in_time_recovery_specification(specification.clone());
            update.send().await.map(drop).map_err(|source| Refusal::new(PERMISSION, source))
        };
        while_throttled(enable).await
    }

    /// The tags of the table with this ARN.
    pub(crate) async fn tags(&self, arn: &str) -> Result<Vec<(String, String)>, Refusal> {
        let mut tags = Vec::new();
        let mut next = None;
        loop {
            let list = || async {
                let page = self.client.list_tags_of_resource().resource_arn(arn);
                let sent = page.set_next_token(next.clone()).send().await;
                sent.map_err(|source| Refusal::new("`dynamodb:ListTagsOfResource`", source))
            };
            let page = while_throttled(list).await?;
            tags.extend(page.tags.into_iter().flatten().map(|tag| (tag.key, tag.value)));
            next = page.next_token;
            if next.is_none() {
                return Ok(tags);
            }
        }
    }

    /// This one attribute of the first few items, with or without a value.
    pub(crate) async fn sample(&self, attribute: &str, limit: i32) -> Result<Vec<Item>, Refusal> {
        let scan = || async {
            let sent = self
                .client
                .scan()
                .table_name(&self.table)
                .limit(limit)
                .projection_expression("#0")
                .expression_attribute_names("#0", attribute)
                .send()
                .await;
            sent.map_err(|source| Refusal::new("`dynamodb:Scan`", source))
        };
        let items = while_throttled(scan).await?.items.unwrap_or_default();
        Ok(items.into_iter().map(Item::from).collect())
    }
}

/// Whether an item has this attribute as a Number.
pub(crate) fn has_number(item: &Item, attribute: &str) -> bool {
    matches!(item.get(attribute), Some(AttributeValue::N(_)))
}
