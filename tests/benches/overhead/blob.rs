//! A store that keeps a session as one blob, in the manner of tower-sessions' DynamoDB store: values under their names, each
//! a JSON value of its own, written together as Binary. A touch writes all of it.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::canned::{Canned, item_to_json};
use crate::session::{LATER, NOTICE, NOW, Row, TABLE, change_all};

pub(crate) type Values = HashMap<String, Value>;

#[derive(Clone)]
pub(crate) struct BlobStore {
    client: Client,
    id: String,
}

impl BlobStore {
    pub(crate) fn new(row: &Row) -> Self {
        let values = values(row);
        let item = item(&row.id, row.expires_at, &values);
        let canned = Canned::new(item_to_json(&item), serde_json::json!({}));
        Self { client: canned.client(), id: row.id.clone() }
    }

    pub(crate) async fn item(&self) -> HashMap<String, AttributeValue> {
        let output = self
            .client
            .get_item()
            .table_name(TABLE)
            .key("id", AttributeValue::S(self.id.clone()))
            .consistent_read(true)
            .send()
            .await
            .unwrap();
        output.item.unwrap()
    }

    pub(crate) async fn load(&self) -> Row {
        let mut item = self.item().await;
        let Some(AttributeValue::B(data)) = item.remove("data") else { panic!("no data") };
        let expires: i64 = item["expires_at"].as_n().unwrap().parse().unwrap();
        assert!(expires > NOW);
        let mut values: Values = serde_json::from_slice(data.as_ref()).unwrap();
        Row {
            id: self.id.clone(),
            expires_at: expires,
            created_at: take(&mut values, "created_at"),
            user: take(&mut values, "user"),
            csrf_token: take(&mut values, "csrf_token"),
            visits: take(&mut values, "visits"),
            address: take(&mut values, "address"),
            cart: take(&mut values, "cart"),
            recent: take(&mut values, "recent"),
            notice: None,
        }
    }

    pub(crate) async fn touch(&self, row: &mut Row) {
        row.expires_at = LATER + 1800;
        self.save(row).await;
    }

    pub(crate) async fn commit_field(&self, row: &mut Row) {
        row.notice = Some(NOTICE.to_owned());
        self.save(row).await;
    }

    pub(crate) async fn commit_all(&self, row: &mut Row) {
        change_all!(&mut *row);
        self.save(row).await;
    }

    async fn save(&self, row: &Row) {
        self.client
            .put_item()
            .table_name(TABLE)
            .set_item(Some(item(&self.id, row.expires_at, &values(row))))
            .send()
            .await
            .unwrap();
    }
}

fn take<T: DeserializeOwned>(values: &mut Values, name: &str) -> T {
    serde_json::from_value(values.remove(name).unwrap()).unwrap()
}

fn values(row: &Row) -> Values {
    fn value(value: &impl serde::Serialize) -> Value {
        serde_json::to_value(value).unwrap()
    }
    let values = [
        ("created_at", value(&row.created_at)),
        ("user", value(&row.user)),
        ("csrf_token", value(&row.csrf_token)),
        ("visits", value(&row.visits)),
        ("address", value(&row.address)),
        ("cart", value(&row.cart)),
        ("recent", value(&row.recent)),
        ("notice", value(&row.notice)),
    ];
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn item(id: &str, expires: i64, values: &Values) -> HashMap<String, AttributeValue> {
    HashMap::from([
        ("id".to_owned(), AttributeValue::S(id.to_owned())),
        ("expires_at".to_owned(), AttributeValue::N(expires.to_string())),
        ("data".to_owned(), AttributeValue::B(Blob::new(serde_json::to_vec(values).unwrap()))),
    ])
}
