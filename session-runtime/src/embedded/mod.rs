//! A DynamoDB engine inside the process, for development and tests: no AWS account, no network, no container.
//!
//! The engine is [dynoxide](https://docs.rs/dynoxide-rs), which keeps its tables in SQLite. Here it stands behind the
//! AWS SDK's own HTTP seam, so everything above it, requests, retries and errors included, is what runs against AWS.
//!
//! # Examples
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = dynamo_session::embedded::client();
//! let tables = client.list_tables().send().await?;
//! assert!(tables.table_names().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # Limits
//!
//! - **Not for production**: one process, one lock, no replication. A call runs on the thread that polls it.
//! - It brings SQLite, built with a C compiler. Cargo allows only one crate in a program to link `sqlite3`, so the
//!   feature does not resolve together with sqlx 0.8 or rusqlite 0.37 with SQLite enabled.
//! - Nothing expires by itself: call [`Engine::delete_expired`]. (On AWS, too, expired items linger for days.)
//! - Some operations are missing: streams, backups and PartiQL answer `UnknownOperationException`.
//! - Known to differ from AWS: it never throttles and never reads stale data; enabling TTL twice is accepted;
//!   `UpdateItem` with `ReturnValues=ALL_OLD` on a missing item returns the key; `PROVISIONED` billing without a
//!   throughput is accepted; `DescribeTable` counts items exactly; tables and indexes are active at once, and
//!   `UpdateTable` ignores the throughput of a new index.
//! - There is no point-in-time recovery: where [`TableOptions`](crate::table::TableOptions) ask for it, tables are
//!   created without it, a warning is traced, and [`verify_table`](crate::SessionStore::verify_table) reports it as not
//!   checked.

mod engine;
mod foreign;
mod wire;

use aws_sdk_dynamodb::Client;

pub use engine::Engine;

/// A client with an in-memory engine of its own, which is empty, and gone with the client's last clone.
///
/// The short form of [`Engine::memory`]`().client()`.
///
/// # Examples
///
/// ```
/// let client = dynamo_session::embedded::client();
/// ```
///
/// # Panics
///
/// If SQLite cannot open an in-memory database: the process is out of memory.
pub fn client() -> Client {
    Engine::memory().client()
}
