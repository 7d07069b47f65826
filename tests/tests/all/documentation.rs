//! What no other tool asks of the documentation: that a search finds each attribute of the derive, and that the README's
//! fragments, which show no lines around them that would make programs of them, are parts of programs all the same.

use std::collections::BTreeMap;
use std::error::Error;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use dynamo_session::testing::{Browser, Fault, TestStore};
use dynamo_session::{CreatedAt, DynamoSession, Expires, Session, SessionId};
use dynamo_session::{SessionLayer, SessionStore};
use http::Request;
use serde::{Deserialize, Serialize};

const README: &str = include_str!("../../../README.md");
const ATTRIBUTES: &str = include_str!("../../../session-derive/src/derive.md");
const DERIVE: &str = include_str!("../../../session-derive/src/lib.rs");

#[test]
fn a_search_finds_every_attribute_of_the_derive() {
    let (_, tables) = ATTRIBUTES.split_once("\n# Attributes\n").unwrap();
    let (tables, _) = tables.split_once("\n# ").unwrap();
    let rows = tables.lines().filter_map(|line| line.strip_prefix("| [`"));
    let words: Vec<&str> = rows
        .map(|row| row.split(|c: char| c != '_' && !c.is_alphabetic()).next().unwrap())
        .collect();
    assert!(words.len() > 25, "{words:?}");
    for word in words {
        let alias = format!("#[doc(alias = \"{word}\")]");
        assert!(DERIVE.contains(&alias), "a search for `{word}` does not find the derive");
    }
}

#[test]
fn every_fragment_of_the_readme_is_a_part_of_this_file() {
    let this = bare(include_str!("documentation.rs"));
    let fragments = README.split("```rust,ignore\n").skip(1);
    let fragments: Vec<&str> = fragments.map(|rest| rest.split_once("```").unwrap().0).collect();
    assert_eq!(fragments.len(), 5);
    for fragment in fragments {
        assert!(this.contains(&bare(fragment)), "not compiled:\n{fragment}");
    }
}

/// Code without comments and spaces.
fn bare(code: &str) -> String {
    let code = code.lines().filter_map(|line| line.split("//").next());
    code.flat_map(str::chars).filter(|c| !c.is_whitespace()).collect()
}

#[derive(Default, Serialize, Deserialize)]
struct Tokens {
    access: String,
}

#[derive(DynamoSession)]
#[session(table = "shop-sessions", idle_timeout = "30m")]
struct ShopSession {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(index = "by_user")]
    user: Option<String>,
    #[session(counter)]
    cart: BTreeMap<String, u32>,
    device: String,
    #[session(secret)]
    tokens: Option<Tokens>,
}

#[tokio::test]
#[allow(clippy::expect_used)]
async fn by_hand() -> Result<(), Box<dyn Error>> {
    let store = SessionStore::<ShopSession>::builder()
        .client(dynamo_session::embedded::client())
        .auto_create(true)
        .build()
        .await?;
    let mut session = store.create();
    session.cart.insert("sku-1".into(), 2);
    session.commit().await?;

    let id = session.id().clone();
    let mut session = store.load(&id).await?.expect("it was just stored");
    session.renew().await?;
    session.user = Some("ada".into());
    session.commit().await?;
    session.destroy().await?;
    assert!(store.load(session.id()).await?.is_none());
    Ok(())
}

async fn order(mut session: Session<ShopSession>) {
    *session.cart.entry("sku-1".to_owned()).or_default() += 1;
    session.tokens = Some(Tokens { access: "secret".to_owned() });
}

fn app(store: SessionStore<ShopSession>) -> Router {
    Router::new().route("/order", post(order)).layer(SessionLayer::new(store))
}

#[tokio::test]
async fn a_test_of_an_application() -> Result<(), Box<dyn Error>> {
    let order = Request::post("/order").body(Body::empty())?;
    let TestStore { store, clock, network } = TestStore::<ShopSession>::new().await;
    let mut browser = Browser::new(app(store), clock);
    network.fail_next("UpdateItem", Fault::LoseResponse);
    assert_eq!(browser.send(order).await?.status(), 200);
    Ok(())
}

#[tokio::test]
#[allow(clippy::print_stdout)]
async fn everywhere() -> Result<(), Box<dyn Error>> {
    let TestStore { store, .. } = TestStore::<ShopSession>::new().await;
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    session.commit().await?;
    let by_user = store.by(ShopSession::USER);
    by_user.keep_newest("ada", 5, &session).await?;
    by_user.end_all("ada").except(&session).await?;
    for device in by_user.list("ada").all().await? {
        println!("{:?} {:?}", device.created_at(), device.get(ShopSession::DEVICE)?);
    }
    assert!(store.load(session.id()).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn moving_in() {
    #[allow(clippy::let_and_return)]
    fn layer(store: SessionStore<ShopSession>) -> SessionLayer<ShopSession> {
        use dynamo_session::interop::ForeignStore;

        let legacy = ForeignStore::connect_dynamodb("sessions").secrets(["keyboard cat"]);
        let layer = SessionLayer::new(store).adopt(legacy);

        layer
    }
    let TestStore { store, .. } = TestStore::<ShopSession>::new().await;
    drop(layer(store));
}
