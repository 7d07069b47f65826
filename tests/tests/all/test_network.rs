//! The network of the test kit refuses what would make a test pass for nothing.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use dynamo_session::testing::{Fault, Network};
use dynamo_session_tests::{Visit, World};

fn said(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(_) => panic!("a panic without a text"),
    }
}

fn refusal(network: &Network, call: fn(&Network, &str), operation: &str) -> String {
    said(catch_unwind(AssertUnwindSafe(|| call(network, operation))).unwrap_err())
}

const CALLS: [fn(&Network, &str); 4] = [
    |network, operation| network.fail_next(operation, Fault::LoseRequest),
    |network, operation| network.fail_by(operation, || None),
    |network, operation| drop(network.copy_of_last(operation)),
    |network, operation| drop(network.copies(operation)),
];

#[test]
fn a_name_that_no_request_has_is_refused_with_the_one_that_was_meant() {
    let network = World::new().network;
    for call in CALLS {
        for (written, meant) in [
            ("Updateitem", "UpdateItem"),
            ("UpdateItems", "UpdateItem"),
            ("update_item", "UpdateItem"),
            ("TransactWriteItem", "TransactWriteItems"),
            ("ListTable", "ListTables"),
        ] {
            let text = refusal(&network, call, written);
            assert!(text.contains(&format!("no operation `{written}`")), "{text}");
            assert!(text.contains(&format!("did you mean `{meant}`?")), "{text}");
        }
        let text = refusal(&network, call, "commit");
        assert!(!text.contains("did you mean"), "{text}");
        assert!(text.contains("GetItem, ") && text.contains("TransactWriteItems, "), "{text}");
    }
}

#[tokio::test]
async fn whoever_waits_for_such_a_request_is_told_so() {
    let network = World::new().network;
    let waiting = tokio::spawn(async move { network.until_sent("Getitem", 1).await });
    let text = said(waiting.await.unwrap_err().into_panic());
    assert!(text.contains("did you mean `GetItem`?"), "{text}");
}

/// The kit knows the names of all that this library sends, and of what else an application may send over it.
#[tokio::test]
async fn every_operation_of_dynamodb_has_its_name() {
    let (world, store) = World::with_store::<Visit>().await;
    store.verify_table().await.unwrap();
    store.count_sessions().await.unwrap();
    world.direct.list_tables().send().await.unwrap();
    for operation in world.network.operations() {
        world.network.fail_by(&operation, || None);
    }
    for operation in ["BatchWriteItem", "DeleteTable", "ExecuteStatement", "TransactGetItems"] {
        world.network.fail_by(operation, || None);
    }
}
