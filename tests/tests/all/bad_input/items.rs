//! Items that another program left.

use super::*;

/// A stored session whose item was changed by another program.
async fn tampered(
    world: &World,
    store: &SessionStore<Shop>,
    tamper: impl FnOnce(&mut Item),
) -> SessionId {
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    session.cart.insert("sku".to_owned(), 1);
    let _ = session.commit().await.unwrap();
    let mut item = world.item(store, session.id()).await.unwrap();
    tamper(&mut item);
    world.put(store, item).await;
    session.id().clone()
}

/// Every way to reach the item fails in the same way, and leaves it as it is.
async fn assert_refused(attribute: &str, value: Option<AttributeValue>, words: &[&str]) {
    let (world, store) = World::with_store::<Shop>().await;
    let id = tampered(&world, &store, |item| match value {
        Some(value) => drop(item.insert(attribute.to_owned(), value)),
        None => drop(item.remove(attribute)),
    })
    .await;
    let before = world.item(&store, &id).await.unwrap();

    for error in [
        store.load(&id).await.map(drop).unwrap_err(),
        store.update(&id, |session| session.views += 1).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert_eq!(error.attribute(), Some(attribute), "{error}");
        assert_says(&error, &["shop-sessions", attribute, &id.fingerprint()]);
        assert_says(&error, words);
    }
    assert_eq!(world.item(&store, &id).await.unwrap(), before);

    let lenient = SessionStore::<Shop>::builder()
        .client(world.client.clone())
        .clock(world.clock.clone())
        .on_undecodable(OnUndecodable::End)
        .build()
        .await
        .unwrap();
    assert!(lenient.load(&id).await.unwrap().is_none());
    assert!(lenient.update(&id, |session| session.views += 1).await.unwrap_err().is_gone());
    assert_eq!(world.item(&store, &id).await.unwrap(), before, "`End` leaves the item alone");

    store.destroy(&id).await.unwrap();
    assert!(world.item(&store, &id).await.is_none(), "it can still be ended");
}

#[tokio::test]
async fn an_expiry_that_is_missing_or_not_a_number() {
    let words = ["nothing was changed", "epoch seconds", "destroy"];
    assert_refused("expires_at", None, &words).await;
    for value in [s("1900000000"), AttributeValue::Null(true), m([]), AttributeValue::Bool(true)] {
        assert_refused("expires_at", Some(value), &words).await;
    }
}

#[tokio::test]
async fn an_expiry_that_is_negative_zero_or_past_is_absence() {
    for value in ["-1", "0", "-99999999999999999999999999999999999999", "1799999999.9"] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = tampered(&world, &store, |item| {
            item.insert("expires_at".to_owned(), n(value));
        })
        .await;
        let before = world.item(&store, &id).await.unwrap();
        assert!(store.load(&id).await.unwrap().is_none(), "{value}");
        assert!(store.update(&id, |shop| shop.views += 1).await.unwrap_err().is_gone());
        assert_eq!(world.item(&store, &id).await.unwrap(), before);
    }
}

#[tokio::test]
async fn an_expiry_with_a_fraction_is_rounded_down() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = tampered(&world, &store, |item| {
        item.insert("expires_at".to_owned(), n("1800000001.9"));
    })
    .await;
    assert_eq!(world.load(&store, &id).await.expires_at().epoch_seconds(), NOW + 1);
    world.clock.advance(Duration::from_secs(1));
    assert!(store.load(&id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_huge_expiry_is_a_session_whose_expiry_the_next_commit_mends() {
    for value in ["9223372036854775807", "99999999999999999999999999999999999999", "1E+125"] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = tampered(&world, &store, |item| {
            item.insert("expires_at".to_owned(), n(value));
        })
        .await;
        let mut session = world.load(&store, &id).await;
        session.views += 1;
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
        let mended = world.item(&store, &id).await.unwrap();
        assert_eq!(mended["expires_at"], n(NOW + 1800));
    }
}

#[tokio::test]
async fn a_creation_that_is_not_a_number() {
    for value in [s("1900000000"), AttributeValue::Null(true), AttributeValue::L(vec![])] {
        assert_refused("created_at", Some(value), &["nothing was changed", "a Number"]).await;
    }
}

#[tokio::test]
async fn a_missing_creation_is_now_and_is_stored_by_the_next_write() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = tampered(&world, &store, |item| {
        item.remove("created_at");
    })
    .await;
    world.clock.advance(Duration::from_secs(100));
    let mut session = world.load(&store, &id).await;
    assert_eq!(session.created_at, CreatedAt::from_epoch_seconds(NOW + 100));
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    let item = world.item(&store, &id).await.unwrap();
    assert_eq!(item["created_at"], n(NOW + 100));
}

