//! What comes from outside and is wrong: each has a clear error or a defined meaning, and nothing is overwritten.

#![allow(clippy::unwrap_used)]

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{
    Committed, CreatedAt, DynamoSession, Error, ErrorKind, Expires, OnUndecodable, Session,
    SessionId, SessionKey, SessionStore,
};
use dynamo_session_tests::{Shop, World};
use serde::{Deserialize, Serialize};

type Item = HashMap<String, AttributeValue>;

const NOW: i64 = 1_800_000_000;

fn n(number: &str) -> AttributeValue {
    AttributeValue::N(number.to_owned())
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn m<const N: usize>(entries: [(&str, AttributeValue); N]) -> AttributeValue {
    AttributeValue::M(entries.map(|(key, value)| (key.to_owned(), value)).into())
}

fn assert_says(error: &Error, words: &[&str]) {
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "`{word}` is missing: {text}");
    }
}

mod ids {
    use super::*;

    #[test]
    fn session_ids_have_one_form() {
        let id = SessionId::generate();
        let text = id.expose_secret();
        assert_eq!(text.parse::<SessionId>().unwrap(), id);

        let mut cases = vec![
            String::new(),
            " ".to_owned(),
            text[..42].to_owned(),
            format!("{text}A"),
            format!("{text}="),
            format!("{}=", &text[..42]),
            format!(" {}", &text[..42]),
            format!("{}\n", &text[..42]),
            format!("{}\0", &text[..42]),
            "\0".repeat(43),
            "é".repeat(21) + "a",
            "A".repeat(64),
            "A".repeat(5_000_000),
            uuid::Uuid::nil().to_string(),
        ];
        // 43 characters hold 258 bits: of the last one, only every fourth is canonical.
        let canonical: Vec<char> = "AEIMQUYcgkosw048".chars().collect();
        for last in ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']) {
            let text = format!("{}{last}", &text[..42]);
            match canonical.contains(&last) {
                true => assert_eq!(text.parse::<SessionId>().unwrap().expose_secret(), text),
                false => cases.push(text),
            }
        }
        for (foreign, ours) in [('+', '-'), ('/', '_'), ('=', 'A'), ('%', 'A'), ('.', 'A')] {
            let text = format!("{ours}{}", "A".repeat(42));
            assert!(text.parse::<SessionId>().is_ok());
            cases.push(text.replacen(ours, &foreign.to_string(), 1));
        }
        for case in cases {
            for error in [case.parse::<SessionId>(), <SessionId as SessionKey>::parse(&case)] {
                let error = error.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidId);
                assert_says(&error, &["not a session id"]);
                let shown = format!("{error} {error:?}");
                assert!(shown.len() < 500, "the text is not repeated: {}", shown.len());
                let half: String = case.chars().take(case.chars().count() / 2).collect();
                assert!(half.trim().len() < 10 || !shown.contains(&half));
            }
        }
    }

    #[test]
    fn string_keys_are_what_a_key_can_be() {
        for good in ["a", "ключ", "with space", &"k".repeat(2048)] {
            assert_eq!(<String as SessionKey>::parse(good).unwrap(), good);
        }
        let bad = ["", "\0", "a\0b", "line\n", "\u{7f}", &"k".repeat(2049), &"k".repeat(5_000_000)];
        for bad in bad {
            let error = <String as SessionKey>::parse(bad).unwrap_err();
            assert!(error.is_invalid_id());
            assert!(error.to_string().len() < 200);
        }
    }

    #[test]
    fn uuid_keys_are_uuids() {
        let good = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        let key = <uuid::Uuid as SessionKey>::parse(good).unwrap();
        assert_eq!(key.attribute_value(), good);
        let upper = <uuid::Uuid as SessionKey>::parse(&good.to_uppercase()).unwrap();
        assert_eq!(upper.attribute_value(), good, "one form in the table");
        let bad = [
            "",
            "\0",
            &good[1..],
            &good.replace("67e5", "\0\0\0\0"),
            &good.replace('6', "g"),
            &good.repeat(2),
            &"0".repeat(5_000_000),
        ];
        for bad in bad {
            let error = <uuid::Uuid as SessionKey>::parse(bad).unwrap_err();
            assert!(error.is_invalid_id());
            let shown = format!("{error} {error:?}");
            assert!(shown.len() < 500, "{}", shown.len());
            assert!(!shown.contains(&good[9..]), "{shown}");
        }
    }

    #[derive(Debug, DynamoSession)]
    #[session(table = "foreign-keys")]
    struct Foreign {
        #[session(hash_key)]
        id: String,
        #[session(ttl)]
        expires_at: Expires,
        user: Option<String>,
    }

    #[tokio::test]
    async fn a_string_that_cannot_be_a_key_is_refused_before_it_is_sent() {
        let world = World::new();
        let store = world.store::<Foreign>().await;
        for key in [String::new(), "k".repeat(2049), "k".repeat(5_000_000)] {
            let errors = [
                store.load(&key).await.map(drop).unwrap_err(),
                store.update(&key, |session| session.user = None).await.unwrap_err(),
                store.destroy(&key).await.unwrap_err(),
            ];
            for error in errors {
                assert_eq!(error.kind(), ErrorKind::InvalidId, "{error}");
                assert!(error.to_string().len() < 300);
            }
        }
        assert!(world.network.take_sent().is_empty());
        assert!(store.load(&"a\0b".to_owned()).await.unwrap().is_none());
        assert!(store.load(&"k".repeat(2048)).await.unwrap().is_none());
    }
}

