//! A small shop on axum: a shelf, a cart, login with "remember me", and the list of one's devices.
//!
//! `cargo run --example shop`, then open <http://localhost:3000>. `-- --help` lists the options.
//!
//! Begin reading at `common/session.rs`, what the shop keeps of a visitor, and `app.rs`, what surrounds its handlers. What
//! is in `common` is the same in the shop on actix-web.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod app;
mod cart;
mod common;
mod devices;
mod failure;
mod fields;
mod login;
mod member;
mod page;
mod visitor;

use std::process::ExitCode;

use common::start::{Opening, run};

#[tokio::main]
async fn main() -> ExitCode {
    run(async |Opening { listener, store, sessions }| {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        axum::serve(listener, app::app(store, sessions)).await
    })
    .await
}
