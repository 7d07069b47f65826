//! No secret, nor a part of it, is in the table, in what is traced or in what is printed.

use super::*;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use dynamo_session::Error;
use dynamo_session_tests::{Fault, Traces, skip_pauses};

/// Long enough not to be met by chance.
const PART: usize = 6;

/// All texts and bytes of a value, as they are.
fn contents(value: &AttributeValue, into: &mut Vec<u8>) {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => into.extend(text.as_bytes()),
        AttributeValue::B(bytes) => into.extend(bytes.as_ref()),
        AttributeValue::L(elements) => elements.iter().for_each(|element| contents(element, into)),
        AttributeValue::M(entries) => entries.iter().for_each(|(key, value)| {
            into.extend(key.as_bytes());
            contents(value, into);
        }),
        _ => into.extend(format!("{value:?}").into_bytes()),
    }
}

fn secrets() -> Vec<Vec<u8>> {
    let tokens = tokens();
    let mut secrets = vec![
        TOKEN.as_bytes().to_vec(),
        KEY.to_vec(),
        PIN.to_string().into_bytes(),
        tokens.access.into_bytes(),
        tokens.refresh.unwrap().into_bytes(),
        tokens.scopes[1].clone().into_bytes(),
        b"W3bK0uHn5TgQ".to_vec(),
    ];
    secrets.extend(tokens.claims.into_values().map(String::into_bytes));
    let base64 = |secret: &Vec<u8>| aws_smithy_types::base64::encode(secret).into_bytes();
    let debug = |secret: &Vec<u8>| format!("{secret:?}").into_bytes();
    let forms: Vec<_> = secrets.iter().flat_map(|secret| [base64(secret), debug(secret)]).collect();
    secrets.into_iter().chain(forms).collect()
}

/// The parts of all secrets, by their length.
fn parts() -> &'static HashMap<usize, HashSet<Vec<u8>>> {
    static PARTS: LazyLock<HashMap<usize, HashSet<Vec<u8>>>> = LazyLock::new(|| {
        let mut parts: HashMap<usize, HashSet<Vec<u8>>> = HashMap::new();
        for secret in secrets() {
            // A list of numbers has few characters: more of them make a part.
            let part = if secret.starts_with(b"[") { 4 * PART } else { PART };
            parts.entry(part).or_default().extend(secret.windows(part).map(<[u8]>::to_vec));
        }
        parts
    });
    &PARTS
}

fn assert_hidden(what: &str, bytes: &[u8]) {
    for (length, parts) in parts() {
        if let Some(at) = bytes.windows(*length).position(|window| parts.contains(window)) {
            let around = &bytes[at.saturating_sub(60)..bytes.len().min(at + 60)];
            panic!(
                "{what} has {:?} in {:?}",
                String::from_utf8_lossy(&bytes[at..at + length]),
                String::from_utf8_lossy(around)
            );
        }
    }
}

async fn assert_none_in_table(world: &World, store: &SessionStore<Account>) {
    let scan = world.direct.scan().table_name(store.table_name()).send().await.unwrap();
    let mut dump = Vec::new();
    for item in scan.items() {
        for (name, value) in item {
            dump.extend(name.as_bytes());
            contents(value, &mut dump);
        }
        assert_hidden("the item's JSON", format!("{item:?}").as_bytes());
    }
    assert!(dump.len() > 100);
    assert_hidden("the table", &dump);
}

fn texts(error: &Error) -> String {
    let mut texts = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        texts += &format!("{cause} {cause:?}");
        source = cause.source();
    }
    texts
}

#[tokio::test]
async fn no_part_of_a_secret_is_in_the_table_or_in_traces() {
    skip_pauses();
    let traces = Traces::collect();
    let (world, store) = World::with_store::<Account>().await;
    let mut session = account(&store).await;
    assert_none_in_table(&world, &store).await;
    let first = session.id().clone();
    let mut stale = world.load(&store, &first).await;

    session.token = Some("W3bK0uHn5TgQ".to_owned());
    let _ = session.commit().await.unwrap();
    assert_none_in_table(&world, &store).await;
    fill(&mut session);
    for _ in 0..5 {
        world.network.fail_next("UpdateItem", Fault::LoseResponse);
    }
    let error = session.commit().await.unwrap_err();
    assert_hidden("an error", texts(&error).as_bytes());
    assert_hidden("the handle", format!("{session:?} {session:#?} {store:?}").as_bytes());
    world.network.forget_faults();
    let _ = session.commit().await.unwrap();
    session.renew().await.unwrap();
    store.update(session.id(), |account| account.pin = Some(PIN - 1)).await.unwrap();
    stale.token = Some("W3bK0uHn5TgQ".to_owned());
    let error = stale.commit().await.unwrap_err();
    assert_hidden("an error", texts(&error).as_bytes());
    stale.pin = Some(PIN);
    drop(stale);
    assert_none_in_table(&world, &store).await;

    // What is read of it is not told, either, where it cannot be read as what it should be.
    let mut dropped = world.load(&store, session.id()).await;
    fill(&mut dropped);
    dropped.token = Some("W3bK0uHn5TgQ".to_owned());
    drop(dropped);

    let traced = traces.text();
    assert!(traced.contains("session created") && traced.contains("session renewed"), "{traced}");
    assert!(traced.contains("TRACE"), "every level");
    assert_hidden("the log", traced.as_bytes());
    for span in traces.spans() {
        assert_hidden("a span", format!("{span:?}").as_bytes());
    }
}