mod items {
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
        let world = World::new();
        let store = world.store::<Shop>().await;
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
        for value in
            [s("1900000000"), AttributeValue::Null(true), m([]), AttributeValue::Bool(true)]
        {
            assert_refused("expires_at", Some(value), &words).await;
        }
    }

    #[tokio::test]
    async fn an_expiry_that_is_negative_zero_or_past_is_absence() {
        for value in ["-1", "0", "-99999999999999999999999999999999999999", "1799999999.9"] {
            let world = World::new();
            let store = world.store::<Shop>().await;
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
        let world = World::new();
        let store = world.store::<Shop>().await;
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
            let world = World::new();
            let store = world.store::<Shop>().await;
            let id = tampered(&world, &store, |item| {
                item.insert("expires_at".to_owned(), n(value));
            })
            .await;
            let mut session = world.load(&store, &id).await;
            session.views += 1;
            assert_eq!(session.commit().await.unwrap(), Committed::Updated);
            let mended = world.item(&store, &id).await.unwrap();
            assert_eq!(mended["expires_at"], n(&(NOW + 1800).to_string()));
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
        let world = World::new();
        let store = world.store::<Shop>().await;
        let id = tampered(&world, &store, |item| {
            item.remove("created_at");
        })
        .await;
        world.clock.advance(Duration::from_secs(100));
        let mut session = world.load(&store, &id).await;
        assert_eq!(session.created_at, CreatedAt::from_epoch_seconds(NOW + 100));
        assert_eq!(session.touch().await.unwrap(), Committed::Touched);
        let item = world.item(&store, &id).await.unwrap();
        assert_eq!(item["created_at"], n(&(NOW + 100).to_string()));
    }

    #[tokio::test]
    async fn a_creation_so_old_that_the_absolute_timeout_has_passed_is_absence() {
        for value in ["-1", "0", "-1E+125", &(NOW - 12 * 3600).to_string()] {
            let world = World::new();
            let store = world.store::<Shop>().await;
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
                    let world = World::new();
                    let store = world.store::<Clamped>().await;
                    let id = SessionId::generate();
                    let item = Item::from([
                        ("id".to_owned(), s(&id.attribute_value())),
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
        let world = World::new();
        let store = world.store::<Shop>().await;
        let id = SessionId::generate();
        let bare = Item::from([
            ("id".to_owned(), s(&id.attribute_value())),
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
        let world = World::new();
        let store = world.store::<Shop>().await;
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
        let world = World::new();
        let store = world.store::<Shop>().await;
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
            let world = World::new();
            let store = world.store::<Shop>().await;
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
}

mod values {
    use super::*;

    #[derive(Debug, DynamoSession)]
    #[session(table = "bags")]
    struct Bag {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        user: Option<String>,
        number: f64,
        small: f32,
        prices: BTreeMap<String, f64>,
        points: Vec<(f64, f64)>,
        shape: Shape,
        nested: Nested,
        #[session(set)]
        floats: BTreeSet<Float>,
        #[session(set)]
        mixed: BTreeSet<NumberOrText>,
        #[session(whole)]
        layout: BTreeMap<String, u32>,
        #[session(counter)]
        hits: BTreeMap<String, u32>,
        #[session(append)]
        log: Vec<BTreeMap<String, u32>>,
        pairs: BTreeMap<(u8, u8), u32>,
        by_float: BTreeMap<Float, u32>,
        by_option: BTreeMap<Option<u8>, u32>,
        by_number: BTreeMap<u64, u32>,
        collide: BTreeMap<NumberOrText, u32>,
        tree: Tree,
        big: Option<u128>,
        bigger: Option<i128>,
    }

    #[derive(Clone, Debug, Default, Serialize, Deserialize)]
    enum Shape {
        #[default]
        None,
        Dot(f64),
        Line(f64, f64),
        Circle {
            radius: f64,
            names: BTreeMap<String, u32>,
        },
    }

    #[derive(Clone, Debug, Default, Serialize, Deserialize)]
    struct Nested {
        ratio: f64,
        deep: BTreeMap<String, BTreeMap<String, f64>>,
    }

    #[derive(Clone, Copy, Debug, Serialize, Deserialize)]
    struct Float(f64);

    impl PartialEq for Float {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other) == Ordering::Equal
        }
    }

    impl Eq for Float {}

    impl PartialOrd for Float {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl Ord for Float {
        fn cmp(&self, other: &Self) -> Ordering {
            self.0.total_cmp(&other.0)
        }
    }

    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
    #[serde(untagged)]
    enum NumberOrText {
        Number(u8),
        Text(String),
    }

    #[derive(Clone, Debug, Default, Serialize, Deserialize)]
    struct Tree(Vec<Tree>);

    impl Tree {
        fn of_depth(depth: usize) -> Self {
            (1..depth).fold(Self::default(), |tree, _| Self(vec![tree]))
        }
    }

    /// The change is refused in a new session, in a stored one, by `update` and by `renew`: nothing is sent to write,
    /// and the handle works again once the value is mended.
    async fn assert_refused(attribute: &str, words: &[&str], change: impl Fn(&mut Bag)) {
        let world = World::new();
        let store = world.store::<Bag>().await;
        let check = |error: Error| {
            assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
            assert_eq!(error.attribute(), Some(attribute), "{error}");
            assert_says(&error, &["bags", attribute, "nothing was written"]);
            assert_says(&error, words);
        };

        let mut session = store.create();
        change(&mut session);
        check(session.commit().await.unwrap_err());
        assert!(world.network.take_sent().is_empty());
        assert!(session.is_new());

        let mut session = store.create();
        session.user = Some("ada".to_owned());
        let _ = session.commit().await.unwrap();
        let id = session.id().clone();
        let before = world.item(&store, &id).await.unwrap();
        world.network.take_sent();

        change(&mut session);
        session.user = Some("bob".to_owned());
        check(session.commit().await.unwrap_err());
        assert!(world.network.take_sent().is_empty());
        check(session.renew().await.unwrap_err());
        assert_eq!(session.id(), &id);
        check(store.update(&id, &change).await.unwrap_err());
        assert!(world.network.operations().iter().all(|operation| operation == "GetItem"));
        assert_eq!(world.item(&store, &id).await.unwrap(), before);

        mend(&mut session, store.create());
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
        assert_ne!(session.id(), &id, "the renewal that was asked for comes first");
        assert_eq!(world.load(&store, session.id()).await.user.as_deref(), Some("bob"));
    }

    /// Gives every field that may be bad its default.
    fn mend(session: &mut Session<Bag>, mut fresh: Session<Bag>) {
        std::mem::swap(&mut **session, &mut *fresh);
        session.id = fresh.id.clone();
        session.expires_at = fresh.expires_at;
        session.user = fresh.user.clone();
    }

    #[tokio::test]
    async fn numbers_that_dynamodb_has_not() {
        let bad = [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            f64::MIN,
            1e126,
            -1e126,
            9.9e-131,
            -9.9e-131,
            f64::MIN_POSITIVE,
            5e-324,
        ];
        for value in bad {
            let words: &[&str] = &["DynamoDB can store"];
            assert_refused("number", words, move |bag| bag.number = value).await;
        }
        for value in [f32::NAN, f32::INFINITY] {
            assert_refused("small", &["DynamoDB can store"], move |bag| bag.small = value).await;
        }
    }

    #[tokio::test]
    async fn numbers_that_dynamodb_has_not_inside_a_field() {
        let nan = f64::NAN;
        assert_refused("prices", &["at `sku`", "NaN"], |bag| {
            bag.prices.insert("sku".to_owned(), nan);
        })
        .await;
        assert_refused("points", &["at `[1][0]`", "inf"], |bag| {
            bag.points = vec![(0.0, 0.0), (f64::INFINITY, 0.0)];
        })
        .await;
        assert_refused("nested", &["at `ratio`", "1e200"], |bag| bag.nested.ratio = 1e200).await;
        assert_refused("nested", &["at `deep.a.b`"], |bag| {
            bag.nested.deep.entry("a".to_owned()).or_default().insert("b".to_owned(), 1e-200);
        })
        .await;
        assert_refused("floats", &["at `[1]`"], |bag| {
            bag.floats = [Float(1.0), Float(f64::INFINITY)].into();
        })
        .await;
        assert_refused("shape", &["at `Dot`"], |bag| bag.shape = Shape::Dot(nan)).await;
        assert_refused("shape", &["`Line[1]`"], |bag| bag.shape = Shape::Line(0.0, nan)).await;
        assert_refused("shape", &["`Circle.radius`"], |bag| {
            bag.shape = Shape::Circle { radius: nan, names: BTreeMap::new() };
        })
        .await;
    }

    #[tokio::test]
    async fn numbers_at_the_limits_are_stored_exactly() {
        let good = [
            0.0,
            -0.0,
            9.99e125,
            -9.99e125,
            1e-130,
            -1e-130,
            0.1,
            1.0 / 3.0,
            f64::EPSILON,
            1e17,
            123_456_789_012_345_680.0,
            f64::from(f32::MAX),
            f64::from(f32::MIN_POSITIVE),
            u64::MAX as f64,
        ];
        let world = World::new();
        let store = world.store::<Bag>().await;
        let mut session = store.create();
        for value in good {
            session.number = value;
            session.prices.insert("x".to_owned(), value);
            session.floats = [Float(value), Float(7.5)].into();
            session.small = value as f32;
            if !session.small.is_finite() || (session.small != 0.0 && session.small.abs() < 1e-37) {
                session.small = 0.0;
            }
            let _ = session.commit().await.unwrap();
            let loaded = world.load(&store, session.id()).await;
            assert_eq!((loaded.number, loaded.prices["x"]), (value, value));
            assert_eq!(loaded.small, session.small);
            assert!(loaded.floats.iter().any(|float| float.0 == value), "{value:e}");
        }
    }

    #[tokio::test]
    async fn an_empty_map_key_anywhere() {
        let empty = |value: u32| BTreeMap::from([(String::new(), value)]);
        let words: &[&str] = &["map key is empty"];
        assert_refused("prices", words, |bag| {
            bag.prices.insert(String::new(), 1.0);
        })
        .await;
        assert_refused("nested", &["at `deep`", "map key is empty"], |bag| {
            bag.nested.deep.insert(String::new(), BTreeMap::new());
        })
        .await;
        assert_refused("nested", &["at `deep.a`", "map key is empty"], |bag| {
            bag.nested.deep.insert("a".to_owned(), BTreeMap::from([(String::new(), 1.0)]));
        })
        .await;
        assert_refused("shape", &["at `Circle.names`", "map key is empty"], |bag| {
            bag.shape = Shape::Circle { radius: 1.0, names: empty(1) };
        })
        .await;
        assert_refused("layout", words, |bag| bag.layout = empty(1)).await;
        assert_refused("hits", words, |bag| bag.hits = empty(1)).await;
        assert_refused("log", &["at `[0]`", "map key is empty"], |bag| bag.log.push(empty(1)))
            .await;
    }

    #[tokio::test]
    async fn map_keys_that_are_not_scalars_or_collide() {
        assert_refused("pairs", &["a map key is a tuple", "strings"], |bag| {
            bag.pairs.insert((1, 2), 3);
        })
        .await;
        assert_refused("by_float", &["a map key is a float"], |bag| {
            bag.by_float.insert(Float(1.5), 3);
        })
        .await;
        for key in [None, Some(1)] {
            assert_refused("by_option", &["a map key is an", "option"], |bag| {
                bag.by_option.insert(key, 3);
            })
            .await;
        }
        assert_refused("collide", &["two map keys", "`1`", "would be lost"], |bag| {
            bag.collide.insert(NumberOrText::Number(1), 1);
            bag.collide.insert(NumberOrText::Text("1".to_owned()), 2);
        })
        .await;
    }

    #[tokio::test]
    async fn a_set_of_mixed_types() {
        assert_refused("mixed", &["a set mixes texts, numbers and bytes"], |bag| {
            bag.mixed = [NumberOrText::Number(1), NumberOrText::Text("a".to_owned())].into();
        })
        .await;
    }

    #[tokio::test]
    async fn integers_of_128_bits() {
        let words: &[&str] = &["128-bit", "as text"];
        assert_refused("big", words, |bag| bag.big = Some(u128::MAX)).await;
        assert_refused("big", words, |bag| bag.big = Some(1)).await;
        assert_refused("bigger", words, |bag| bag.bigger = Some(-1)).await;

        #[derive(Debug, DynamoSession)]
        #[session(table = "always-bad")]
        struct AlwaysBad {
            #[session(hash_key)]
            id: SessionId,
            #[session(ttl)]
            expires_at: Expires,
            big: u128,
        }
        let world = World::new();
        let built =
            SessionStore::<AlwaysBad>::builder().client(world.client.clone()).auto_create(true);
        let error = built.build().await.unwrap_err();
        assert_eq!((error.kind(), error.attribute()), (ErrorKind::Encode, Some("big")));
        assert_says(&error, words);
        assert!(world.network.take_sent().is_empty());
    }

    #[tokio::test]
    async fn nesting_of_33_levels_is_refused_and_of_32_is_stored() {
        assert_refused("tree", &["32 levels"], |bag| bag.tree = Tree::of_depth(33)).await;

        let world = World::new();
        let store = world.store::<Bag>().await;
        let mut session = store.create();
        session.tree = Tree::of_depth(32);
        let _ = session.commit().await.unwrap();
        let mut depth = 0;
        let mut trees = &world.load(&store, session.id()).await.tree.0.clone();
        loop {
            depth += 1;
            match trees.first() {
                Some(tree) => trees = &tree.0,
                None => break,
            }
        }
        assert_eq!(depth, 32);
    }
}

mod size {
    use super::*;

    const LIMIT: usize = 400 * 1024;

    #[derive(Debug, DynamoSession)]
    #[session(table = "big-sessions", touch_interval = "1m")]
    struct Big {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        user: Option<String>,
        notes: String,
        drafts: BTreeMap<String, String>,
        #[session(append)]
        log: Vec<String>,
    }

    /// DynamoDB's own count, for the types that this session has.
    fn stored_size(item: &Item) -> usize {
        fn size(value: &AttributeValue) -> usize {
            match value {
                AttributeValue::S(text) => text.len(),
                AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
                AttributeValue::L(list) => {
                    3 + list.iter().map(|value| 1 + size(value)).sum::<usize>()
                }
                AttributeValue::M(map) => {
                    3 + map.iter().map(|(key, value)| 1 + key.len() + size(value)).sum::<usize>()
                }
                other => panic!("{other:?}"),
            }
        }
        item.iter().map(|(name, value)| name.len() + size(value)).sum()
    }

    #[tokio::test]
    async fn a_new_session_of_401_kb_is_refused_before_it_is_sent() {
        let world = World::new();
        let store = world.store::<Big>().await;
        let mut session = store.create();
        session.notes = "x".repeat(301 * 1024);
        session.drafts.insert("first".to_owned(), "y".repeat(100 * 1024));
        session.log.push("z".to_owned());
        let error = session.commit().await.unwrap_err();
        assert!(error.is_too_large(), "{error}");
        assert_eq!(error.attribute(), Some("notes"));
        let notes = format!("`notes` {} bytes, `drafts` {} bytes", 301 * 1024 + 5, 100 * 1024 + 15);
        assert_says(&error, &["409600", &notes, "nothing was sent"]);
        let size = error.to_string().split("would take ").nth(1).unwrap()[..6].parse::<usize>();
        assert!((401 * 1024..401 * 1024 + 512).contains(&size.unwrap()), "{error}");
        assert!(world.network.take_sent().is_empty());

        session.notes.clear();
        assert_eq!(session.commit().await.unwrap(), Committed::Created);
    }

    #[tokio::test]
    async fn a_stored_session_that_grows_too_large_is_refused_before_it_is_sent() {
        let world = World::new();
        let store = world.store::<Big>().await;
        let mut session = store.create();
        session.notes = "x".repeat(300 * 1024);
        let _ = session.commit().await.unwrap();
        let id = session.id().clone();
        let mut foreign = world.item(&store, &id).await.unwrap();
        foreign.insert("unknown".to_owned(), s(&"u".repeat(50 * 1024)));
        world.put(&store, foreign.clone()).await;

        let mut session = world.load(&store, &id).await;
        world.network.take_sent();
        session.log.push("y".repeat(51 * 1024));
        let error = session.commit().await.unwrap_err();
        assert!(error.is_too_large(), "what the type does not name counts too: {error}");
        assert_eq!(error.attribute(), Some("notes"));
        assert_says(&error, &["409600", "`notes`", "`log`", "nothing was sent"]);
        assert!(world.network.take_sent().is_empty());
        let error = store.update(&id, |big| big.log.push("y".repeat(51 * 1024))).await.unwrap_err();
        assert!(error.is_too_large(), "{error}");
        let error = session.renew().await.unwrap_err();
        assert!(error.is_too_large(), "{error}");
        assert_eq!(world.network.operations(), ["GetItem"; 2]);
        assert_eq!(world.item(&store, &id).await.unwrap(), foreign);

        session.log.clear();
        session.user = Some("ada".to_owned());
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    }

    #[tokio::test]
    async fn a_session_at_the_limit_is_stored_and_lives_on() {
        let world = World::new();
        let store = world.store::<Big>().await;
        let (mut fits, mut too_long) = (LIMIT - 1024, LIMIT);
        while too_long - fits > 1 {
            let length = (fits + too_long) / 2;
            let mut session = store.create();
            session.notes = "x".repeat(length);
            match session.commit().await {
                Ok(_) => fits = length,
                Err(error) if error.is_too_large() => too_long = length,
                Err(error) => panic!("what is not refused must be stored: {error}"),
            }
        }
        let mut session = store.create();
        session.notes = "x".repeat(fits);
        assert_eq!(session.commit().await.unwrap(), Committed::Created);
        let size = stored_size(&world.item(&store, session.id()).await.unwrap());
        assert!((LIMIT - 128..=LIMIT).contains(&size), "{size}");

        world.clock.advance(Duration::from_secs(60));
        assert_eq!(session.touch().await.unwrap(), Committed::Touched);
        let mut session = world.load(&store, session.id()).await;
        session.notes.truncate(fits - 1000);
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
        session.log.push("y".repeat(800));
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    }

    #[tokio::test]
    async fn two_requests_that_together_grow_too_large_lose_nothing_of_the_first() {
        let world = World::new();
        let store = world.store::<Big>().await;
        let mut session = store.create();
        session.user = Some("ada".to_owned());
        let _ = session.commit().await.unwrap();
        let id = session.id().clone();
        let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
        one.notes = "x".repeat(250 * 1024);
        other.drafts.insert("a".to_owned(), "y".repeat(250 * 1024));
        let _ = one.commit().await.unwrap();
        let before = world.item(&store, &id).await.unwrap();
        let error = other.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
        assert_says(&error, &["size"]);
        assert_eq!(world.item(&store, &id).await.unwrap(), before);
    }
}

mod tables {
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    };

    use super::*;

    async fn create(world: &World, keys: &[(&str, KeyType, ScalarAttributeType)]) {
        let mut create = world
            .direct
            .create_table()
            .table_name("shop-sessions")
            .billing_mode(BillingMode::PayPerRequest);
        for (name, key_type, attribute_type) in keys {
            let key = KeySchemaElement::builder().attribute_name(*name).key_type(key_type.clone());
            let attribute = AttributeDefinition::builder()
                .attribute_name(*name)
                .attribute_type(attribute_type.clone());
            create = create
                .key_schema(key.build().unwrap())
                .attribute_definitions(attribute.build().unwrap());
        }
        create.send().await.unwrap();
    }

    async fn description(world: &World) -> String {
        let client = world.direct.clone();
        let table = client.describe_table().table_name("shop-sessions").send().await.unwrap();
        let ttl = client.describe_time_to_live().table_name("shop-sessions").send().await.unwrap();
        format!("{:?} {:?}", table.table, ttl.time_to_live_description)
    }

    async fn store(world: &World) -> SessionStore<Shop> {
        let builder = SessionStore::<Shop>::builder().client(world.client.clone());
        builder.clock(world.clock.clone()).build().await.unwrap()
    }

    #[tokio::test]
    async fn a_table_with_another_key() {
        use ScalarAttributeType::{B, N, S};
        let cases: [&[(&str, KeyType, ScalarAttributeType)]; 4] = [
            &[("pk", KeyType::Hash, S)],
            &[("id", KeyType::Hash, N)],
            &[("id", KeyType::Hash, B)],
            &[("id", KeyType::Hash, S), ("sort", KeyType::Range, S)],
        ];
        for keys in cases {
            let world = World::new();
            create(&world, keys).await;
            let before = description(&world).await;
            let store = store(&world).await;
            let id = SessionId::generate();
            let mut session = store.create();
            session.user = Some("ada".to_owned());
            for error in [
                store.load(&id).await.map(drop).unwrap_err(),
                store.update(&id, |session| session.views += 1).await.unwrap_err(),
                store.destroy(&id).await.unwrap_err(),
                session.commit().await.map(drop).unwrap_err(),
            ] {
                assert!(error.is_configuration(), "{error}");
                assert_eq!(error.attribute(), Some("id"), "{error}");
                assert_says(&error, &["the table's key is not", "`id`", "hash_key"]);
            }

            let builder = SessionStore::<Shop>::builder().client(world.client.clone());
            let error = builder.auto_create(true).build().await.unwrap_err();
            assert!(error.is_configuration(), "{error}");
            assert_eq!(error.attribute(), Some("id"));
            for (name, key_type, attribute_type) in keys {
                assert_says(&error, &[&format!("`{name}` ({key_type}, {attribute_type})")]);
            }
            assert_says(&error, &["`id` (HASH, S)", "was not touched", "another table"]);
            assert_eq!(description(&world).await, before);
        }
    }

    #[tokio::test]
    async fn a_table_whose_ttl_is_on_another_attribute() {
        let world = World::new();
        create(&world, &[("id", KeyType::Hash, ScalarAttributeType::S)]).await;
        let specification = aws_sdk_dynamodb::types::TimeToLiveSpecification::builder()
            .attribute_name("valid_until")
            .enabled(true)
            .build()
            .unwrap();
        let client = world.direct.clone();
        let update = client.update_time_to_live().table_name("shop-sessions");
        update.time_to_live_specification(specification).send().await.unwrap();
        let before = description(&world).await;
        let builder = SessionStore::<Shop>::builder().client(world.client.clone());
        let error = builder.auto_create(true).build().await.unwrap_err();
        assert!(error.is_configuration(), "{error}");
        assert_says(&error, &["`valid_until`", "`expires_at`", "field marked `ttl`"]);
        assert_eq!(description(&world).await, before);
    }

    #[tokio::test]
    async fn no_table() {
        let world = World::new();
        let store = store(&world).await;
        assert!(world.network.take_sent().is_empty(), "building asks for nothing");
        let id = SessionId::generate();
        let mut session = store.create();
        session.user = Some("ada".to_owned());
        for error in [
            store.load(&id).await.map(drop).unwrap_err(),
            session.commit().await.map(drop).unwrap_err(),
            store.update(&id, |session| session.views += 1).await.unwrap_err(),
            store.destroy(&id).await.unwrap_err(),
        ] {
            assert!(error.is_table_missing(), "{error}");
            assert_eq!(error.table(), Some("shop-sessions"));
            assert_says(&error, &["`shop-sessions`", "does not exist", "`.auto_create(true)`"]);
        }
        assert!(session.is_new());
        let tables = world.direct.clone().list_tables().send().await.unwrap();
        assert!(tables.table_names().is_empty(), "no table is made unasked");
    }

    #[derive(Debug, DynamoSession)]
    struct Nameless {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
    }

    #[tokio::test]
    async fn no_table_name_or_one_that_aws_refuses() {
        let world = World::new();
        let builder = SessionStore::<Nameless>::builder().client(world.client.clone());
        let error = builder.auto_create(true).build().await.unwrap_err();
        assert!(error.is_configuration(), "{error}");
        assert_says(&error, &["#[session(table = \"...\")]", ".table_name(\"...\")"]);

        let long = "t".repeat(256);
        let bad = ["", "ab", "with space", "slash/", "ключи", "a\0b", "semi;colon", &long];
        for name in bad {
            let builder = SessionStore::<Nameless>::builder().client(world.client.clone());
            let error = builder.table_name(name).auto_create(true).build().await.unwrap_err();
            assert!(error.is_configuration(), "{error}");
            assert_eq!(error.table(), Some(name));
            assert_says(&error, &["3 to 255", "a-z, A-Z, 0-9"]);
        }
        assert!(world.network.take_sent().is_empty());

        let longest = "t".repeat(255);
        for name in ["abc", "A.b_c-9", &longest] {
            let builder = SessionStore::<Nameless>::builder().client(world.client.clone());
            let store = builder.table_name(name).auto_create(true).build().await.unwrap();
            assert_eq!(store.table_name(), name);
        }
    }
}
