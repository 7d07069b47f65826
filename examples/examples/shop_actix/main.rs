//! The shop on actix-web: what it shows and does is that of the shop on axum, in `../shop/common`.
//!
//! `cargo run --features actix --example shop-actix`, then open <http://localhost:3000>. `-- --help` lists the options.
//!
//! Begin reading at `app.rs`, what surrounds the handlers.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod app;
mod cart;
#[path = "../shop/common/mod.rs"]
mod common;
mod csrf;
mod devices;
mod failure;
mod login;
mod member;
mod page;
mod visitor;

use std::process::ExitCode;

use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::{App, HttpServer, web};
use common::start::{Opening, run};

#[tokio::main]
async fn main() -> ExitCode {
    run(async |Opening { listener, store, sessions }| {
        let sessions = sessions.on_error(failure::of_session);
        let store = web::Data::new(store);
        let shop = move || {
            App::new()
                .app_data(store.clone())
                .configure(app::routes)
                .wrap(sessions.clone())
                // Around the sessions: what another site makes a browser send is refused before it reads a session, let
                // alone changes one or keeps it from expiring.
                .wrap(from_fn(csrf::refuse_forged))
                // Around everything, so that no answer is without them, not even a refusal.
                .wrap(
                    DefaultHeaders::new()
                        .add(("content-security-policy", common::POLICY))
                        .add(("x-content-type-options", "nosniff"))
                        .add(("referrer-policy", "same-origin")),
                )
        };
        HttpServer::new(shop).listen(listener)?.run().await
    })
    .await
}
