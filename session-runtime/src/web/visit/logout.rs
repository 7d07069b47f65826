use std::fmt;

use super::request_session::RequestSession;
use crate::derived::DynamoSession;
use crate::error::Error;

/// Ends the visitor's session by its id, without loading it: one request, which also works for a session that can no
/// longer be read.
///
/// The response removes the cookie. Where the request presented several ids, each is ended. A visitor without a session
/// is not an error, nor is one whose session has already ended.
///
/// # Examples
///
/// ```
/// use axum::{Router, response::Redirect, routing::post};
/// use dynamo_session::{DynamoSession, Error, Expires, Logout, SessionId, SessionLayer, SessionStore};
///
/// #[derive(DynamoSession)]
/// #[session(table = "shop-sessions")]
/// struct ShopSession {
///     #[session(hash_key)]
///     id: SessionId,
///     #[session(ttl)]
///     expires_at: Expires,
///     user: Option<String>,
/// }
///
/// async fn log_out(logout: Logout<ShopSession>) -> Result<Redirect, Error> {
///     logout.end().await?;
///     Ok(Redirect::to("/"))
/// }
///
/// # #[cfg(feature = "embedded")]
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # let client = dynamo_session::embedded::client();
/// # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
/// let app: Router = Router::new().route("/logout", post(log_out)).layer(SessionLayer::new(store));
/// # Ok::<(), dynamo_session::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Logout<S: DynamoSession>(pub(in crate::web) RequestSession<S>);

impl<S: DynamoSession> Logout<S> {
    /// Ends the session, also under a new id that it was given a moment ago.
    ///
    /// Costs a write of the item's size, 1 unit per KB.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::InUse`](crate::ErrorKind::InUse): a handle of this request's session is alive. Drop it first, or
    ///   call its [`destroy`](crate::Session::destroy).
    /// - As for [`SessionStore::destroy`](crate::SessionStore::destroy). The session may still be there, and the cookie
    ///   stays, so that the visitor can try again.
    pub async fn end(self) -> Result<(), Error> {
        self.0.end().await
    }
}

impl<S: DynamoSession> fmt::Debug for Logout<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logout").finish_non_exhaustive()
    }
}
