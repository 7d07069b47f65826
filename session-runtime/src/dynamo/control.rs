use std::error::Error as StdError;
use std::pin::pin;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, CreateGlobalSecondaryIndexAction,
    GlobalSecondaryIndexUpdate, PointInTimeRecoverySpecification, PointInTimeRecoveryStatus,
    TableDescription, TimeToLiveDescription, TimeToLiveSpecification,
};

use super::refusal::{Refusal, Why};
use super::request::Request;
use super::table::Table;
use super::throttling::while_throttled;
use crate::item::{Attributes as _, Item};

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
        let describe = || self.client.describe_table().table_name(&self.table).send();
        match self.ask("DynamoDB.DescribeTable", "`dynamodb:DescribeTable`", describe).await {
            Ok(output) => Ok(output.table),
            Err(refusal) if refusal.why == Why::Missing => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    pub(crate) async fn create(&self, input: CreateTableInputBuilder) -> Result<(), Refusal> {
        let permissions = match input.get_tags() {
            Some(_) => "`dynamodb:CreateTable` and `dynamodb:TagResource`",
            None => "`dynamodb:CreateTable`",
        };
        let create = || input.clone().table_name(&self.table).send_with(&self.client);
        self.ask("DynamoDB.CreateTable", permissions, create).await.map(drop)
    }

    pub(crate) async fn add_index(
        &self,
        key: Vec<AttributeDefinition>,
        index: CreateGlobalSecondaryIndexAction,
    ) -> Result<(), Refusal> {
        let index = GlobalSecondaryIndexUpdate::builder().create(index).build();
        let update = self.client.update_table().table_name(&self.table);
        let update = update.set_attribute_definitions(Some(key));
        let update = update.global_secondary_index_updates(index);
        self.ask("DynamoDB.UpdateTable", "`dynamodb:UpdateTable`", || update.clone().send())
            .await
            .map(drop)
    }

    pub(crate) async fn protect_from_deletion(&self) -> Result<(), Refusal> {
        let update = self.client.update_table().table_name(&self.table);
        let update = update.deletion_protection_enabled(true);
        self.ask("DynamoDB.UpdateTable", "`dynamodb:UpdateTable`", || update.clone().send())
            .await
            .map(drop)
    }

    pub(crate) async fn time_to_live(&self) -> Result<Option<TimeToLiveDescription>, Refusal> {
        let describe = || self.client.describe_time_to_live().table_name(&self.table).send();
        let output = self
            .ask("DynamoDB.DescribeTimeToLive", "`dynamodb:DescribeTimeToLive`", describe)
            .await?;
        Ok(output.time_to_live_description)
    }

    pub(crate) async fn enable_time_to_live(
        &self,
        specification: TimeToLiveSpecification,
    ) -> Result<(), Refusal> {
        let update = self.client.update_time_to_live().table_name(&self.table);
        let update = update.time_to_live_specification(specification);
        self.ask("DynamoDB.UpdateTimeToLive", "`dynamodb:UpdateTimeToLive`", || {
            update.clone().send()
        })
        .await
        .map(drop)
    }

    /// Whether the table can be restored as it was at any second.
    pub(crate) async fn has_point_in_time_recovery(&self) -> Result<bool, Refusal> {
        let describe = || self.client.describe_continuous_backups().table_name(&self.table).send();
        let status = self
            .ask(
                "DynamoDB.DescribeContinuousBackups",
                "`dynamodb:DescribeContinuousBackups`",
                describe,
            )
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
        let update = self.client.update_continuous_backups().table_name(&self.table);
        let update = update.point_in_time_recovery_specification(specification);
        self.ask("DynamoDB.UpdateContinuousBackups", "`dynamodb:UpdateContinuousBackups`", || {
            update.clone().send()
        })
        .await
        .map(drop)
    }

    /// The tags of the table with this ARN.
    pub(crate) async fn tags(&self, arn: &str) -> Result<Vec<(String, String)>, Refusal> {
        let mut tags = Vec::new();
        let mut next = None;
        loop {
            let list = self.client.list_tags_of_resource().resource_arn(arn);
            let list = list.set_next_token(next);
            let page = self
                .ask("DynamoDB.ListTagsOfResource", "`dynamodb:ListTagsOfResource`", || {
                    list.clone().send()
                })
                .await?;
            tags.extend(page.tags.into_iter().flatten().map(|tag| (tag.key, tag.value)));
            next = page.next_token;
            if next.is_none() {
                return Ok(tags);
            }
        }
    }

    /// This one attribute of the first few items, with or without a value.
    pub(crate) async fn sample(&self, attribute: &str, limit: i32) -> Result<Vec<Item>, Refusal> {
        let scan = self.client.scan().table_name(&self.table).limit(limit);
        let scan = scan.projection_expression("#0").expression_attribute_names("#0", attribute);
        let items =
            self.ask("DynamoDB.Scan", "`dynamodb:Scan`", || scan.clone().send()).await?.items;
        Ok(items.into_iter().flatten().map(Item::from).collect())
    }

    /// Makes a request that needs these permissions, and waits out throttling.
    async fn ask<T, E, F>(
        &self,
        name: &'static str,
        permissions: &'static str,
        mut request: impl FnMut() -> F,
    ) -> Result<T, Refusal>
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let ask = || {
            let (traced, sent) = (Request::new(name, &self.table), request());
            async move {
                let answered = traced.answered(pin!(sent), |_| None).await;
                answered.map_err(|source| Refusal::new(permissions, source))
            }
        };
        while_throttled(ask).await
    }
}

/// Whether an item has this attribute as a Number.
pub(crate) fn has_number(item: &Item, attribute: &str) -> bool {
    matches!(item.get(attribute), Some(AttributeValue::N(_)))
}
