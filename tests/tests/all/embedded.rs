//! The embedded engine, through the SDK's client: that it answers as DynamoDB does, and what it does beside.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::RequestId;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, Delete, KeySchemaElement, KeyType, Put,
    ReturnValue, ReturnValuesOnConditionCheckFailure, ScalarAttributeType, Tag,
    TimeToLiveSpecification, TransactWriteItem,
};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use dynamo_session::embedded::{self, Engine};
use dynamo_session::{ErrorKind, ManualClock};
use dynamo_session_tests::attribute::{m, n, s};

const TABLE: &str = "sessions";

async fn create_table(client: &Client) {
    let id = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S)
        .build()
        .unwrap();
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(id)
        .key_schema(key.build().unwrap())
        .send()
        .await
        .unwrap();
}

async fn with_table(client: Client) -> Client {
    create_table(&client).await;
    client
}

async fn put<const N: usize>(client: &Client, id: &str, attributes: [(&str, AttributeValue); N]) {
    let mut put = client.put_item().table_name(TABLE).item("id", s(id));
    for (name, value) in attributes {
        put = put.item(name, value);
    }
    put.send().await.unwrap();
}

async fn get(client: &Client, id: &str) -> Option<HashMap<String, AttributeValue>> {
    let get = client.get_item().table_name(TABLE).key("id", s(id)).consistent_read(true);
    get.send().await.unwrap().item
}

fn update(client: &Client, id: &str, expression: &str) -> UpdateItemFluentBuilder {
    client.update_item().table_name(TABLE).key("id", s(id)).update_expression(expression)
}

async fn failure(request: UpdateItemFluentBuilder) -> UpdateItemError {
    request.send().await.unwrap_err().into_service_error()
}

#[tokio::test]
async fn an_item_comes_back_in_its_native_types() {
    let client = with_table(embedded::client()).await;
    let cart = m([("sku-1", n(2)), ("empty", m([])), ("none", AttributeValue::Null(true))]);
    let roles = AttributeValue::Ss(vec!["admin".to_owned()]);
    let bytes = AttributeValue::B(vec![0, 255].into());
    put(&client, "a", [("cart", cart.clone()), ("roles", roles.clone()), ("raw", bytes.clone())])
        .await;

    let item = get(&client, "a").await.unwrap();
    assert_eq!(item["cart"], cart);
    assert_eq!(item["roles"], roles);
    assert_eq!(item["raw"], bytes);
    assert_eq!(get(&client, "b").await, None);
}

#[tokio::test]
async fn a_failed_condition_brings_the_item_as_it_is() {
    let client = with_table(embedded::client()).await;
    put(&client, "a", [("visits", n(3))]).await;

    let request = update(&client, "a", "SET visits = :v")
        .condition_expression("attribute_exists(id) AND visits = :old")
        .expression_attribute_values(":v", n(4))
        .expression_attribute_values(":old", n(2))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let UpdateItemError::ConditionalCheckFailedException(failed) = failure(request.clone()).await
    else {
        panic!("not a failed condition")
    };
    assert_eq!(failed.item.unwrap()["visits"], n(3));

    let absent = request.set_key(Some([("id".to_owned(), s("b"))].into()));
    let UpdateItemError::ConditionalCheckFailedException(failed) = failure(absent).await else {
        panic!("not a failed condition")
    };
    assert_eq!(failed.item, None);
    assert_eq!(get(&client, "b").await, None);
}

#[tokio::test]
async fn an_update_under_a_condition_returns_what_it_wrote() {
    let client = with_table(embedded::client()).await;
    put(&client, "a", [("visits", n(3)), ("cart", m([]))]).await;

    let answer = update(&client, "a", "SET visits = visits + :one, cart.sku = :one")
        .condition_expression("attribute_exists(id)")
        .expression_attribute_values(":one", n(1))
        .return_values(ReturnValue::UpdatedNew)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.attributes.as_ref().unwrap()["visits"], n(4));
    assert_eq!(get(&client, "a").await.unwrap()["cart"], m([("sku", n(1))]));
    assert_eq!(answer.request_id().unwrap().len(), 52);
}

