//! `store.by(..)`: sessions by the value of an indexed field, listed and ended, whatever the index says.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::time::Duration;

use dynamo_session::{
    CreatedAt, DynamoSession, Expires, IndexKey, KeyType, Session, SessionId, SessionStore,
};
use dynamo_session_tests::World;
use serde::{Deserialize, Serialize};

#[derive(Debug, DynamoSession)]
#[session(table = "logins", idle_timeout = "30m", absolute_timeout = "12h")]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(index = "by_user")]
    user: Option<String>,
    #[session(index = "by_account")]
    account: Option<AccountId>,
    #[session(index = "by_plan")]
    plan: Option<Plan>,
    #[session(index = "by_device")]
    device_key: Option<Vec<u8>>,
    #[session(index = "by_tenant")]
    tenant: i64,
    #[session(alias = "agent")]
    user_agent: String,
    #[session(set)]
    roles: BTreeSet<String>,
    place: Place,
    fingerprint: Vec<u8>,
    note: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct AccountId(u64);

impl IndexKey for AccountId {
    const KEY_TYPE: KeyType = KeyType::N;
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Plan {
    Free,
    Paid,
}

impl IndexKey for Plan {
    const KEY_TYPE: KeyType = KeyType::S;
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Place {
    city: String,
    floor: u8,
}

/// A session of a user, begun a second after the one before.
async fn login(world: &World, store: &SessionStore<Login>, user: &str) -> Session<Login> {
    world.clock.advance(Duration::from_secs(1));
    let mut session = store.create();
    session.user = Some(user.to_owned());
    session.commit().await.unwrap();
    session
}

async fn logins(
    world: &World,
    store: &SessionStore<Login>,
    user: &str,
    count: usize,
) -> Vec<Session<Login>> {
    let mut sessions = Vec::new();
    for _ in 0..count {
        sessions.push(login(world, store, user).await);
    }
    sessions
}

/// The fingerprints of a user's sessions, as they are listed.
async fn listed(store: &SessionStore<Login>, user: &str) -> BTreeSet<String> {
    let all = store.by(Login::USER).list(user).all().await.unwrap();
    let fingerprints: BTreeSet<_> = all.iter().map(|listed| listed.fingerprint()).collect();
    assert_eq!(fingerprints.len(), all.len(), "no session is listed twice");
    fingerprints
}

fn fingerprints<'a>(sessions: impl IntoIterator<Item = &'a Session<Login>>) -> BTreeSet<String> {
    sessions.into_iter().map(|session| session.id().fingerprint()).collect()
}

async fn is_alive(store: &SessionStore<Login>, session: &Session<Login>) -> bool {
    store.load(session.id()).await.unwrap().is_some()
}

#[tokio::test]
async fn lists_the_live_sessions_of_one_value() {
    let world = World::new();
    let store = world.store::<Login>().await;
    let ada = logins(&world, &store, "ada", 3).await;
    logins(&world, &store, "bob", 2).await;
    assert_eq!(listed(&store, "ada").await, fingerprints(&ada));
    assert!(listed(&store, "eve").await.is_empty());
}

#[tokio::test]
async fn every_page_is_followed_and_none_is_empty() {
    let world = World::new();
    let store = world.store::<Login>().await;
    let ada = logins(&world, &store, "ada", 7).await;
    world.network.take_sent();
    let mut list = store.by(Login::USER).list("ada").page_size(2);
    let mut found = BTreeSet::new();
    while let Some(page) = list.next_page().await.unwrap() {
        assert!((1..=2).contains(&page.len()));
        found.extend(page.iter().map(|listed| listed.fingerprint()));
    }
    assert_eq!(found, fingerprints(&ada));
    assert!(list.next_page().await.unwrap().is_none(), "the end is the end");
    let queries = world.network.operations().into_iter().filter(|name| name == "Query").count();
    assert!(queries >= 4, "{queries}");
}

#[tokio::test]
async fn ends_all_of_one_value_and_no_other() {
    let world = World::new();
    let store = world.store::<Login>().await;
    let ada = logins(&world, &store, "ada", 5).await;
    let bob = login(&world, &store, "bob").await;
    assert_eq!(store.by(Login::USER).end_all("ada").await.unwrap(), 5);
    for session in &ada {
        assert!(!is_alive(&store, session).await);
    }
    assert!(is_alive(&store, &bob).await);
    assert_eq!(store.by(Login::USER).end_all("ada").await.unwrap(), 0);
}