#[derive(Debug, DynamoSession)]
#[session(table = "accounts", key_prefix = "account#", idle_timeout = "30m")]
struct Misread {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(secret)]
    token: u64,
    #[session(secret, lenient)]
    tokens: Option<u64>,
}

#[derive(Debug, DynamoSession)]
#[session(table = "accounts", key_prefix = "account#", idle_timeout = "30m")]
struct MisreadLeniently {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(secret, lenient)]
    token: u64,
    #[session(secret, lenient)]
    tokens: BTreeMap<String, u64>,
    #[session(secret, lenient)]
    key: bool,
}

/// serde's messages repeat what they stumble over.
#[tokio::test]
async fn nothing_is_told_of_a_secret_that_is_not_what_it_should_be() {
    let traces = Traces::collect();
    let (world, store) = World::with_store::<Account>().await;
    let session = account(&store).await;
    let misread = world.store::<Misread>().await;
    let error = misread.load(session.id()).await.unwrap_err();
    assert_hidden("an error", texts(&error).as_bytes());
    let error = misread.update(session.id(), |_| ()).await.unwrap_err();
    assert_hidden("an error", texts(&error).as_bytes());
    let misread = world.store::<MisreadLeniently>().await;
    let loaded = world.load(&misread, session.id()).await;
    assert_eq!((loaded.token, loaded.tokens.len(), loaded.key), (0, 0, false));
    assert!(traces.text().contains("attribute=\"key\""));
    assert_hidden("the log", traces.text().as_bytes());

    // Stored before it was a secret: then the SDK traces what the table holds, but no error repeats it.
    plant(&world, &store, session.id(), "token", AttributeValue::S(TOKEN.to_owned())).await;
    let misread = world.store::<Misread>().await;
    let error = misread.load(session.id()).await.unwrap_err();
    assert_hidden("an error", texts(&error).as_bytes());
    let repeating = world.store::<Repeating>().await;
    let error = repeating.load(session.id()).await.unwrap_err();
    assert!(error.is_decode() && error.attribute() == Some("token"), "{error}");
    assert_hidden("an error", texts(&error).as_bytes());
}

#[derive(Debug, DynamoSession)]
#[session(table = "accounts", key_prefix = "account#", idle_timeout = "30m")]
struct Repeating {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(secret)]
    token: Refused,
}

#[derive(Debug, Default)]
struct Refused(String);

impl Serialize for Refused {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &*self.0 {
            "" => serializer.serialize_str(""),
            text => Err(serde::ser::Error::custom(format_args!("{text} is refused"))),
        }
    }
}

impl<'de> Deserialize<'de> for Refused {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match &*String::deserialize(deserializer)? {
            "" => Ok(Self::default()),
            text => Err(serde::de::Error::custom(format_args!("{text} is refused"))),
        }
    }
}

#[tokio::test]
async fn nothing_is_told_of_a_secret_that_cannot_be_stored() {
    #[derive(Debug, DynamoSession)]
    #[session(table = "refused")]
    struct Refusing {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        #[session(secret)]
        token: Refused,
        #[session(secret)]
        raw: Option<Unreadable>,
    }
    /// Can be stored and not be read.
    #[derive(Debug, Serialize)]
    struct Unreadable(String);
    impl<'de> Deserialize<'de> for Unreadable {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            Err(serde::de::Error::custom(format_args!("{text} is refused")))
        }
    }
    let traces = Traces::collect();
    let (_, store) = World::with_store::<Refusing>().await;
    let mut session = store.create();
    session.token = Refused(TOKEN.to_owned());
    let error = session.commit().await.unwrap_err();
    assert!(error.is_encode() && error.attribute() == Some("token"), "{error}");
    assert_hidden("an error", texts(&error).as_bytes());
    session.token = Refused::default();
    session.raw = Some(Unreadable(TOKEN.to_owned()));
    let error = session.commit().await.unwrap_err();
    assert!(error.is_encode() && error.attribute() == Some("raw"), "{error}");
    assert_hidden("an error", texts(&error).as_bytes());
    assert_hidden("the log", traces.text().as_bytes());
}

/// A list has keys and no ids: what it shows of a secret is that it is there.
#[tokio::test]
async fn a_list_does_not_show_it() {
    #[derive(Debug, DynamoSession)]
    #[session(table = "listed")]
    struct Listed {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        #[session(index)]
        user: Option<String>,
        #[session(secret)]
        token: Option<String>,
    }
    let (_, store) = World::with_store::<Listed>().await;
    let mut session = store.create();
    (session.user, session.token) = (Some("ada".to_owned()), Some(TOKEN.to_owned()));
    let _ = session.commit().await.unwrap();
    let listed = store.by(Listed::USER).list("ada").all().await.unwrap();
    let error = listed[0].attribute::<String>("token").unwrap_err();
    assert!(error.is_configuration() && error.attribute() == Some("token"), "{error}");
    assert!(listed[0].attribute::<serde_bytes::ByteBuf>("token").unwrap_err().is_configuration());
    assert_eq!(listed[0].get(Listed::USER).unwrap().as_deref(), Some("ada"));
    assert_hidden("a listed session", format!("{:?}", listed[0]).as_bytes());
}
