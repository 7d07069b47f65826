//! The table itself: creating it, comparing it with what is declared, and bringing it up to date.
//!
//! A session type says what its table must have: the key, the indexes, the attribute of the expiry. [`TableOptions`]
//! say the rest, such as billing, backups and tags, and are given once, to
//! [`table_options`](crate::SessionStoreBuilder::table_options) of the store's builder. Three calls of the store work
//! on the table as it is:
//!
//! | call | what it does |
//! |---|---|
//! | [`create_table`](crate::SessionStore::create_table) | creates the table and waits until it is ready; every process may call it when it starts |
//! | [`verify_table`](crate::SessionStore::verify_table) | compares it with what is declared, and changes nothing: a [`TableReport`] of [`Finding`]s |
//! | [`update_table`](crate::SessionStore::update_table) | adds to a live table the indexes, TTL, backups and protection that it lacks |
//!
//! On the builder, [`auto_create`](crate::SessionStoreBuilder::auto_create) and
//! [`verify_table`](crate::SessionStoreBuilder::verify_table) do the first two when a store is built. Where
//! CloudFormation or Terraform creates the tables, [`infrastructure`](crate::infrastructure) writes the templates.
//!
//! ```
//! # #[cfg(feature = "embedded")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use dynamo_session::table::TableOptions;
//! use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore};
//!
//! #[derive(DynamoSession)]
//! #[session(table = "shop-sessions")]
//! struct ShopSession {
//!     #[session(hash_key)]
//!     id: SessionId,
//!     #[session(ttl)]
//!     expires_at: Expires,
//! }
//!
//! let store = SessionStore::<ShopSession>::builder()
//!     .client(dynamo_session::embedded::client()) // without this line: the AWS environment
//!     .table_options(TableOptions::new().deletion_protection(true))
//!     .build()
//!     .await?;
//! for change in store.create_table().await? {
//!     println!("created {change}");
//! }
//! assert!(store.verify_table().await?.is_sound());
//! # Ok::<(), dynamo_session::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compare;
mod compare_options;
mod create_table;
mod definition;
mod enable;
mod explain_query;
mod live;
mod progress;
mod report;
mod setup;
mod update_table;
mod verify_table;

pub use create_table::CreateTable;
pub(crate) use explain_query::explain_query;
pub use progress::{TableChange, TableProgress};
pub use report::{Finding, FindingKind, Severity, TableReport};
pub use update_table::UpdateTable;

pub use crate::schema::table_options::{TableClass, TableOptions};
