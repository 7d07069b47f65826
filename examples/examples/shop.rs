//! A small shop on axum: visits, login, a cart, notices and logout, in plain HTML.
//!
//! `cargo run --example shop`, then open <http://localhost:3000>. `-- --help` lists the options.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::ExitCode;

use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use axum::{Router, serve};
use dynamo_session::embedded::Engine;
use dynamo_session::{
    CreatedAt, DynamoSession, Error, Expires, Session, SessionCookie, SessionId, SessionLayer,
    SessionStore,
};
use serde::Deserialize;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

#[derive(DynamoSession)]
#[session(
    table = "shop-sessions",
    idle_timeout = "30m",
    absolute_timeout = "12h",
    touch_interval = "1m"
)]
struct ShopSession {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(index = "by_user")]
    user: Option<String>,
    cart: BTreeMap<String, u32>,
    #[session(counter)]
    page_views: u64,
    notice: Option<String>,
}

/// What the shop sells: the SKU, as the cart keeps it, and the name.
const PRODUCTS: [(&str, &str); 3] =
    [("apple", "Apples & pears"), ("bread", "Bread"), ("cheese", "Cheese")];

fn shop(layer: SessionLayer<ShopSession>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/login", post(log_in))
        .route("/cart", post(add_to_cart))
        .route("/logout", post(log_out))
        .layer(layer)
}

async fn home(mut session: Session<ShopSession>) -> Html<String> {
    session.page_views += 1;
    let notice = session.notice.take();
    page(&session, notice.as_deref())
}

#[derive(Deserialize)]
struct Login {
    name: String,
}

async fn log_in(
    mut session: Session<ShopSession>,
    Form(login): Form<Login>,
) -> Result<Redirect, Error> {
    let name = login.name.trim();
    if name.is_empty() || name.chars().count() > 40 {
        session.notice = Some("A name has 1 to 40 characters.".to_owned());
        return Ok(Redirect::to("/"));
    }
    // Whoever knew the id before the login must not share the session after it.
    session.renew().await?;
    session.notice = Some(format!("Welcome, {name}!"));
    session.user = Some(name.to_owned());
    Ok(Redirect::to("/"))
}

#[derive(Deserialize)]
struct Item {
    sku: String,
}

async fn add_to_cart(
    mut session: Session<ShopSession>,
    Form(item): Form<Item>,
) -> Result<Redirect, StatusCode> {
    let name = product(&item.sku).ok_or(StatusCode::NOT_FOUND)?;
    *session.cart.entry(item.sku).or_default() += 1;
    session.notice = Some(format!("{name} added to your cart."));
    Ok(Redirect::to("/"))
}

async fn log_out(mut session: Session<ShopSession>) -> Result<Redirect, Error> {
    session.destroy().await?;
    Ok(Redirect::to("/"))
}

fn product(sku: &str) -> Option<&'static str> {
    PRODUCTS.iter().find(|(known, _)| *known == sku).map(|(_, name)| *name)
}

