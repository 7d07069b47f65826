use std::collections::HashMap;
use std::pin::pin;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{Builder, Config, SharedInterceptor};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::get_item::builders::GetItemFluentBuilder;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsError, TransactWriteItemsOutput,
};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use futures_util::FutureExt as _;

use super::answer::Answer;
use super::attempts::Attempts;
use super::body::{Body, Kept};
use super::failure::{error, unbuildable};
use super::observer::Observer;
use super::request::{Request, all_units, units};
use super::wrong_key::{Whose, wrong_key};
use crate::error::{Error, ErrorKind};
use crate::expression::{Expression, Operand};
use crate::id::{idempotency_token, require_key_length};
use crate::item::Item;
use crate::schema::PrimaryKey;

/// One table, and the requests that sessions make of it.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(super) client: Client,
    pub(crate) name: String,
    pub(super) primary_key: PrimaryKey,
}

/// What a read for a session's type has brought.
#[derive(Debug)]
pub(crate) enum Loaded {
    Body(Body),
    /// As the AWS SDK has read it.
    Item(Option<Item>),
}

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

/// Whether the SDK repeats a request that was throttled or got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retries {
    AsConfigured,
    Off,
}

/// An update that was not sent yet: it borrows nothing, so that what it was made from can change meanwhile.
#[derive(Debug)]
pub(crate) struct UpdateRequest {
    request: Request,
    update: UpdateItemFluentBuilder,
    retries: Retries,
}

impl UpdateRequest {
    pub(crate) async fn send(self) -> Answer {
        let attempts = Attempts::<UpdateItemError>::new();
        let Self { request, update, retries } = self;
        let consumed = |output: &UpdateItemOutput| units(&output.consumed_capacity);
        let result = match retries {
            Retries::AsConfigured => {
                request
                    .answered(pin!(attempts.follow(update.send().boxed().as_mut())), consumed)
                    .await
            }
            Retries::Off => {
                let without = Config::builder().retry_config(RetryConfig::disabled());
                let update = update.customize().config_override(without);
                request
                    .answered(pin!(attempts.follow(update.send().boxed().as_mut())), consumed)
                    .await
            }
        };
        let refused = |error| match error {
            UpdateItemError::ConditionalCheckFailedException(failed) => failed.item.map(Item::from),
            _ => None,
        };
        let returned = |output: UpdateItemOutput| output.attributes.unwrap_or_default().into();
        Answer::new(result, &attempts, returned, refused)
    }
}

type Placeholders = (HashMap<String, String>, HashMap<String, AttributeValue>);

