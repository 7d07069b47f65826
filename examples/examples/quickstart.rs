//! Every call on a session once, and after each the item as it stands in the table.
//!
//! `cargo run --example quickstart`
//!
//! The attributes that start with an underscore are the library's own: they let a commit whose answer was lost be
//! sent again without being applied twice.

#![allow(clippy::print_stdout)]

use std::collections::{BTreeMap, HashMap};
use std::error::Error;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{CreatedAt, DynamoSession, Expires, SessionId, SessionStore};
use serde_json::{Value, json};

#[derive(DynamoSession)]
#[session(table = "shop-sessions", idle_timeout = "30m", absolute_timeout = "12h")]
struct ShopSession {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    user: Option<String>,
    cart: BTreeMap<String, u32>,
    #[session(counter)]
    page_views: u64,
    notice: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = dynamo_session::embedded::client();
    let store = SessionStore::<ShopSession>::builder()
        .client(client.clone()) // without this line: the AWS environment
        .auto_create(true)
        .build()
        .await?;
    let table = Table { client, name: store.table_name().to_owned() };

    let mut session = store.create();
    table.print("A new session: nothing is stored yet", session.id()).await?;

    session.cart.insert("sku-1".into(), 2);
    let committed = session.commit().await?;
    table.print(&format!("The first commit: {committed:?}"), session.id()).await?;

    let id = session.id().clone();
    let mut session = store.load(&id).await?.ok_or("the session is gone")?;
    session.notice = Some("hello".into());
    let committed = session.commit().await?;
    table.print(&format!("A notice, and nothing else, is written: {committed:?}"), &id).await?;

    let notice = session.notice.take();
    let committed = session.commit().await?;
    table.print(&format!("The notice {notice:?} was read once: {committed:?}"), &id).await?;

    let touched = session.touch().await?;
    table.print(&format!("A touch before the touch interval has passed: {touched:?}"), &id).await?;

    session.renew().await?;
    session.user = Some("ada".into());
    let committed = session.commit().await?;
    let title = format!("Login: a new id, and nothing under the old one: {committed:?}");
    table.print(&title, session.id()).await?;
    table.print("The old id", &id).await?;

    session.destroy().await?;
    table.print("Logout", session.id()).await?;
    Ok(())
}

struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// The item of a session in DynamoDB's own JSON. It lies under a hash of the id.
    async fn print(&self, title: &str, id: &SessionId) -> Result<(), Box<dyn Error>> {
        let key = AttributeValue::S(ShopSession::SCHEMA.table_key(id));
        let get = self.client.get_item().table_name(&self.name).key("id", key);
        let item = get.send().await?.item;
        println!("{title}\n{}", "-".repeat(title.len()));
        match item {
            None => println!("(no item)\n"),
            Some(item) => {
                let attributes: BTreeMap<_, _> = item.iter().collect();
                let lines: Vec<String> = attributes
                    .iter()
                    .map(|(name, value)| format!("  {name:?}: {}", typed(value)))
                    .collect();
                println!("{{\n{}\n}}\n", lines.join(",\n"));
            }
        }
        Ok(())
    }
}

fn map(entries: &HashMap<String, AttributeValue>) -> Value {
    entries.iter().map(|(key, value)| (key.clone(), typed(value))).collect()
}

fn typed(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::M(entries) => json!({ "M": map(entries) }),
        AttributeValue::L(values) => json!({ "L": values.iter().map(typed).collect::<Vec<_>>() }),
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(value) => json!({ "BOOL": value }),
        AttributeValue::Null(value) => json!({ "NULL": value }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::Ns(numbers) => json!({ "NS": numbers }),
        binary => json!(format!("{binary:?}")),
    }
}
