//! The service that takes over: an axum application with the routes of those in `tests/node-stores`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use axum::Router;
use axum::routing::{get, post};
use dynamo_session::interop::ForeignStore;
use dynamo_session::{
    DynamoSession, Expires, Logout, Session, SessionId, SessionLayer, SessionStore,
};
use serde_json::json;

use crate::engine::serve;
use crate::systems::System;

/// What the visitors of the other services have stored.
#[derive(DynamoSession)]
#[session(rename_all = "camelCase", idle_timeout = "1 day")]
struct Moved {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    user_id: Option<String>,
    n: u32,
    roles: Vec<String>,
    cart: BTreeMap<String, u32>,
    notice: String,
}

/// Serves one system's visitors, whose sessions become its own.
pub(crate) async fn adopting(system: &System, client: &Client) -> SocketAddr {
    let builder = SessionStore::<Moved>::builder().client(client.clone());
    let store =
        builder.table_name(format!("{}-moved", system.name)).auto_create(true).build().await;
    serve(router(SessionLayer::new(store.unwrap()).adopt(foreign(system)))).await
}

/// Serves one system's visitors, whose sessions stay in its rows.
pub(crate) async fn sharing(system: &System, client: &Client) -> SocketAddr {
    let foreign = match system.name {
        "svs" => foreign(system).from_npm(),
        _ => foreign(system).from_github(),
    };
    let foreign = foreign.max_age(Duration::from_secs(24 * 60 * 60));
    let builder = SessionStore::<Moved>::builder().client(client.clone()).shared_with(foreign);
    serve(router(SessionLayer::new(builder.build().await.unwrap()))).await
}

fn router(layer: SessionLayer<Moved>) -> Router {
    let routes = Router::new()
        .route("/session", get(async |session: Session<Moved>| view(&session)))
        .route("/login", post(log_in))
        .route("/change", post(change))
        .route("/renew", post(renew))
        .route("/logout", post(log_out));
    routes.layer(layer)
}

async fn log_in(mut session: Session<Moved>) -> String {
    session.user_id = Some("u-000042".to_owned());
    session.n = 1;
    session.roles = vec!["a".to_owned()];
    session.cart = BTreeMap::from([("sku-1".to_owned(), 2)]);
    session.renew().await.unwrap();
    view(&session)
}

async fn renew(mut session: Session<Moved>) -> String {
    session.n += 1;
    session.renew().await.unwrap();
    view(&session)
}

async fn change(mut session: Session<Moved>) -> String {
    session.n += 1;
    session.roles.push("rust".to_owned());
    view(&session)
}

async fn log_out(logout: Logout<Moved>) -> String {
    logout.end().await.unwrap();
    "{}".to_owned()
}

fn view(session: &Moved) -> String {
    let Moved { user_id, n, roles, cart, notice, .. } = session;
    let view = json!({"userId": user_id, "n": n, "roles": roles, "cart": cart, "notice": notice});
    view.to_string()
}

/// The system as the other service is set up, by the name that it has here.
fn foreign(system: &System) -> ForeignStore {
    let table = system.name;
    let foreign = match system.name {
        "geo" | "arc" => ForeignStore::react_router(table, "_idx").ttl_key("_ttl"),
        "mre" => ForeignStore::dynamodb_session_store(table, "SessionID"),
        "svs" => ForeignStore::dynamodb_session_store(table, "sid"),
        "koa" => ForeignStore::koa(table),
        "cds" => ForeignStore::connect_dynamodb_session(table),
        "cyc" => ForeignStore::cyclic(table),
        "dst" => ForeignStore::dynamodb_store(table),
        "cdb" => ForeignStore::connect_dynamodb(table),
        "pwr" => ForeignStore::pwrdrvr(table),
        other => panic!("no such system: {other}"),
    };
    foreign.secrets(["keyboard cat", "an older one"])
}
