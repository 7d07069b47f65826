//! What was altered, cut, or is of another session or attribute is an error that names the field, or its default.

use super::*;
use aws_sdk_dynamodb::types::AttributeValue::B;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

#[derive(Clone, Debug)]
enum Tampering {
    /// Each place counts from the beginning of what is stored.
    Flip(Index, u8),
    Cut(Index),
    CutFront(Index),
    Append(Vec<u8>),
    Random(Vec<u8>),
    Exchange(Index, Index),
    /// What another attribute of the session holds.
    OtherAttribute(Index),
    /// What the same attribute of another session holds.
    OtherSession,
    /// The nonce of one and the ciphertext of another.
    Splice(Index),
}

fn tampering() -> impl Strategy<Value = Tampering> {
    prop_oneof![
        (any::<Index>(), 1..=u8::MAX).prop_map(|(at, bits)| Tampering::Flip(at, bits)),
        any::<Index>().prop_map(Tampering::Cut),
        any::<Index>().prop_map(Tampering::CutFront),
        vec(any::<u8>(), 1..40).prop_map(Tampering::Append),
        vec(any::<u8>(), 0..80).prop_map(Tampering::Random),
        any::<(Index, Index)>().prop_map(|(a, b)| Tampering::Exchange(a, b)),
        any::<Index>().prop_map(Tampering::OtherAttribute),
        Just(Tampering::OtherSession),
        any::<Index>().prop_map(Tampering::Splice),
    ]
}

impl Tampering {
    fn apply(&self, name: &str, stored: &Item, other: &Item) -> Vec<u8> {
        let mut bytes = binary(&stored[name]).to_vec();
        match self {
            Self::Flip(at, bits) => {
                let at = at.index(bytes.len());
                bytes[at] ^= bits;
            }
            Self::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Self::CutFront(at) => drop(bytes.drain(..=at.index(bytes.len()))),
            Self::Append(more) => bytes.extend(more),
            Self::Random(random) => bytes.clone_from(random),
            Self::Exchange(a, b) => {
                let (a, b) = (a.index(bytes.len()), b.index(bytes.len()));
                bytes.swap(a, b);
            }
            Self::OtherAttribute(which) => {
                let others: Vec<_> = SECRETS.iter().filter(|other| **other != name).collect();
                bytes = binary(&stored[**which.get(&others)]).to_vec();
            }
            Self::OtherSession => bytes = binary(&other[name]).to_vec(),
            Self::Splice(at) => {
                let other = binary(&other[name]);
                let at = at.index(bytes.len().min(other.len()));
                bytes = [&bytes[..at], &other[at..]].concat();
            }
        }
        bytes
    }
}

type Item = dynamo_session_tests::attribute::Item;

struct Scene {
    world: World,
    store: SessionStore<Account>,
    id: SessionId,
    item: Item,
    other: Item,
}

async fn scene() -> Scene {
    let (world, store) = World::with_store::<Account>().await;
    let id = account(&store).await.id().clone();
    let item = world.item(&store, &id).await.unwrap();
    let other = account(&store).await;
    let other = world.item(&store, other.id()).await.unwrap();
    Scene { world, store, id, item, other }
}

async fn check(scene: &Scene, name: &str, tampering: &Tampering) -> Result<(), TestCaseError> {
    let Scene { world, store, id, item, other } = scene;
    let bytes = tampering.apply(name, item, other);
    let is_same = bytes == binary(&item[name]);
    let mut tampered = item.clone();
    tampered.insert(name.to_owned(), B(bytes.into()));
    world.put(store, tampered.clone()).await;
    match store.load(id).await {
        Ok(Some(session)) if is_same => assert_full(&session),
        Ok(Some(session)) => {
            prop_assert_eq!(name, "pin", "only a lenient field may be altered");
            prop_assert_eq!(session.pin, None);
            prop_assert_eq!(session.token.as_deref(), Some(TOKEN));
        }
        Ok(None) => prop_assert!(false, "the session is gone"),
        Err(error) => {
            prop_assert!(error.is_decode() && !is_same, "{error}");
            prop_assert_eq!(error.attribute(), Some(name));
            prop_assert_ne!(name, "pin");
        }
    }
    prop_assert_eq!(world.item(store, id).await.unwrap(), tampered);
    Ok(())
}

