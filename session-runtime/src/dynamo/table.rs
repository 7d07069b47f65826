use std::collections::HashMap;
use std::sync::Arc;

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
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::answer::Answer;
use super::body::Body;
use super::exchange::Exchange;
use super::failure::{error, unbuildable};
use super::observer::Observer;
use super::request::{Request, all_units, units};
use super::request_body::RequestBody;
use super::wrong_key::{Whose, wrong_key};
use crate::error::{Error, ErrorKind};
use crate::expression::{Expression, Operand};
use crate::id::{idempotency_token, require_key_length};
use crate::item::Item;
use crate::schema::PrimaryKey;

const CAPACITY: &str = "ReturnConsumedCapacity";
const CONDITION: &str = "ConditionExpression";
const ON_REFUSAL: &str = "ReturnValuesOnConditionCheckFailure";
const ALL_OLD: &str = "ALL_OLD";

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
pub(crate) struct UpdateRequest {
    request: Request,
    exchange: Arc<Exchange>,
    sent: BoxFuture<'static, Result<UpdateItemOutput, SdkError<UpdateItemError, HttpResponse>>>,
}

impl UpdateRequest {
    pub(crate) async fn send(self) -> Answer {
        let Self { request, exchange, mut sent } = self;
        let consumed = |output: &UpdateItemOutput| units(&output.consumed_capacity);
        let result = request.answered(sent.as_mut(), consumed).await;
        let refused = |error| match error {
            UpdateItemError::ConditionalCheckFailedException(failed) => failed.item.map(Item::from),
            _ => None,
        };
        let returned = |output: UpdateItemOutput| output.attributes.unwrap_or_default().into();
        Answer::new(result, &exchange, returned, refused)
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
        let (get, request) = self.get_item(key, consistent, Exchange::default())?;
        let output = request
            .answered(get.send().boxed().as_mut(), |output| units(&output.consumed_capacity))
            .await
            .map_err(|source| self.explain_key(error(source)))?;
        Ok(output.item.map(Item::from))
    }

    /// An item as it is in the response.
    pub(crate) async fn load(&self, key: &str, consistent: bool) -> Result<Loaded, Error> {
        let (get, request) = self.get_item(key, consistent, Exchange::of_read())?;
        let exchange = request.exchange().clone();
        let is_told = request.capacity().is_some();
        let consumed = |output: &GetItemOutput| match is_told {
            true => exchange.look(Body::units).unwrap_or_else(|| units(&output.consumed_capacity)),
            false => None,
        };
        let output = request
            .answered(get.send().boxed().as_mut(), consumed)
            .await
            .map_err(|source| self.explain_key(error(source)))?;
        Ok(match exchange.take_response() {
            Some(body) => Loaded::Body(body),
            None => Loaded::Item(output.item.map(Item::from)),
        })
    }

    fn get_item(
        &self,
        key: &str,
        consistent_read: bool,
        exchange: Exchange,
    ) -> Result<(GetItemFluentBuilder, Request), Error> {
        self.require_length(key)?;
        let request = Request::new("DynamoDB.GetItem", &self.name);
        let body = RequestBody::new(&self.name)
            .key(self.primary_key, key)
            .boolean("ConsistentRead", consistent_read)
            .optional_text(CAPACITY, request.capacity());
        let get = self.client.get_item().table_name(&self.name);
        Ok((get, request.by(exchange.sending(body.finish()))))
    }

    pub(crate) async fn put_if_absent(&self, item: Item) -> Answer {
        let request = Request::new("DynamoDB.PutItem", &self.name);
        let body = RequestBody::new(&self.name)
            .text(CONDITION, "attribute_not_exists(#0)")
            .names([("#0", self.primary_key.hash_key())])
            .text(ON_REFUSAL, ALL_OLD)
            .optional_text(CAPACITY, request.capacity())
            .item(&item);
        let body = match body {
            Ok(body) => body,
            Err(error) => return Answer::not_sent(error),
        };
        drop(item);
        let request = request.by(Exchange::of_write::<PutItemError>().sending(body.finish()));
        let exchange = request.exchange().clone();
        let put = self.client.put_item().table_name(&self.name);
        let result = request
            .answered(put.send().boxed().as_mut(), |output| units(&output.consumed_capacity))
            .await;
        let refused = |error| match error {
            PutItemError::ConditionalCheckFailedException(failed) => failed.item.map(Item::from),
            _ => None,
        };
        Answer::new(result, &exchange, |_| Item::default(), refused)
    }

    /// Makes a conditional update. Its answer has the attributes that it wrote, if they are asked for.
    pub(crate) fn update(
        &self,
        key: &str,
        expression: &Expression<'_>,
        return_written: bool,
        retries: Retries,
    ) -> Result<UpdateRequest, Error> {
        let request = Request::new("DynamoDB.UpdateItem", &self.name);
        let body = RequestBody::new(&self.name)
            .key(self.primary_key, key)
            .text("UpdateExpression", &expression.update_text())
            .text(CONDITION, expression.condition_text())
            .placeholders(expression)?
            .optional_text("ReturnValues", return_written.then_some("UPDATED_NEW"))
            .text(ON_REFUSAL, ALL_OLD)
            .optional_text(CAPACITY, request.capacity());
        let request = request.by(Exchange::of_write::<UpdateItemError>().sending(body.finish()));
        let exchange = request.exchange().clone();
        let update = self.client.update_item().table_name(&self.name);
        let sent = match retries {
            Retries::AsConfigured => update.send().boxed(),
            Retries::Off => {
                let without = Config::builder().retry_config(RetryConfig::disabled());
                let update = update.customize().config_override(without);
                update.send().boxed()
            }
        };
        Ok(UpdateRequest { request, exchange, sent })
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
        let request = Request::new("DynamoDB.DeleteItem", &self.name);
        let (condition, names) = match expiry {
            Some(expiry) => (
                "attribute_not_exists(#0) AND attribute_exists(#1)",
                &[("#0", tombstone), ("#1", expiry)][..],
            ),
            None => ("attribute_not_exists(#0)", &[("#0", tombstone)][..]),
        };
        let body = RequestBody::new(&self.name)
            .key(self.primary_key, key)
            .text(CONDITION, condition)
            .names(names.iter().copied())
            .text(ON_REFUSAL, ALL_OLD)
            .optional_text(CAPACITY, request.capacity());
        let request = request.by(Exchange::of_write::<DeleteItemError>().sending(body.finish()));
        let exchange = request.exchange().clone();
        let delete = self.client.delete_item().table_name(&self.name);
        let result = request
            .answered(delete.send().boxed().as_mut(), |output| units(&output.consumed_capacity))
            .await;
        let refused = |error| match error {
            DeleteItemError::ConditionalCheckFailedException(failed) => failed.item.map(Item::from),
            _ => None,
        };
        Answer::new(result, &exchange, |_| Item::default(), refused)
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
