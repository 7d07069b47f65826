use super::Infrastructure;
use super::report::{FindingKind, TableReport};
use super::request::{CreateTable, UpdateTable};
use super::verify::verify;
use super::work::Work;
use crate::dynamo::Control;
use crate::{DynamoSession, Error, ErrorKind, Operation, SessionStore};

/// The table.
impl<S: DynamoSession> SessionStore<S> {
    /// Creates the table as the session type and the [`TableOptions`](crate::TableOptions) say, and waits until it and
    /// its indexes are active. Returns what it changed, in order: nothing, if all was there.
    ///
    /// The key is a String (S). Each field with `index` has a sparse, keys-only global secondary index. Billing, limits,
    /// tags, class, encryption and deletion protection come from the options; then TTL is enabled on the field marked
    /// `ttl`, and point-in-time recovery if the options ask for it.
    ///
    /// Call it as often as you like, from as many processes at once as you like. What an interrupted call left is
    /// finished by the next one: TTL and point-in-time recovery, but not indexes, which
    /// [`update_table`](Self::update_table) adds to a live table. An index that is being added to a live table is not
    /// waited for.
    ///
    /// A table that is another application's is never touched: before anything is changed, the key, the indexes of the
    /// same names and the attribute that TTL is on are compared. Before TTL is enabled on a table that this call did not
    /// create, 25 items are read (at most 1 MB, half a read unit per 4 KB); if one has no Number in the TTL attribute,
    /// the call fails.
    ///
    /// It takes at most 5 minutes unless [`deadline`](CreateTable::deadline) says otherwise; AWS usually needs some
    /// ten seconds. To drop the future is safe: the next call resumes.
    ///
    /// # Permissions
    ///
    /// `dynamodb:DescribeTable`, `dynamodb:CreateTable`, `dynamodb:DescribeTimeToLive` and
    /// `dynamodb:UpdateTimeToLive`. Also, where
    /// - the table may be there without TTL, since another process is creating it or a call was interrupted:
    ///   `dynamodb:Scan`. Without it, TTL stays off and the call fails;
    /// - the options have tags: `dynamodb:TagResource`;
    /// - they ask for point-in-time recovery: `dynamodb:DescribeContinuousBackups` and
    ///   `dynamodb:UpdateContinuousBackups`;
    /// - they name a KMS key: on it, by way of DynamoDB, `kms:CreateGrant`, `kms:Decrypt`, `kms:DescribeKey`, `kms:Encrypt`,
    ///   `kms:GenerateDataKey*` and `kms:ReEncrypt*`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore, TableOptions};
    /// # #[derive(DynamoSession)]
    /// # #[session(table = "shop-sessions")]
    /// # struct ShopSession {
    /// #     #[session(hash_key)]
    /// #     id: SessionId,
    /// #     #[session(ttl)]
    /// #     expires_at: Expires,
    /// #     #[session(index = "by_user")]
    /// #     user: Option<String>,
    /// # }
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// let options = TableOptions::new().deletion_protection(true).tag("team", "web");
    /// let store = SessionStore::<ShopSession>::builder()
    ///     .client(client) // without this line: the AWS environment
    ///     .table_options(options)
    ///     .build()
    ///     .await?;
    /// for change in store.create_table().on_progress(|step| println!("{step} ..")).await? {
    ///     println!("new: {change}");
    /// }
    /// assert!(store.create_table().await?.is_empty(), "it was all there");
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The text of an error says what was done before it and what was not.
    ///
    /// - [`ErrorKind::Configuration`]: the table is another application's, lacks an index of the session, or is in a
    ///   state that no waiting will end. It was not touched.
    /// - [`ErrorKind::AccessDenied`]: a permission is lacking; the text names it.
    /// - [`ErrorKind::Throttled`]: among others, TTL of this table was changed within the last hour, and AWS takes one
    ///   change an hour; the text says when it will at the latest.
    /// - [`ErrorKind::Unavailable`]: among others, the deadline has passed.
    /// - [`ErrorKind::Rejected`]: an option that AWS does not take, such as a tag of more than 128 characters.
    /// - [`ErrorKind::TableMissing`]: someone deleted the table meanwhile.
    pub fn create_table<'a>(&self) -> CreateTable<'a> {
        CreateTable::new(self.work())
    }

