//! What serde would store and not read back is refused before it is stored.

use std::collections::BTreeMap;

use dynamo_session::{
    Committed, DynamoSession, Error, ErrorKind, Expires, SessionId, SessionStore,
};
use dynamo_session_tests::World;
use serde::{Deserialize, Serialize};

async fn build<S: DynamoSession>() -> Result<SessionStore<S>, Error> {
    World::new().builder().table_name("sessions").build().await
}

/// Building the store fails, and names the field.
async fn assert_not_built<S: DynamoSession>() {
    let error = build::<S>().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Encode, Some("field")), "{error}");
    assert!(error.to_string().contains("not read back"), "{error}");
}

macro_rules! session {
    ($name:ident, $($field:tt)*) => {
        #[derive(Debug, DynamoSession)]
        struct $name {
            #[session(hash_key)]
            id: SessionId,
            #[session(ttl)]
            expires_at: Expires,
            other: u32,
            $($field)*
        }
    };
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Tagged {
    Nothing,
    Levels { by_floor: BTreeMap<u32, u32> },
}

/// serde reads the keys of a map in a tagged enum as text alone.
#[tokio::test]
async fn a_default_with_integer_keys_in_a_tagged_enum() {
    session!(Shop, #[session(default = Tagged::Levels { by_floor: [(1, 2)].into() })] field: Tagged);
    assert_not_built::<Shop>().await;
}

#[tokio::test]
async fn a_default_with_integer_keys_under_flatten() {
    #[derive(Clone, Debug, Serialize, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        by_floor: BTreeMap<u32, u32>,
    }
    session!(Shop, #[session(default = Flat { by_floor: [(1, 2)].into() })] field: Flat);
    assert_not_built::<Shop>().await;
}

#[tokio::test]
async fn a_default_that_leaves_out_what_is_needed() {
    #[derive(Clone, Debug, Default, Serialize, Deserialize)]
    struct Place {
        #[serde(skip_serializing_if = "String::is_empty")]
        city: String,
    }
    session!(Shop, field: Place);
    assert_not_built::<Shop>().await;
}

#[tokio::test]
async fn a_codec_that_borrows() {
    mod borrowing {
        use serde::{Deserialize, Deserializer, Serializer};

        pub(super) fn serialize<S: Serializer>(
            text: &str,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(text)
        }

        pub(super) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<String, D::Error> {
            <&str>::deserialize(deserializer).map(str::to_owned)
        }
    }
    session!(Shop, #[session(with = borrowing)] field: String);
    assert_not_built::<Shop>().await;
}

/// Where the item lacks the attribute, it is not read.
#[tokio::test]
async fn a_default_that_is_not_stored_need_not_be_read() {
    mod never {
        use serde::de::Error;
        use serde::{Deserializer, Serializer};

        pub(super) fn serialize<S: Serializer>(
            _: &Option<u32>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            serializer.serialize_none()
        }

        pub(super) fn deserialize<'de, D: Deserializer<'de>>(
            _: D,
        ) -> Result<Option<u32>, D::Error> {
            Err(D::Error::custom("never read"))
        }
    }
    session!(Shop, #[session(with = never)] field: Option<u32>);
    build::<Shop>().await.unwrap();
}

/// Debug builds read back what is to be written, and fail where it would first be seen: at the commit.
#[cfg(debug_assertions)]
#[tokio::test]
async fn a_change_that_could_not_be_read_back_is_refused_in_debug_builds() {
    session!(Shop, #[session(default = Tagged::Nothing)] field: Tagged);
    fn spoil(shop: &mut Shop) {
        shop.field = Tagged::Levels { by_floor: [(1, 2)].into() };
        shop.other += 1;
    }
    fn check(error: &Error) {
        assert_eq!((error.kind(), error.attribute()), (ErrorKind::Encode, Some("field")));
        for words in ["not read back", "`flatten`", "expected u32"] {
            assert!(error.to_string().contains(words), "{error}");
        }
    }
    let (world, store) = World::with_store::<Shop>().await;
    let mut session = store.create();
    spoil(&mut session);
    check(&session.commit().await.unwrap_err());
    assert!(world.network.take_sent().is_empty());
    session.field = Tagged::Levels { by_floor: BTreeMap::new() };
    assert_eq!(session.commit().await.unwrap(), Committed::Created, "an empty map has no keys");

    let before = world.item(&store, session.id()).await.unwrap();
    world.network.take_sent();
    spoil(&mut session);
    check(&session.commit().await.unwrap_err());
    assert!(world.network.take_sent().is_empty());
    let id = session.id().clone();
    check(&store.update(&id, spoil).await.unwrap_err());
    check(&session.renew().await.unwrap_err());
    assert!(world.network.operations().iter().all(|operation| operation == "GetItem"));
    assert_eq!(world.item(&store, &id).await.unwrap(), before);
    session.field = Tagged::Nothing;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
}