#[tokio::test]
async fn what_dynamodb_finds_invalid_is_a_validation_exception() {
    let client = with_table(embedded::client()).await;

    let syntax = update(&client, "a", "SET visits =").send().await.unwrap_err();
    let unused = update(&client, "a", "REMOVE visits")
        .expression_attribute_values(":unused", n(1))
        .send()
        .await
        .unwrap_err();
    // Dynoxide finds these while it reads the request, and marks them.
    let empty_set = update(&client, "a", "SET marks = :r")
        .expression_attribute_values(":r", AttributeValue::Ss(vec![]))
        .send()
        .await
        .unwrap_err();
    let no_number = update(&client, "a", "SET visits = :v")
        .expression_attribute_values(":v", AttributeValue::N("many".to_owned()))
        .send()
        .await
        .unwrap_err();
    let false_null = update(&client, "a", "SET visits = :v")
        .expression_attribute_values(":v", AttributeValue::Null(false))
        .send()
        .await
        .unwrap_err();
    for error in [syntax, unused, empty_set, no_number, false_null] {
        assert_eq!(error.code(), Some("ValidationException"), "{error:?}");
        assert!(!error.message().unwrap().contains("VALIDATION"), "{error:?}");
    }

    let deep = (0..80).fold(n(1), |inner, _| m([("a", inner)]));
    let deep = update(&client, "a", "SET visits = :v").expression_attribute_values(":v", deep);
    assert_eq!(failure(deep).await.code(), Some("ValidationException"));
    assert_eq!(get(&client, "a").await, None);
}

#[tokio::test]
async fn a_missing_table_and_a_missing_operation_have_their_names() {
    let client = embedded::client();
    let missing = client.get_item().table_name(TABLE).key("id", s("a")).send().await;
    assert!(missing.unwrap_err().into_service_error().is_resource_not_found_exception());

    create_table(&client).await;
    let twice = client.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    let id = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S)
        .build();
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build();
    let twice = twice.attribute_definitions(id.unwrap()).key_schema(key.unwrap()).send().await;
    assert!(twice.unwrap_err().into_service_error().is_resource_in_use_exception());

    let unknown = client.describe_limits().send().await.unwrap_err();
    assert_eq!(unknown.code(), Some("UnknownOperationException"));
}

#[tokio::test]
async fn a_cancelled_transaction_says_why() {
    let client = with_table(embedded::client()).await;
    put(&client, "old", [("_seq", n(7))]).await;

    let renew = |seq| {
        let put = Put::builder()
            .table_name(TABLE)
            .item("id", s("new"))
            .condition_expression("attribute_not_exists(id)")
            .build()
            .unwrap();
        let delete = Delete::builder()
            .table_name(TABLE)
            .key("id", s("old"))
            .condition_expression("#seq = :seq")
            .expression_attribute_names("#seq", "_seq")
            .expression_attribute_values(":seq", n(seq))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .unwrap();
        client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(put).build())
            .transact_items(TransactWriteItem::builder().delete(delete).build())
    };

    let error = renew(6).send().await.unwrap_err().into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        panic!("not cancelled")
    };
    let reasons = cancelled.cancellation_reasons();
    assert_eq!(reasons[0].code(), Some("None"));
    assert_eq!(reasons[1].code(), Some("ConditionalCheckFailed"));
    assert_eq!(reasons[1].item().unwrap()["_seq"], n(7));
    assert_eq!(get(&client, "new").await, None);

    renew(7).send().await.unwrap();
    assert_eq!(get(&client, "old").await, None);
    assert!(get(&client, "new").await.is_some());
}

