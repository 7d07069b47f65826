//! The usual design, for comparison: a session is one value, read and written whole.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{DynamoSession, Expires, ManualClock, SessionId};

use crate::store::Failure;
use crate::visit::Visit;

/// The attribute that holds the session as JSON.
pub(crate) const DATA: &str = "data";

const IDLE_SECONDS: i64 = 30 * 60;

#[derive(Clone, Debug)]
pub(crate) struct BlobStore {
    pub(crate) client: Client,
    pub(crate) table: String,
    pub(crate) clock: ManualClock,
}

#[derive(Debug)]
pub(crate) struct BlobSession {
    pub(crate) visit: Visit,
    /// The key that an unfinished renewal moves to.
    renewal: Option<SessionId>,
}

impl BlobStore {
    pub(crate) fn create(&self) -> BlobSession {
        let visit = Visit {
            id: SessionId::generate(),
            expires_at: Expires::from_epoch_seconds(0),
            label: String::new(),
            note: None,
            cart: BTreeMap::new(),
            marks: BTreeMap::new(),
            count: 0,
            hits: BTreeMap::new(),
            coins: 0,
            seen: Vec::new(),
            roles: BTreeSet::new(),
        };
        BlobSession { visit, renewal: None }
    }

    pub(crate) async fn load(&self, id: &SessionId) -> Result<Option<BlobSession>, Failure> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("id", AttributeValue::S(Visit::SCHEMA.table_key(id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|_| Failure::Again)?;
        let Some(item) = output.item else { return Ok(None) };
        let expires = item.get("expires_at").and_then(|value| value.as_n().ok()?.parse().ok());
        let expires = expires.unwrap_or(0);
        if expires <= self.clock.epoch_seconds() {
            return Ok(None);
        }
        let data = item.get(DATA).and_then(|value| value.as_s().ok());
        let visit: Visit = serde_json::from_str(data.map_or("", |data| data))
            .map_err(|error| Failure::Unexpected(error.to_string()))?;
        let visit =
            Visit { id: id.clone(), expires_at: Expires::from_epoch_seconds(expires), ..visit };
        Ok(Some(BlobSession { visit, renewal: None }))
    }

    pub(crate) async fn save(&self, session: &mut BlobSession) -> Result<(), Failure> {
        self.put(&session.visit.id, &session.visit).await
    }

    async fn put(&self, id: &SessionId, visit: &Visit) -> Result<(), Failure> {
        let data =
            serde_json::to_string(visit).map_err(|error| Failure::Unexpected(error.to_string()))?;
        let expires = (self.clock.epoch_seconds() + IDLE_SECONDS).to_string();
        self.client
            .put_item()
            .table_name(&self.table)
            .item("id", AttributeValue::S(Visit::SCHEMA.table_key(id)))
            .item("expires_at", AttributeValue::N(expires))
            .item("label", AttributeValue::S(visit.label.clone()))
            .item(DATA, AttributeValue::S(data))
            .send()
            .await
            .map(drop)
            .map_err(|_| Failure::Again)
    }

    pub(crate) async fn renew(&self, session: &mut BlobSession) -> Result<(), Failure> {
        let new = session.renewal.get_or_insert_with(SessionId::generate).clone();
        self.put(&new, &session.visit).await?;
        self.destroy(&session.visit.id).await?;
        session.visit.id = new;
        session.renewal = None;
        Ok(())
    }

    pub(crate) async fn destroy(&self, id: &SessionId) -> Result<(), Failure> {
        self.client
            .delete_item()
            .table_name(&self.table)
            .key("id", AttributeValue::S(Visit::SCHEMA.table_key(id)))
            .send()
            .await
            .map(drop)
            .map_err(|_| Failure::Again)
    }
}
