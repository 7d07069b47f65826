//! `secret` beside other words.

use super::*;
use dynamo_session::Committed;
use dynamo_session_tests::Traces;

#[derive(Debug, DynamoSession)]
#[session(table = "guarded")]
pub(super) struct Guarded {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(secret, guard)]
    pub(super) grant: Option<String>,
    views: u32,
}

/// A guard compares what is stored: the secret, under the nonce that it was encrypted with.
#[tokio::test]
async fn a_guard_holds_while_nobody_else_has_encrypted_the_field() {
    let (world, store) = World::with_store::<Guarded>().await;
    let mut first = store.create();
    first.grant = Some("first".to_owned());
    let _ = first.commit().await.unwrap();
    let id = first.id().clone();
    let mut mine = world.load(&store, &id).await;
    let mut theirs = world.load(&store, &id).await;
    theirs.views += 1;
    let _ = theirs.commit().await.unwrap();
    mine.grant = Some("mine".to_owned());
    assert_eq!(mine.commit().await.unwrap(), Committed::Updated, "another field broke it");
    mine.grant = Some("mine again".to_owned());
    assert_eq!(mine.commit().await.unwrap(), Committed::Updated, "its own commit broke it");

    theirs.views += 1;
    assert!(
        theirs.commit().await.unwrap_err().is_conflict(),
        "any commit of the handle is guarded"
    );
    // There and back is a change, though the value is the same.
    let mut late = world.load(&store, &id).await;
    for grant in ["other", "mine again"] {
        let mut other = world.load(&store, &id).await;
        other.grant = Some(grant.to_owned());
        let _ = other.commit().await.unwrap();
    }
    late.grant = Some("late".to_owned());
    let error = late.commit().await.unwrap_err();
    assert!(error.is_conflict() && error.attribute() == Some("grant"), "{error}");

    let mut renewed = world.load(&store, &id).await;
    renewed.renew().await.unwrap();
    renewed.grant = None;
    assert_eq!(renewed.commit().await.unwrap(), Committed::Updated);
    assert_eq!(world.load(&store, renewed.id()).await.grant, None);
}

mod reversed {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&text.bytes().rev().collect::<Vec<_>>())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<String, D::Error> {
        let bytes = serde_bytes::ByteBuf::deserialize(deserializer)?;
        Ok(bytes.iter().rev().map(|byte| char::from(*byte)).collect())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Plan {
    Free,
    Paid { until: u64 },
}

#[derive(Debug, DynamoSession)]
#[session(table = "various", rename_all = "camelCase")]
struct Various {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(secret, with = reversed)]
    reversed_text: String,
    #[session(secret)]
    fixed_bytes: [u8; 4],
    #[session(secret)]
    maybe_bytes: Option<Vec<u8>>,
    #[session(secret, default = Some("none".to_owned()))]
    with_default: Option<String>,
    #[session(secret, default = Plan::Free)]
    plan: Plan,
    #[session(secret, rename = "f")]
    float: f64,
    #[session(secret)]
    nested: BTreeMap<u32, Vec<(bool, Option<Plan>, String)>>,
    #[session(secret)]
    set: std::collections::HashSet<String>,
    #[session(secret)]
    unit: Option<()>,
    other: u32,
}

