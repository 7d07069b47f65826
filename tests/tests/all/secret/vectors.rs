//! Another implementation's secrets are read: `vectors.py` writes `vectors.json`, by Python's `cryptography`.

use super::*;
use aws_sdk_dynamodb::types::AttributeValue::{B, N, S};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn bytes(value: &Value) -> Vec<u8> {
    aws_smithy_types::base64::decode(value.as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn pythons_secrets_are_read_as_what_they_are() {
    let vectors = vectors();
    let id: SessionId = text(&vectors["id"]).parse().unwrap();
    assert_eq!(Account::SCHEMA.table_key(&id), text(&vectors["table_key"]));
    let (world, store) = World::with_store::<Account>().await;
    for vector in vectors["vectors"].as_array().unwrap() {
        let attribute = text(&vector["attribute"]);
        let item = [
            ("id".to_owned(), S(text(&vectors["table_key"]))),
            ("expires_at".to_owned(), N("1800000100".to_owned())),
            (attribute.clone(), B(bytes(&vector["stored"]).into())),
        ];
        world.put(&store, item.into()).await;
        let session = world.load(&store, &id).await;
        let value = &vector["value"];
        match &*attribute {
            "token" => assert_eq!(session.token, Some(text(&value["S"]))),
            "key" => assert_eq!(session.key, bytes(&value["B"])),
            "pin" => assert_eq!(session.pin.unwrap().to_string(), text(&value["N"])),
            _ => {
                let tokens = Tokens {
                    access: "eyJhbGciOiJSUzI1NiJ9".to_owned(),
                    refresh: None,
                    expires: 1_800_003_600,
                    scopes: vec!["openid".to_owned()],
                    claims: BTreeMap::from([("email".to_owned(), "ada@example.org".to_owned())]),
                };
                assert_eq!(session.tokens, tokens);
            }
        }
    }
}

/// None of them is read under another id, nor as another attribute.
#[tokio::test]
async fn they_are_nothing_to_another_id_and_attribute() {
    let vectors = vectors();
    let (world, store) = World::with_store::<Account>().await;
    let other = account(&store).await;
    for vector in vectors["vectors"].as_array().unwrap() {
        let value = B(bytes(&vector["stored"]).into());
        for attribute in ["token", "tokens", "key"] {
            let id = account(&store).await.id().clone();
            plant(&world, &store, &id, attribute, value.clone()).await;
            let error = store.load(&id).await.unwrap_err();
            assert!(error.is_decode() && error.attribute() == Some(attribute), "{error}");
        }
    }
    assert_full(&*world.load(&store, other.id()).await);
}
