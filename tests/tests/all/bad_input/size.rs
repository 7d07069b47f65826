//! Sessions that are too large.

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
            AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + size(value)).sum::<usize>(),
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
    let (world, store) = World::with_store::<Big>().await;
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
    let (world, store) = World::with_store::<Big>().await;
    let mut session = store.create();
    session.notes = "x".repeat(300 * 1024);
    let _ = session.commit().await.unwrap();
    let id = session.id().clone();
    let mut foreign = world.item(&store, &id).await.unwrap();
    foreign.insert("unknown".to_owned(), s("u".repeat(50 * 1024)));
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
    let (world, store) = World::with_store::<Big>().await;
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
    let (world, store) = World::with_store::<Big>().await;
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
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    assert_says(&error, &["512124 bytes", "409600", "others have made it larger"]);
    assert_eq!(world.item(&store, &id).await.unwrap(), before);
}

#[tokio::test]
async fn a_store_may_allow_less_than_dynamodb() {
    let world = World::new();
    let store = world.builder::<Big>().max_size(2048).auto_create(true).build().await.unwrap();
    let mut session = store.create();
    session.notes = "x".repeat(2048);
    world.network.take_sent();
    let error = session.commit().await.unwrap_err();
    assert!(error.is_too_large(), "{error}");
    assert_says(&error, &["the store's 2048", "`notes`", "nothing was sent"]);

    session.notes.truncate(1024);
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    session.log.push("y".repeat(1024));
    assert!(session.commit().await.unwrap_err().is_too_large());
    assert!(session.renew().await.unwrap_err().is_too_large());
    session.log.clear();
    session.renew().await.unwrap();
    assert_eq!(world.load(&store, session.id()).await.notes.len(), 1024);
}
