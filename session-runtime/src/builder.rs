mod client;
mod creation;
#[cfg(feature = "interop")]
mod sharing;

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;

use client::{client_of, with_timeouts};
use creation::require_valid_since;
#[cfg(feature = "interop")]
use sharing::require_shareable;

use crate::context::{Context, OnUndecodable, ReadConsistency};
use crate::derived::DynamoSession;
use crate::dynamo::Table;
use crate::error::{Error, ErrorKind};
use crate::expiry::{Clock, EpochSeconds, SystemClock};
#[cfg(feature = "interop")]
use crate::interop::ForeignStore;
use crate::item::MAX_ITEM_BYTES;
use crate::metrics;
use crate::operation::Operation;
use crate::readable::encoded_defaults;
use crate::schema::{TableOptions, require_valid_name};
use crate::store::SessionStore;

/// How long a call goes on in all, by default.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long the id from before a renewal stands for the renewed session, by default.
const RENEWAL_GRACE: Duration = Duration::from_secs(60);

/// Sets up a [`SessionStore`].
///
/// Nothing is required where the struct names its table and the AWS environment is set up.
///
/// # Examples
///
/// In production, with a configuration that the application already has, reads that cost half, and a limit on what a visitor
/// can store:
///
/// ```no_run
/// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
/// # use doc::ShopSession;
/// use dynamo_session::{ReadConsistency, SessionStore};
///
/// # async fn start() -> Result<(), dynamo_session::Error> {
/// let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
/// let store = SessionStore::<ShopSession>::builder()
///     .sdk_config(&config)
///     .table_name("shop-sessions-eu")
///     .verify_table(true)
///     .read_consistency(ReadConsistency::OwnWrites)
///     .max_size(16 * 1024)
///     .build()
///     .await?;
/// # Ok(())
/// # }
/// ```
///
/// In development, on the engine inside the process, with a clock that is moved by hand:
///
/// ```
/// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
/// # use doc::ShopSession;
/// # #[cfg(feature = "embedded")]
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use std::time::Duration;
///
/// use dynamo_session::{ManualClock, SessionStore};
///
/// let clock = ManualClock::new();
/// let store = SessionStore::<ShopSession>::builder()
///     .client(dynamo_session::embedded::client())
///     .auto_create(true)
///     .clock(clock.clone())
///     .build()
///     .await?;
/// let mut session = store.create();
/// session.user = Some("ada".to_owned());
/// session.commit().await?;
/// clock.advance(Duration::from_secs(30 * 60));
/// assert!(store.load(session.id()).await?.is_none());
/// # Ok::<(), dynamo_session::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Each request has a timeout, each operation of the SDK another one, which includes its retries, and each call of a session
/// a deadline over all that it takes. The timeouts cut off a response that stalls, too: the SDK's own protection against
/// stalled streams is off here, which spares a tenth of a request's CPU time. They should grow in this order:
///
/// ```
/// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
/// # use doc::ShopSession;
/// use std::time::Duration;
///
/// use dynamo_session::SessionStore;
///
/// let builder = SessionStore::<ShopSession>::builder()
///     .operation_attempt_timeout(Duration::from_millis(500))
///     .operation_timeout(Duration::from_secs(2))
///     .deadline(Duration::from_secs(5));
/// ```
pub struct SessionStoreBuilder<S: DynamoSession> {
    source: Source,
    table_name: Option<String>,
    table_options: TableOptions,
    auto_create: bool,
    verify_table: bool,
    read_consistency: ReadConsistency,
    clock: Arc<dyn Clock>,
    operation_timeout: Option<Duration>,
    operation_attempt_timeout: Option<Duration>,
    on_undecodable: OnUndecodable,
    deadline: Duration,
    renewal_grace: Duration,
    max_size: usize,
    valid_since: Option<SystemTime>,
    #[cfg(feature = "interop")]
    shared: Option<ForeignStore>,
    session: PhantomData<fn() -> S>,
}

enum Source {
    Environment,
    SdkConfig(Box<SdkConfig>),
    Client(Client),
}

