use std::error::Error as StdError;
use std::io;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::process::ExitCode;

use clap::Parser;
use dynamo_session::embedded::Engine;
use dynamo_session::{SessionCookie, SessionLayer, SessionStore};
use tracing_subscriber::EnvFilter;

use super::options::Options;
use super::session::ShopSession;

/// What a shop is opened with.
pub(crate) struct Opening {
    pub(crate) listener: TcpListener,
    pub(crate) store: SessionStore<ShopSession>,
    pub(crate) sessions: SessionLayer<ShopSession>,
}

/// Runs a shop, and tells on the terminal what it is up to.
pub(crate) async fn run<E: StdError + 'static>(
    serve: impl AsyncFnOnce(Opening) -> Result<(), E>,
) -> ExitCode {
    let options = Options::parse();
    // Without a subscriber, nobody would learn why a session failed.
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,aws_config=error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();

    let served: Result<(), Box<dyn StdError>> = match open(&options).await {
        Ok(opening) => serve(opening).await.map_err(Box::from),
        Err(error) => Err(error),
    };
    let Err(error) = served else { return ExitCode::SUCCESS };
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

async fn open(options: &Options) -> Result<Opening, Box<dyn StdError>> {
    // First, so that a taken port is found out before a table is made.
    let listener = listen(options)?;
    let store = store(options).await?;
    let cookie = SessionCookie::builder().secure(!options.insecure).build()?;
    let sessions = SessionLayer::new(store.clone()).cookie(cookie);

    println!("Shop:     http://localhost:{}", listener.local_addr()?.port());
    println!("Sessions: {}", place(options));
    if !options.insecure {
        println!(
            "Browser:  any but Safari, which accepts these cookies only over https: see --insecure"
        );
    }
    Ok(Opening { listener, store, sessions })
}

fn listen(options: &Options) -> Result<TcpListener, String> {
    let address = if options.insecure { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST };
    let port = options.port;
    let listening = TcpListener::bind((IpAddr::from(address), port));
    let listener = listening.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {port} is taken: stop the program that listens there, or choose another with --port, \
             such as --port {}",
            if port < u16::MAX { port + 1 } else { 3000 }
        ),
        io::ErrorKind::PermissionDenied => {
            format!("you may not listen on port {port}: choose one above 1023 with --port")
        }
        _ => format!("cannot listen on {address}:{port}: {error}"),
    })?;
    listener.set_nonblocking(true).map_err(|error| error.to_string())?;
    Ok(listener)
}

async fn store(options: &Options) -> Result<SessionStore<ShopSession>, Box<dyn StdError>> {
    let builder = SessionStore::builder().auto_create(true);
    let builder = match (&options.db, &options.table) {
        (Some(file), _) => builder.client(Engine::file(file)?.client()),
        (None, Some(table)) => builder.table_name(table),
        (None, None) => builder.client(Engine::memory().client()),
    };
    Ok(builder.build().await?)
}

fn place(options: &Options) -> String {
    match (&options.db, &options.table) {
        (Some(file), _) => format!("in an embedded engine, in the file {}", file.display()),
        (None, Some(table)) => format!("in the DynamoDB table {table} of your AWS environment"),
        (None, None) => {
            "in memory, in an embedded engine; keep them with --db FILE, or use AWS with \
                         --table NAME"
                .to_owned()
        }
    }
}
