//! What each operation costs, in the capacity units that the engine reports. The README's table rests on it.

use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnConsumedCapacity, TransactWriteItem,
};
use dynamo_session::{Committed, DynamoSession, Expires, ReadConsistency, SessionId, SessionStore};
use dynamo_session_tests::{Login, World, usual_visit};

#[derive(DynamoSession)]
#[session(table = "weights")]
struct Weight {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    load: String,
    note: Option<String>,
}

/// The units that a read and a write of this session cost, as the engine counts them for the item that
/// a session's own requests have left.
async fn units(world: &World, store: &SessionStore<Weight>, id: &SessionId) -> [f64; 4] {
    let total = ReturnConsumedCapacity::Total;
    let key = AttributeValue::S(Weight::SCHEMA.table_key(id));
    let mut read = [0.0; 2];
    for (units, consistent) in read.iter_mut().zip([true, false]) {
        let output = world
            .direct
            .get_item()
            .table_name(store.table_name())
            .key("id", key.clone())
            .consistent_read(consistent)
            .return_consumed_capacity(total.clone())
            .send()
            .await
            .unwrap();
        *units = output.consumed_capacity.unwrap().capacity_units.unwrap();
    }
    let written = world
        .direct
        .update_item()
        .table_name(store.table_name())
        .key("id", key.clone())
        .update_expression("SET note = :note")
        .expression_attribute_values(":note", AttributeValue::S("n".to_owned()))
        .return_consumed_capacity(total.clone())
        .send()
        .await
        .unwrap();
    let write = written.consumed_capacity.unwrap().capacity_units.unwrap();
    let mut item = world.item(store, id).await.unwrap();
    let put = Put::builder().table_name(store.table_name());
    item.insert("id".to_owned(), AttributeValue::S("elsewhere".to_owned()));
    let delete = Delete::builder().table_name(store.table_name()).key("id", key);
    let moved = world
        .direct
        .transact_write_items()
        .transact_items(
            TransactWriteItem::builder().put(put.set_item(Some(item)).build().unwrap()).build(),
        )
        .transact_items(TransactWriteItem::builder().delete(delete.build().unwrap()).build())
        .return_consumed_capacity(total)
        .send()
        .await
        .unwrap();
    let renew = moved.consumed_capacity.unwrap()[0].capacity_units.unwrap();
    [read[0], read[1], write, renew]
}

#[tokio::test]
async fn reads_writes_and_renewals_cost_what_the_readme_says() {
    let cases =
        [(600, [1.0, 0.5, 1.0, 4.0]), (1500, [1.0, 0.5, 2.0, 8.0]), (4000, [2.0, 1.0, 5.0, 20.0])];
    for (bytes, expected) in cases {
        let (world, store) = World::with_store::<Weight>().await;
        let mut session = store.create();
        session.load = "x".repeat(bytes);
        session.commit().await.unwrap();
        for round in 0..20 {
            session.note = Some(format!("{round:>100}"));
            session.commit().await.unwrap();
        }
        assert_eq!(units(&world, &store, session.id()).await, expected, "{bytes} bytes");
    }
}

/// A session of 2 KB: the same as a store pays that never extends the expiry, and whose reads may miss what was written.
#[tokio::test]
async fn a_usual_visit_costs_what_the_readme_says() {
    let visit = async |consistency| {
        let bill = usual_visit(2048, consistency, false).await;
        assert!((1900..=2048).contains(&bill.item_bytes), "{bill:?}");
        (bill.reads, bill.writes, bill.requests)
    };
    assert_eq!(visit(ReadConsistency::Strong).await, (110.0, 24.0, 122));
    assert_eq!(visit(ReadConsistency::OwnWrites).await, (55.0, 24.0, 122));
    assert_eq!(visit(ReadConsistency::Eventual).await, (55.0, 24.0, 122));
}

#[tokio::test]
async fn what_makes_commits_exact_weighs_little() {
    let (world, store) = World::with_store::<Weight>().await;
    let mut session = store.create();
    session.load.push('x');
    session.commit().await.unwrap();
    let bookkeeping = |item: std::collections::HashMap<String, AttributeValue>| {
        let tokens = item["_commits"].as_m().unwrap();
        let entries: usize = tokens.keys().map(|token| 1 + token.len() + 2).sum();
        "_seq".len() + 2 + "_commits".len() + 3 + entries
    };
    let first = bookkeeping(world.item(&store, session.id()).await.unwrap());
    for round in 0..50 {
        session.note = Some(round.to_string());
        session.commit().await.unwrap();
    }
    let later = bookkeeping(world.item(&store, session.id()).await.unwrap());
    assert!((20..=40).contains(&first), "{first} bytes");
    assert!((100..=160).contains(&later), "{later} bytes");
}

#[tokio::test]
async fn nothing_due_costs_no_request() {
    let (world, store) = World::with_store::<Weight>().await;
    let mut session = store.create();
    session.load.push('x');
    session.commit().await.unwrap();
    world.network.take_sent();
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(session.touch().await.unwrap(), Committed::Unchanged);
    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
    assert!(world.network.take_sent().is_empty());
}

#[tokio::test]
async fn an_index_costs_what_the_guarantees_say() {
    let (world, store) = World::with_store::<Login>().await;
    let sessions = world.logins(&store, "ada", 100).await;
    let query = world
        .direct
        .query()
        .table_name(store.table_name())
        .index_name("by_user")
        .key_condition_expression("#u = :u")
        .projection_expression("id")
        .expression_attribute_names("#u", "user")
        .expression_attribute_values(":u", AttributeValue::S("ada".to_owned()))
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .send()
        .await
        .unwrap();
    let read = query.consumed_capacity.unwrap().capacity_units.unwrap();
    assert_eq!(read, 1.0, "half a unit for each 4 KB, and 100 keys are less than 8 KB");

    let key = AttributeValue::S(Login::SCHEMA.table_key(sessions[0].id()));
    let delete = world
        .direct
        .delete_item()
        .table_name(store.table_name())
        .key("id", key)
        .return_consumed_capacity(ReturnConsumedCapacity::Indexes)
        .send()
        .await
        .unwrap();
    let capacity = delete.consumed_capacity.unwrap();
    assert_eq!(capacity.table.unwrap().capacity_units.unwrap(), 1.0);
    let indexes = capacity.global_secondary_indexes.unwrap();
    assert_eq!(indexes["by_user"].capacity_units.unwrap(), 1.0);
    assert!(!indexes.contains_key("by_account"), "a session without a value is not in the index");
}
