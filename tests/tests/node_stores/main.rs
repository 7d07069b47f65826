//! The session stores that people move from, live: each package of Node.js behind its own framework, on the embedded
//! engine over a socket. `tests/node-stores/run` installs the packages; where they are not, the tests say so and pass.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod engine;
mod moves;
mod node;
mod rows;
mod shop;
mod systems;
mod visitor;

use std::sync::Arc;

use engine::Endpoint;
use moves::Move;
use node::Server;
use serde_json::json;
use systems::SYSTEMS;
use visitor::Visitor;

#[tokio::test]
async fn each_store_writes_the_rows_that_were_captured() {
    if !node::is_installed() {
        return;
    }
    let endpoint = Endpoint::serve().await;
    for system in SYSTEMS {
        system.create_table(&endpoint.client).await;
        let node = Server::start(system.name, system.name, &endpoint.url).await;
        let mut visitor = Visitor::new();

        let login = visitor.post(node.address, "/login").await;
        let begun = json!({"userId": "u-000042", "n": 1, "roles": ["a"], "cart": {"sku-1": 2}, "notice": ""});
        assert_eq!(login, begun, "{}", system.name);
        assert!(visitor.cookie(system.cookie).is_some(), "{}", system.name);
        let row = system.only_row(&endpoint.client).await;
        assert_eq!(rows::shape(system, row), rows::expected(system), "{}", system.name);

        let changed = visitor.post(node.address, "/change").await;
        assert_eq!(changed["n"], 2, "{}", system.name);
        let seen = visitor.get(node.address, "/session").await;
        assert_eq!(
            (&seen["n"], &seen["roles"]),
            (&json!(2), &json!(["a", "node"])),
            "{}",
            system.name
        );

        visitor.post(node.address, "/logout").await;
        assert!(system.rows(&endpoint.client).await.is_empty(), "{}", system.name);
    }
}

#[tokio::test]
async fn everyone_moves() {
    if !node::is_installed() {
        return;
    }
    let endpoint = Endpoint::serve().await;
    let mut seen = Vec::new();
    for system in SYSTEMS {
        let moving = Arc::new(Move::begin(system, &endpoint).await);
        let yes = [
            holds(moving.clone().is_read_in_place()).await,
            holds(moving.clone().has_its_cookie_accepted()).await,
            holds(moving.clone().is_adopted()).await,
            holds(moving.is_shared_and_continued_in_node()).await,
        ];
        seen.push((system, yes));
    }
    let heads = ["row read in place", "cookie accepted", "adopted", "shared and continued in Node"];
    println!("\n{:48}{}", "", heads.join("  "));
    for (system, yes) in &seen {
        let cells = heads.iter().zip(yes);
        let cells = cells
            .map(|(head, yes)| format!("{:1$}", if *yes { "yes" } else { "no" }, head.len() + 2));
        println!("{:48}{}", system.package, cells.collect::<String>());
    }
    assert!(seen.iter().all(|(_, yes)| yes.iter().all(|yes| *yes)), "a cell says no");
}

/// Whether nothing in it has failed; what has says so itself.
async fn holds(check: impl Future<Output = ()> + Send + 'static) -> bool {
    tokio::spawn(check).await.is_ok()
}
