//! The table of a type with a sort key: created, verified, described, and another one refused.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use dynamo_session::infrastructure::Infrastructure;
use dynamo_session::table::{FindingKind, TableChange, TableOptions};
use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore};
use dynamo_session_tests::{Visit, World};
use serde_json::json;

#[derive(Debug, DynamoSession)]
#[session(table = "application", sort_key = "sk", sort_key_value = "SESSION")]
struct Member {
    #[session(hash_key, rename = "pk")]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index = "by_user")]
    user: Option<String>,
}

#[tokio::test]
async fn it_is_created_with_both_keys() {
    let world = World::new();
    let store = world.bare_store::<Member>(TableOptions::new()).await;
    let changes = store.create_table().await.unwrap();
    assert_eq!(changes[0], TableChange::Table);
    let sent = world.network.take_sent();
    let request = &sent.iter().find(|sent| sent.operation == "CreateTable").unwrap().body;
    let key = json!([
        { "AttributeName": "pk", "KeyType": "HASH" },
        { "AttributeName": "sk", "KeyType": "RANGE" },
    ]);
    assert_eq!(request["KeySchema"], key);
    let attributes = json!([
        { "AttributeName": "pk", "AttributeType": "S" },
        { "AttributeName": "sk", "AttributeType": "S" },
        { "AttributeName": "user", "AttributeType": "S" },
    ]);
    assert_eq!(request["AttributeDefinitions"], attributes);
    assert!(store.verify_table().await.unwrap().is_sound());
    assert!(store.create_table().await.unwrap().is_empty(), "it is there already");
    assert!(store.update_table().await.unwrap().is_empty());
}

/// A store on a table with another key, made by hand.
async fn on_table<S: DynamoSession>(
    world: &World,
    keys: &[(&str, ScalarAttributeType)],
) -> SessionStore<S> {
    let name = format!("other-{}", uuid::Uuid::new_v4());
    let mut create = world.direct.create_table().table_name(&name);
    for ((key, kind), role) in keys.iter().zip([KeyType::Hash, KeyType::Range]) {
        let part = KeySchemaElement::builder().attribute_name(*key).key_type(role);
        let definition = AttributeDefinition::builder().attribute_name(*key);
        let definition = definition.attribute_type(kind.clone());
        create = create.key_schema(part.build().unwrap());
        create = create.attribute_definitions(definition.build().unwrap());
    }
    create.billing_mode(BillingMode::PayPerRequest).send().await.unwrap();
    world.builder().table_name(name).build().await.unwrap()
}

#[tokio::test]
async fn a_table_with_another_key_is_found_by_the_first_request_and_by_name() {
    let world = World::new();
    use ScalarAttributeType::{N, S};
    // An item that has both attributes can be put in the first one, and in the last one even read: there, only a look at
    // the table itself tells.
    let tables = [
        (vec![("pk", S)], [true, false]),
        (vec![("pk", S), ("sk", N)], [true, true]),
        (vec![("pk", S), ("range", S)], [true, true]),
        (vec![("sk", S), ("pk", S)], [false, false]),
    ];
    for (keys, [is_seen, is_seen_by_put]) in tables {
        let store = on_table::<Member>(&world, &keys).await;
        let report = store.verify_table().await.unwrap();
        let key = report
            .findings()
            .iter()
            .find(|finding| matches!(finding.kind(), FindingKind::KeyDiffers { .. }));
        let key = key.unwrap_or_else(|| panic!("{keys:?}: {report}"));
        assert!(key.problem().ends_with("the session's is `pk` (HASH, S) and `sk` (RANGE, S)"));
        if world.embedded().is_none() || !is_seen {
            continue;
        }
        let id = SessionId::generate();
        let mut session = store.create();
        session.user = Some("ada".to_owned());
        let mut errors = vec![
            store.load(&id).await.unwrap_err(),
            store.destroy(&id).await.unwrap_err(),
            store.purge_expired().await.unwrap_err(),
            store.count_sessions().await.unwrap_err(),
            store.end_everyone().await.unwrap_err(),
        ];
        if is_seen_by_put {
            errors.push(session.commit().await.unwrap_err());
        }
        for error in errors {
            assert!(error.is_configuration(), "{keys:?}: {error}");
            assert_eq!(error.attribute(), Some("pk"));
            let text = error.to_string();
            assert!(text.contains("`pk`") && text.contains("`sk`"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_type_without_one_is_told_how_to_name_it() {
    let world = World::new();
    let keys = [("id", ScalarAttributeType::S), ("range", ScalarAttributeType::S)];
    let store = on_table::<Visit>(&world, &keys).await;
    let report = store.verify_table().await.unwrap();
    let [key, ..] = report.findings() else { panic!("{report}") };
    assert!(key.advice().contains("`sort_key`"), "{key}");
    if world.embedded().is_some() {
        let error = store.load(&SessionId::generate()).await.unwrap_err();
        assert!(error.to_string().contains("`sort_key`"), "{error}");
    }
}

#[tokio::test]
async fn a_checkpoint_of_keys_in_another_form_is_refused() {
    let (world, store) = World::with_store::<Member>().await;
    let text = |key: &str| {
        format!(
            "dynamo-session purge checkpoint, version 1\ntable {}\nkey prefix \"Member#\"\nsegments 1\n\
             0 after {key}\nend\n",
            store.table_name()
        )
    };
    let checkpoint = text("TWVtYmVyIzE").parse().unwrap();
    let error = store.purge_expired().resume_from(checkpoint).await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert!(world.network.take_sent().is_empty());
    let checkpoint = text("TWVtYmVyIzE U0VTU0lPTg").parse().unwrap();
    store.purge_expired().resume_from(checkpoint).await.unwrap();
    for broken in ["", "TWVtYmVyIzE ", " U0VTU0lPTg", "TWVtYmVyIzE U0VTU0lPTg U0VTU0lPTg", "a b"] {
        assert!(text(broken).parse::<dynamo_session::sweep::PurgeCheckpoint>().is_err());
    }
}

#[test]
fn it_is_described_for_cloudformation_and_terraform() {
    let infrastructure = Infrastructure::of::<Member>();
    let template = infrastructure.cloudformation().unwrap();
    let key = "KeySchema:\n        - AttributeName: \"pk\"\n          KeyType: HASH\n        - \
               AttributeName: \"sk\"\n          KeyType: RANGE\n";
    assert!(template.contains(key), "{template}");
    let configuration = infrastructure.terraform().unwrap();
    let lines: Vec<String> = configuration
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for line in ["hash_key = \"pk\"", "range_key = \"sk\"", "name = \"sk\""] {
        assert!(lines.iter().any(|it| it == line), "{configuration}");
    }
}