#[tokio::test]
async fn conditions_tell_a_map_from_anything_else_at_any_depth() {
    let client = with_table(embedded::client()).await;
    let cart = m([("entries", m([])), ("note", s("flat"))]);
    put(&client, "a", [("cart", cart), ("note", s("flat"))]).await;

    let holds = async |condition: &str| {
        let request = update(&client, "a", "SET probe = :m")
            .condition_expression(condition)
            .expression_attribute_values(":m", s("M"));
        match request.send().await {
            Ok(_) => true,
            Err(error) => {
                let error = error.into_service_error();
                assert!(error.is_conditional_check_failed_exception(), "{condition}: {error:?}");
                false
            }
        }
    };
    assert!(holds("attribute_type(cart, :m)").await);
    assert!(holds("attribute_type(cart.entries, :m)").await);
    assert!(holds("attribute_not_exists(cart.entries.sku)").await);
    assert!(!holds("attribute_type(cart.note, :m)").await);
    assert!(!holds("attribute_type(note, :m)").await);
    for path in ["gone", "gone.entries", "cart.gone", "cart.gone.sku", "note.entries"] {
        assert!(!holds(&format!("attribute_type({path}, :m)")).await, "{path}");
        assert!(holds(&format!("NOT attribute_type({path}, :m)")).await, "{path}");
        assert!(holds(&format!("attribute_not_exists({path})")).await, "{path}");
    }
}

#[tokio::test]
async fn a_nested_write_needs_its_parent() {
    let client = with_table(embedded::client()).await;
    put(&client, "a", []).await;

    let nested = update(&client, "a", "SET cart.sku = :n").expression_attribute_values(":n", n(1));
    assert_eq!(failure(nested.clone()).await.code(), Some("ValidationException"));

    let guarded = nested
        .condition_expression("attribute_type(cart, :m)")
        .expression_attribute_values(":m", s("M"));
    assert!(failure(guarded).await.is_conditional_check_failed_exception());
}

#[tokio::test]
async fn expired_items_go_when_the_clock_moves_and_the_sweep_runs() {
    let clock = ManualClock::at_epoch_seconds(1_800_000_000);
    let engine = Engine::memory_with_clock(clock.clone());
    let client = with_table(engine.client()).await;
    let ttl = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(true);
    client
        .update_time_to_live()
        .table_name(TABLE)
        .time_to_live_specification(ttl.build().unwrap())
        .send()
        .await
        .unwrap();
    let described = client.describe_time_to_live().table_name(TABLE).send().await.unwrap();
    assert_eq!(described.time_to_live_description.unwrap().attribute_name.unwrap(), "expires_at");

    put(&client, "soon", [("expires_at", n(1_800_000_060))]).await;
    put(&client, "later", [("expires_at", n(1_800_003_600))]).await;
    put(&client, "never", []).await;
    assert_eq!(engine.delete_expired().unwrap(), 0);

    clock.advance(Duration::from_secs(120));
    assert!(get(&client, "soon").await.is_some(), "nothing sweeps by itself");
    assert_eq!(engine.delete_expired().unwrap(), 1);
    assert_eq!(get(&client, "soon").await, None);
    assert!(get(&client, "later").await.is_some());
    assert!(get(&client, "never").await.is_some());
}

