//! `with`: a codec of one's own, in serde's form.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{Committed, DynamoSession, ErrorKind, Expires, SessionId};
use dynamo_session_tests::World;

/// A duration as a number of seconds; a whole day cannot be stored.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de, ser};

    pub(crate) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match duration.as_secs() {
            86_400 => Err(ser::Error::custom("a day is too long")),
            seconds => serializer.serialize_u64(seconds),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        match u64::deserialize(deserializer)? {
            666 => Err(de::Error::custom("666 is no duration")),
            seconds => Ok(Duration::from_secs(seconds)),
        }
    }
}

/// Anything that has a text, as that text.
struct Text<T>(std::marker::PhantomData<T>);

impl<T: std::fmt::Display + std::str::FromStr> Text<T> {
    fn serialize<S: serde::Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom("not such a text"))
    }
}

#[derive(Debug, DynamoSession)]
#[session(table = "codecs")]
struct Coded {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(with = seconds)]
    pause: Duration,
    #[session(with = seconds, default = Duration::from_secs(60))]
    limit: Duration,
    #[session(with = Text::<u128>)]
    big: u128,
    other: u32,
}

#[tokio::test]
async fn the_codec_decides_how_the_field_is_stored() {
    let (world, store) = World::with_store::<Coded>().await;
    let mut session = store.create();
    assert_eq!(session.limit, Duration::from_secs(60));
    session.pause = Duration::from_secs(5);
    session.big = u128::MAX;
    let _ = session.commit().await.unwrap();
    let item = world.item(&store, session.id()).await.unwrap();
    assert_eq!(item["pause"], AttributeValue::N("5".to_owned()));
    assert_eq!(item["limit"], AttributeValue::N("60".to_owned()));
    assert_eq!(item["big"], AttributeValue::S(u128::MAX.to_string()));

    let mut loaded = world.load(&store, session.id()).await;
    assert_eq!((loaded.pause, loaded.big), (Duration::from_secs(5), u128::MAX));
    world.network.take_sent();
    loaded.pause += Duration::from_millis(1);
    assert_eq!(loaded.commit().await.unwrap(), Committed::Unchanged, "it is stored as the same");
    loaded.big = 1;
    assert_eq!(loaded.commit().await.unwrap(), Committed::Updated);
    let sent = world.network.take_sent();
    assert!(sent[0].names().contains(&"big") && !sent[0].names().contains(&"pause"));
    assert_eq!(world.load(&store, session.id()).await.big, 1);
}

#[tokio::test]
async fn what_the_codec_refuses_is_an_error_that_names_the_field() {
    let (world, store) = World::with_store::<Coded>().await;
    let mut session = store.create();
    session.other = 1;
    let _ = session.commit().await.unwrap();
    session.pause = Duration::from_secs(86_400);
    let error = session.commit().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Encode, Some("pause")));
    assert!(error.to_string().contains("a day is too long"), "{error}");

    let mut item = world.item(&store, session.id()).await.unwrap();
    for (value, said) in [
        (AttributeValue::N("666".to_owned()), "666 is no duration"),
        (AttributeValue::S("x".to_owned()), "a String (S)"),
    ] {
        item.insert("limit".to_owned(), value);
        world.put(&store, item.clone()).await;
        let error = store.load(session.id()).await.unwrap_err();
        assert_eq!((error.kind(), error.attribute()), (ErrorKind::Decode, Some("limit")));
        assert!(error.to_string().contains(said), "{error}");
    }
    item.remove("limit");
    world.put(&store, item).await;
    assert_eq!(world.load(&store, session.id()).await.limit, Duration::from_secs(60));
}
