//! A small shop on axum: a shelf, a cart, login with "remember me", and the list of one's devices.
//!
//! `cargo run --example shop`, then open <http://localhost:3000>. `-- --help` lists the options.
//!
//! Begin reading at `session.rs`, what the shop keeps of a visitor, and `app.rs`, what surrounds its handlers.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod app;
mod cart;
mod device;
mod devices;
mod failure;
mod fields;
mod layout;
mod login;
mod member;
mod options;
mod products;
mod session;
mod shelf;
mod start;
mod visitor;
mod when;

use std::io;
use std::process::ExitCode;

use clap::Parser;
use options::Options;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    // Without a subscriber, nobody would learn why a session failed.
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,aws_config=error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();

    let Err(error) = start::run(options).await else { return ExitCode::SUCCESS };
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}
