use std::fmt;
use std::ops::Deref;

use super::request_session::RequestSession;
use super::view::SessionView;
use crate::derived::Authenticated;
use crate::error::{Error, ErrorKind};

/// Demands that the visitor has authenticated within so many minutes: before a password, an address or a payment is
/// changed (OWASP ASVS 5.0, 7.5.1 and 7.5.3).
///
/// It dereferences to the session to read from. The time is what [`authenticate`](crate::Session::authenticate) has
/// recorded, by the store's clock.
///
/// # Examples
///
/// ```
/// use axum::response::{IntoResponse, Redirect};
/// use dynamo_session::{
///     AuthenticatedAt, DynamoSession, Error, ErrorKind, Expires, RecentlyAuthenticated, SessionId, SessionLayer,
/// };
/// # use dynamo_session::SessionStore;
///
/// #[derive(DynamoSession)]
/// #[session(table = "shop-sessions")]
/// struct ShopSession {
///     #[session(hash_key)]
///     id: SessionId,
///     #[session(ttl)]
///     expires_at: Expires,
///     #[session(authenticated)]
///     authenticated_at: Option<AuthenticatedAt>,
///     user: Option<String>,
/// }
///
/// async fn change_password(session: RecentlyAuthenticated<ShopSession, 15>) -> String {
///     format!("a new password for {:?}", session.user)
/// }
///
/// # fn layer(store: SessionStore<ShopSession>) {
/// // Who has not is asked for the password, in place of the plain 401.
/// let layer = SessionLayer::new(store).on_error(|error: &Error| match error.kind() {
///     ErrorKind::AuthenticationRequired => Redirect::to("/login").into_response(),
///     _ => http::StatusCode::INTERNAL_SERVER_ERROR.into_response(),
/// });
/// # let _: axum::Router =
/// #     axum::Router::new().route("/password", axum::routing::post(change_password)).layer(layer);
/// # }
/// ```
pub struct RecentlyAuthenticated<S: Authenticated, const MINUTES: u64>(SessionView<S>);

impl<S: Authenticated, const MINUTES: u64> RecentlyAuthenticated<S, MINUTES> {
    pub(in crate::web) async fn of(request: &RequestSession<S>) -> Result<Self, Error> {
        let view = request.existing_view().await?;
        let is_recent = |view: &SessionView<S>| {
            view.authenticated_at().is_some_and(|at| {
                let age = request.now().saturating_sub(at.epoch_seconds());
                u64::try_from(age).unwrap_or(0) <= MINUTES.saturating_mul(60)
            })
        };
        view.filter(is_recent).map(Self).ok_or_else(|| {
            Error::new(
                ErrorKind::AuthenticationRequired,
                format!(
                    "the visitor has not authenticated within {MINUTES} minutes; ask for the password, and call \
                     `Session::authenticate`"
                ),
            )
        })
    }
}

impl<S: Authenticated, const MINUTES: u64> Deref for RecentlyAuthenticated<S, MINUTES> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.0
    }
}

impl<S: Authenticated + fmt::Debug, const MINUTES: u64> fmt::Debug
    for RecentlyAuthenticated<S, MINUTES>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RecentlyAuthenticated").field(&self.0).finish()
    }
}