#[tokio::test]
async fn a_creation_so_old_that_the_absolute_timeout_has_passed_is_absence() {
    for value in ["-1", "0", "-1E+125", &(NOW - 12 * 3600).to_string()] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = tampered(&world, &store, |item| {
            item.insert("created_at".to_owned(), n(value));
        })
        .await;
        assert!(store.load(&id).await.unwrap().is_none(), "{value}");
    }
}

macro_rules! clamped {
    ($($name:ident: $ttl:ty, $created:ty;)*) => {$(
        #[tokio::test]
        async fn $name() {
            #[derive(Debug, DynamoSession)]
            #[session(table = "clamped")]
            struct Clamped {
                #[session(hash_key)]
                id: SessionId,
                #[session(ttl)]
                expires_at: $ttl,
                #[session(created)]
                created_at: $created,
                visits: u32,
            }

            for (ttl, created) in [("1E+30", "-1E+30"), ("1E+18", "1E+18"), ("1900000000", "-5")] {
                let (world, store) = World::with_store::<Clamped>().await;
                let id = SessionId::generate();
                let item = Item::from([
                    ("id".to_owned(), s(Clamped::SCHEMA.table_key(&id))),
                    ("expires_at".to_owned(), n(ttl)),
                    ("created_at".to_owned(), n(created)),
                ]);
                world.put(&store, item).await;
                let mut session = world.load(&store, &id).await;
                session.visits = 1;
                assert_eq!(session.commit().await.unwrap(), Committed::Updated);
                assert_eq!(session.expires_at().epoch_seconds(), NOW + 1800);
                session.visits = 2;
                session.renew().await.unwrap();
                let moved = world.load(&store, session.id()).await;
                assert_eq!(moved.visits, 2);
            }
        }
    )*};
}

clamped! {
    instants_beyond_our_types_are_no_obstacle: Expires, CreatedAt;
    instants_beyond_u64_are_no_obstacle: u64, u64;
    instants_beyond_system_time_are_no_obstacle: std::time::SystemTime, std::time::SystemTime;
    instants_beyond_chrono_are_no_obstacle: chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>;
    instants_beyond_jiff_are_no_obstacle: jiff::Timestamp, jiff::Timestamp;
    instants_beyond_time_are_no_obstacle: time::OffsetDateTime, time::OffsetDateTime;
}

#[tokio::test]
async fn a_field_of_the_wrong_type() {
    let cases: [(&str, AttributeValue, &[&str]); 15] = [
        ("user", n("1"), &["a Number (N)", "Option<", "destroy the session"]),
        ("user", m([("a", s("b"))]), &["a Map (M)"]),
        ("cart", s("{}"), &["a String (S)", "BTreeMap"]),
        ("cart", m([("sku", n("-1"))]), &["u32"]),
        ("cart", m([("sku", n("1.5"))]), &["u32"]),
        ("cart", m([("sku", n("4294967296"))]), &["u32"]),
        ("cart", m([("sku", AttributeValue::Null(true))]), &["u32"]),
        ("views", s("7"), &["u64"]),
        ("views", n("-1"), &["u64"]),
        ("credits", n("256"), &["u8"]),
        ("preferences", m([("language", s("fr"))]), &["Preferences", "currency"]),
        ("payment", m([("Cash", n("1"))]), &["Payment", "Cash"]),
        ("payment", m([("Invoice", s("a")), ("Card", m([]))]), &["Payment"]),
        ("avatar", s("abc"), &["a String (S)", "Binary"]),
        ("roles", AttributeValue::Ns(vec!["1".to_owned()]), &["a Number Set (NS)"]),
    ];
    for (attribute, value, words) in cases {
        assert_refused(attribute, Some(value), words).await;
    }
}

