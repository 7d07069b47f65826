use super::{SessionIndex, SessionsBy};
use crate::{DynamoSession, SessionStore};

/// The sessions of one user.
impl<S: DynamoSession> SessionStore<S> {
    /// The sessions by the value of a field marked `index`: to list them, to end them all, to limit their number.
    ///
    /// The derive makes a constant for each such field, named after it in capitals. Makes no request by itself.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore};
    /// #[derive(DynamoSession)]
    /// #[session(table = "shop-sessions")]
    /// struct ShopSession {
    ///     #[session(hash_key)]
    ///     id: SessionId,
    ///     #[session(ttl)]
    ///     expires_at: Expires,
    ///     #[session(index = "by_user")]
    ///     user: Option<String>,
    /// }
    ///
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
    /// let mut session = store.create();
    /// session.user = Some("ada".to_owned());
    /// session.commit().await?;
    ///
    /// assert_eq!(store.by(ShopSession::USER).list("ada").all().await?.len(), 1);
    /// assert_eq!(store.by(ShopSession::USER).end_all("ada").await?, 1);
    /// assert!(store.load(session.id()).await?.is_none());
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn by<K>(&self, index: SessionIndex<S, K>) -> SessionsBy<S, K> {
        SessionsBy::new(self, index)
    }
}
