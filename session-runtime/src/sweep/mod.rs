//! All sessions of one type in a table, expired ones included: counting them, and purging those that have expired. And all
//! those of another store's table: adopting them.
//!
//! DynamoDB's TTL deletes expired sessions free of charge, but takes days, and some tables have it off. These calls
//! go through the table themselves, with a parallel scan at the pace that you allow:
//!
//! | call | what it does |
//! |---|---|
//! | [`purge_expired`](crate::SessionStore::purge_expired) | deletes what has expired; a [`PurgeCheckpoint`] lets an interrupted purge continue |
//! | [`count_sessions`](crate::SessionStore::count_sessions) | counts the sessions that are alive and those that have expired, with their sizes on request |
//! | [`end_everyone`](crate::SessionStore::end_everyone) | ends the sessions of everyone, as after a break-in |
//! | [`migrate`](crate::SessionStore::migrate) | adopts the sessions that [another store](crate::interop) keeps, from its table |
//!
//! Await one for the result, [`Purged`], [`Counted`] or [`EveryoneEnded`]. Or `start` it, and call `next` on the [`Purge`],
//! [`Count`] or [`EveryoneEnding`] for progress:
//!
//! ```
//! # #[cfg(feature = "embedded")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! # use dynamo_session::SessionStore;
//! # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
//! # use doc::ShopSession;
//! # let client = dynamo_session::embedded::client();
//! # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
//! let mut purge = store.purge_expired().capacity_per_second(100.0).start();
//! while let Some(progress) = purge.next().await {
//!     println!("{}", progress?);
//! }
//! # Ok::<(), dynamo_session::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! All have a budget of retries of their own, so that a throttled sweep does not use up the retries of visitors'
//! requests.

mod checkpoint;
mod count;
mod count_sessions;
mod counted;
mod end_everyone;
mod everyone_ended;
mod everyone_ending;
mod expired;
#[cfg(feature = "interop")]
mod migrate;
#[cfg(feature = "interop")]
mod migrated;
#[cfg(feature = "interop")]
mod migration;
#[cfg(feature = "interop")]
mod migration_checkpoint;
mod outage;
#[cfg(feature = "interop")]
mod paced_rows;
mod paced_scan;
mod paced_table;
mod parallel_scan;
mod position;
mod purge;
mod purge_checkpoint;
mod purge_expired;
mod purged;
mod rate;
mod settings;
mod target;

pub use count::Count;
pub use count_sessions::CountSessions;
pub use counted::{Counted, SessionSizes};
pub use end_everyone::EndEveryone;
pub use everyone_ended::EveryoneEnded;
pub use everyone_ending::EveryoneEnding;
#[cfg(feature = "interop")]
pub use migrate::Migrate;
#[cfg(feature = "interop")]
pub use migrated::{Migrated, UnreadableRows};
#[cfg(feature = "interop")]
pub use migration::Migration;
#[cfg(feature = "interop")]
pub use migration_checkpoint::MigrationCheckpoint;
pub use purge::Purge;
pub use purge_checkpoint::PurgeCheckpoint;
pub use purge_expired::PurgeExpired;
pub use purged::Purged;
