use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem,
};

use super::failure::{WriteFailure, error, may_be_applied, unbuildable};
use super::transmissions::Transmissions;
use crate::change::Expression;
use crate::id::require_key_length;
use crate::item::Item;
use crate::{Error, ErrorKind};

/// One table, and the requests that sessions make of it.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) hash_key: &'static str,
}

/// Why a transaction that moves an item to another key did not succeed.
#[derive(Debug)]
pub(crate) enum RenameFailure {
    /// The new key is taken: an earlier attempt of ours succeeded.
    NewExists,
    /// The old item is not what it was, or another transaction was at it: read again.
    OldChanged,
    Other(Error),
}

impl Table {
    pub(super) fn key(&self, key: &str) -> HashMap<String, AttributeValue> {
        HashMap::from([(self.hash_key.to_owned(), AttributeValue::S(key.to_owned()))])
    }

    fn absence(&self) -> (String, HashMap<String, String>) {
        let names = HashMap::from([("#0".to_owned(), self.hash_key.to_owned())]);
        ("attribute_not_exists(#0)".to_owned(), names)
    }

    pub(crate) async fn get(&self, key: &str, consistent: bool) -> Result<Option<Item>, Error> {
        require_key_length(key)?;
        let output = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(self.key(key)))
            .consistent_read(consistent)
            .send()
            .await
            .map_err(|source| self.explain_key(error(source)))?;
        Ok(output.item)
    }

    pub(crate) async fn put_if_absent(&self, item: Item) -> Result<(), WriteFailure> {
        let sent = Transmissions::default();
        let (condition, names) = self.absence();
        let result = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .customize()
            .interceptor(sent.clone())
            .send()
            .await;
        let Err(source) = result else { return Ok(()) };
        let sent_before = sent.count() > 1;
        Err(match source {
            SdkError::ServiceError(service)
                if service.err().is_conditional_check_failed_exception() =>
            {
                let item = match service.into_err() {
                    PutItemError::ConditionalCheckFailedException(failed) => failed.item,
                    _ => None,
                };
                WriteFailure::Condition { item, sent_before }
            }
            source => other(source, sent.count()),
        })
    }

    /// Sends one conditional update; returns the attributes that it wrote, if they are asked for.
    pub(crate) fn update(
        &self,
        key: &str,
        expression: Expression<'_>,
        return_values: ReturnValue,
    ) -> impl Future<Output = Result<Item, WriteFailure>> + Send + use<> {
        let update = self.prepare_update(key, expression).return_values(return_values);
        async move {
            let sent = Transmissions::default();
            match update.customize().interceptor(sent.clone()).send().await {
                Ok(output) => Ok(output.attributes.unwrap_or_default()),
                Err(source) => Err(update_failure(source, sent.count())),
            }
        }
    }

    /// Sends one conditional update that does no harm when it is repeated.
    pub(crate) async fn update_idempotently(
        &self,
        key: &str,
        expression: Expression<'_>,
    ) -> Result<(), WriteFailure> {
        let update = self.prepare_update(key, expression);
        match update.send().await {
            Ok(_) => Ok(()),
            Err(source) => Err(update_failure(source, 1)),
        }
    }

    fn prepare_update(&self, key: &str, expression: Expression<'_>) -> UpdateItemFluentBuilder {
        let (update, condition) =
            (expression.update_text(), expression.condition_text().to_owned());
        let (names, values) = expression.into_placeholders();
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(self.key(key)))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    pub(crate) async fn delete(&self, key: &str) -> Result<(), Error> {
        require_key_length(key)?;
        self.client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(self.key(key)))
            .send()
            .await
            .map(drop)
            .map_err(|source| self.explain_key(error(source)))
    }

    /// Puts an item under a new key and deletes the old one, if it still meets a condition.
    pub(crate) async fn rename(
        &self,
        new: Item,
        old_key: &str,
        condition: Expression<'_>,
    ) -> Result<(), RenameFailure> {
        let (absent, names) = self.absence();
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(new))
            .condition_expression(absent)
            .set_expression_attribute_names(Some(names))
            .build();
        let delete = Delete::builder()
            .table_name(&self.name)
            .set_key(Some(self.key(old_key)))
            .condition_expression(condition.condition_text());
        let (names, values) = condition.into_placeholders();
        let delete = delete
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .build();
        let (put, delete) = match (put, delete) {
            (Ok(put), Ok(delete)) => (put, delete),
            (Err(source), _) | (_, Err(source)) => {
                return Err(RenameFailure::Other(unbuildable(source)));
            }
        };
        let result = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(put).build())
            .transact_items(TransactWriteItem::builder().delete(delete).build())
            .send()
            .await;
        let Err(source) = result else { return Ok(()) };
        if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            source.as_service_error()
        {
            let codes: Vec<&str> = cancelled
                .cancellation_reasons()
                .iter()
                .map(|reason| reason.code().unwrap_or_default())
                .collect();
            if codes.first() == Some(&"ConditionalCheckFailed") {
                return Err(RenameFailure::NewExists);
            }
            if codes
                .iter()
                .any(|code| matches!(*code, "ConditionalCheckFailed" | "TransactionConflict"))
            {
                return Err(RenameFailure::OldChanged);
            }
            if codes
                .iter()
                .any(|code| matches!(*code, "ThrottlingError" | "ProvisionedThroughputExceeded"))
            {
                let detail = "DynamoDB refused the rate of requests; try again later";
                let error = Error::new(ErrorKind::Throttled, detail).with_source(source);
                return Err(RenameFailure::Other(error));
            }
        }
        Err(RenameFailure::Other(error(source)))
    }

    /// Why a put was refused: whether it is because of the key, a read with the same key tells.
    pub(crate) async fn explain_refused_put(&self, key: &str, refusal: Error) -> Error {
        match self.get(key, false).await {
            Err(error) if error.is_configuration() => error,
            _ => refusal,
        }
    }

    /// A request that holds nothing but a table and a key can only be invalid because of them.
    pub(super) fn explain_key(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Rejected => self.wrong_key().with_source(error),
            _ => error,
        }
    }

    pub(super) fn wrong_key(&self) -> Error {
        let detail = format!(
            "the table's key is not the String (S) attribute `{}` alone, as the session type says; \
             name another table, or change the field marked `hash_key`",
            self.hash_key
        );
        Error::new(ErrorKind::Configuration, detail).with_attribute(self.hash_key)
    }
}

fn update_failure(source: SdkError<UpdateItemError, HttpResponse>, attempts: u32) -> WriteFailure {
    match source {
        SdkError::ServiceError(service)
            if service.err().is_conditional_check_failed_exception() =>
        {
            let item = match service.into_err() {
                UpdateItemError::ConditionalCheckFailedException(failed) => failed.item,
                _ => None,
            };
            WriteFailure::Condition { item, sent_before: attempts > 1 }
        }
        source => other(source, attempts),
    }
}

fn other<E>(source: SdkError<E, HttpResponse>, attempts: u32) -> WriteFailure
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let may_be_applied = may_be_applied(&source, attempts);
    WriteFailure::Other { error: error(source), may_be_applied }
}