    /// Adds to a live table what the session type and the [`TableOptions`](crate::TableOptions) ask for and it lacks,
    /// while it serves sessions: missing indexes, TTL, point-in-time recovery, deletion protection. Returns what it
    /// changed, in order.
    ///
    /// AWS adds one index at a time, and fills it from the sessions that are there before it can be listed; that is
    /// waited for, also where someone else began it. Nothing is ever removed or weakened, and neither billing nor class,
    /// encryption and tags of a live table are changed: [`verify_table`](Self::verify_table) tells what differs. On a
    /// table with provisioned capacity, a new index has the units that the options say, else those of the table.
    ///
    /// Another application's table is not touched, as for [`create_table`](Self::create_table). It is safe to call from
    /// several processes at once.
    ///
    /// There is **no deadline by default**, since filling an index takes minutes, and hours for a large table;
    /// [`deadline`](UpdateTable::deadline) sets one. To drop the future is safe: AWS goes on filling, and the next call
    /// resumes.
    ///
    /// # Permissions
    ///
    /// `dynamodb:DescribeTable`, `dynamodb:UpdateTable` and `dynamodb:DescribeTimeToLive`. Where TTL is off,
    /// `dynamodb:Scan` and `dynamodb:UpdateTimeToLive`; where the options ask for point-in-time recovery,
    /// `dynamodb:DescribeContinuousBackups` and `dynamodb:UpdateContinuousBackups`.
    ///
    /// # Examples
    ///
    /// The first version of this session had no index:
    ///
    /// ```
    /// # use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore, TableOptions};
    /// # #[derive(DynamoSession)]
    /// # #[session(table = "shop-sessions")]
    /// # struct ShopSession {
    /// #     #[session(hash_key)]
    /// #     id: SessionId,
    /// #     #[session(ttl)]
    /// #     expires_at: Expires,
    /// #     #[session(index = "by_user")]
    /// #     user: Option<String>,
    /// # }
    /// # mod before {
    /// #     use dynamo_session::{DynamoSession, Expires, SessionId};
    /// #     #[derive(DynamoSession)]
    /// #     #[session(table = "shop-sessions")]
    /// #     pub struct ShopSession {
    /// #         #[session(hash_key)]
    /// #         id: SessionId,
    /// #         #[session(ttl)]
    /// #         expires_at: Expires,
    /// #     }
    /// # }
    /// use dynamo_session::TableChange;
    ///
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let old = SessionStore::<before::ShopSession>::builder().client(client.clone());
    /// # old.auto_create(true).build().await?;
    /// let store = SessionStore::<ShopSession>::builder().client(client).build().await?;
    /// let changes = store.update_table().on_progress(|step| println!("{step} ..")).await?;
    /// assert_eq!(changes, [TableChange::Index { index: "by_user".to_owned() }]);
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`create_table`](Self::create_table), and
    ///
    /// - [`ErrorKind::TableMissing`]: there is no table.
    /// - [`ErrorKind::Configuration`]: also if the table has as many indexes as AWS allows: 20, unless the account's
    ///   quota is raised.
    pub fn update_table<'a>(&self) -> UpdateTable<'a> {
        UpdateTable::new(self.work())
    }

    /// Compares the live table with what the session type and the [`TableOptions`](crate::TableOptions) say, and
    /// changes nothing.
    ///
    /// What would lose sessions, keep them wrongly or make an operation fail is an error in the report; all else is
    /// advice. A missing table is a finding too.
    ///
    /// # Permissions
    ///
    /// `dynamodb:DescribeTable`. `dynamodb:DescribeTimeToLive`, and where the options ask for them
    /// `dynamodb:DescribeContinuousBackups` and `dynamodb:ListTagsOfResource`; without one of these, what it is for is
    /// reported as not checked.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore, TableOptions};
    /// # #[derive(DynamoSession)]
    /// # #[session(table = "shop-sessions")]
    /// # struct ShopSession {
    /// #     #[session(hash_key)]
    /// #     id: SessionId,
    /// #     #[session(ttl)]
    /// #     expires_at: Expires,
    /// #     #[session(index = "by_user")]
    /// #     user: Option<String>,
    /// # }
    /// use dynamo_session::{FindingKind};
    ///
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// let store = SessionStore::<ShopSession>::builder()
    ///     .client(client)
    ///     .table_options(TableOptions::new().provisioned(5, 5))
    ///     .build()
    ///     .await?;
    /// let report = store.verify_table().await?;
    /// assert!(!report.is_sound());
    /// assert_eq!(report.findings()[0].kind(), &FindingKind::TableMissing);
    ///
    /// store.create_table().await?;
    /// let report = store.verify_table().await?;
    /// println!("{report}");
    /// assert!(report.is_sound());
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AccessDenied`], [`ErrorKind::Throttled`] and [`ErrorKind::Unavailable`], if the table could not be
    /// looked at; [`ErrorKind::TableMissing`], if someone deleted it meanwhile.
    pub async fn verify_table(&self) -> Result<TableReport, Error> {
        verify(&self.control(), S::SCHEMA, &self.shared().table_options)
            .await
            .map_err(|error| error.with_context(Operation::VerifyTable, self.table_name(), None))
    }

    /// The table of this store as text: templates and policies with its name and its
    /// [options](crate::SessionStoreBuilder::table_options).
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::{Access, DynamoSession, Expires, SessionId, SessionStore};
    /// # #[derive(DynamoSession)]
    /// # #[session(table = "shop-sessions")]
    /// # struct ShopSession {
    /// #     #[session(hash_key)]
    /// #     id: SessionId,
    /// #     #[session(ttl)]
    /// #     expires_at: Expires,
    /// # }
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let builder = SessionStore::<ShopSession>::builder().client(client);
    /// let store = builder.table_name("staging-sessions").build().await?;
    /// let policy = store.infrastructure().iam_policy([Access::Run])?;
    /// assert!(policy.contains("table/staging-sessions"));
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn infrastructure(&self) -> Infrastructure {
        Infrastructure::of::<S>()
            .table_name(self.table_name())
            .table_options(self.shared().table_options.clone())
    }

    /// Fails with what would lose or keep sessions wrongly, and traces the rest.
    pub(crate) async fn require_sound_table(&self) -> Result<(), Error> {
        let report = self.verify_table().await?;
        for advice in report.advice() {
            tracing::warn!(table = self.table_name(), %advice, "table differs from what is declared");
        }
        if report.is_sound() {
            return Ok(());
        }
        let errors: Vec<String> = report
            .errors()
            .map(|finding| format!("{}; {}", finding.problem(), finding.advice()))
            .collect();
        let is_missing = |kind: &FindingKind| *kind == FindingKind::TableMissing;
        let kind = match report.errors().any(|finding| is_missing(finding.kind())) {
            true => ErrorKind::TableMissing,
            false => ErrorKind::Configuration,
        };
        let error = Error::new(kind, errors.join(". Also: "));
        Err(error.with_context(Operation::VerifyTable, self.table_name(), None))
    }

    fn control(&self) -> Control {
        let table = self.shared().table.for_sweeping();
        Control::new(table.client, table.name)
    }

    fn work<'a>(&self) -> Work<'a> {
        let shared = self.shared();
        let (options, clock) = (shared.table_options.clone(), shared.clock.clone());
        Work::new(self.control(), S::SCHEMA, options, clock)
    }
}
