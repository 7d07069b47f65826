use std::collections::HashMap;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, ReturnValue, ReturnValuesOnConditionCheckFailure,
};

use super::failure::{error, unbuildable};
use super::table::Table;
use super::throttling::{MAX_ATTEMPTS, while_throttled};
use super::transmissions::Transmissions;
use crate::backoff::Backoff;
use crate::item::Item;
use crate::schema::Index;
use crate::{Error, ErrorKind};

/// The key of an item, as the SDK takes it.
type Key = HashMap<String, AttributeValue>;

/// DynamoDB's limit on the keys of one `BatchGetItem`.
pub(crate) const MAX_BATCH: usize = 100;

/// Keys of the table that an index holds for one value.
#[derive(Debug)]
pub(crate) struct IndexPage {
    pub(crate) keys: Vec<String>,
    /// Where the next page begins, if there is one.
    pub(crate) next: Option<Item>,
}

/// What became of an item that was to be deleted if it has a value.
#[derive(Debug)]
pub(crate) enum Deletion {
    /// It is deleted; the item as it was, unless an attempt without an answer deleted it.
    Deleted(Option<Item>),
    /// There was none.
    Absent,
    /// It has another value, and was left as it is.
    Kept,
}

impl Table {
    /// One page of the keys that an index holds for a value. They may be out of date.
    pub(crate) async fn index_keys(
        &self,
        index: Index,
        value: &AttributeValue,
        limit: usize,
        start: Option<&Item>,
    ) -> Result<IndexPage, Error> {
        let query = || async {
            self.client
                .query()
                .table_name(&self.name)
                .index_name(index.name())
                .key_condition_expression("#v = :v")
                .projection_expression("#k")
                .expression_attribute_names("#v", index.attribute())
                .expression_attribute_names("#k", self.hash_key)
                .expression_attribute_values(":v", value.clone())
                .limit(i32::try_from(limit).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start.cloned().map(Item::into_attributes))
                .send()
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
        let key = |mut item: Key| match item.remove(self.hash_key) {
            Some(AttributeValue::S(key)) => Ok(key),
            _ => Err(self.wrong_key()),
        };
        Ok(IndexPage {
            keys: output
                .items
                .unwrap_or_default()
                .into_iter()
                .map(key)
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

    async fn get_batch(&self, request: KeysAndAttributes) -> Result<(Vec<Item>, Vec<Key>), Error> {
        let get = || async {
            let request = self.client.batch_get_item().request_items(&self.name, request.clone());
            request.send().await.map_err(|source| self.explain_key(error(source)))
        };
        let output = while_throttled(get).await?;
        let found = output.responses.unwrap_or_default().into_values().flatten();
        let found = found.map(Item::from).collect();
        let unprocessed = output.unprocessed_keys.unwrap_or_default().into_values();
        Ok((found, unprocessed.flat_map(|unprocessed| unprocessed.keys).collect()))
    }

    /// Deletes an item if its attribute still has a value.
    pub(crate) async fn delete_if(
        &self,
        key: &str,
        index: Index,
        value: &AttributeValue,
    ) -> Result<Deletion, Error> {
        let transmissions = Transmissions::default();
        let delete = || async {
            let result = self
                .client
                .delete_item()
                .table_name(&self.name)
                .set_key(Some(self.key(key)))
                .condition_expression("#v = :v")
                .expression_attribute_names("#v", index.attribute())
                .expression_attribute_values(":v", value.clone())
                .return_values(ReturnValue::AllOld)
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                )
                .customize()
                .interceptor(transmissions.clone())
                .send()
                .await;
            match result {
                Ok(output) => Ok(Deletion::Deleted(output.attributes.map(Item::from))),
                Err(SdkError::ServiceError(service))
                    if service.err().is_conditional_check_failed_exception() =>
                {
                    let item = match service.into_err() {
                        DeleteItemError::ConditionalCheckFailedException(failed) => failed.item,
                        _ => None,
                    };
                    Ok(match item {
                        Some(_) => Deletion::Kept,
                        None if transmissions.count() > 1 => Deletion::Deleted(None),
                        None => Deletion::Absent,
                    })
                }
                Err(source) => Err(self.explain_key(error(source))),
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