#[test]
fn any_tampering_is_noticed_and_named() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let scene = runtime.block_on(scene());
    proptest!(ProptestConfig::with_cases(512), |(
        name in proptest::sample::select(&SECRETS[..]), tampering in tampering()
    )| {
        runtime.block_on(check(&scene, name, &tampering))?;
    });
}

/// Every bit, and every length.
#[tokio::test]
async fn no_bit_and_no_byte_may_be_missing() {
    let Scene { world, store, id, item, .. } = scene().await;
    let stored = binary(&item["pin"]).to_vec();
    let flipped = (0..stored.len() * 8).map(|bit| {
        let mut bytes = stored.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    });
    let cut = (0..stored.len()).map(|length| stored[..length].to_vec());
    for bytes in flipped.chain(cut) {
        let mut tampered = item.clone();
        tampered.insert("pin".to_owned(), B(bytes.into()));
        world.put(&store, tampered).await;
        assert_eq!(world.load(&store, &id).await.pin, None);
    }
    world.put(&store, item).await;
    assert_eq!(world.load(&store, &id).await.pin, Some(PIN));
}

#[tokio::test]
async fn a_format_of_the_future_is_told_apart() {
    let Scene { world, store, id, item, .. } = scene().await;
    let mut bytes = binary(&item["token"]).to_vec();
    bytes[0] = 2;
    plant(&world, &store, &id, "token", B(bytes.into())).await;
    let error = store.load(&id).await.unwrap_err();
    assert!(error.is_decode() && error.to_string().contains("format 2"), "{error}");
    plant(&world, &store, &id, "token", B(Vec::new().into())).await;
    assert!(store.load(&id).await.unwrap_err().is_decode());
}

/// A renewal reads the item again, and what has been altered since the load does not move.
#[tokio::test]
async fn what_was_altered_since_it_was_loaded_is_not_renewed() {
    let Scene { world, store, id, item, other } = scene().await;
    let mut session = world.load(&store, &id).await;
    plant(&world, &store, &id, "token", other["token"].clone()).await;
    let error = session.renew().await.unwrap_err();
    assert!(error.is_decode() && error.attribute() == Some("token"), "{error}");
    world.put(&store, item).await;
    session.renew().await.unwrap();
    assert_full(&*world.load(&store, session.id()).await);
}

#[derive(Debug, DynamoSession)]
#[session(table = "twins", key_prefix = "one#", idle_timeout = "30m")]
struct Twins {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(secret)]
    access: Option<String>,
    #[session(secret)]
    refresh: Option<String>,
}

/// The same session's, and of the same type: only the attribute's name tells the one from the other.
#[tokio::test]
async fn what_is_of_another_attribute_of_the_same_type_is_no_value() {
    let (world, store) = World::with_store::<Twins>().await;
    let mut session = store.create();
    (session.access, session.refresh) = (Some("access".to_owned()), Some("refresh".to_owned()));
    let _ = session.commit().await.unwrap();
    let refresh = stored(&world, &store, session.id(), "refresh").await.unwrap();
    plant(&world, &store, session.id(), "access", refresh).await;
    let error = store.load(session.id()).await.unwrap_err();
    assert!(error.is_decode() && error.attribute() == Some("access"), "{error}");
}

#[derive(Debug, DynamoSession)]
#[session(table = "twins", key_prefix = "other#", idle_timeout = "30m")]
struct Others {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(secret)]
    access: Option<String>,
}

/// An item that was copied to where the same cookie is another application's: only the key in the table tells the two apart.
#[tokio::test]
async fn what_is_of_the_same_id_under_another_key_is_no_value() {
    let (world, store) = World::with_store::<Twins>().await;
    let mut session = store.create();
    session.access = Some("access".to_owned());
    let _ = session.commit().await.unwrap();
    let others = world.store::<Others>().await;
    let mut item = world.item(&store, session.id()).await.unwrap();
    let key = Others::SCHEMA.table_key(session.id());
    item.insert("id".to_owned(), AttributeValue::S(key));
    world.put(&others, item).await;
    let error = others.load(session.id()).await.unwrap_err();
    assert!(error.is_decode() && error.attribute() == Some("access"), "{error}");
}
