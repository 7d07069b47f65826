//! From plain to secret, and back: with two versions of the program at work.

mod renamed;

use super::*;
use dynamo_session::Committed;
use dynamo_session_tests::attribute::s;
use std::time::Duration;

macro_rules! version {
    ($name:ident, $($secret:meta)?) => {
        #[derive(Debug, DynamoSession)]
        #[session(table = "accounts", key_prefix = "account#", idle_timeout = "30m", touch_interval = "1m")]
        struct $name {
            #[session(hash_key)]
            id: SessionId,
            #[session(ttl)]
            expires_at: Expires,
            $(#[$secret])?
            token: Option<String>,
            $(#[$secret])?
            tokens: Tokens,
            views: u32,
            cart: BTreeMap<String, u32>,
        }
    };
}

version!(Plain,);
version!(Reading, session(secret = "read"));
version!(Secret, session(secret));

async fn begin<S: DynamoSession<Key = SessionId>>(
    world: &World,
    fill: impl FnOnce(&mut S),
) -> (SessionStore<S>, SessionId) {
    let store = world.store::<S>().await;
    let mut session = store.create();
    fill(&mut session);
    let _ = session.commit().await.unwrap();
    (store, session.id().clone())
}

fn kind(value: &AttributeValue) -> &'static str {
    match value {
        AttributeValue::B(_) => "B",
        AttributeValue::S(_) => "S",
        AttributeValue::M(_) => "M",
        _ => "another",
    }
}

#[tokio::test]
async fn what_was_stored_plainly_is_read_and_encrypted_by_the_next_commit_that_writes() {
    let world = World::new();
    let (_, id) = begin(&world, |plain: &mut Plain| {
        plain.token = Some(TOKEN.to_owned());
        plain.tokens = tokens();
    })
    .await;
    let store = world.store::<Secret>().await;
    let mut session = world.load(&store, &id).await;
    assert_eq!((session.token.as_deref(), &session.tokens), (Some(TOKEN), &tokens()));
    // Nothing for nothing: neither a look nor a touch writes it.
    session.token = Some(TOKEN.to_owned());
    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(session.commit().await.unwrap(), Committed::Touched);
    assert_eq!(kind(&stored(&world, &store, &id, "token").await.unwrap()), "S");

    session.views += 1;
    world.network.take_sent();
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_eq!(world.network.operations(), ["UpdateItem"]);
    let item = world.item(&store, &id).await.unwrap();
    assert_eq!((kind(&item["token"]), kind(&item["tokens"])), ("B", "B"));
    session.views += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    let after = world.item(&store, &id).await.unwrap();
    assert_eq!((&item["token"], &item["tokens"]), (&after["token"], &after["tokens"]), "once");
    let loaded = world.load(&store, &id).await;
    assert_eq!((loaded.token.as_deref(), &loaded.tokens), (Some(TOKEN), &tokens()));
}

#[tokio::test]
async fn a_renewal_and_an_update_encrypt_it_too() {
    for renew in [true, false] {
        let world = World::new();
        let (_, mut id) =
            begin(&world, |plain: &mut Plain| plain.token = Some(TOKEN.to_owned())).await;
        let store = world.store::<Secret>().await;
        match renew {
            true => {
                let mut session = world.load(&store, &id).await;
                session.renew().await.unwrap();
                assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
                id = session.id().clone();
            }
            false => store.update(&id, |session| session.views += 1).await.unwrap(),
        }
        assert_eq!(kind(&stored(&world, &store, &id, "token").await.unwrap()), "B");
        assert_eq!(world.load(&store, &id).await.token.as_deref(), Some(TOKEN));
    }
}

#[tokio::test]
async fn what_others_write_meanwhile_is_not_overwritten_by_encrypting_it() {
    let world = World::new();
    let (plain, id) =
        begin(&world, |plain: &mut Plain| plain.token = Some("first".to_owned())).await;
    let store = world.store::<Secret>().await;
    let mut old = world.load(&plain, &id).await;
    let mut session = world.load(&store, &id).await;
    old.token = Some("second".to_owned());
    let _ = old.commit().await.unwrap();
    session.views += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_eq!(stored(&world, &store, &id, "token").await.unwrap(), s("second"));
    let mut session = world.load(&store, &id).await;
    assert_eq!((session.token.as_deref(), session.views), (Some("second"), 1));

    // Two of the new version at once.
    let mut other = world.load(&store, &id).await;
    other.token = Some("third".to_owned());
    let _ = other.commit().await.unwrap();
    session.views += 1;
    let _ = session.commit().await.unwrap();
    let loaded = world.load(&store, &id).await;
    assert_eq!((loaded.token.as_deref(), loaded.views), (Some("third"), 2));
}

#[tokio::test]
async fn a_commit_that_is_written_whole_encrypts_it_or_leaves_what_others_wrote() {
    for overtaken in [false, true] {
        let world = World::new();
        let (plain, id) = begin(&world, |plain: &mut Plain| {
            plain.token = Some("first".to_owned());
            plain.cart = (0..600).map(|number| (format!("sku-{number}"), 0)).collect();
        })
        .await;
        let store = world.store::<Secret>().await;
        let mut session = world.load(&store, &id).await;
        if overtaken {
            let mut old = world.load(&plain, &id).await;
            old.token = Some("second".to_owned());
            let _ = old.commit().await.unwrap();
        }
        session.cart.values_mut().for_each(|count| *count = 1);
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
        let token = stored(&world, &store, &id, "token").await.unwrap();
        assert_eq!(kind(&token), if overtaken { "S" } else { "B" });
        let loaded = world.load(&store, &id).await;
        assert_eq!(loaded.token.as_deref(), Some(if overtaken { "second" } else { "first" }));
        assert_eq!(loaded.cart["sku-599"], 1);
    }
}

#[tokio::test]
async fn a_commit_that_encrypted_it_and_got_no_answer_is_settled() {
    dynamo_session_tests::skip_pauses();
    let world = World::new();
    let (_, id) = begin(&world, |plain: &mut Plain| plain.token = Some(TOKEN.to_owned())).await;
    let store = world.store::<Secret>().await;
    let mut session = world.load(&store, &id).await;
    session.views += 1;
    for _ in 0..5 {
        world.network.fail_next("UpdateItem", dynamo_session_tests::Fault::LoseResponse);
    }
    assert!(session.commit().await.unwrap_err().is_unavailable());
    world.network.forget_faults();
    let encrypted = stored(&world, &store, &id, "token").await.unwrap();
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
    session.views += 1;
    let _ = session.commit().await.unwrap();
    assert_eq!(stored(&world, &store, &id, "token").await.unwrap(), encrypted);
    assert_eq!(world.load(&store, &id).await.token.as_deref(), Some(TOKEN));
}

#[tokio::test]
async fn what_was_stored_plainly_is_not_stored_so_again_when_a_change_is_taken_back() {
    dynamo_session_tests::skip_pauses();
    for operation in ["UpdateItem", "TransactWriteItems"] {
        let world = World::new();
        let (_, id) = begin(&world, |plain: &mut Plain| plain.token = Some(TOKEN.to_owned())).await;
        let store = world.store::<Secret>().await;
        let mut session = world.load(&store, &id).await;
        session.token = Some("other".to_owned());
        for _ in 0..5 {
            world.network.fail_next(operation, dynamo_session_tests::Fault::LoseResponse);
        }
        let lost = match operation {
            "UpdateItem" => session.commit().await.map(drop),
            _ => session.renew().await,
        };
        assert!(lost.unwrap_err().is_unavailable());
        world.network.forget_faults();
        session.token = Some(TOKEN.to_owned());
        let _ = session.commit().await.unwrap();
        assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
        assert_eq!(kind(&stored(&world, &store, session.id(), "token").await.unwrap()), "B");
        assert_eq!(world.load(&store, session.id()).await.token.as_deref(), Some(TOKEN));
    }
}

/// First a deployment that reads both forms and writes the old one; then one that writes the new one.
#[tokio::test]
async fn servers_of_two_versions_read_each_other_in_each_step() {
    let world = World::new();
    let (plain, id) = begin(&world, |plain: &mut Plain| plain.token = Some("0".to_owned())).await;
    let (reading, secret) = (world.store::<Reading>().await, world.store::<Secret>().await);
    let mut session = world.load(&reading, &id).await;
    session.token = Some("1".to_owned());
    let _ = session.commit().await.unwrap();
    assert_eq!(stored(&world, &reading, &id, "token").await.unwrap(), s("1"));
    assert_eq!(world.load(&plain, &id).await.token.as_deref(), Some("1"));

    let mut session = world.load(&secret, &id).await;
    session.token = Some("2".to_owned());
    let _ = session.commit().await.unwrap();
    assert_eq!(kind(&stored(&world, &secret, &id, "token").await.unwrap()), "B");
    assert_eq!(world.load(&reading, &id).await.token.as_deref(), Some("2"));
    assert!(plain.load(&id).await.unwrap_err().is_decode(), "hence two steps");

    // And the same way back: the reading version writes plainly what it finds encrypted.
    let mut session = world.load(&reading, &id).await;
    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
    session.views += 1;
    let _ = session.commit().await.unwrap();
    assert_eq!(world.load(&plain, &id).await.token.as_deref(), Some("2"));
    assert_eq!(world.load(&secret, &id).await.token.as_deref(), Some("2"));
}

/// They are Binary in either form, and one is not taken for the other.
#[tokio::test]
async fn bytes_that_were_stored_plainly_are_no_secret_and_go_back_all_the_same() {
    macro_rules! bytes {
        ($name:ident, $($secret:meta)?) => {
            #[derive(Debug, DynamoSession)]
            #[session(table = "accounts", key_prefix = "account#")]
            struct $name {
                #[session(hash_key)]
                id: SessionId,
                #[session(ttl)]
                expires_at: Expires,
                $(#[$secret])?
                key: Vec<u8>,
                views: u32,
            }
        };
    }
    bytes!(PlainBytes,);
    bytes!(ReadingBytes, session(secret = "read"));
    bytes!(SecretBytes, session(secret));
    let world = World::new();
    let (plain, id) = begin(&world, |plain: &mut PlainBytes| plain.key = KEY.to_vec()).await;
    let (reading, secret) =
        (world.store::<ReadingBytes>().await, world.store::<SecretBytes>().await);
    assert_eq!(secret.load(&id).await.unwrap_err().attribute(), Some("key"));
    assert_eq!(world.load(&reading, &id).await.key, KEY);

    let (_, id) = begin(&world, |secret: &mut SecretBytes| secret.key = KEY.to_vec()).await;
    let mut session = world.load(&reading, &id).await;
    assert_eq!(session.key, KEY);
    session.views += 1;
    let _ = session.commit().await.unwrap();
    assert_eq!(world.load(&plain, &id).await.key, KEY);
    let mut session = world.load(&reading, &id).await;
    session.renew().await.unwrap();
    assert_eq!(world.load(&plain, session.id()).await.key, KEY);
}

#[tokio::test]
async fn on_the_way_back_a_renewal_writes_it_plainly() {
    let world = World::new();
    let (_, id) = begin(&world, |secret: &mut Secret| {
        secret.token = Some(TOKEN.to_owned());
        secret.tokens = tokens();
    })
    .await;
    let reading = world.store::<Reading>().await;
    let mut session = world.load(&reading, &id).await;
    session.renew().await.unwrap();
    let item = world.item(&reading, session.id()).await.unwrap();
    assert_eq!((kind(&item["token"]), kind(&item["tokens"])), ("S", "M"));
    session.tokens.expires += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    let plain = world.store::<Plain>().await;
    let loaded = world.load(&plain, session.id()).await;
    assert_eq!((loaded.token.as_deref(), loaded.tokens.expires), (Some(TOKEN), 1_800_003_601));
}

/// Another's commit that encrypts a plain value changes what a guard compares.
#[tokio::test]
async fn encrypting_it_counts_as_a_change_for_a_guard_once() {
    #[derive(Debug, DynamoSession)]
    #[session(table = "accounts", key_prefix = "account#")]
    struct Guarded {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        #[session(secret, guard)]
        token: Option<String>,
        views: u32,
    }
    let world = World::new();
    let (_, id) = begin(&world, |plain: &mut Plain| plain.token = Some(TOKEN.to_owned())).await;
    let store = world.store::<Guarded>().await;
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    one.views += 1;
    other.views += 1;
    assert_eq!(one.commit().await.unwrap(), Committed::Updated);
    assert!(other.commit().await.unwrap_err().is_conflict());
    one.views += 1;
    assert_eq!(one.commit().await.unwrap(), Committed::Updated);
    store.update(&id, |session| session.views += 1).await.unwrap();
    assert_eq!(world.load(&store, &id).await.views, 3);
}

/// It moves what was encrypted for the old id, and cannot encrypt it anew: the field is to be deployed first.
#[tokio::test]
async fn after_a_renewal_by_a_version_without_the_field_it_cannot_be_decrypted() {
    #[derive(Debug, DynamoSession)]
    #[session(table = "accounts", key_prefix = "account#")]
    struct Unaware {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        views: u32,
    }
    let world = World::new();
    let store = world.store::<Account>().await;
    let mut session = store.create();
    session.pin = Some(PIN);
    let _ = session.commit().await.unwrap();
    let unaware = world.store::<Unaware>().await;
    let mut theirs = world.load(&unaware, session.id()).await;
    theirs.views += 1;
    let _ = theirs.commit().await.unwrap();
    assert_eq!(world.load(&store, session.id()).await.pin, Some(PIN), "a commit leaves it alone");
    theirs.renew().await.unwrap();
    assert_eq!(world.load(&store, theirs.id()).await.pin, None, "it is lenient");

    let mut session = store.create();
    session.token = Some(TOKEN.to_owned());
    let _ = session.commit().await.unwrap();
    let mut theirs = world.load(&unaware, session.id()).await;
    theirs.renew().await.unwrap();
    let error = store.load(theirs.id()).await.unwrap_err();
    assert!(error.is_decode() && error.attribute() == Some("token"), "{error}");
}
