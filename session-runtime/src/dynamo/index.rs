use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::operation::delete_item::{DeleteItemError, DeleteItemOutput};
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, ReturnValue, ReturnValuesOnConditionCheckFailure,
};
use futures_util::FutureExt as _;

use super::answer::{Answer, Outcome};
use super::exchange::Exchange;
use super::failure::{error, unbuildable};
use super::request::{Request, all_units, units};
use super::table::{Table, placeholders};
use super::throttling::{MAX_ATTEMPTS, while_throttled};
use crate::backoff::Backoff;
use crate::error::{Error, ErrorKind};
use crate::expression::Expression;
use crate::item::{Attributes as _, Item, Value};
use crate::schema::Index;

/// The key of an item, as the SDK takes it.
type Key = HashMap<String, AttributeValue>;

/// DynamoDB's limit on the keys of one `BatchGetItem`.
pub(crate) const MAX_BATCH: usize = 100;

/// In which order an index is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexOrder {
    /// By the creation, the newest first; in any order where the index has none.
    NewestFirst,
    /// It does not matter.
    Any,
}

/// One session in an index, which may be out of date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexEntry {
    /// The session's key in the table.
    pub(crate) key: String,
    /// When it began, if it was read in that order.
    pub(crate) created: Option<i64>,
}

/// Some of what an index holds for one value.
#[derive(Debug)]
pub(crate) struct IndexPage {
    pub(crate) entries: Vec<IndexEntry>,
    /// Where the next page begins, if there is one.
    pub(crate) next: Option<Item>,
}

/// What became of an item that was to be deleted if it has a value.
#[derive(Debug)]
pub(crate) enum Deletion {
    /// It is deleted; this is the item as it was.
    Deleted(Item),
    /// There was none, and no attempt of this request can have deleted it.
    Absent,
    /// There is none, and an attempt that got no answer may have deleted it.
    PerhapsDeleted,
    /// It is not what it should be, and was left as it is: this is the item.
    Kept(Item),
}

impl Table {
    /// One page of what an index holds for a value, without what is no session by its key. It may be out of date.
    pub(crate) async fn query_index(
        &self,
        index: Index,
        value: &Value,
        order: IndexOrder,
        limit: usize,
        start: Option<&Item>,
    ) -> Result<IndexPage, Error> {
        let sort_key = index.sort_key().filter(|_| order == IndexOrder::NewestFirst);
        let query = || async {
            let request = Request::new("DynamoDB.Query", &self.name);
            let query = self
                .client
                .query()
                .table_name(&self.name)
                .index_name(index.name())
                .expression_attribute_names("#v", index.attribute())
                .expression_attribute_names("#k", self.primary_key.hash_key())
                .expression_attribute_values(":v", value.to_attribute_value())
                .limit(i32::try_from(limit).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start.cloned().map(Item::into_attributes))
                .set_return_consumed_capacity(request.capacity());
            let (query, key) = match self.primary_key.sort_key() {
                None => (query, "#k"),
                Some(tables) => (query.expression_attribute_names("#r", tables.name()), "#k, #r"),
            };
            let query = match sort_key {
                None => query.key_condition_expression("#v = :v").projection_expression(key),
                // Every creation meets the condition. It is there for an index without the sort key, which would
                // answer in no order, and refuses the condition.
                Some(sort_key) => query
                    .key_condition_expression("#v = :v AND #s >= :s")
                    .projection_expression(format!("{key}, #s"))
                    .expression_attribute_names("#s", sort_key)
                    .expression_attribute_values(":s", AttributeValue::N(i64::MIN.to_string()))
                    .scan_index_forward(false),
            };
            request
                .answered(query.send().boxed().as_mut(), |output| units(&output.consumed_capacity))
                .await
                .map_err(error)
        };
        let output = while_throttled(query).await.map_err(|error| match error.kind() {
            ErrorKind::AccessDenied => error.with_note(format_args!(
                "it needs `dynamodb:Query` on the resource `table/{}/index/{}`",
                self.name,
                index.name()
            )),
            _ => error,
        })?;
        let entry = |item: Item| {
            if self.primary_key.names().any(|name| item.text(name).is_none()) {
                return Some(Err(self.wrong_key()));
            }
            let key = item.session_key(self.primary_key)?.to_owned();
            let created = sort_key.and_then(|name| item.seconds(name).ok()?);
            Some(Ok(IndexEntry { key, created }))
        };
        Ok(IndexPage {
            entries: output
                .items
                .unwrap_or_default()
                .into_iter()
                .filter_map(|item| entry(item.into()))
                .collect::<Result<_, _>>()?,
            next: output.last_evaluated_key.filter(|key| !key.is_empty()).map(Item::from),
        })
    }