#[tokio::test]
async fn whatever_can_be_stored_can_be_a_secret() {
    let (world, store) = World::with_store::<Various>().await;
    let mut session = store.create();
    session.other = 1;
    let _ = session.commit().await.unwrap();
    let item = world.item(&store, session.id()).await.unwrap();
    let names: std::collections::BTreeSet<_> = item.keys().map(String::as_str).collect();
    assert_eq!(names, ["_commits", "_seq", "expiresAt", "id", "other"].into());

    session.reversed_text = "abc".to_owned();
    session.fixed_bytes = [0, 255, 1, 2];
    session.maybe_bytes = Some(Vec::new());
    session.with_default = None;
    session.plan = Plan::Paid { until: u64::MAX };
    session.float = -1.5e-7;
    session.nested.insert(
        7,
        vec![(true, None, "\u{0}\"\\".to_owned()), (false, Some(Plan::Free), String::new())],
    );
    session.set = ["a", "b", "c", "d"].map(str::to_owned).into();
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    let item = world.item(&store, session.id()).await.unwrap();
    for name in
        ["reversedText", "fixedBytes", "maybeBytes", "withDefault", "plan", "f", "nested", "set"]
    {
        assert!(item[name].is_b(), "{name}");
    }
    for renew in [false, true] {
        let mut loaded = world.load(&store, session.id()).await;
        assert_eq!(loaded.reversed_text, "abc");
        assert_eq!((loaded.fixed_bytes, &loaded.maybe_bytes), ([0, 255, 1, 2], &Some(Vec::new())));
        assert_eq!((&loaded.with_default, loaded.plan), (&None, Plan::Paid { until: u64::MAX }));
        assert_eq!((loaded.float, &loaded.nested), (-1.5e-7, &session.nested));
        assert_eq!(loaded.set, session.set);
        loaded.other += 1;
        world.network.take_sent();
        assert_eq!(loaded.commit().await.unwrap(), Committed::Updated);
        let sent = world.network.take_sent();
        assert!(!sent[0].names().contains(&"set"), "no change: {:?}", sent[0].names());
        if !renew {
            session = world.load(&store, session.id()).await;
            session.renew().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_lenient_secret_that_cannot_be_read_is_left_alone_until_it_is_replaced() {
    let (world, store) = World::with_store::<Account>().await;
    let mut session = account(&store).await;
    let other = account(&store).await;
    let foreign = stored(&world, &store, other.id(), "pin").await.unwrap();
    plant(&world, &store, session.id(), "pin", foreign.clone()).await;

    let traces = Traces::collect();
    let mut loaded = world.load(&store, session.id()).await;
    assert_eq!(loaded.pin, None);
    assert!(traces.text().contains("attribute=\"pin\""), "{}", traces.text());
    loaded.views += 1;
    assert_eq!(loaded.commit().await.unwrap(), Committed::Updated);
    loaded.pin = Some(1);
    loaded.pin = None;
    assert_eq!(loaded.commit().await.unwrap(), Committed::Unchanged);
    assert_eq!(stored(&world, &store, session.id(), "pin").await.unwrap(), foreign);
    store.update(session.id(), |account| account.views += 1).await.unwrap();
    loaded.renew().await.unwrap();
    assert_eq!(stored(&world, &store, loaded.id(), "pin").await.unwrap(), foreign);
    loaded.views += 1;
    assert_eq!(loaded.commit().await.unwrap(), Committed::Updated);
    assert_eq!(stored(&world, &store, loaded.id(), "pin").await.unwrap(), foreign);

    loaded.pin = Some(9);
    assert_eq!(loaded.commit().await.unwrap(), Committed::Updated);
    assert_eq!(world.load(&store, loaded.id()).await.pin, Some(9));
    loaded.pin = None;
    assert_eq!(loaded.commit().await.unwrap(), Committed::Updated);
    assert_eq!(stored(&world, &store, loaded.id(), "pin").await, None);
    session = loaded;
    assert_eq!(session.token.as_deref(), Some(TOKEN));
}

/// Another version of the program has another type for it.
#[tokio::test]
async fn a_secret_of_another_type_is_an_error_that_tells_nothing_of_it() {
    #[derive(Debug, DynamoSession)]
    #[session(table = "accounts", key_prefix = "account#", idle_timeout = "30m")]
    struct Next {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        #[session(secret)]
        token: u64,
        views: u32,
    }
    let (world, store) = World::with_store::<Account>().await;
    let session = account(&store).await;
    let next = world.store::<Next>().await;
    let error = next.load(session.id()).await.unwrap_err();
    assert!(error.is_decode() && error.attribute() == Some("token"));
    let text = format!("{error} {error:?}");
    assert!(!text.contains(&TOKEN[..6]) && text.contains("u64"), "{text}");
}

/// The attributes say so, for those who read the schema.
#[test]
fn the_schema_shows_which_fields_are_secret() {
    let attributes = Account::SCHEMA.attributes();
    let secret = attributes.iter().filter(|attribute| attribute.is_secret());
    assert!(secret.map(|attribute| attribute.name()).eq(SECRETS));
    assert!(attributes.iter().all(|attribute| attribute.is_secret() == attribute.is_encrypted()));
    assert!(format!("{:?}", Account::SCHEMA).contains("token (Whole, secret)"));
}
