//! For an application's tests: a store that needs no account, a clock that is moved by hand, a network that fails on demand,
//! and a browser that keeps cookies.
//!
//! Does a handler survive a lost answer? The commit is carried out, its answer never comes back, and the SDK sends it again:
//! it must not count twice.
//!
#![cfg_attr(feature = "axum", doc = "```")]
#![cfg_attr(not(feature = "axum"), doc = "```ignore")]
//! use axum::{Router, body::Body, routing::post};
//! use dynamo_session::testing::{Browser, Fault, TestStore};
//! use dynamo_session::{DynamoSession, Expires, Session, SessionId, SessionLayer};
//! use http::Request;
//!
//! #[derive(DynamoSession)]
//! #[session(table = "shop-sessions", idle_timeout = "30m")]
//! struct ShopSession {
//!     #[session(hash_key)]
//!     id: SessionId,
//!     #[session(ttl)]
//!     expires_at: Expires,
//!     #[session(counter)]
//!     orders: u64,
//! }
//!
//! async fn order(mut session: Session<ShopSession>) -> String {
//!     session.orders += 1;
//!     format!("order {}", session.orders)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let TestStore { store, clock, network } = TestStore::<ShopSession>::new().await;
//! let app = Router::new().route("/order", post(order)).layer(SessionLayer::new(store));
//! let mut browser = Browser::new(app, clock);
//! let order = || Request::post("/order").body(Body::empty()).unwrap();
//!
//! browser.send(order()).await.unwrap();
//! network.fail_next("UpdateItem", Fault::LoseResponse);
//! assert_eq!(browser.send(order()).await.unwrap().status(), 200);
//!
//! let body = browser.send(order()).await.unwrap().into_body();
//! assert_eq!(axum::body::to_bytes(body, 100).await.unwrap(), "order 3");
//! # }
//! ```

#[cfg(feature = "actix")]
mod actix;
#[cfg(feature = "_web")]
mod browser;
mod fault;
#[cfg(feature = "_web")]
mod jar;
mod network;
mod operations;
mod test_store;
#[cfg(feature = "tower")]
mod tower;

#[cfg(feature = "_web")]
#[cfg_attr(docsrs, doc(cfg(any(feature = "actix", feature = "axum", feature = "tower"))))]
pub use browser::Browser;
pub use fault::Fault;
pub use network::{Network, Sent};
pub use test_store::TestStore;
