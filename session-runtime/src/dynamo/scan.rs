use std::collections::HashMap;
use std::fmt;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::scan::ScanOutput;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use futures_util::FutureExt as _;

use super::failure::{denied, error, of_foreign_table};
use super::request::{Request, units};
use super::table::{Table, placeholders};
use super::wrong_key::{Whose, wrong_key};
use crate::error::{Error, ErrorKind};
use crate::expression::Expression;
use crate::item::Item;

/// A table that is scanned: a session type's own, or another store's.
#[derive(Clone, Debug)]
pub(crate) struct ScannedTable {
    client: Client,
    name: String,
    hash_key: String,
    sort_key: Option<String>,
    whose: Whose,
}

/// The key of any item of a table, be it a session's or something else's.
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
pub(crate) struct PageRequest<'a> {
    pub(crate) segment: u32,
    pub(crate) segments: u32,
    /// The key of the last item that an earlier page has covered.
    pub(crate) after: Option<ItemKey>,
    /// How many items it looks at, at the most.
    pub(crate) limit: u32,
    /// The attributes wanted, as placeholders of the filter; all of them if there are none.
    pub(crate) projection: Vec<String>,
    pub(crate) filter: Expression<'a>,
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

impl Table {
    /// This table, to be scanned.
    pub(crate) fn scanned(&self) -> ScannedTable {
        let sort_key = self.primary_key.sort_key().map(|sort_key| sort_key.name().to_owned());
        ScannedTable {
            client: self.client.clone(),
            name: self.name.clone(),
            hash_key: self.primary_key.hash_key().to_owned(),
            sort_key,
            whose: Whose::SessionType,
        }
    }

    /// Another store's table, to be scanned.
    #[cfg(feature = "interop")]
    pub(crate) fn scanned_rows(
        &self,
        name: &str,
        hash_key: &str,
        sort_key: Option<&str>,
    ) -> ScannedTable {
        ScannedTable {
            client: self.client.clone(),
            name: name.to_owned(),
            hash_key: hash_key.to_owned(),
            sort_key: sort_key.map(str::to_owned),
            whose: Whose::ForeignStore,
        }
    }
}

impl ScannedTable {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the table has the key, found with no right but the one to scan: a scan may begin after any key, but only
    /// after one of the table's own shape.
    pub(crate) async fn require_key(&self) -> Result<Option<f64>, Error> {
        let anywhere = || "dynamo-session".to_owned();
        let key = ItemKey { hash: anywhere(), sort: self.sort_key.as_ref().map(|_| anywhere()) };
        let scan = self
            .client
            .scan()
            .table_name(&self.name)
            .set_exclusive_start_key(Some(self.start_after(key)))
            .limit(1)
            .projection_expression("#0")
            .expression_attribute_names("#0", &self.hash_key)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let output = Request::new("DynamoDB.Scan", &self.name)
            .answered(scan.send().boxed().as_mut(), |output| units(&output.consumed_capacity))
            .await
            .map_err(|source| self.failed(denied(error(source), "dynamodb:Scan")))
            .map_err(|error| match error.kind() {
                ErrorKind::Rejected => self.wrong_key().with_source(error),
                _ => error,
            })?;
        Ok(units(&output.consumed_capacity))
    }

    pub(crate) async fn scan(&self, request: PageRequest<'_>) -> Result<Page, Error> {
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
            .map_err(|source| self.failed(denied(error(source), "dynamodb:Scan")))?;
        self.page(output)
    }

    fn names(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.hash_key).chain(&self.sort_key)
    }

    fn start_after(&self, key: ItemKey) -> HashMap<String, AttributeValue> {
        let values = [Some(key.hash), key.sort].into_iter().flatten().map(AttributeValue::S);
        self.names().cloned().zip(values).collect()
    }

    /// The key of an item, if it is as it should be.
    fn item_key(&self, mut key: HashMap<String, AttributeValue>) -> Option<ItemKey> {
        let mut part = |name: &str| match key.remove(name) {
            Some(AttributeValue::S(value)) => Some(value),
            _ => None,
        };
        let hash = part(&self.hash_key)?;
        let sort = match &self.sort_key {
            Some(name) => Some(part(name)?),
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

    fn failed(&self, error: Error) -> Error {
        match self.whose {
            Whose::SessionType => error,
            Whose::ForeignStore => of_foreign_table(error, &self.name),
        }
    }

    fn wrong_key(&self) -> Error {
        wrong_key(self.whose, &self.hash_key, self.sort_key.as_deref())
    }
}

fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// An empty map is not the same as none.
pub(super) fn some<K, V>(map: HashMap<K, V>) -> Option<HashMap<K, V>> {
    Some(map).filter(|map| !map.is_empty())
}