/// The names and values of an expression as the SDK takes them.
pub(super) fn placeholders(expression: Expression<'_>) -> Placeholders {
    let (names, values) = expression.into_placeholders();
    let values = values.map(|(placeholder, value)| {
        let value = match value {
            Operand::Borrowed(value) => value.to_attribute_value(),
            Operand::Owned(value) => value.into_attribute_value(),
        };
        (placeholder, value)
    });
    (names.collect(), values.collect())
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
    pub(crate) fn new(mut config: Builder, name: String, primary_key: PrimaryKey) -> Self {
        // One that can be disabled is looked up many times in each request.
        config.push_interceptor(SharedInterceptor::permanent(Observer));
        Self { client: Client::from_conf(config.build()), name, primary_key }
    }

    pub(super) fn key(&self, key: &str) -> HashMap<String, AttributeValue> {
        let parts = self.primary_key.parts(key);
        parts.map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned()))).collect()
    }

    fn require_length(&self, key: &str) -> Result<(), Error> {
        require_key_length(key, self.primary_key.longest())
    }

    pub(crate) async fn get(&self, key: &str, consistent: bool) -> Result<Option<Item>, Error> {
        let (get, request) = self.get_item(key, consistent)?;
        let output = request
            .answered(get.send().boxed().as_mut(), |output| units(&output.consumed_capacity))
            .await
            .map_err(|source| self.explain_key(error(source)))?;
        Ok(output.item.map(Item::from))
    }

    /// An item as it is in the response.
    pub(crate) async fn load(&self, key: &str, consistent: bool) -> Result<Loaded, Error> {
        let (get, request) = self.get_item(key, consistent)?;
        let kept = Kept::default();
        let is_told = request.capacity().is_some();
        let consumed = |output: &GetItemOutput| match kept.body() {
            Some(body) => is_told.then(|| body.units())?,
            None => units(&output.consumed_capacity),
        };
        let output = request
            .answered(pin!(kept.of(get.send().boxed().as_mut())), consumed)
            .await
            .map_err(|source| self.explain_key(error(source)))?;
        Ok(match kept.into_body()? {
            Some(body) => Loaded::Body(body),
            None => Loaded::Item(output.item.map(Item::from)),
        })
    }

    fn get_item(
        &self,
        key: &str,
        consistent: bool,
    ) -> Result<(GetItemFluentBuilder, Request), Error> {
        self.require_length(key)?;
        let request = Request::new("DynamoDB.GetItem", &self.name);
        let get = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(self.key(key)))
            .consistent_read(consistent)
            .set_return_consumed_capacity(request.capacity());
        Ok((get, request))
    }

    pub(crate) async fn put_if_absent(&self, item: Item) -> Answer {
        let attempts = Attempts::<PutItemError>::new();
        let request = Request::new("DynamoDB.PutItem", &self.name);
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item.into_attributes()))
            .condition_expression("attribute_not_exists(#0)")
            .expression_attribute_names("#0", self.primary_key.hash_key())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .set_return_consumed_capacity(request.capacity());
        let result = request
            .answered(pin!(attempts.follow(put.send().boxed().as_mut())), |output| {
                units(&output.consumed_capacity)
            })
            .await;
        let refused = |error| match error {
            PutItemError::ConditionalCheckFailedException(failed) => failed.item.map(Item::from),
            _ => None,
        };
        Answer::new(result, &attempts, |_| Item::default(), refused)
    }

    /// Makes a conditional update. Its answer has the attributes that it wrote, if they are asked for.
    pub(crate) fn update(
        &self,
        key: &str,
        expression: Expression<'_>,
        return_written: bool,
        retries: Retries,
    ) -> UpdateRequest {
        let request = Request::new("DynamoDB.UpdateItem", &self.name);
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(self.key(key)))
            .update_expression(expression.update_text())
            .condition_expression(expression.condition_text());
        let (names, values) = placeholders(expression);
        let update = update
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .set_return_values(return_written.then_some(ReturnValue::UpdatedNew))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .set_return_consumed_capacity(request.capacity());
        UpdateRequest { request, update, retries }
    }

    /// Deletes an item that is no tombstone and, where that is to be asked, expires, by the attributes that tell.
    pub(crate) async fn delete_session(
        &self,
        key: &str,
        expiry: Option<&str>,
        tombstone: &str,
    ) -> Answer {
        if let Err(error) = self.require_length(key) {
            return Answer::not_sent(error);
        }
        let attempts = Attempts::<DeleteItemError>::new();
        let names = [("#0", Some(tombstone)), ("#1", expiry)].into_iter();
        let names =
            names.filter_map(|(name, stands_for)| Some((name.to_owned(), stands_for?.to_owned())));
        let names = names.collect::<HashMap<_, _>>();
        let request = Request::new("DynamoDB.DeleteItem", &self.name);
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(self.key(key)))
            .condition_expression(match expiry {
                Some(_) => "attribute_not_exists(#0) AND attribute_exists(#1)",
                None => "attribute_not_exists(#0)",
            })
            .set_expression_attribute_names(Some(names))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .set_return_consumed_capacity(request.capacity());
        let result = request
            .answered(pin!(attempts.follow(delete.send().boxed().as_mut())), |output| {
                units(&output.consumed_capacity)
            })
            .await;
        let refused = |error| match error {
            DeleteItemError::ConditionalCheckFailedException(failed) => failed.item.map(Item::from),
            _ => None,
        };
        Answer::new(result, &attempts, |_| Item::default(), refused)
            .map_error(|error| self.explain_key(error))
    }

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
        let sort_key = self.primary_key.sort_key().map(|sort_key| sort_key.name());
        wrong_key(Whose::SessionType, self.primary_key.hash_key(), sort_key)
    }
}
