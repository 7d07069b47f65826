//! The store under what it was made for: tower-sessions of both versions, and axum-login.

#![allow(clippy::unwrap_used, missing_docs)]

mod contract;
mod faults;
mod layer;
mod login;
mod promises;
mod visitor;

use dynamo_session::testing::TestStore;
use tower_sessions_dynamo::{DynamoStore, StoredRecord};

async fn world() -> (DynamoStore, TestStore<StoredRecord>) {
    let world = TestStore::<StoredRecord>::new().await;
    (DynamoStore::new(world.store.clone()), world)
}