    /// The items with these keys as they are now, in any order; those that are gone are left out.
    ///
    /// `attributes` is what is needed of them; empty for everything.
    pub(crate) async fn get_all(
        &self,
        keys: &[String],
        attributes: &[&str],
    ) -> Result<Vec<Item>, Error> {
        let mut items = Vec::with_capacity(keys.len());
        for keys in keys.chunks(MAX_BATCH) {
            let mut missing: Vec<Key> = keys.iter().map(|key| self.key(key)).collect();
            let mut in_vain = 0;
            let mut backoff = Backoff::of_throttled_requests();
            while !missing.is_empty() {
                let asked = missing.len();
                let (found, unprocessed) = self.get_batch(self.batch(missing, attributes)?).await?;
                // Less than was asked for is normal: an answer holds 16 MB. Nothing at all is throttling.
                if unprocessed.len() < asked {
                    (in_vain, backoff) = (0, Backoff::of_throttled_requests());
                } else {
                    in_vain += 1;
                }
                if in_vain == MAX_ATTEMPTS {
                    return Err(unprocessed_keys(unprocessed.len()));
                }
                if !unprocessed.is_empty() {
                    backoff.pause().await;
                }
                items.extend(found);
                missing = unprocessed;
            }
        }
        Ok(items)
    }

    fn batch(&self, keys: Vec<Key>, attributes: &[&str]) -> Result<KeysAndAttributes, Error> {
        let placeholders = (0..attributes.len()).map(|index| format!("#{index}"));
        let names: HashMap<_, _> =
            placeholders.clone().zip(attributes.iter().map(|name| (*name).to_owned())).collect();
        let projection = placeholders.collect::<Vec<_>>().join(", ");
        KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true)
            .set_projection_expression((!projection.is_empty()).then_some(projection))
            .set_expression_attribute_names((!names.is_empty()).then_some(names))
            .build()
            .map_err(unbuildable)
    }

    async fn get_batch(&self, keys: KeysAndAttributes) -> Result<(Vec<Item>, Vec<Key>), Error> {
        let get = || async {
            let request = Request::new("DynamoDB.BatchGetItem", &self.name);
            let get = self
                .client
                .batch_get_item()
                .request_items(&self.name, keys.clone())
                .set_return_consumed_capacity(request.capacity());
            request
                .answered(get.send().boxed().as_mut(), |output| {
                    all_units(&output.consumed_capacity)
                })
                .await
                .map_err(|source| self.explain_key(error(source)))
        };
        let output = while_throttled(get).await?;
        let found = output.responses.unwrap_or_default().into_values().flatten();
        let found = found.map(Item::from).collect();
        let unprocessed = output.unprocessed_keys.unwrap_or_default().into_values();
        Ok((found, unprocessed.flat_map(|unprocessed| unprocessed.keys).collect()))
    }

    /// Deletes an item if it meets a condition.
    pub(crate) async fn delete_if(
        &self,
        key: &str,
        condition: Expression<'_>,
    ) -> Result<Deletion, Error> {
        // Whether a request before the last one may have been carried out.
        let is_open = AtomicBool::new(false);
        let text = condition.condition_text().to_owned();
        let (names, values) = placeholders(condition);
        let delete = || async {
            let request = Request::new("DynamoDB.DeleteItem", &self.name);
            let request = request.by(Exchange::of_write::<DeleteItemError>());
            let exchange = request.exchange().clone();
            let delete = self
                .client
                .delete_item()
                .table_name(&self.name)
                .set_key(Some(self.key(key)))
                .condition_expression(&text)
                .set_expression_attribute_names(Some(names.clone()))
                .set_expression_attribute_values(Some(values.clone()))
                .return_values(ReturnValue::AllOld)
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                )
                .set_return_consumed_capacity(request.capacity());
            let result = request
                .answered(delete.send().boxed().as_mut(), |output| units(&output.consumed_capacity))
                .await;
            let deleted = |output: DeleteItemOutput| output.attributes.unwrap_or_default().into();
            let refused = |error| match error {
                DeleteItemError::ConditionalCheckFailedException(failed) => {
                    failed.item.map(Item::from)
                }
                _ => None,
            };
            let Answer { outcome, may_be_applied } =
                Answer::new(result, &exchange, deleted, refused);
            let may_be_applied =
                is_open.fetch_or(may_be_applied, Ordering::Relaxed) || may_be_applied;
            match outcome {
                Outcome::Done(item) => Ok(Deletion::Deleted(item)),
                Outcome::Refused(Some(item)) => Ok(Deletion::Kept(item)),
                Outcome::Refused(None) if may_be_applied => Ok(Deletion::PerhapsDeleted),
                Outcome::Refused(None) => Ok(Deletion::Absent),
                Outcome::Contended => Err(Error::new(
                    ErrorKind::Throttled,
                    "each attempt met a transaction on the item; try again",
                )),
                Outcome::Failed(error) => Err(self.explain_key(error)),
            }
        };
        while_throttled(delete).await
    }
}

fn unprocessed_keys(count: usize) -> Error {
    Error::new(
        ErrorKind::Throttled,
        format!(
            "DynamoDB left {count} reads of a batch undone {MAX_ATTEMPTS} times in a row, which says that \
             the table's read capacity is used up; try again later"
        ),
    )
}
