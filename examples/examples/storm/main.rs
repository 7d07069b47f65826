//! A storm of clients on few sessions, over a network that fails: nothing may be lost, revived or counted twice.
//!
//! `cargo run --release --example storm`; `-- --help` lists the options, and `-- --compare blob` shows what becomes
//! of the same storm in a store that reads and writes whole items.
//!
//! Each client writes down what it was told of each change: done, gone, or unknown. At the end, every session is compared with that, as
//! the table last held it, read from the raw item.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod blob;
mod dice;
mod image;
mod ledger;
mod network;
mod options;
mod play;
mod report;
mod store;
mod visit;

use std::error::Error as StdError;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use dynamo_session::embedded::Engine;
use dynamo_session::{ManualClock, SessionStore};

use crate::blob::BlobStore;
use crate::dice::Dice;
use crate::network::{Ask, Network};
use crate::options::{Options, USAGE};
use crate::play::{Report, State, Storm};
use crate::report::{Column, table};
use crate::store::Store;

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprint!("error: {problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if options.help {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match run(&options).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// Plays, prints the table, and tells whether dynamo-session kept its promises.
async fn run(options: &Options) -> Result<bool, Box<dyn StdError>> {
    let (report, ours) = play(options, Kind::Typed).await?;
    let kept = report.verdict.lost == 0 && report.verdict.doubled == 0 && report.revived == 0;
    let mut columns = vec![ours];
    if options.compare {
        columns.push(play(options, Kind::Blob).await?.1);
    }
    print!("{}", table(&columns));
    match kept {
        true => {
            println!("\ndynamo-session lost nothing, revived nothing and counted nothing twice.")
        }
        false => {
            println!("\ndynamo-session broke a promise: please report the options and this table.")
        }
    }
    Ok(kept)
}

#[derive(Clone, Copy)]
enum Kind {
    Typed,
    Blob,
}

async fn play(options: &Options, kind: Kind) -> Result<(Report, Column), Box<dyn StdError>> {
    let engine = reach(options).await;
    let behind = engine.http_client().ok_or("the SDK has no HTTP client")?;
    let network = Network::new(behind.clone(), options.faults, Dice::new(options.seed, 1 << 20));
    let calm = Network::new(behind, 0, Dice::new(0, 0));
    let direct = client(&engine, &calm);
    let stamp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let of_its_own = options.table.is_none();
    let name = options.table.clone().unwrap_or_else(|| format!("storm-{stamp}"));
    let clock = ManualClock::new();
    let create = |client| {
        SessionStore::builder()
            .client(client)
            .table_name(&name)
            .clock(clock.clone())
            .auto_create(true)
            .build()
    };
    create(direct.clone()).await?;
    let store = match kind {
        Kind::Typed => Store::Typed(create(client(&engine, &network)).await?, Arc::default()),
        Kind::Blob => Store::Blob(BlobStore {
            client: client(&engine, &network),
            table: name.clone(),
            clock: clock.clone(),
        }),
    };
    let title = match kind {
        Kind::Typed => "dynamo-session",
        Kind::Blob => "blob",
    };
    let storm = Arc::new(Storm {
        options: options.clone(),
        store,
        network: network.clone(),
        direct: direct.clone(),
        calm,
        table: name.clone(),
        clock,
        run: format!("{stamp}-"),
        state: State::new(options.sessions),
    });
    let progress = tokio::spawn(show_progress(title, storm.clone()));
    let report = storm.clone().play().await?;
    let effort = storm.store.effort();
    progress.abort();
    if io::stdout().is_terminal() {
        print!("\r{:78}\r", "");
    }
    if of_its_own {
        direct.delete_table().table_name(name).send().await?;
    }
    for error in report.unexpected.iter().take(3) {
        println!("{title}: unexpected: {error}");
    }
    if report.unexpected.len() > 3 {
        println!("{title}: and {} more", report.unexpected.len() - 3);
    }
    let column = Column::new(title, &report, network.tally(), effort);
    Ok((report, column))
}

/// The configuration of a client of the engine, its HTTP client included.
async fn reach(options: &Options) -> Config {
    if options.table.is_none() && options.endpoint.is_none() {
        return Engine::memory().client().config().clone();
    }
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .build_https();
    let config = match &options.endpoint {
        Some(endpoint) => Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("storm", "storm", None, None, "storm"))
            .endpoint_url(endpoint),
        None => {
            let environment = aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await;
            aws_sdk_dynamodb::config::Builder::from(&environment)
        }
    };
    config.http_client(http).build()
}

fn client(engine: &Config, network: &Network) -> Client {
    // The SDK waits up to a second before it retries; the storm has not so much time.
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(10));
    let config = engine.to_builder().retry_config(retries).interceptor(Ask);
    Client::from_conf(config.http_client(network.clone()).build())
}

async fn show_progress(title: &'static str, storm: Arc<Storm>) {
    const WIDTH: u64 = 40;
    if !io::stdout().is_terminal() {
        return;
    }
    loop {
        let (turns, all) = (storm.turns(), storm.options.operations);
        let done = usize::try_from(turns * WIDTH / all.max(1)).unwrap_or(0);
        let bar = "#".repeat(done);
        print!("\r{title:>16} [{bar:<40}] {turns:>8}/{all}");
        let _ = io::stdout().flush();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
