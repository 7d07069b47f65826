//! What is counted and timed.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use dynamo_session::{Session, SessionId, SessionLayer, SessionStore};
use dynamo_session_tests::refusals::HOT_KEY;
use dynamo_session_tests::{Fault, Measurements, Shop, World, skip_pauses};
use http::Request;
use http::header::COOKIE;
use tower::ServiceExt;

/// The series whose names begin so, without the values of those that are timed.
fn of(values: &BTreeMap<String, Vec<f64>>, prefix: &str) -> Vec<(String, Vec<f64>)> {
    let prefix = format!("dynamo_session_{prefix}");
    let of = values.iter().filter(|(name, _)| name.starts_with(&prefix));
    of.map(|(name, values)| (name.clone(), values.clone())).collect()
}

fn one(name: &str, values: &[f64]) -> Vec<(String, Vec<f64>)> {
    vec![(format!("dynamo_session_{name}"), values.to_vec())]
}

/// A session that was just stored.
async fn new(store: &SessionStore<Shop>) -> Session<Shop> {
    let mut session = store.create();
    session.views = 1;
    session.commit().await.unwrap();
    session
}

#[tokio::test]
async fn loads_are_counted_by_what_they_find() {
    let measured = Measurements::default();
    let _guard = metrics::set_default_local_recorder(&measured);
    let (world, store) = World::with_store::<Shop>().await;
    let mut session = new(&store).await;
    let loads =
        |outcome| one(&format!("loads_total{{table=shop-sessions,outcome={outcome}}}"), &[1.0]);
    measured.take();

    store.load(session.id()).await.unwrap().unwrap();
    let values = measured.take();
    assert_eq!(of(&values, "loads_total"), loads("hit"));
    let labels = "{table=shop-sessions,operation=load,outcome=ok}";
    assert_eq!(of(&values, "operations_total"), one(&format!("operations_total{labels}"), &[1.0]));
    assert_eq!(of(&values, "operation_duration")[0].1.len(), 1);
    let labels = "{table=shop-sessions,request=GetItem}";
    let units = one(&format!("consumed_capacity_units{labels}"), &[1.0]);
    assert_eq!(of(&values, "consumed_capacity"), units);
    assert_eq!(of(&values, "request_duration")[0].1.len(), 1);

    store.load(&SessionId::generate()).await.unwrap();
    assert_eq!(of(&measured.take(), "loads_total"), loads("absent"));

    let old = session.id().clone();
    session.renew().await.unwrap();
    measured.take();
    store.load(&old).await.unwrap();
    assert_eq!(of(&measured.take(), "loads_total"), loads("superseded"));

    world.clock.advance(std::time::Duration::from_secs(3600));
    store.load(session.id()).await.unwrap();
    assert_eq!(of(&measured.take(), "loads_total"), loads("expired"));
}

#[tokio::test]
async fn calls_are_counted_by_how_they_end() {
    skip_pauses();
    let measured = Measurements::default();
    let _guard = metrics::set_default_local_recorder(&measured);
    let (world, store) = World::with_store::<Shop>().await;
    let operations = |operation, outcome| {
        let labels = format!("table=shop-sessions,operation={operation},outcome={outcome}");
        one(&format!("operations_total{{{labels}}}"), &[1.0])
    };
    let mut session = new(&store).await;
    assert_eq!(of(&measured.take(), "operations_total"), operations("commit", "ok"));

    session.commit().await.unwrap();
    assert!(measured.take().is_empty(), "there was nothing to write");

    let mut other = world.load(&store, session.id()).await;
    other.roles.insert("late".to_owned());
    other.commit().await.unwrap();
    other.restart().await.unwrap();
    measured.take();
    session.views += 1;
    session.commit().await.unwrap_err();
    assert_eq!(of(&measured.take(), "operations_total"), operations("commit", "Gone"));

    let mut session = new(&store).await;
    measured.take();
    world.network.fail_by("UpdateItem", || Some(Fault::Answer(400, HOT_KEY)));
    session.views += 1;
    session.commit().await.unwrap_err();
    let values = measured.take();
    assert_eq!(of(&values, "operations_total"), operations("commit", "Throttled"));
    let labels =
        "{table=shop-sessions,request=UpdateItem,reason=TableWriteKeyRangeThroughputExceeded}";
    assert_eq!(of(&values, "throttled_total"), one(&format!("throttled_total{labels}"), &[1.0]));
}

#[tokio::test]
async fn rejected_ids_are_counted() {
    async fn look(session: Session<Shop>) -> String {
        session.views.to_string()
    }
    let measured = Measurements::default();
    let _guard = metrics::set_default_local_recorder(&measured);
    let (_world, store) = World::with_store::<Shop>().await;
    let app = Router::new().route("/", get(look)).layer(SessionLayer::new(store));
    let cookie = format!("__Host-Http-session={}", SessionId::generate().expose_secret());
    let request = Request::get("/").header(COOKIE, cookie).body(Body::empty()).unwrap();
    app.oneshot(request).await.unwrap();
    let rejected = of(&measured.take(), "rejected_ids");
    assert_eq!(rejected, one("rejected_ids_total{}", &[1.0]));
}

#[tokio::test]
async fn each_is_described_and_documented() {
    let measured = Measurements::default();
    let _guard = metrics::set_default_local_recorder(&measured);
    World::with_store::<Shop>().await;
    let documented = include_str!("../../../session-runtime/src/metrics/mod.rs");
    let documented: Vec<_> = documented
        .lines()
        .filter_map(|line| line.strip_prefix("//! | `")?.split('`').next())
        .collect();
    let mut described = measured.described();
    described.dedup();
    assert_eq!(documented, described);
}
