//! A program that writes to a session's item without counting it: a renewal carries over what it wrote, also between the
//! renewal's read and its transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{CreatedAt, DynamoSession, Error, Expires, Session, SessionId, SessionStore};
use dynamo_session_tests::attribute::{m, n, s};
use dynamo_session_tests::{Fault, Shop, World, skip_pauses};
use tokio::sync::Notify;

async fn stored(world: &World, store: &SessionStore<Shop>) -> SessionId {
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    session.cart.insert("book".to_owned(), 1);
    session.views = 3;
    session.hits.insert("home".to_owned(), 2);
    session.seen.push("a".to_owned());
    session.recent.push(7);
    session.roles.insert("admin".to_owned());
    session.layout.insert("left".to_owned(), 1);
    session.notice = Some("hello".to_owned());
    let _ = session.commit().await.unwrap();
    let mut item = world.item(store, session.id()).await.unwrap();
    item.insert("foreign".to_owned(), m([("key", n(1))]));
    world.put(store, item).await;
    session.id().clone()
}

/// Renews while another program does this to the item, after the renewal has read it.
async fn renewed_meanwhile(
    world: &World,
    store: &SessionStore<Shop>,
    id: &SessionId,
    expression: &str,
    value: Option<AttributeValue>,
) -> (Session<Shop>, Result<(), Error>) {
    let mut session = world.load(store, id).await;
    session.avatar = vec![1];
    let gate = Arc::new(Notify::new());
    world.network.take_sent();
    world.network.fail_next("TransactWriteItems", Fault::Hold(gate.clone()));
    let renewal = tokio::spawn(async move {
        let result = session.renew().await;
        (session, result)
    });
    world.network.until_sent("TransactWriteItems", 1).await;
    let mut update = world
        .direct
        .update_item()
        .table_name(store.table_name())
        .key("id", s(Shop::SCHEMA.table_key(id)))
        .update_expression(expression);
    for name in ["user", "views", "roles", "layout", "foreign", "key"] {
        if expression.contains(&format!("#{name}")) {
            update = update.expression_attribute_names(format!("#{name}"), name);
        }
    }
    if let Some(value) = value {
        update = update.expression_attribute_values(":v", value);
    }
    update.send().await.unwrap();
    gate.notify_one();
    renewal.await.unwrap()
}

#[tokio::test]
async fn what_it_writes_to_what_was_read_is_carried_over() {
    skip_pauses();
    let cases: [(&str, Option<AttributeValue>, &str, Option<AttributeValue>); 16] = [
        ("SET #user = :v", Some(s("eve")), "user", Some(s("eve"))),
        ("REMOVE #user", None, "user", None),
        ("SET cart.book = :v", Some(n(9)), "cart", Some(m([("book", n(9))]))),
        ("SET cart.pen = :v", Some(n(2)), "cart", Some(m([("book", n(1)), ("pen", n(2))]))),
        ("REMOVE cart.book", None, "cart", Some(m([]))),
        ("ADD #views :v", Some(n(4)), "views", Some(n(7))),
        ("SET hits.home = hits.home + :v", Some(n(1)), "hits", Some(m([("home", n(3))]))),
        (
            "SET seen = list_append(seen, :v)",
            Some(AttributeValue::L(vec![s("b")])),
            "seen",
            Some(AttributeValue::L(vec![s("a"), s("b")])),
        ),
        (
            "SET recent = :v",
            Some(AttributeValue::L(vec![n(8)])),
            "recent",
            Some(AttributeValue::L(vec![n(8)])),
        ),
        (
            "ADD #roles :v",
            Some(AttributeValue::Ss(vec!["cook".to_owned()])),
            "roles",
            Some(AttributeValue::Ss(vec!["admin".to_owned(), "cook".to_owned()])),
        ),
        ("SET #layout = :v", Some(m([])), "layout", Some(m([]))),
        ("SET notice = :v", Some(s("")), "notice", Some(s(""))),
        ("SET #foreign.#key = :v", Some(n(2)), "foreign", Some(m([("key", n(2))]))),
        ("REMOVE #foreign", None, "foreign", None),
        ("SET #views = :v", Some(n(0)), "views", Some(n(0))),
        ("SET credits = :v", Some(n(200)), "credits", Some(n(200))),
    ];
    for (expression, value, attribute, expected) in cases {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&world, &store).await;
        let (session, result) = renewed_meanwhile(&world, &store, &id, expression, value).await;
        result.unwrap();
        let item = world.item(&store, session.id()).await.unwrap();
        let mut stored = item.get(attribute).cloned();
        if let Some(AttributeValue::Ss(members)) = &mut stored {
            members.sort();
        }
        assert_eq!(stored, expected, "{expression}");
        let avatar = item["avatar"].as_b().unwrap().as_ref();
        assert_eq!(avatar, [1], "the renewal's own change");
        assert!(store.load(&id).await.unwrap().is_none());
    }
}

/// A session with more attributes than one expression can compare.
#[tokio::test]
async fn a_session_of_very_many_attributes_can_be_renewed() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&world, &store).await;
    let mut item = world.item(&store, &id).await.unwrap();
    for number in 0..600 {
        item.insert(format!("attribute-{number}"), s("x".repeat(number % 40)));
    }
    world.put(&store, item.clone()).await;
    let mut session = world.load(&store, &id).await;
    session.views += 1;
    session.renew().await.unwrap();
    let renewed = world.item(&store, session.id()).await.unwrap();
    for number in 0..600 {
        let name = format!("attribute-{number}");
        assert_eq!(renewed[&name], item[&name]);
    }
    assert_eq!(world.load(&store, session.id()).await.views, 4);
}

/// And one whose values are larger than an expression's.
#[tokio::test]
async fn a_session_of_large_values_can_be_renewed() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&world, &store).await;
    let mut session = world.load(&store, &id).await;
    session.avatar = vec![7; 300 * 1024];
    session.cart = (0..2000).map(|number| (format!("k{number}"), number)).collect();
    let _ = session.commit().await.unwrap();
    session.views += 1;
    session.renew().await.unwrap();
    let loaded = world.load(&store, session.id()).await;
    assert_eq!((loaded.avatar.len(), loaded.cart.len(), loaded.views), (300 * 1024, 2000, 4));
}

#[derive(Debug, DynamoSession)]
#[session(table = "numbers")]
struct Numbers {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    float: f64,
    prices: BTreeMap<String, f64>,
}

/// What was read is compared as DynamoDB compares, whatever form another program gave it.
#[tokio::test]
async fn unusual_forms_of_a_value_do_not_stand_in_the_way() {
    let (world, store) = World::with_store::<Numbers>().await;
    let mut session = store.create();
    session.float = 0.1;
    session.prices.insert("a".to_owned(), 1e-7);
    let _ = session.commit().await.unwrap();
    let mut item = world.item(&store, session.id()).await.unwrap();
    item.insert("float".to_owned(), n("1.50E+2"));
    item.insert("text".to_owned(), s(""));
    item.insert("nothing".to_owned(), AttributeValue::Null(true));
    item.insert("set".to_owned(), AttributeValue::Ns(vec!["3".to_owned(), "1.0".to_owned()]));
    item.insert("bytes".to_owned(), AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new([])));
    world.put(&store, item).await;
    let mut session = world.load(&store, session.id()).await;
    session.renew().await.unwrap();
    let renewed = world.item(&store, session.id()).await.unwrap();
    assert_eq!(renewed["text"], s(""));
    assert_eq!(world.load(&store, session.id()).await.float, 150.0);
}