impl<S: DynamoSession> SessionStore<S> {
    /// Begins to set up a store.
    pub fn builder() -> SessionStoreBuilder<S> {
        SessionStoreBuilder::new()
    }
}

impl<S: DynamoSession> SessionStoreBuilder<S> {
    fn new() -> Self {
        Self {
            source: Source::Environment,
            table_name: None,
            table_options: TableOptions::new(),
            auto_create: false,
            verify_table: false,
            read_consistency: ReadConsistency::default(),
            clock: Arc::new(SystemClock),
            operation_timeout: None,
            operation_attempt_timeout: None,
            on_undecodable: OnUndecodable::Fail,
            deadline: DEADLINE,
            renewal_grace: RENEWAL_GRACE,
            max_size: MAX_ITEM_BYTES,
            valid_since: None,
            #[cfg(feature = "interop")]
            shared: None,
            session: PhantomData,
        }
    }

    /// Uses this client: the embedded engine's, or one that the application already has. The timeouts that
    /// it sets stay.
    ///
    /// Interceptors that it has see each operation whole, input and output, and what they change counts. Requests of a client
    /// without any cost less CPU time, since this crate writes and reads most of them itself.
    #[must_use]
    pub fn client(mut self, client: Client) -> Self {
        self.source = Source::Client(client);
        self
    }

    /// Makes a client from this configuration. The timeouts that it sets stay.
    ///
    /// Without this and without [`client`](Self::client), the store reads the AWS environment as every AWS
    /// tool does: Region and credentials from variables, profile, container, instance or Lambda, and
    /// `AWS_ENDPOINT_URL_DYNAMODB` or `AWS_ENDPOINT_URL` for a local engine.
    #[must_use]
    pub fn sdk_config(mut self, config: &SdkConfig) -> Self {
        self.source = Source::SdkConfig(Box::new(config.clone()));
        self
    }

    /// The table's name, of 3 to 255 characters, or its ARN. Without it, the one that the struct names.
    #[must_use]
    pub fn table_name(mut self, name: impl Into<String>) -> Self {
        self.table_name = Some(name.into());
        self
    }

    /// How the table is set up where this store creates or verifies it. Requests for sessions do not depend on it.
    #[must_use]
    pub fn table_options(mut self, options: TableOptions) -> Self {
        self.table_options = options;
        self
    }

    /// Whether to create the table if it is missing, or finish what an interrupted creation left, as
    /// [`create_table`](SessionStore::create_table) does with these options. Off by default: production
    /// accounts keep that right from applications.
    ///
    /// Needs `dynamodb:DescribeTable`, `dynamodb:CreateTable`, `dynamodb:DescribeTimeToLive`,
    /// `dynamodb:UpdateTimeToLive` and, where another process may be creating the table too, `dynamodb:Scan`;
    /// [`create_table`](SessionStore::create_table) names what options need beyond these.
    #[must_use]
    pub fn auto_create(mut self, auto_create: bool) -> Self {
        self.auto_create = auto_create;
        self
    }

    /// Whether to compare the table with the session type and the options when the store is built, as
    /// [`verify_table`](SessionStore::verify_table) does. Off by default.
    ///
    /// `build` fails if there is an error among the findings; advice is traced as warnings. With
    /// [`auto_create`](Self::auto_create), the table is created first.
    ///
    /// Needs `dynamodb:DescribeTable`. What other permissions are lacking for is traced as not checked.
    #[must_use]
    pub fn verify_table(mut self, verify_table: bool) -> Self {
        self.verify_table = verify_table;
        self
    }

    /// What a load is certain to show: [`Strong`](ReadConsistency::Strong) by default.
    ///
    /// For web applications, [`OwnWrites`](ReadConsistency::OwnWrites) is recommended: it halves the cost of reading, and
    /// shows visitors all that they have done themselves.
    #[must_use]
    pub fn read_consistency(mut self, consistency: ReadConsistency) -> Self {
        self.read_consistency = consistency;
        self
    }

