use super::described_table::Infrastructure;
use crate::derived::DynamoSession;
use crate::store::SessionStore;

/// The table as text.
impl<S: DynamoSession> SessionStore<S> {
    /// The table of this store as text: templates and policies with its name and its
    /// [options](crate::SessionStoreBuilder::table_options). For a store that is shared with another service, whose table it is,
    /// only policies.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::infrastructure::Access;
    /// # use dynamo_session::SessionStore;
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
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
            .table_options(self.context().table_options.clone())
            .shared_with(self.context().shared_package())
    }
}
