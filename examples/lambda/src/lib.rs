//! A small shop as an axum application, which knows nothing of Lambda: `lambda_http` hands it ordinary requests.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Form, Router};
use dynamo_session::{
    CreatedAt, DynamoSession, Error, Expires, Logout, Session, SessionId, SessionLayer,
    SessionStore, SessionView,
};
use serde::Deserialize;
use tower_http::csrf::CsrfLayer;

/// The guide's page on Lambda, whose example is a `main` for this shop.
#[cfg(doctest)]
#[doc = include_str!("../../../session-runtime/src/guide/lambda.md")]
mod guide {}

/// What the shop keeps of a visitor.
#[derive(DynamoSession)]
#[session(
    table = "lambda-shop-sessions",
    idle_timeout = "30m",
    absolute_timeout = "12h",
    touch_interval = "3m"
)]
pub struct ShopSession {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    user: Option<String>,
    /// How many of each product. As counters: what two tabs add at once is added up.
    #[session(counter)]
    cart: BTreeMap<String, u32>,
}

/// What a visitor writes into the form of the login.
#[derive(Debug, Deserialize)]
struct Login {
    user: String,
}

/// The shop, on these sessions.
pub fn app(sessions: SessionStore<ShopSession>) -> Router {
    Router::new()
        .route("/", get(cart))
        .route("/cart/{product}", post(add))
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .layer(SessionLayer::new(sessions))
        .layer(CsrfLayer::new()) // outside: what another site makes a browser send reads no session
}

async fn cart(session: SessionView<ShopSession>) -> String {
    let user = session.user.as_deref().unwrap_or("stranger");
    let cart: Vec<String> =
        session.cart.iter().map(|(product, count)| format!("{count} {product}")).collect();
    format!("Hello, {user}. In your cart: {}.", cart.join(", "))
}

async fn add(mut session: Session<ShopSession>, Path(product): Path<String>) -> Redirect {
    *session.cart.entry(product).or_default() += 1;
    Redirect::to("/") // the layer commits before Lambda has the response: after that, the process may be frozen
}

async fn log_in(
    mut session: Session<ShopSession>,
    Form(Login { user }): Form<Login>,
) -> Result<impl IntoResponse, Error> {
    session.renew().await?; // a new id; a real shop looks at a password first
    session.user = Some(user);
    // A cookie of the shop's own, beside the session's.
    let cookie = "greeted=1; Max-Age=31536000; Path=/; Secure; HttpOnly; SameSite=Lax";
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to("/")))
}

async fn log_out(logout: Logout<ShopSession>) -> Result<Redirect, Error> {
    logout.end().await?;
    Ok(Redirect::to("/"))
}
