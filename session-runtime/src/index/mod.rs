//! The sessions that have one value in an indexed field, such as all of one user's: listing them, and ending them.
//!
//! Mark the field with `index`, and the derive makes a constant for it, a [`SessionIndex`].
//! [`SessionStore::by`](crate::SessionStore::by) takes that constant:
//!
//! | call | what it does |
//! |---|---|
//! | [`list`](SessionsBy::list) | shows the sessions with a value, each as it is stored now: [`ListedSession`] |
//! | [`end_all`](SessionsBy::end_all) | ends them: log out everywhere |
//! | [`keep_newest`](SessionsBy::keep_newest) | limits how many there are, by ending the oldest |
//!
//! ```
//! # #[cfg(feature = "embedded")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! # use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore};
//! #[derive(DynamoSession)]
//! #[session(table = "shop-sessions")]
//! struct ShopSession {
//!     #[session(hash_key)]
//!     id: SessionId,
//!     #[session(ttl)]
//!     expires_at: Expires,
//!     #[session(index = "by_user")]
//!     user: Option<String>,
//! }
//!
//! # let client = dynamo_session::embedded::client();
//! # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
//! let mut session = store.create();
//! session.user = Some("ada".to_owned());
//! session.commit().await?;
//!
//! assert_eq!(store.by(ShopSession::USER).list("ada").all().await?.len(), 1);
//! assert_eq!(store.by(ShopSession::USER).end_all("ada").await?, 1);
//! # Ok::<(), dynamo_session::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An index is always slightly out of date, so it is never trusted: each read is checked against the item, and each
//! deletion carries the value as its condition. [Guarantees](crate::guarantees#sessions-of-one-user) says what is
//! certain and what may be missed.
//!
//! A field's own type becomes a key by implementing [`IndexKey`].

mod by;
mod constant;
mod end_all;
mod ender;
mod field;
mod indexed_value;
mod keep_newest;
mod key;
mod list;
mod listed;
mod newest;

pub use by::SessionsBy;
pub use constant::SessionIndex;
pub use end_all::EndAll;
pub use ender::EndProgress;
pub use field::{ListedField, SessionField};
pub use keep_newest::KeepNewest;
pub use key::IndexKey;
pub use list::SessionList;
pub use listed::ListedSession;
