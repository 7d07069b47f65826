//! The requests that write rows of another store, which stay what they are.

use aws_sdk_dynamodb::config::Config;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use futures_util::FutureExt as _;

use super::answer::Answer;
use super::exchange::Exchange;
use super::failure::of_foreign_table;
use super::foreign::RowDeletion;
use super::moved::Moved;
use super::request::{Request, units};
use super::table::{Retries, Table, placeholders};
use crate::expression::Expression;
use crate::item::Item;

impl Table {
    /// Puts a row, if there is none with its key.
    pub(crate) async fn put_row(&self, row: Item, hash_key: &str) -> Answer {
        let request = Request::new("DynamoDB.PutItem", &self.name);
        let request = request.by(Exchange::of_write::<PutItemError>());
        let exchange = request.exchange().clone();
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(row.into_attributes()))
            .condition_expression("attribute_not_exists(#0)")
            .expression_attribute_names("#0", hash_key)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .set_return_consumed_capacity(request.capacity());
        let result = request
            .answered(put.send().boxed().as_mut(), |output| units(&output.consumed_capacity))
            .await;
        let refused = |error| match error {
            PutItemError::ConditionalCheckFailedException(failed) => failed.item.map(Item::from),
            _ => None,
        };
        Answer::new(result, &exchange, |_| Item::default(), refused)
            .map_error(|error| of_foreign_table(error, &self.name))
    }

    /// Changes a row that meets a condition.
    pub(crate) async fn change_row(
        &self,
        key: Item,
        expression: Expression<'_>,
        retries: Retries,
    ) -> Answer {
        let request = Request::new("DynamoDB.UpdateItem", &self.name);
        let request = request.by(Exchange::of_write::<UpdateItemError>());
        let exchange = request.exchange().clone();
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key.into_attributes()))
            .update_expression(expression.update_text())
            .condition_expression(expression.condition_text());
        let (names, values) = placeholders(expression);
        let update = update
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values((!values.is_empty()).then_some(values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .set_return_consumed_capacity(request.capacity());
        let consumed = |output: &UpdateItemOutput| units(&output.consumed_capacity);
        let mut sending = match retries {
            Retries::AsConfigured => update.send().boxed(),
            Retries::Off => {
                let without = Config::builder().retry_config(RetryConfig::disabled());
                update.customize().config_override(without).send().boxed()
            }
        };
        let result = request.answered(sending.as_mut(), consumed).await;
        let refused = |error| match error {
            UpdateItemError::ConditionalCheckFailedException(failed) => failed.item.map(Item::from),
            _ => None,
        };
        Answer::new(result, &exchange, |_| Item::default(), refused)
            .map_error(|error| of_foreign_table(error, &self.name))
    }

    /// Puts a row under a new key, and deletes the one under the old key, if that meets its condition.
    pub(crate) async fn move_row(
        &self,
        new: Item,
        hash_key: &str,
        old: RowDeletion<'_>,
    ) -> (Moved, bool) {
        let (moved, may_be_applied) = self.replace_row(vec![new], hash_key, old).await;
        let moved = match moved {
            Moved::Failed(error) => Moved::Failed(of_foreign_table(error, &self.name)),
            moved => moved,
        };
        (moved, may_be_applied)
    }

    /// Deletes a row, whatever is in it.
    pub(crate) async fn delete_row(&self, key: Item) -> Answer {
        let request = Request::new("DynamoDB.DeleteItem", &self.name);
        let request = request.by(Exchange::of_write::<DeleteItemError>());
        let exchange = request.exchange().clone();
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key.into_attributes()))
            .set_return_consumed_capacity(request.capacity());
        let result = request
            .answered(delete.send().boxed().as_mut(), |output| units(&output.consumed_capacity))
            .await;
        Answer::new(result, &exchange, |_| Item::default(), |_| None)
            .map_error(|error| of_foreign_table(error, &self.name))
    }
}
