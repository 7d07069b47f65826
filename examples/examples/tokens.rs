//! The tokens of an OpenID provider in a session, and what the table holds of them.
//!
//! `cargo run --example tokens`
//!
//! The field is marked `secret`: it is stored encrypted under a key that is derived from the session's id, which only the
//! visitor's cookie has. Whoever reads the table sees that there is something, and how long it is.

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::error::Error;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore};
use serde::{Deserialize, Serialize};

#[derive(DynamoSession)]
#[session(table = "shop-sessions", idle_timeout = "30m")]
struct ShopSession {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    user: Option<String>,
    #[session(secret)]
    tokens: Option<Tokens>,
}

/// What the token endpoint answers (OpenID Connect Core 1.0, 3.1.3.3).
#[derive(Debug, Serialize, Deserialize)]
struct Tokens {
    access_token: String,
    refresh_token: Option<String>,
    id_token: String,
    expires_in: u64,
}

const ANSWER: &str = r#"{
    "access_token": "SlAV32hkKG",
    "token_type": "Bearer",
    "refresh_token": "8xLOxBtZp8",
    "expires_in": 3600,
    "id_token": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIyNDgyODk3NjEwMDEifQ.c2lnbmF0dXJl"
}"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = dynamo_session::embedded::client();
    let store = SessionStore::<ShopSession>::builder()
        .client(client.clone()) // without this line: the AWS environment
        .auto_create(true)
        .build()
        .await?;

    // The visitor is back from the provider, and the code was exchanged for tokens.
    let mut session = store.create();
    session.user = Some("248289761001".to_owned());
    session.tokens = Some(serde_json::from_str(ANSWER)?);
    session.commit().await?;
    println!("What the application has:\n{:#?}\n", session.tokens);
    print_item(&client, &store, "What the table has:", session.id()).await?;

    // The next request has the id, from its cookie.
    let id: SessionId = session.id().expose_secret().parse()?;
    let mut session = store.load(&id).await?.ok_or("the session is gone")?;
    let refresh_token = session.tokens.as_ref().and_then(|tokens| tokens.refresh_token.clone());
    println!("The refresh token of the next request: {refresh_token:?}\n");

    session.renew().await?;
    let title = "After `renew`, it is encrypted anew, for the new id:";
    print_item(&client, &store, title, session.id()).await?;

    session.tokens = None;
    session.commit().await?;
    print_item(&client, &store, "The tokens given back, `None` is absence:", session.id()).await
}

async fn print_item(
    client: &Client,
    store: &SessionStore<ShopSession>,
    title: &str,
    id: &SessionId,
) -> Result<(), Box<dyn Error>> {
    let key = AttributeValue::S(ShopSession::SCHEMA.table_key(id));
    let get = client.get_item().table_name(store.table_name()).key("id", key);
    let item = get.send().await?.item.ok_or("there is no item")?;
    println!("{title}");
    for (name, value) in item.into_iter().collect::<BTreeMap<_, _>>() {
        match value {
            AttributeValue::B(bytes) => {
                let hex: String = bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
                println!("  {name}: {} bytes\n    {}...", bytes.as_ref().len(), &hex[..72]);
            }
            AttributeValue::S(text) => println!("  {name}: {text:?}"),
            AttributeValue::N(number) => println!("  {name}: {number}"),
            value => println!("  {name}: {value:?}"),
        }
    }
    println!();
    Ok(())
}
