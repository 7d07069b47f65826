//! Sessions that stay in another store's rows, which its service goes on writing.

mod browser;
mod encounters;
mod endings;
mod expiry;
mod guards;
mod hostile;
mod layer;
mod lost;
mod new_rows;
mod numbers;
mod rows;
mod settings;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::interop::ForeignStore;
use dynamo_session::{DynamoSession, Session, SessionStore};
use serde_json::Value as Json;

use super::systems::System;
use super::{Member, Move, Row, SID, legacy};

/// A store that is shared, as another server of ours has it.
async fn sharing<S: DynamoSession>(moved: &Move, foreign: ForeignStore) -> SessionStore<S> {
    let builder = SessionStore::builder().client(moved.world.client.clone());
    let builder = builder.clock(moved.clock.clone()).shared_with(foreign);
    let store = builder.build().await.unwrap();
    moved.world.network.take_sent();
    store
}

/// One session of connect-dynamodb, and a store that is shared with it.
async fn shared() -> (Move, SessionStore<Member>) {
    let (moved, foreign) = legacy().await;
    let store = sharing(&moved, foreign).await;
    (moved, store)
}

/// One session of a system, and a store that is shared with it.
async fn shared_with(system: &System) -> (Move, SessionStore<Member>) {
    let moved = Move::from(system.keys).await;
    moved.put(system.row()).await;
    let store = sharing(&moved, of_one_package(system, system.store(&moved.table))).await;
    (moved, store)
}

fn of_one_package(system: &System, foreign: ForeignStore) -> ForeignStore {
    match system.name {
        "svs" => foreign.from_npm(),
        _ => foreign.from_github(),
    }
}

async fn load(store: &SessionStore<Member>) -> Session<Member> {
    store.load_shared(SID).await.unwrap().unwrap()
}

async fn only_row(moved: &Move) -> Row {
    let mut rows = moved.rows().await;
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

/// The session's keys in a row of a system, those of the framework included.
fn data(system: &System, row: &Row) -> Json {
    let inside = ["Session", "session", "content", "sess"].iter().find_map(|name| row.get(*name));
    match inside {
        Some(AttributeValue::S(text)) => serde_json::from_str(text).unwrap(),
        Some(value) => plain(value),
        None => {
            let own = |name: &String| system.keys.contains(&&**name) || name == "_ttl";
            let data = row.iter().filter(|(name, _)| !own(name));
            data.map(|(name, value)| (name.clone(), plain(value))).collect()
        }
    }
}

fn plain(value: &AttributeValue) -> Json {
    match value {
        AttributeValue::S(text) => text.clone().into(),
        AttributeValue::N(number) => serde_json::from_str(number).unwrap(),
        AttributeValue::Bool(is) => (*is).into(),
        AttributeValue::Null(_) => Json::Null,
        AttributeValue::L(elements) => elements.iter().map(plain).collect(),
        AttributeValue::M(map) => {
            map.iter().map(|(key, value)| (key.clone(), plain(value))).collect()
        }
        other => panic!("no store writes {other:?}"),
    }
}

/// The session in the only row, which is one of connect-dynamodb.
async fn legacy_row_text(moved: &Move) -> Json {
    serde_json::from_str(only_row(moved).await["sess"].as_s().unwrap()).unwrap()
}