#[tokio::test]
async fn a_file_survives_reopening() {
    let directory = std::env::temp_dir().join(format!("embedded-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("sessions.db");

    let engine = Engine::file(&file).unwrap();
    let client = with_table(engine.client()).await;
    put(&client, "a", [("visits", n(3))]).await;
    drop((engine, client));

    let engine = Engine::file(&file).unwrap();
    assert_eq!(get(&engine.client(), "a").await.unwrap()["visits"], n(3));
    drop(engine);
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    let directory = std::env::temp_dir();
    let text = directory.join(format!("not-a-database-{}", std::process::id()));
    std::fs::write(&text, "This is no SQLite database. ".repeat(100)).unwrap();
    for path in [directory.join("no/such/directory/sessions.db"), directory, text.clone()] {
        let error = Engine::file(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(&*path.to_string_lossy()), "{error}");
        assert!(std::error::Error::source(&error).is_some());
    }
    std::fs::remove_file(text).unwrap();
    assert!(Engine::file("").unwrap_err().is_configuration());
}

#[test]
fn another_programs_database_is_not_touched() {
    const NOTES: &[u8] = include_bytes!("embedded/notes.sqlite");
    let file = std::env::temp_dir().join(format!("notes-{}.db", std::process::id()));
    std::fs::write(&file, NOTES).unwrap();
    assert!(Engine::file(&file).unwrap_err().is_configuration());
    assert!(std::fs::read(&file).unwrap() == NOTES);
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn clients_of_one_engine_share_it_and_engines_share_nothing() {
    let engine = Engine::memory();
    let client = with_table(engine.client()).await;
    put(&client, "a", []).await;
    assert!(get(&engine.client(), "a").await.is_some());
    assert!(get(&engine.clone().client(), "a").await.is_some());

    let other = embedded::client().list_tables().send().await.unwrap();
    assert!(other.table_names().is_empty());
}

#[tokio::test]
async fn tables_are_listed_tagged_and_deleted() {
    let client = with_table(embedded::client()).await;
    let listed = client.list_tables().send().await.unwrap();
    assert_eq!(listed.table_names(), [TABLE]);

    let described = client.describe_table().table_name(TABLE).send().await.unwrap();
    let arn = described.table.unwrap().table_arn.unwrap();
    let tag = Tag::builder().key("team").value("shop").build().unwrap();
    client.tag_resource().resource_arn(&arn).tags(tag.clone()).send().await.unwrap();
    let tags = client.list_tags_of_resource().resource_arn(&arn).send().await.unwrap();
    assert_eq!(tags.tags(), [tag]);
    client.untag_resource().resource_arn(&arn).tag_keys("team").send().await.unwrap();
    let tags = client.list_tags_of_resource().resource_arn(&arn).send().await.unwrap();
    assert!(tags.tags().is_empty());

    client.delete_table().table_name(TABLE).send().await.unwrap();
    assert!(client.list_tables().send().await.unwrap().table_names().is_empty());
}

#[tokio::test]
async fn many_tasks_on_one_thread_lose_nothing_and_starve_nobody() {
    let client = with_table(embedded::client()).await;
    put(&client, "a", [("visits", n(0))]).await;

    let writers: Vec<_> = (0..16)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                for _ in 0..25 {
                    update(&client, "a", "SET visits = visits + :one")
                        .expression_attribute_values(":one", n(1))
                        .send()
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    let mut turns = 0;
    while writers.iter().any(|writer| !writer.is_finished()) {
        tokio::task::yield_now().await;
        turns += 1;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(get(&client, "a").await.unwrap()["visits"], n(400));
    assert!(turns >= 25, "another task had only {turns} turns beside 16 times 25 calls");
}

#[tokio::test]
async fn a_test_can_stand_between_the_sdk_and_the_engine() {
    /// Applies every write and loses every answer to it.
    #[derive(Clone, Debug)]
    struct LosesAnswers(Engine);

    impl HttpClient for LosesAnswers {
        fn http_connector(
            &self,
            _: &HttpConnectorSettings,
            _: &RuntimeComponents,
        ) -> SharedHttpConnector {
            SharedHttpConnector::new(self.clone())
        }
    }

    impl HttpConnector for LosesAnswers {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let answer = self.0.call(request);
            HttpConnectorFuture::new(async move {
                answer.await?;
                Err(ConnectorError::io("the connection was reset".into()))
            })
        }
    }

    let engine = Engine::memory();
    let client = with_table(engine.client()).await;
    let config = client.config().to_builder().http_client(LosesAnswers(engine)).build();
    let failing = Client::from_conf(config);
    failing.put_item().table_name(TABLE).item("id", s("a")).send().await.unwrap_err();
    assert!(get(&client, "a").await.is_some());
}
