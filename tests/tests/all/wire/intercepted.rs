//! Interceptors that the application's client has: they see the whole of each request, and what they change is sent.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextMut, FinalizerInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemInput;
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use dynamo_session::{DynamoSession, ErrorKind, Expires, SessionId, SessionStore};
use dynamo_session_tests::World;

#[derive(Debug, DynamoSession)]
#[session(table = "notes", idle_timeout = "1h")]
struct Notes {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    note: String,
    #[session(counter)]
    visits: u32,
}

/// Gives each of its users tables of their own.
#[derive(Debug)]
struct Tenant(&'static str);

#[dyn_dispatch_hint]
impl Intercept for Tenant {
    fn name(&self) -> &'static str {
        "tenant"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input_mut();
        let to_tenant = |table: &mut String| table.insert_str(0, self.0);
        if let Some(get) = input.downcast_mut::<GetItemInput>() {
            get.table_name.as_mut().map(to_tenant);
        } else if let Some(put) = input.downcast_mut::<PutItemInput>() {
            put.table_name.as_mut().map(to_tenant);
        } else if let Some(update) = input.downcast_mut::<UpdateItemInput>() {
            update.table_name.as_mut().map(to_tenant);
        } else if let Some(delete) = input.downcast_mut::<DeleteItemInput>() {
            delete.table_name.as_mut().map(to_tenant);
        } else if let Some(write) = input.downcast_mut::<TransactWriteItemsInput>() {
            let puts =
                write.transact_items.iter_mut().flatten().filter_map(|item| item.put.as_mut());
            puts.for_each(|put| to_tenant(&mut put.table_name));
        }
        Ok(())
    }
}

/// Seals the note before it leaves, and opens it when it comes back.
#[derive(Debug)]
struct Sealing;

const SEAL: &str = "sealed:";

fn seal(value: &mut AttributeValue) {
    if let AttributeValue::S(text) = value {
        *text = text.chars().rev().collect::<String>() + SEAL;
    }
}

fn open(value: &mut AttributeValue) {
    if let AttributeValue::S(text) = value {
        *text = text.strip_suffix(SEAL).unwrap().chars().rev().collect();
    }
}

#[dyn_dispatch_hint]
impl Intercept for Sealing {
    fn name(&self) -> &'static str {
        "sealing"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input_mut();
        if let Some(put) = input.downcast_mut::<PutItemInput>() {
            put.item.as_mut().and_then(|item| item.get_mut("note")).map(seal);
        } else if let Some(update) = input.downcast_mut::<UpdateItemInput>() {
            let values = update.expression_attribute_values.iter_mut().flatten();
            let is_note = |value: &&mut AttributeValue| matches!(value, AttributeValue::S(text) if text.starts_with("note:"));
            values.map(|(_, value)| value).filter(is_note).for_each(seal);
        }
        Ok(())
    }

    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let output = context.output_or_error_mut().and_then(|output| output.as_mut().ok());
        let got = output.and_then(|output| output.downcast_mut::<GetItemOutput>());
        got.and_then(|got| got.item.as_mut()?.get_mut("note")).map(open);
        Ok(())
    }
}

async fn store(world: &World, interceptor: impl Intercept + 'static) -> SessionStore<Notes> {
    let config = world.client.config().to_builder().interceptor(interceptor).build();
    world.builder().client(Client::from_conf(config)).build().await.unwrap()
}

#[tokio::test]
async fn a_table_that_an_interceptor_names_has_every_request() {
    let world = World::new();
    let own = world.builder::<Notes>().table_name("ada-notes").auto_create(true);
    let own = own.build().await.unwrap();
    let store = store(&world, Tenant("ada-")).await;
    let mut session = store.create();
    session.note = "milk".to_owned();
    session.commit().await.unwrap();
    session.visits += 1;
    session.commit().await.unwrap();
    // A conflict, an update, a touch and a renewal.
    let mut other = store.load(session.id()).await.unwrap().unwrap();
    other.visits += 2;
    session.note = "bread".to_owned();
    other.commit().await.unwrap();
    session.commit().await.unwrap();
    store.update(session.id(), |notes| notes.visits += 4).await.unwrap();
    session.touch().await.unwrap();
    let old = session.id().clone();
    session.renew().await.unwrap();
    let stored = own.load(session.id()).await.unwrap().unwrap();
    assert_eq!((stored.note.as_str(), stored.visits), ("bread", 7));
    store.destroy(&old).await.unwrap();
    assert!(own.load(session.id()).await.unwrap().is_none(), "by the tombstone");
    session.visits += 1;
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Gone);
}

/// As the AWS Database Encryption SDK does. What it was not shown, it would not seal.
#[tokio::test]
async fn what_an_interceptor_seals_is_nowhere_in_the_table_and_is_opened_for_the_session() {
    let world = World::new();
    let _ = world.store::<Notes>().await;
    let store = store(&world, Sealing).await;
    let mut session = store.create();
    for note in ["note:milk", "note:bread"] {
        session.note = note.to_owned();
        session.commit().await.unwrap();
        let item = world.item(&store, session.id()).await.unwrap();
        let AttributeValue::S(stored) = &item["note"] else { panic!("{item:?}") };
        assert!(stored.ends_with(SEAL), "{stored}");
        assert_eq!(store.load(session.id()).await.unwrap().unwrap().note, note);
    }
}
