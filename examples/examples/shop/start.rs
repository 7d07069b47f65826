use std::error::Error as StdError;
use std::io;
use std::net::{IpAddr, Ipv4Addr};

use axum::serve;
use dynamo_session::embedded::Engine;
use dynamo_session::{SessionCookie, SessionLayer, SessionStore};
use tokio::net::TcpListener;

use crate::app::app;
use crate::options::Options;
use crate::session::ShopSession;

pub(crate) async fn run(options: Options) -> Result<(), Box<dyn StdError>> {
    // First, so that a taken port is found out before a table is made.
    let listener = listen(&options).await?;
    let store = store(&options).await?;
    let cookie = SessionCookie::builder().secure(!options.insecure).build()?;
    let sessions = SessionLayer::new(store.clone()).cookie(cookie);

    println!("Shop:     http://localhost:{}", listener.local_addr()?.port());
    println!("Sessions: {}", place(&options));
    if !options.insecure {
        println!(
            "Browser:  any but Safari, which accepts these cookies only over https: see --insecure"
        );
    }
    serve(listener, app(store, sessions)).await?;
    Ok(())
}

async fn listen(options: &Options) -> Result<TcpListener, String> {
    let address = if options.insecure { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST };
    let port = options.port;
    TcpListener::bind((IpAddr::from(address), port)).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {port} is taken: stop the program that listens there, or choose another with --port, \
             such as --port {}",
            if port < u16::MAX { port + 1 } else { 3000 }
        ),
        io::ErrorKind::PermissionDenied => {
            format!("you may not listen on port {port}: choose one above 1023 with --port")
        }
        _ => format!("cannot listen on {address}:{port}: {error}"),
    })
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