fn page(session: &ShopSession, notice: Option<&str>) -> Html<String> {
    let notice = notice
        .map(|notice| format!("<p class=\"notice\" role=\"status\">{}</p>", escape(notice)))
        .unwrap_or_default();
    let visitor = match &session.user {
        Some(user) => format!(
            "<form method=\"post\" action=\"/logout\"><p>Logged in as <strong>{}</strong> \
             <button>Log out</button></p></form>",
            escape(user)
        ),
        None => "<form method=\"post\" action=\"/login\"><p><label>Your name <input name=\"name\" \
                 maxlength=\"40\" autocomplete=\"username\" required></label> \
                 <button>Log in</button></p></form>"
            .to_owned(),
    };
    let shelf: String = PRODUCTS
        .iter()
        .map(|(sku, name)| {
            let (sku, name) = (escape(sku), escape(name));
            format!(
                "<li>{name} <form method=\"post\" action=\"/cart\"><button name=\"sku\" \
                 value=\"{sku}\" aria-label=\"Add {name}\">Add</button></form></li>\n"
            )
        })
        .collect();
    let cart: String = session
        .cart
        .iter()
        .map(|(sku, count)| format!("<li>{count} × {}</li>\n", escape(product(sku).unwrap_or(sku))))
        .collect();
    let cart = if cart.is_empty() {
        "<p>It is empty.</p>".to_owned()
    } else {
        format!("<ul>\n{cart}</ul>")
    };
    let views = match session.page_views {
        1 => "This is your first visit.".to_owned(),
        views => format!("You have seen this page {views} times."),
    };
    Html(format!(
        "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>Shop</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 2rem auto; padding: 0 1rem }}
li form {{ display: inline }}
.notice {{ background: #e6f4ea; color: #14532d; padding: .5rem 1rem; border-radius: .25rem }}
</style>
<h1>Shop</h1>
{notice}
<p>{views}</p>
{visitor}
<h2>On the shelf</h2>
<ul>
{shelf}</ul>
<h2>Your cart</h2>
{cart}
</html>
"
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const USAGE: &str = "\
Usage: cargo run --example shop -- [OPTIONS]

  --port PORT    listen on this port (default: 3000)
  --db FILE      keep the sessions in this file (default: in memory, gone when the shop stops)
  --table NAME   keep the sessions in this DynamoDB table, created if it is missing: on AWS, or at
                 the endpoint in AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL
  --insecure     serve other machines too, by plain http: session cookies can be read on the way
  --help         print this
";

struct Options {
    port: u16,
    sessions: Sessions,
    insecure: bool,
    help: bool,
}

enum Sessions {
    Memory,
    File(PathBuf),
    Table(String),
}

impl Options {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options =
            Self { port: 3000, sessions: Sessions::Memory, insecure: false, help: false };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            let sessions = match &*argument {
                "--port" => {
                    let port = value()?;
                    options.port = port
                        .parse()
                        .map_err(|_| format!("{port:?} is not a port: use 0 to 65535"))?;
                    continue;
                }
                "--insecure" => {
                    options.insecure = true;
                    continue;
                }
                "--help" | "-h" => {
                    options.help = true;
                    continue;
                }
                "--db" => Sessions::File(value()?.into()),
                "--table" => Sessions::Table(value()?),
                unknown => return Err(format!("{unknown:?} is no option")),
            };
            if !matches!(options.sessions, Sessions::Memory) {
                return Err(
                    "the sessions are kept in one place: give --db or --table once".to_owned()
                );
            }
            options.sessions = sessions;
        }
        Ok(options)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();

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
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
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

async fn run(options: Options) -> Result<(), Box<dyn StdError>> {
    // First, so that a taken port is found out before a table is made.
    let listener = listen(&options).await?;
    let builder = SessionStore::<ShopSession>::builder().auto_create(true);
    let (builder, place) = match &options.sessions {
        Sessions::Memory => (
            builder.client(Engine::memory().client()),
            "in memory, in an embedded engine; keep them with --db FILE, or use AWS with --table NAME"
                .to_owned(),
        ),
        Sessions::File(file) => (
            builder.client(Engine::file(file)?.client()),
            format!("in an embedded engine, in the file {}", file.display()),
        ),
        Sessions::Table(name) => {
            (builder.table_name(name), format!("in the DynamoDB table {name} of your AWS environment"))
        }
    };
    let cookie = SessionCookie::builder().secure(!options.insecure).build()?;
    let layer = SessionLayer::new(builder.build().await?).cookie(cookie);
    println!("Shop:     http://localhost:{}", listener.local_addr()?.port());
    println!("Sessions: {place}");
    if !options.insecure {
        println!(
            "Browser:  any but Safari, which accepts these cookies only over https: see --insecure"
        );
    }
    serve(listener, shop(layer)).await?;
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
