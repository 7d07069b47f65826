use std::error::Error as StdError;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use dynoxide::{Database, DynoxideError};

use super::foreign::is_foreign;
use crate::error::{Error, ErrorKind};
use crate::expiry::Clock;

const REGION: &str = "us-east-1";
// `.invalid` never resolves (RFC 2606): a configuration that loses the engine cannot reach AWS by accident.
const ENDPOINT: &str = "http://dynamodb.invalid";

/// An in-process DynamoDB. Clones, and the clients made from them, share one database.
///
/// It is an [`HttpClient`] of the AWS SDK: [`client`](Self::client) gives a complete client, and a test that wants to fail,
/// delay or count requests wraps the engine in an `HttpClient` of its own.
///
/// [`HttpClient`]: https://docs.rs/aws-sdk-dynamodb/1/aws_sdk_dynamodb/config/trait.HttpClient.html
///
/// # Examples
///
/// ```
/// use dynamo_session::embedded::Engine;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
///
/// let engine = Engine::memory();
/// let (here, there) = (engine.client(), engine.client());
/// let missing = here.describe_table().table_name("shop-sessions").send().await.unwrap_err();
/// assert!(missing.into_service_error().is_resource_not_found_exception());
/// assert!(there.list_tables().send().await?.table_names().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Engine {
    pub(super) database: Database,
    place: Arc<str>,
}

impl Engine {
    /// An empty engine in memory, on the system's clock.
    ///
    /// # Examples
    ///
    /// ```
    /// let client = dynamo_session::embedded::Engine::memory().client();
    /// ```
    ///
    /// # Panics
    ///
    /// If SQLite cannot open an in-memory database: the process is out of memory.
    pub fn memory() -> Self {
        Self::in_memory(Database::memory())
    }

    /// An empty engine in memory, whose TTL follows this clock.
    ///
    /// Hand the same [`ManualClock`](crate::ManualClock) to a store, and moving it moves both.
    ///
    /// # Examples
    ///
    /// ```
    /// use dynamo_session::ManualClock;
    /// use dynamo_session::embedded::Engine;
    /// use std::time::Duration;
    ///
    /// let clock = ManualClock::new();
    /// let engine = Engine::memory_with_clock(clock.clone());
    /// clock.advance(Duration::from_secs(3600));
    /// assert_eq!(engine.delete_expired()?, 0);
    /// # Ok::<(), dynamo_session::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If SQLite cannot open an in-memory database: the process is out of memory.
    pub fn memory_with_clock(clock: impl Clock) -> Self {
        Self::in_memory(Database::memory_with_clock(Arc::new(EngineClock(clock))))
    }

    /// An engine whose tables are in this file, which is created if it is missing: data survives a restart.
    ///
    /// The file is an SQLite database that nothing else should use, and one engine at a time should have it open.
    /// SQLite keeps two more files beside it, ending in `-wal` and `-shm`. An engine in a file always follows the
    /// system's clock.
    ///
    /// # Examples
    ///
    /// ```
    /// use dynamo_session::embedded::Engine;
    ///
    /// let file = std::env::temp_dir().join(format!("sessions-{}.db", std::process::id()));
    /// let engine = Engine::file(&file)?;
    /// # drop(engine);
    /// # let _ = std::fs::remove_file(file);
    /// # Ok::<(), dynamo_session::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Configuration`](ErrorKind::Configuration), naming the path, if the file cannot be opened or created, is not an
    /// SQLite database, or belongs to another program.
    pub fn file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let unusable = |source: Box<dyn StdError + Send + Sync>| {
            let detail = format!("the embedded engine cannot use the file `{}`", path.display());
            Error::new(ErrorKind::Configuration, detail).with_source(source)
        };
        // SQLite gives a meaning to some relative names, such as `:memory:`; an absolute one is always a file.
        let absolute = std::path::absolute(path).map_err(|error| unusable(error.into()))?;
        let name = absolute.to_str().ok_or_else(|| unusable("the path is not UTF-8".into()))?;
        if is_foreign(&absolute) {
            return Err(unusable(
                "it contains another program's tables; it was left untouched".into(),
            ));
        }
        let database = Database::new(name).map_err(|error| unusable(error.into()))?;
        Ok(Self { database, place: name.into() })
    }

    fn in_memory(database: Result<Database, DynoxideError>) -> Self {
        match database {
            Ok(database) => Self { database, place: "memory".into() },
            Err(error) => panic!("SQLite cannot open a database in memory: {error}"),
        }
    }

    /// A client whose requests this engine answers, with made-up credentials and Region.
    ///
    /// # Examples
    ///
    /// ```
    /// let client = dynamo_session::embedded::Engine::memory().client();
    /// assert_eq!(client.config().region().unwrap().as_ref(), "us-east-1");
    /// ```
    pub fn client(&self) -> Client {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::from_static(REGION))
            .endpoint_url(ENDPOINT)
            .credentials_provider(Credentials::new("embedded", "embedded", None, None, "embedded"))
            .http_client(self.clone())
            .build();
        Client::from_conf(config)
    }

    /// Deletes the items that have expired from every table with TTL enabled, as DynamoDB does in the background.
    ///
    /// Returns how many it deleted. Blocks the calling thread until it is done; other requests may be served in
    /// between.
    ///
    /// # Examples
    ///
    /// ```
    /// let engine = dynamo_session::embedded::Engine::memory();
    /// assert_eq!(engine.delete_expired()?, 0);
    /// # Ok::<(), dynamo_session::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Unavailable`](ErrorKind::Unavailable) if SQLite fails, on a full disk for example.
    pub fn delete_expired(&self) -> Result<usize, Error> {
        self.database.sweep_ttl().map_err(|error| {
            let detail = format!("the embedded engine failed (its tables are in {})", self.place);
            Error::new(ErrorKind::Unavailable, detail).with_source(error)
        })
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Engine").field(&self.place).finish()
    }
}

struct EngineClock<C>(C);

impl<C: Clock> EngineClock<C> {
    fn since_epoch(&self) -> Duration {
        self.0.now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

impl<C: Clock> dynoxide::storage_backend::Clock for EngineClock<C> {
    fn now_unix_secs(&self) -> u64 {
        self.since_epoch().as_secs()
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.since_epoch().as_secs_f64()
    }
}
