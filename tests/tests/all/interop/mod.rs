//! Sessions of other stores: what their rows and cookies mean, and how they move here.

mod adopt;
mod cookies;
mod hostile;
mod iam;
mod migrate;
mod parallel;
mod rows;
mod share;
mod systems;

pub(crate) use systems::express;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use dynamo_session::interop::ForeignStore;
use dynamo_session::{DynamoSession, Expires, ManualClock, SessionId, SessionStore};
use dynamo_session_tests::World;
use serde_json::Value as Json;

pub(super) type Row = HashMap<String, AttributeValue>;

/// When the rows were captured.
pub(super) const NOW: i64 = 1_795_256_900;

#[derive(DynamoSession, Debug)]
#[session(table = "native", idle_timeout = "30m", touch_interval = "1m")]
pub(super) struct Member {
    #[session(hash_key)]
    pub(super) id: SessionId,
    #[session(ttl)]
    pub(super) expires_at: Expires,
    #[session(rename = "userId")]
    pub(super) user: Option<String>,
    #[session(counter)]
    pub(super) n: u32,
    pub(super) roles: Vec<String>,
}

/// The time of the captured rows, an empty native table, and another store's table.
pub(super) struct Move {
    pub(super) world: World,
    pub(super) clock: ManualClock,
    pub(super) store: SessionStore<Member>,
    pub(super) table: String,
    keys: Vec<String>,
}

impl Move {
    /// A foreign table whose key has these attributes.
    pub(super) async fn from(keys: &[&str]) -> Self {
        let world = World::new();
        let clock = ManualClock::at_epoch_seconds(NOW);
        let store = world.builder().clock(clock.clone()).auto_create(true).build().await.unwrap();
        let table = format!("{}-legacy", store.table_name());
        let types = [KeyType::Hash, KeyType::Range];
        let mut create =
            world.direct.create_table().table_name(&table).billing_mode(BillingMode::PayPerRequest);
        for (key, key_type) in keys.iter().zip(types) {
            let element = KeySchemaElement::builder().attribute_name(*key).key_type(key_type);
            let definition = AttributeDefinition::builder()
                .attribute_name(*key)
                .attribute_type(ScalarAttributeType::S);
            create = create
                .key_schema(element.build().unwrap())
                .attribute_definitions(definition.build().unwrap());
        }
        create.send().await.unwrap();
        world.network.take_sent();
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        Self { world, clock, store, table, keys }
    }

    /// A store with the same table, as another server has it.
    pub(super) async fn store_of<S: DynamoSession>(&self) -> SessionStore<S> {
        let builder = self.world.builder().clock(self.clock.clone());
        let store = builder.table_name(self.store.table_name()).build().await.unwrap();
        self.world.network.take_sent();
        store
    }

    pub(super) async fn put(&self, row: Row) {
        let put = self.world.direct.put_item().table_name(&self.table).set_item(Some(row));
        put.send().await.unwrap();
    }

    /// The other table's rows.
    pub(super) async fn rows(&self) -> Vec<Row> {
        let scan = self.world.direct.scan().consistent_read(true).table_name(&self.table);
        scan.send().await.unwrap().items.unwrap_or_default()
    }

    pub(super) async fn delete(&self, row: &Row) {
        let mut delete = self.world.direct.delete_item().table_name(&self.table);
        for key in &self.keys {
            delete = delete.key(key, row[key].clone());
        }
        delete.send().await.unwrap();
    }

    /// The sessions of the native table.
    pub(super) async fn items(&self) -> Vec<Row> {
        self.world.items(&self.store).await
    }

    pub(super) fn operations(&self) -> Vec<String> {
        let sent = self.world.network.take_sent();
        sent.into_iter().map(|sent| sent.operation).collect()
    }
}

/// An item as DynamoDB writes it in JSON.
pub(super) fn row(json: &str) -> Row {
    match attribute(&serde_json::json!({ "M": serde_json::from_str::<Json>(json).unwrap() })) {
        AttributeValue::M(row) => row,
        other => panic!("{other:?}"),
    }
}

fn attribute(json: &Json) -> AttributeValue {
    let (kind, value) = json.as_object().unwrap().iter().next().unwrap();
    let text = || value.as_str().unwrap().to_owned();
    match kind.as_str() {
        "S" => AttributeValue::S(text()),
        "N" => AttributeValue::N(text()),
        "BOOL" => AttributeValue::Bool(value.as_bool().unwrap()),
        "NULL" => AttributeValue::Null(true),
        "L" => AttributeValue::L(value.as_array().unwrap().iter().map(attribute).collect()),
        "M" => {
            let entries = value.as_object().unwrap().iter();
            AttributeValue::M(entries.map(|(key, value)| (key.clone(), attribute(value))).collect())
        }
        other => panic!("{other}"),
    }
}

/// A session of connect-dynamodb, which most tests take for the other store.
pub(super) const SID: &str = "WeC0xndUl_fi9K_mpkNtdOeUiM4nSQOq";

pub(super) fn legacy_row(data: &str) -> Row {
    let mut row = row(r#"{"id": {"S": "sess:WeC0xndUl_fi9K_mpkNtdOeUiM4nSQOq"},
        "expires": {"N": "1795343127.989"}, "type": {"S": "connect-session"}}"#);
    row.insert("sess".to_owned(), AttributeValue::S(data.to_owned()));
    row
}

pub(super) const DATA: &str = r#"{"cookie": {"originalMaxAge": 86400000,
    "expires": "2026-11-22T10:25:28.200Z", "httpOnly": true, "path": "/"},
    "userId": "u-000042", "n": 1, "roles": ["a"]}"#;

pub(super) async fn legacy() -> (Move, ForeignStore) {
    let moved = Move::from(&["id"]).await;
    moved.put(legacy_row(DATA)).await;
    let foreign = ForeignStore::connect_dynamodb(&moved.table).secrets(["keyboard cat"]);
    (moved, foreign)
}
