//! The requests that take over a row of another store's table.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use futures_util::FutureExt as _;

use super::exchange::Exchange;
use super::failure::{error, of_foreign_table, unbuildable};
use super::moved::Moved;
use super::request::{Request, all_units, units};
use super::table::{Table, placeholders};
use crate::error::Error;
use crate::expression::Expression;
use crate::id::idempotency_token;
use crate::item::Item;

/// A row that is to be deleted.
#[derive(Debug)]
pub(crate) struct RowDeletion<'a> {
    pub(crate) table: String,
    pub(crate) key: Item,
    pub(crate) condition: Option<Expression<'a>>,
}

impl Table {
    /// A row of another table.
    pub(crate) async fn get_row(
        &self,
        table: &str,
        key: Item,
        consistent: bool,
    ) -> Result<Option<Item>, Error> {
        let request = Request::new("DynamoDB.GetItem", table);
        let get = self
            .client
            .get_item()
            .table_name(table)
            .set_key(Some(key.into_attributes()))
            .consistent_read(consistent)
            .set_return_consumed_capacity(request.capacity());
        let output = request
            .answered(get.send().boxed().as_mut(), |output| units(&output.consumed_capacity))
            .await
            .map_err(|source| of_foreign_table(error(source), table))?;
        Ok(output.item.map(Item::from))
    }

    /// Puts an item and a marker, both under new keys, and deletes a row, if that still meets its condition. Tells also
    /// whether the transaction may have been carried out all the same.
    pub(crate) async fn adopt_item(
        &self,
        new: Item,
        marker: Item,
        row: RowDeletion<'_>,
    ) -> (Moved, bool) {
        self.replace_row(vec![new, marker], self.primary_key.hash_key(), row).await
    }

    /// Deletes a row and puts a marker, if that is new.
    pub(crate) async fn end_row(
        &self,
        marker: Option<Item>,
        row: RowDeletion<'_>,
    ) -> (Moved, bool) {
        self.replace_row(marker.into_iter().collect(), self.primary_key.hash_key(), row).await
    }

    /// Puts items under new keys, and deletes a row.
    pub(super) async fn replace_row(
        &self,
        new: Vec<Item>,
        hash_key: &str,
        row: RowDeletion<'_>,
    ) -> (Moved, bool) {
        let puts = new.len();
        let not_sent = |source| (Moved::Failed(unbuildable(source)), false);
        let mut items = Vec::with_capacity(puts + 1);
        for item in new {
            let put = Put::builder()
                .table_name(&self.name)
                .set_item(Some(item.into_attributes()))
                .condition_expression("attribute_not_exists(#0)")
                .expression_attribute_names("#0", hash_key)
                .build();
            match put {
                Ok(put) => items.push(TransactWriteItem::builder().put(put).build()),
                Err(source) => return not_sent(source),
            }
        }
        let mut delete =
            Delete::builder().table_name(row.table).set_key(Some(row.key.into_attributes()));
        if let Some(condition) = row.condition {
            delete = delete.condition_expression(condition.condition_text());
            let (names, values) = placeholders(condition);
            delete = delete
                .set_expression_attribute_names(Some(names))
                .set_expression_attribute_values(Some(values));
        }
        match delete.build() {
            Ok(delete) => items.push(TransactWriteItem::builder().delete(delete).build()),
            Err(source) => return not_sent(source),
        }
        let request = Request::new("DynamoDB.TransactWriteItems", &self.name);
        let request = request.by(Exchange::of_write::<TransactWriteItemsError>());
        let exchange = request.exchange().clone();
        let transaction = self
            .client
            .transact_write_items()
            .client_request_token(idempotency_token())
            .set_transact_items(Some(items))
            .set_return_consumed_capacity(request.capacity());
        let result = request
            .answered(transaction.send().boxed().as_mut(), |output| {
                all_units(&output.consumed_capacity)
            })
            .await;
        (Moved::of(result, puts), exchange.may_be_applied())
    }
}
