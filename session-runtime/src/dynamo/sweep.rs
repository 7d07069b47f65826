use std::collections::HashMap;
use std::fmt;

use aws_sdk_dynamodb::config::retry::RetryPartition;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure,
};
use aws_sdk_dynamodb::{Client, operation::scan::ScanOutput};
use futures_util::FutureExt as _;

use super::failure::error;
use super::request::{Request, units};
use super::table::{Table, placeholders};
use crate::error::{Error, ErrorKind};
use crate::expression::Expression;
use crate::item::Item;

/// Retries draw on a budget that all clients of a process share: a sweep that is throttled must not use up the one of
/// the sessions' own requests.
const RETRY_PARTITION: &str = "dynamo-session sweep";

/// The key of any item of the table, be it a session's or something else's.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ItemKey {
    pub(crate) hash: String,
    pub(crate) sort: Option<String>,
}

/// It may be the secret of a session.
impl fmt::Debug for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ItemKey(..)")
    }
}

/// One request of a scan.
#[derive(Debug, Default)]
pub(crate) struct PageRequest {
    pub(crate) segment: u32,
    pub(crate) segments: u32,
    /// The key of the last item that an earlier page has covered.
    pub(crate) after: Option<ItemKey>,
    /// How many items it looks at, at the most.
    pub(crate) limit: u32,
    /// The attributes wanted, as placeholders of the filter; all of them if there are none.
    pub(crate) projection: Vec<String>,
    pub(crate) filter: Expression<'static>,
}

/// The answer to one request of a scan.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) items: Vec<Item>,
    /// How many items were looked at, including those that the filter left out.
    pub(crate) scanned: u64,
    /// The key of the last item that was looked at; `None` at the end of the segment.
    pub(crate) last: Option<ItemKey>,
    pub(crate) units: Option<f64>,
}

/// What came of a conditional delete.
#[derive(Debug)]
pub(crate) enum Swept {
    /// The item is not there any more.
    Done { units: Option<f64> },
    /// The condition does not hold; this is the item, if it was asked for.
    Refused(Option<Item>),
}

impl Table {
    /// The same table, with retries that are counted apart.
    pub(crate) fn for_sweeping(&self) -> Self {
        let partition = RetryPartition::new(RETRY_PARTITION);
        let config = self.client.config().to_builder().retry_partition(partition).build();
        Self { client: Client::from_conf(config), ..self.clone() }
    }

    /// Whether the table has the session's key, found with no right but the one to scan: a scan may begin after any
    /// key, but only after one of the table's own shape.
    pub(crate) async fn require_key_by_scan(&self) -> Result<Option<f64>, Error> {
        let scan = self
            .client
            .scan()
            .table_name(&self.name)
            .set_exclusive_start_key(Some(self.key("dynamo-session")))
            .limit(1)
            .projection_expression("#0")
            .expression_attribute_names("#0", self.primary_key.hash_key())
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let output = Request::new("DynamoDB.Scan", &self.name)
            .answered(scan.send().boxed().as_mut(), |output| units(&output.consumed_capacity))
            .await
            .map_err(|source| self.explain_key(denied(error(source), "dynamodb:Scan")))?;
        Ok(units(&output.consumed_capacity))
    }

    pub(crate) async fn scan(&self, request: PageRequest) -> Result<Page, Error> {
        let filter =
            Some(request.filter.condition_text().to_owned()).filter(|filter| !filter.is_empty());
        let projection = Some(request.projection.join(", ")).filter(|names| !names.is_empty());
        let (names, values) = placeholders(request.filter);
        let parallel = (request.segments > 1).then_some((request.segment, request.segments));
        let scan = self
            .client
            .scan()
            .table_name(&self.name)
            .set_segment(parallel.map(|(segment, _)| number(segment)))
            .set_total_segments(parallel.map(|(_, segments)| number(segments)))
            .set_exclusive_start_key(request.after.map(|after| self.start_after(after)))
            .limit(number(request.limit))
            .set_filter_expression(filter)
            .set_projection_expression(projection)
            .set_expression_attribute_names(some(names))
            .set_expression_attribute_values(some(values))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let output = Request::new("DynamoDB.Scan", &self.name)
            .answered(scan.send().boxed().as_mut(), |output| units(&output.consumed_capacity))
            .await
            .map_err(|source| denied(error(source), "dynamodb:Scan"))?;
        self.page(output)
    }

    fn start_after(&self, key: ItemKey) -> HashMap<String, AttributeValue> {
        let values = [Some(key.hash), key.sort].into_iter().flatten().map(AttributeValue::S);
        self.primary_key.names().map(str::to_owned).zip(values).collect()
    }

    /// The key of an item, if it is as the session type says.
    fn item_key(&self, mut key: HashMap<String, AttributeValue>) -> Option<ItemKey> {
        let mut part = |name| match key.remove(name) {
            Some(AttributeValue::S(value)) => Some(value),
            _ => None,
        };
        let hash = part(self.primary_key.hash_key())?;
        let sort = match self.primary_key.sort_key() {
            Some(sort_key) => Some(part(sort_key.name())?),
            None => None,
        };
        key.is_empty().then_some(ItemKey { hash, sort })
    }

    fn page(&self, output: ScanOutput) -> Result<Page, Error> {
        let units = units(&output.consumed_capacity);
        let last = match output.last_evaluated_key {
            None => None,
            Some(key) => Some(self.item_key(key).ok_or_else(|| self.wrong_key())?),
        };
        Ok(Page {
            items: output.items.unwrap_or_default().into_iter().map(Item::from).collect(),
            scanned: u64::try_from(output.scanned_count).unwrap_or_default(),
            last,
            units,
        })
    }

    /// Deletes an item if a condition holds.
    pub(crate) async fn delete_swept(
        &self,
        key: &str,
        condition: Expression<'_>,
        return_refused: bool,
    ) -> Result<Swept, Error> {
        let refused = return_refused.then_some(ReturnValuesOnConditionCheckFailure::AllOld);
        let text = condition.condition_text().to_owned();
        let (names, values) = placeholders(condition);
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(self.key(key)))
            .condition_expression(text)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(some(values))
            .set_return_values_on_condition_check_failure(refused)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let result = Request::new("DynamoDB.DeleteItem", &self.name)
            .answered(delete.send().boxed().as_mut(), |output| units(&output.consumed_capacity))
            .await;
        match result {
            Ok(output) => Ok(Swept::Done { units: units(&output.consumed_capacity) }),
            Err(source) => match source.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Swept::Refused(failed.item.clone().map(Item::from)))
                }
                _ => Err(denied(error(source), "dynamodb:DeleteItem")),
            },
        }
    }
}

fn denied(error: Error, action: &str) -> Error {
    match error.kind() {
        ErrorKind::AccessDenied => error.with_note(format!("the action is `{action}`")),
        _ => error,
    }
}

fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn some<K, V>(map: HashMap<K, V>) -> Option<HashMap<K, V>> {
    Some(map).filter(|map| !map.is_empty())
}
