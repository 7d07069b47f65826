//! `secret`: stored encrypted, under a key that only the session's id gives.

mod adopted;
mod hidden;
mod lifecycle;
mod options;
mod rollout;
mod stored;
mod tampered;
mod vectors;
mod viewed;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{DynamoSession, Expires, Session, SessionId, SessionStore};
use dynamo_session_tests::World;
use serde::{Deserialize, Serialize};

/// What an OpenID provider returns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Tokens {
    access: String,
    refresh: Option<String>,
    expires: u64,
    scopes: Vec<String>,
    claims: BTreeMap<String, String>,
}

#[derive(Debug, DynamoSession)]
#[session(table = "accounts", key_prefix = "account#", idle_timeout = "30m", touch_interval = "1m")]
struct Account {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(secret)]
    token: Option<String>,
    #[session(secret)]
    tokens: Tokens,
    #[session(secret)]
    key: Vec<u8>,
    #[session(secret, lenient)]
    pin: Option<u32>,
    user: Option<String>,
    #[session(counter)]
    views: u32,
    cart: BTreeMap<String, u32>,
}

fn tokens() -> Tokens {
    Tokens {
        access: "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIyNDgyODk3NjEwMDEifQ".to_owned(),
        refresh: Some("8xLOxBtZp8kQwJ".to_owned()),
        expires: 1_800_003_600,
        scopes: vec!["openid".to_owned(), "zq:profil3".to_owned()],
        claims: BTreeMap::from([("email".to_owned(), "ada@example.org".to_owned())]),
    }
}

const TOKEN: &str = "q7Vx-2mKzR9wYbT4nLc8JhG3pDfS6eU1oAiX5";
const PIN: u32 = 271_828_182;
const KEY: &[u8] = b"\x00k3Jw9QzT7vXy2LmN\xffB8cRf";

/// Every secret that the tests keep in an [`Account`].
fn fill(account: &mut Account) {
    account.token = Some(TOKEN.to_owned());
    account.tokens = tokens();
    account.key = KEY.to_vec();
    account.pin = Some(PIN);
}

fn assert_full(account: &Account) {
    assert_eq!(account.token.as_deref(), Some(TOKEN));
    assert_eq!(account.tokens, tokens());
    assert_eq!((&account.key[..], account.pin), (KEY, Some(PIN)));
}

const SECRETS: [&str; 4] = ["token", "tokens", "key", "pin"];

/// A stored session with all secrets.
async fn account(store: &SessionStore<Account>) -> Session<Account> {
    let mut session = store.create();
    fill(&mut session);
    session.user = Some("ada".to_owned());
    let _ = session.commit().await.unwrap();
    session
}

async fn stored<S: DynamoSession>(
    world: &World,
    store: &SessionStore<S>,
    id: &S::Key,
    attribute: &str,
) -> Option<AttributeValue> {
    world.item(store, id).await.unwrap().remove(attribute)
}

fn binary(value: &AttributeValue) -> &[u8] {
    value.as_b().unwrap().as_ref()
}

/// Puts a value into the item of a session, as somebody with access to the table might.
async fn plant<S: DynamoSession>(
    world: &World,
    store: &SessionStore<S>,
    id: &S::Key,
    attribute: &str,
    value: AttributeValue,
) {
    let mut item = world.item(store, id).await.unwrap();
    item.insert(attribute.to_owned(), value);
    world.put(store, item).await;
}
