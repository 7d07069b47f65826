use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryPartition;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure};
use futures_util::FutureExt as _;

use super::failure::{denied, error};
use super::request::{Request, units};
use super::scan::some;
use super::table::{Table, placeholders};
use crate::error::Error;
use crate::expression::Expression;
use crate::item::Item;

/// Retries draw on a budget that all clients of a process share: a sweep that is throttled must not use up the one of
/// the sessions' own requests.
const RETRY_PARTITION: &str = "dynamo-session sweep";

/// What came of a conditional delete.
#[derive(Debug)]
pub(crate) enum Swept {
    /// The item is not there any more.
    Done { units: Option<f64> },
    /// The condition does not hold; this is the item, if it was asked for.
    Refused(Option<Item>),
}

impl Table {
    /// The same table, with retries that are counted apart.
    pub(crate) fn for_sweeping(&self) -> Self {
        let partition = RetryPartition::new(RETRY_PARTITION);
        let config = self.client.config().to_builder().retry_partition(partition).build();
        Self { client: Client::from_conf(config), ..self.clone() }
    }

    /// Deletes an item if a condition holds.
    pub(crate) async fn delete_swept(
        &self,
        key: &str,
        condition: Expression<'_>,
        return_refused: bool,
    ) -> Result<Swept, Error> {
        let refused = return_refused.then_some(ReturnValuesOnConditionCheckFailure::AllOld);
        let text = condition.condition_text().to_owned();
        let (names, values) = placeholders(condition);
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(self.key(key)))
            .condition_expression(text)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(some(values))
            .set_return_values_on_condition_check_failure(refused)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let result = Request::new("DynamoDB.DeleteItem", &self.name)
            .answered(delete.send().boxed().as_mut(), |output| units(&output.consumed_capacity))
            .await;
        match result {
            Ok(output) => Ok(Swept::Done { units: units(&output.consumed_capacity) }),
            Err(source) => match source.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Swept::Refused(failed.item.clone().map(Item::from)))
                }
                _ => Err(denied(error(source), "dynamodb:DeleteItem")),
            },
        }
    }
}