#[tokio::test]
async fn bookkeeping_that_is_not_ours() {
    assert_refused("_seq", Some(s("1")), &["a String (S)", "a whole Number", "reserved"]).await;
    assert_refused("_seq", Some(n("1.5")), &["a whole Number"]).await;
    assert_refused("_seq", Some(n("1E+30")), &["a whole Number"]).await;
    assert_refused("_commits", Some(s("x")), &["a String (S)", "a Map", "reserved"]).await;
    assert_refused("_commits", Some(m([("x", s("y"))])), &["a Map of whole Numbers"]).await;
}

#[tokio::test]
async fn only_a_key_and_an_expiry_is_a_session_of_defaults() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = SessionId::generate();
    let bare = Item::from([
        ("id".to_owned(), s(Shop::SCHEMA.table_key(&id))),
        ("expires_at".to_owned(), n("1800000100")),
    ]);
    world.put(&store, bare.clone()).await;
    let mut session = world.load(&store, &id).await;
    assert!(!session.is_new());
    assert_eq!((session.credits, session.theme.as_deref()), (10, Some("light")));
    assert_eq!(world.item(&store, &id).await.unwrap(), bare, "reading writes nothing");

    session.views += 1;
    let _ = session.commit().await.unwrap();
    session.roles.insert("admin".to_owned());
    let _ = session.commit().await.unwrap();
    let loaded = world.load(&store, &id).await;
    assert_eq!((loaded.views, loaded.roles.len()), (1, 1));
    assert_eq!(loaded.created_at, CreatedAt::from_epoch_seconds(NOW));
    session.renew().await.unwrap();
    assert_eq!(world.load(&store, session.id()).await.views, 1);
}

#[tokio::test]
async fn unknown_attributes_of_every_type_survive_every_write() {
    let (world, store) = World::with_store::<Shop>().await;
    let unknown = Item::from([
        ("x s".to_owned(), s("")),
        ("x n".to_owned(), n("1.50")),
        ("x b".to_owned(), AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new([0]))),
        ("x ns".to_owned(), AttributeValue::Ns(vec!["1".to_owned(), "2".to_owned()])),
        ("x null".to_owned(), AttributeValue::Null(true)),
        ("x l".to_owned(), AttributeValue::L(vec![m([("a", s("b"))])])),
        ("#0".to_owned(), s("looks like a placeholder")),
    ]);
    let id = tampered(&world, &store, |item| item.extend(unknown.clone())).await;
    let mut session = world.load(&store, &id).await;
    session.user = None;
    session.cart.clear();
    let _ = session.commit().await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    let _ = session.touch().await.unwrap();
    store.update(&id, |session| session.views += 1).await.unwrap();
    session.renew().await.unwrap();
    let item = world.item(&store, session.id()).await.unwrap();
    for (name, value) in &unknown {
        let (AttributeValue::N(kept), AttributeValue::N(put)) = (&item[name], value) else {
            assert_eq!(&item[name], value, "{name}");
            continue;
        };
        assert_eq!(kept.parse::<f64>().unwrap(), put.parse::<f64>().unwrap());
    }
}

#[tokio::test]
async fn a_sequence_at_the_end_of_its_range_is_no_panic() {
    let (world, store) = World::with_store::<Shop>().await;
    let mut session = store.create();
    session.views = 1;
    session.commit().await.unwrap();
    let mut item = world.item(&store, session.id()).await.unwrap();
    item.insert("_seq".to_owned(), n("9223372036854775807"));
    world.put(&store, item).await;
    let mut session = world.load(&store, session.id()).await;
    session.views += 1;
    session.commit().await.unwrap();
}

#[tokio::test]
async fn an_item_that_goes_bad_between_load_and_commit() {
    let bad = [("expires_at", s("never")), ("_seq", s("x")), ("_commits", s("x"))];
    for (attribute, value) in bad {
        let (world, store) = World::with_store::<Shop>().await;
        let id = tampered(&world, &store, |_| {}).await;
        let mut session = world.load(&store, &id).await;
        let mut item = world.item(&store, &id).await.unwrap();
        item.insert(attribute.to_owned(), value);
        world.put(&store, item.clone()).await;
        session.views += 1;
        let error = session.commit().await.unwrap_err();
        assert!(error.is_decode(), "{error}");
        assert_eq!(error.attribute(), Some(attribute));
        assert!(session.renew().await.is_err());
        assert_eq!(world.item(&store, &id).await.unwrap(), item);
    }
}
