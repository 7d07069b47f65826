//! What is stored, and when.

use super::*;
use aws_sdk_dynamodb::types::AttributeValue::B;
use dynamo_session::Committed;
use dynamo_session_tests::attribute::n;
use std::time::Duration;

#[tokio::test]
async fn secrets_are_binary_and_read_back() {
    let (world, store) = World::with_store::<Account>().await;
    let session = account(&store).await;
    let item = world.item(&store, session.id()).await.unwrap();
    for name in SECRETS {
        let bytes = binary(&item[name]);
        assert_eq!(bytes[0], 1, "{name}: the version");
        assert!(bytes.len() > 29, "{name}");
    }
    // A byte of version, 12 of nonce, 16 of tag, and `{"S":".."}`.
    assert_eq!(binary(&item["token"]).len(), 29 + TOKEN.len() + 8);
    assert_full(&*world.load(&store, session.id()).await);
    assert_full(&session);
}

#[tokio::test]
async fn a_secret_that_is_its_default_is_absent() {
    let (world, store) = World::with_store::<Account>().await;
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    let _ = session.commit().await.unwrap();
    let item = world.item(&store, session.id()).await.unwrap();
    assert!(SECRETS.iter().all(|name| !item.contains_key(*name)), "{item:?}");

    let mut session = world.load(&store, session.id()).await;
    fill(&mut session);
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    (session.token, session.pin) = (None, None);
    (session.tokens, session.key) = (Tokens::default(), Vec::new());
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    let item = world.item(&store, session.id()).await.unwrap();
    assert!(SECRETS.iter().all(|name| !item.contains_key(*name)), "{item:?}");
    let session = world.load(&store, session.id()).await;
    assert_eq!((&session.token, &session.tokens), (&None, &Tokens::default()));
}

#[tokio::test]
async fn what_has_not_changed_is_not_encrypted_again() {
    let (world, store) = World::with_store::<Account>().await;
    let mut session = account(&store).await;
    let before = world.item(&store, session.id()).await.unwrap();
    world.network.take_sent();

    // Given out for changing, and put back.
    session.token = None;
    session.token = Some(TOKEN.to_owned());
    session.tokens = tokens();
    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
    let mut session = world.load(&store, session.id()).await;
    fill(&mut session);
    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
    assert_eq!(world.network.operations(), ["GetItem"]);
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(session.commit().await.unwrap(), Committed::Touched);

    session.views += 1;
    session.pin = Some(PIN + 1);
    world.network.take_sent();
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    let sent = world.network.take_sent();
    let names = sent[0].names();
    assert!(
        names.contains(&"pin") && !names.iter().any(|name| name.starts_with("tok")),
        "{names:?}"
    );
    let after = world.item(&store, session.id()).await.unwrap();
    for name in ["token", "tokens", "key"] {
        assert_eq!(before[name], after[name]);
    }
    assert_ne!(before["pin"], after["pin"]);
}

#[tokio::test]
async fn each_write_has_a_nonce_of_its_own() {
    let (world, store) = World::with_store::<Account>().await;
    let mut session = account(&store).await;
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..8 {
        let value = stored(&world, &store, session.id(), "token").await.unwrap();
        assert!(seen.insert(binary(&value)[1..13].to_vec()), "a nonce of an earlier round");
        session.token = Some(format!("other {round}"));
        let _ = session.commit().await.unwrap();
        session.token = Some(TOKEN.to_owned());
        let _ = session.commit().await.unwrap();
    }
}

#[tokio::test]
async fn it_is_one_value_and_the_last_commit_wins_whole() {
    let (world, store) = World::with_store::<Account>().await;
    let session = account(&store).await;
    let mut one = world.load(&store, session.id()).await;
    let mut other = world.load(&store, session.id()).await;
    one.tokens.claims.insert("one".to_owned(), String::new());
    one.token = Some("one".to_owned());
    other.tokens.claims.insert("other".to_owned(), String::new());
    other.pin = Some(2);
    let _ = one.commit().await.unwrap();
    let _ = other.commit().await.unwrap();
    let loaded = world.load(&store, session.id()).await;
    assert_eq!(loaded.tokens, other.tokens);
    assert_eq!((loaded.token.as_deref(), loaded.pin), (Some("one"), Some(2)));
}

/// 29 bytes and the type's name, beside the attribute's: what the guarantees say that a secret costs.
#[tokio::test]
async fn its_size_counts_encrypted() {
    #[derive(DynamoSession)]
    #[session(table = "large")]
    struct Large {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        #[session(secret)]
        token: String,
    }
    let world = World::new();
    let store = world.builder::<Large>().auto_create(true).max_size(2048).build().await.unwrap();
    let mut session = store.create();
    session.token = "x".repeat(1700);
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    let loaded = world.load(&store, session.id()).await;
    assert_eq!(loaded.token.len(), 1700);
    session.token = "x".repeat(2000);
    let error = session.commit().await.unwrap_err();
    assert!(error.is_too_large() && error.attribute() == Some("token"), "{error}");
}

#[tokio::test]
async fn other_programs_attributes_stay_beside_it() {
    let (world, store) = World::with_store::<Account>().await;
    let session = account(&store).await;
    plant(&world, &store, session.id(), "theirs", n(1)).await;
    plant(&world, &store, session.id(), "blob", B(vec![1, 2, 3].into())).await;
    let mut session = world.load(&store, session.id()).await;
    session.token = None;
    let _ = session.commit().await.unwrap();
    session.renew().await.unwrap();
    let item = world.item(&store, session.id()).await.unwrap();
    assert_eq!((&item["theirs"], &item["blob"]), (&n(1), &B(vec![1, 2, 3].into())));
}
