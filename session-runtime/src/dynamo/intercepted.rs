//! The requests that sessions make, as the SDK takes them: whole, for interceptors of the application that look at what is
//! sent, or change it.

use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::get_item::builders::GetItemFluentBuilder;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure,
};

use super::table::{Table, placeholders};
use crate::expression::Expression;
use crate::item::Item;

const ON_REFUSAL: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

type Capacity = Option<ReturnConsumedCapacity>;

impl Table {
    pub(super) fn whole_get(
        &self,
        get: GetItemFluentBuilder,
        key: &str,
        consistent_read: bool,
        capacity: Capacity,
    ) -> GetItemFluentBuilder {
        get.set_key(Some(self.key(key)))
            .consistent_read(consistent_read)
            .set_return_consumed_capacity(capacity)
    }

    pub(super) fn whole_put(
        &self,
        put: PutItemFluentBuilder,
        item: Item,
        condition: &str,
        capacity: Capacity,
    ) -> PutItemFluentBuilder {
        put.set_item(Some(item.into_attributes()))
            .condition_expression(condition)
            .expression_attribute_names("#0", self.primary_key.hash_key())
            .return_values_on_condition_check_failure(ON_REFUSAL)
            .set_return_consumed_capacity(capacity)
    }

    pub(super) fn whole_update(
        &self,
        update: UpdateItemFluentBuilder,
        key: &str,
        expression: &Expression<'_>,
        return_values: Option<ReturnValue>,
        capacity: Capacity,
    ) -> UpdateItemFluentBuilder {
        let (names, values) = placeholders(expression.clone());
        update
            .set_key(Some(self.key(key)))
            .update_expression(expression.update_text())
            .condition_expression(expression.condition_text())
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .set_return_values(return_values)
            .return_values_on_condition_check_failure(ON_REFUSAL)
            .set_return_consumed_capacity(capacity)
    }

    pub(super) fn whole_delete(
        &self,
        delete: DeleteItemFluentBuilder,
        key: &str,
        condition: &str,
        names: &[(&str, &str)],
        capacity: Capacity,
    ) -> DeleteItemFluentBuilder {
        let names = names.iter().map(|(name, of)| ((*name).to_owned(), (*of).to_owned()));
        delete
            .set_key(Some(self.key(key)))
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names.collect()))
            .return_values_on_condition_check_failure(ON_REFUSAL)
            .set_return_consumed_capacity(capacity)
    }
}
