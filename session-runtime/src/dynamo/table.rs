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
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::answer::Answer;
use super::body::Body;
use super::exchange::Exchange;
use super::failure::error;
use super::observer::Observer;
use super::request::{Request, units};
use super::request_body::RequestBody;
use super::wrong_key::{Whose, wrong_key};
use crate::error::{Error, ErrorKind};
use crate::expression::{Expression, Operand};
use crate::id::require_key_length;
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
    /// The application has interceptors of its own: what the SDK is given, which they may look at and change, is the whole
    /// request.
    pub(super) is_intercepted: bool,
}

/// What a read for a session's type has brought.
#[derive(Debug)]
pub(crate) enum Loaded {
    Body(Arc<Body>),
    /// As the AWS SDK has read it.
    Item(Option<Item>),
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

impl Table {
    pub(crate) fn new(config: Builder, name: String, primary_key: PrimaryKey) -> Self {
        let config = config.build();
        let is_intercepted = config.interceptors().next().is_some();
        let mut config = config.to_builder();
        // One that can be disabled is looked up many times in each request.
        config.push_interceptor(SharedInterceptor::permanent(Observer));
        Self { client: Client::from_conf(config.build()), name, primary_key, is_intercepted }
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
            Some(body) => Loaded::Body(Arc::new(body)),
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
        let get = self.client.get_item().table_name(&self.name);
        if self.is_intercepted {
            let get = self.whole_get(get, key, consistent_read, request.capacity());
            return Ok((get, request));
        }
        let body = RequestBody::new(&self.name)
            .key(self.primary_key, key)
            .boolean("ConsistentRead", consistent_read)
            .optional_text(CAPACITY, request.capacity());
        Ok((get, request.by(exchange.sending(body.finish()))))
    }

    pub(crate) async fn put_if_absent(&self, item: Item) -> Answer {
        const ABSENT: &str = "attribute_not_exists(#0)";
        let request = Request::new("DynamoDB.PutItem", &self.name);
        let capacity = request.capacity();
        let mut put = self.client.put_item().table_name(&self.name);
        let mut exchange = Exchange::of_write::<PutItemError>();
        if self.is_intercepted {
            put = self.whole_put(put, item, ABSENT, capacity);
        } else {
            let body = RequestBody::new(&self.name)
                .text(CONDITION, ABSENT)
                .names([("#0", self.primary_key.hash_key())])
                .text(ON_REFUSAL, ALL_OLD)
                .optional_text(CAPACITY, capacity)
                .item(&item);
            exchange = match body {
                Ok(body) => exchange.sending(body.finish()),
                Err(error) => return Answer::not_sent(error),
            };
            drop(item);
        }
        let request = request.by(exchange);
        let exchange = request.exchange().clone();
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
        let capacity = request.capacity();
        let written = return_written.then_some(ReturnValue::UpdatedNew);
        let mut update = self.client.update_item().table_name(&self.name);
        let mut exchange = Exchange::of_write::<UpdateItemError>();
        if self.is_intercepted {
            update = self.whole_update(update, key, expression, written, capacity);
        } else {
            let body = RequestBody::new(&self.name)
                .key(self.primary_key, key)
                .text("UpdateExpression", &expression.update_text())
                .text(CONDITION, expression.condition_text())
                .placeholders(expression)?
                .optional_text("ReturnValues", written)
                .text(ON_REFUSAL, ALL_OLD)
                .optional_text(CAPACITY, capacity);
            exchange = exchange.sending(body.finish());
        }
        let request = request.by(exchange);
        let exchange = request.exchange().clone();
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
        let capacity = request.capacity();
        let mut delete = self.client.delete_item().table_name(&self.name);
        let mut exchange = Exchange::of_write::<DeleteItemError>();
        if self.is_intercepted {
            delete = self.whole_delete(delete, key, condition, names, capacity);
        } else {
            let body = RequestBody::new(&self.name)
                .key(self.primary_key, key)
                .text(CONDITION, condition)
                .names(names.iter().copied())
                .text(ON_REFUSAL, ALL_OLD)
                .optional_text(CAPACITY, capacity);
            exchange = exchange.sending(body.finish());
        }
        let request = request.by(exchange);
        let exchange = request.exchange().clone();
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
