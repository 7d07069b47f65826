use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsError, TransactWriteItemsOutput,
};
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use futures_util::FutureExt as _;

use super::failure::{error, unbuildable};
use super::request::{Request, all_units};
use super::table::{Table, placeholders};
use crate::error::{Error, ErrorKind};
use crate::expression::Expression;
use crate::id::idempotency_token;
use crate::item::Item;

/// What became of a transaction that puts an item under a new key and replaces the one under the old key.
#[derive(Debug)]
pub(crate) enum Moved {
    Done,
    /// The new key is taken: an earlier attempt of ours succeeded.
    NewExists,
    /// The old item is not what it was: read again.
    OldChanged,
    /// Another transaction was at one of the items.
    Contended,
    Failed(Error),
}

impl Moved {
    /// What a transaction came to that first puts so many new items, and then touches the old one.
    pub(super) fn of(
        result: Result<TransactWriteItemsOutput, SdkError<TransactWriteItemsError, HttpResponse>>,
        puts: usize,
    ) -> Self {
        let Err(source) = result else { return Self::Done };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            source.as_service_error()
        else {
            return Self::Failed(error(source));
        };
        let codes: Vec<&str> = cancelled
            .cancellation_reasons()
            .iter()
            .map(|reason| reason.code().unwrap_or_default())
            .collect();
        match codes.iter().position(|code| *code == "ConditionalCheckFailed") {
            Some(item) if item < puts => Self::NewExists,
            Some(_) => Self::OldChanged,
            None if codes.contains(&"TransactionConflict") => Self::Contended,
            None if codes.contains(&"ThrottlingError")
                || codes.contains(&"ProvisionedThroughputExceeded") =>
            {
                let detail = "DynamoDB throttled the transaction; try again later";
                Self::Failed(Error::new(ErrorKind::Throttled, detail).with_source(source))
            }
            None => Self::Failed(error(source)),
        }
    }
}

impl Table {
    /// Puts an item under a new key, and another one in place of the old item, if that still meets a condition.
    pub(crate) async fn move_item(
        &self,
        new: Item,
        replacement: Item,
        condition: Expression<'_>,
    ) -> Moved {
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(new.into_attributes()))
            .condition_expression("attribute_not_exists(#0)")
            .expression_attribute_names("#0", self.primary_key.hash_key())
            .build();
        let replace = Put::builder()
            .table_name(&self.name)
            .set_item(Some(replacement.into_attributes()))
            .condition_expression(condition.condition_text());
        let (names, values) = placeholders(condition);
        let replace = replace
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .build();
        let (put, replace) = match (put, replace) {
            (Ok(put), Ok(replace)) => (put, replace),
            (Err(source), _) | (_, Err(source)) => return Moved::Failed(unbuildable(source)),
        };
        let request = Request::new("DynamoDB.TransactWriteItems", &self.name);
        let transaction = self
            .client
            .transact_write_items()
            .client_request_token(idempotency_token())
            .transact_items(TransactWriteItem::builder().put(put).build())
            .transact_items(TransactWriteItem::builder().put(replace).build())
            .set_return_consumed_capacity(request.capacity());
        let result = request
            .answered(transaction.send().boxed().as_mut(), |output| {
                all_units(&output.consumed_capacity)
            })
            .await;
        Moved::of(result, 1)
    }
}