    /// Where the store takes the time from: for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How long an operation may take with all its retries: 5 seconds unless the client sets it.
    #[must_use]
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.operation_timeout = Some(timeout);
        self
    }

    /// How long one request may take, connecting included: 1 second unless the client sets it.
    #[must_use]
    pub fn operation_attempt_timeout(mut self, timeout: Duration) -> Self {
        self.operation_attempt_timeout = Some(timeout);
        self
    }

    /// How long a commit, touch, renewal, update or `destroy` may go on in all: 10 seconds by default.
    ///
    /// A call that meets changes of others is repeated, with growing pauses, until it is through or this time has
    /// passed. It then fails with [`ErrorKind::Throttled`], or with [`ErrorKind::Unavailable`] if a request was still
    /// waiting for its answer. Each request also has timeouts of its own, and a load has only these: see
    /// [`operation_timeout`](Self::operation_timeout).
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// For how long after a [renewal](crate::Session::renew) the old id is known as renewed: 60 seconds by default.
    ///
    /// A request that was on its way with the old id finds no session there in any case. Within this time, ending the
    /// old id ends the renewed session, so that a logout that races a login is not lost. For as long, whoever knew the
    /// id from before the login can end the session, and nothing else. Longer than a few minutes is of no use where
    /// DynamoDB's TTL is on: it may delete what it takes to know the old id.
    #[must_use]
    pub fn renewal_grace(mut self, grace: Duration) -> Self {
        self.renewal_grace = grace;
        self
    }

    /// The most bytes that a session's item may take, names included. By default, and at most, DynamoDB's limit of 400
    /// KB (409,600 bytes).
    ///
    /// Each KB of a session costs a write unit whenever anything in it is written, and a quarter of a read unit
    /// whenever it is loaded. Where visitors decide how much is stored, a limit keeps them from running up the bill: a
    /// commit beyond it fails with [`ErrorKind::TooLarge`] and writes nothing. Two commits that merge may exceed it
    /// together by what each of them has added; the next one is then refused.
    #[must_use]
    pub fn max_size(mut self, bytes: usize) -> Self {
        self.max_size = bytes.min(MAX_ITEM_BYTES);
        self
    }

    /// Ends every session that began before this instant, at once: as soon as all servers have it, a stolen session is worth
    /// nothing any more, whoever holds it.
    ///
    /// Such a session counts as expired: no load returns it, [`update`](SessionStore::update) and a renewal find it gone, a
    /// visitor with its cookie is a stranger. Sessions of which no creation is stored count as begun before. The items stay
    /// until they expire, or [`purge_expired`](SessionStore::purge_expired) or
    /// [`end_everyone`](SessionStore::end_everyone) deletes them. A fraction of a second is rounded up, since creations are
    /// whole seconds. Costs nothing.
    ///
    /// Each store checks what it reads itself: a server that was built without it, or a session that was loaded before
    /// the store was built, goes on as before. Keep it until no session can be left from before, which takes the absolute
    /// timeout, or until `end_everyone` is done; and give every server the same instant, by its configuration.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::{CreatedAt, DynamoSession, Expires, SessionId, SessionStore};
    /// # use std::time::{Duration, UNIX_EPOCH};
    /// #[derive(DynamoSession)]
    /// #[session(table = "shop-sessions")]
    /// struct ShopSession {
    ///     #[session(hash_key)]
    ///     id: SessionId,
    ///     #[session(ttl)]
    ///     expires_at: Expires,
    ///     #[session(created)]
    ///     created_at: CreatedAt,
    /// }
    ///
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// let key_was_replaced = UNIX_EPOCH + Duration::from_secs(1_764_000_000); // from the configuration
    /// let builder = SessionStore::<ShopSession>::builder().valid_since(key_was_replaced);
    /// # let store = builder.client(client).build().await?;
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`build`](Self::build) fails with [`ErrorKind::Configuration`] if the session type has no field marked `created`, or
    /// the instant lies in the future, by the store's clock.
    #[must_use]
    pub fn valid_since(mut self, instant: SystemTime) -> Self {
        self.valid_since = Some(instant);
        self
    }

    /// Shares the sessions of another service, which goes on running: they stay in its rows and under its cookie, and both
    /// services read and write them.
    ///
    /// Sessions are stored as the other service stores them, new ones included: any of its servers goes on with what one of these
    /// has begun, and the other way round. A [`SessionLayer`](crate::SessionLayer) of such a store accepts the other service's
    /// cookie and gives out the same, signed by the first of its [secrets](ForeignStore::secrets). Handlers and extractors do not
    /// know the difference. The table is the one that the `ForeignStore` names.
    ///
    /// What is changed here is written on condition that the row still is what was read, and made again on what it has become
    /// where it is not: nothing of the other service's is lost, and a session that it has ended is not brought back. The other
    /// service writes whole rows without looking, and may lose what was written here in between.
    /// [Guarantees](crate::guarantees#a-session-that-two-services-write) tells what becomes of each encounter, and the
    /// [guide](crate::interop::guide) in which order to move.
    ///
    /// The struct's key field has an id that is derived from the other service's: it stands in no cookie and finds no row. Methods
    /// that take an id, such as [`load`](SessionStore::load), fail; [`Session::shared_sid`](crate::Session::shared_sid) and
    /// [`load_shared`](SessionStore::load_shared) are in their place. `key_prefix`, `sort_key` and the names of key and expiry
    /// have no effect; `renewal_grace` has none, either, since no other service knows of it.
    ///
    /// # Examples
    ///
    /// ```
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// use dynamo_session::interop::ForeignStore;
    /// use dynamo_session::{Error, SessionLayer, SessionStore};
    ///
    /// # async fn layer() -> Result<(), Error> {
    /// let express = ForeignStore::connect_dynamodb("sessions").secrets(["keyboard cat"]);
    /// let store = SessionStore::<ShopSession>::builder().shared_with(express).build().await?;
    /// let layer = SessionLayer::new(store); // accepts and sets `connect.sid`
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`build`](Self::build) fails with [`ErrorKind::Configuration`]
    /// - if the `ForeignStore` has no secrets and is not [`unsigned`](ForeignStore::unsigned), or is one of
    ///   `dynamodb-session-store` and does not say of [which](ForeignStore::from_npm);
    /// - if the session type has a field marked `secret` or `remember`, or one whose name is not the application's in those rows,
    ///   or a key that is neither `SessionId` nor `String`;
    /// - with [`auto_create`](Self::auto_create), [`verify_table`](Self::verify_table), [`table_options`](Self::table_options),
    ///   another [`table_name`](Self::table_name), [`valid_since`](Self::valid_since), or
    ///   [`ReadConsistency::OwnWrites`].
    ///
    /// Methods that make or search a table of this library's fail with the same kind when they are called: `create_table`,
    /// `verify_table`, `update_table`, `by`, `count_sessions`, `purge_expired`, `end_everyone`, `adopt`, `migrate`, and the
    /// templates of `infrastructure`.
    #[cfg(feature = "interop")]
    #[cfg_attr(docsrs, doc(cfg(feature = "interop")))]
    #[must_use]
    pub fn shared_with(mut self, foreign: ForeignStore) -> Self {
        self.shared = Some(foreign);
        self
    }

    /// What loading does with an item that does not decode: by default it fails.
    #[must_use]
    pub fn on_undecodable(mut self, action: OnUndecodable) -> Self {
        self.on_undecodable = action;
        self
    }

    /// Makes the store. Without [`auto_create`](Self::auto_create) and [`verify_table`](Self::verify_table),
    /// no request is made.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Configuration`]: no table name, one that AWS would refuse, no Region, or, when the
    ///   table is looked at, a key, index or TTL that is not the session's.
    /// - [`ErrorKind::Encode`]: a field's default cannot be stored, or could not be read back.
    /// - With `auto_create`, also what [`create_table`](SessionStore::create_table) lists, and with
    ///   `verify_table` what [`verify_table`](SessionStore::verify_table) lists, or
    ///   [`ErrorKind::TableMissing`].
    pub async fn build(self) -> Result<SessionStore<S>, Error> {
        metrics::describe();
        let operation = Operation::BuildStore;
        #[cfg(feature = "interop")]
        let shared = self.shared.clone().map(Arc::new);
        #[cfg(feature = "interop")]
        if let Some(foreign) = &shared {
            let is_other = |name: &String| name != foreign.table();
            let has_options = self.table_options != TableOptions::new();
            let has_own_writes = self.read_consistency == ReadConsistency::OwnWrites;
            let theirs = "its table is the other service's to set up; leave it out";
            let settings = [
                ("auto_create", self.auto_create, theirs),
                ("verify_table", self.verify_table, theirs),
                ("table_options", has_options, theirs),
                (
                    "table_name",
                    self.table_name.as_ref().is_some_and(is_other),
                    "its table is the one that the `ForeignStore` names; leave it out",
                ),
                (
                    "valid_since",
                    self.valid_since.is_some(),
                    "its rows do not say when the other service began a session; change the secrets in both services \
                     to end all sessions",
                ),
                (
                    "read_consistency",
                    has_own_writes,
                    "what the other service writes has no mark; choose `Strong`, or `Eventual`",
                ),
            ];
            require_shareable::<S>(foreign, &settings)
                .map_err(|error| error.with_context(operation, foreign.table(), None))?;
        }
        #[cfg(feature = "interop")]
        let shared_table = shared.as_ref().map(|foreign| foreign.table().to_owned());
        #[cfg(not(feature = "interop"))]
        let shared_table = None;
        let name = shared_table.or(self.table_name);
        let name = name.or_else(|| S::SCHEMA.table().map(str::to_owned));
        let name = name.ok_or_else(|| {
            Error::new(
                ErrorKind::Configuration,
                "no table is named; write `#[session(table = \"...\")]` on the struct, or call \
                 `.table_name(\"...\")` on the builder",
            )
        })?;
        let in_context = |error: Error| error.with_context(operation, &name, None);
        require_valid_name(&name).map_err(in_context)?;
        let valid_since = match self.valid_since {
            Some(instant) => {
                Some(require_valid_since::<S>(instant, self.clock.now()).map_err(in_context)?)
            }
            None => None,
        };
        let defaults =
            encoded_defaults::<S>(self.clock.now().epoch_seconds()).map_err(in_context)?;
        let client = match self.source {
            Source::Client(client) => client,
            Source::SdkConfig(config) => client_of(&config).map_err(in_context)?,
            Source::Environment => {
                let version = BehaviorVersion::v2026_01_12();
                let config = aws_config::defaults(version).load().await;
                client_of(&config).map_err(in_context)?
            }
        };
        // To set `None` would disable the timeout.
        let mut timeouts = TimeoutConfig::builder();
        if let Some(timeout) = self.operation_timeout {
            timeouts = timeouts.operation_timeout(timeout);
        }
        if let Some(timeout) = self.operation_attempt_timeout {
            timeouts = timeouts.operation_attempt_timeout(timeout);
        }
        let config = with_timeouts(&client, timeouts.build());
        let store = SessionStore::new(Context {
            table: Table::new(config, name, S::SCHEMA.primary_key()),
            schema: S::SCHEMA,
            table_options: self.table_options,
            timeouts: S::SCHEMA.timeouts().with_valid_since(valid_since),
            clock: self.clock,
            read_consistency: self.read_consistency,
            on_undecodable: self.on_undecodable,
            defaults,
            deadline: self.deadline,
            renewal_grace: i64::try_from(self.renewal_grace.as_secs()).unwrap_or(i64::MAX),
            max_item_bytes: self.max_size,
            #[cfg(feature = "interop")]
            shared,
            sweeping: OnceLock::new(),
        });
        if self.auto_create {
            store.create_table().run(Operation::AutoCreate).await?;
        }
        if self.verify_table {
            store.require_sound_table().await?;
        }
        Ok(store)
    }
}

impl<S: DynamoSession> fmt::Debug for SessionStoreBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionStoreBuilder")
            .field("table_name", &self.table_name)
            .field("auto_create", &self.auto_create)
            .field("verify_table", &self.verify_table)
            .field("read_consistency", &self.read_consistency)
            .finish_non_exhaustive()
    }
}
