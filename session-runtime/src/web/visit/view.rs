use std::fmt;
use std::ops::Deref;

use crate::derived::DynamoSession;

/// The session to read from: as many of them as a request's extractors and middleware like, also beside the
/// [`Session`](crate::Session) handle.
///
/// It dereferences to the struct, and is a copy: it shows the session as the last handle of the request left it and,
/// while a handle is out, as it was when that was handed out. Fields that are not stored (`skip`) have their defaults.
/// Visitors without a session see the fields of a new one, which is not stored; with `Option<SessionView<S>>`, there is
/// none for them.
///
/// The first view or handle of a request costs the read of the session, further views none.
///
/// # Examples
///
/// An extractor of the application's own, for handlers that need a user:
///
/// ```
/// use axum::extract::FromRequestParts;
/// use axum::http::request::Parts;
/// use axum::response::{IntoResponse, Redirect, Response};
/// use dynamo_session::SessionView;
/// # use dynamo_session::{DynamoSession, Expires, SessionId};
/// # #[derive(DynamoSession)]
/// # #[session(table = "shop-sessions")]
/// # struct ShopSession {
/// #     #[session(hash_key)]
/// #     id: SessionId,
/// #     #[session(ttl)]
/// #     expires_at: Expires,
/// #     user: Option<String>,
/// # }
///
/// struct CurrentUser(String);
///
/// impl<T: Send + Sync> FromRequestParts<T> for CurrentUser {
///     type Rejection = Response;
///
///     async fn from_request_parts(parts: &mut Parts, state: &T) -> Result<Self, Response> {
///         let session = SessionView::<ShopSession>::from_request_parts(parts, state).await;
///         let session = session.map_err(IntoResponse::into_response)?;
///         let user = session.user.clone().ok_or_else(|| Redirect::to("/login").into_response())?;
///         Ok(Self(user))
///     }
/// }
/// # async fn handler(_: CurrentUser) {}
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::get(handler));
/// ```
#[doc(alias = "extractor")]
pub struct SessionView<S: DynamoSession>(pub(super) S);

impl<S: DynamoSession> Deref for SessionView<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.0
    }
}

impl<S: DynamoSession + fmt::Debug> fmt::Debug for SessionView<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_tuple("SessionView");
        // Whatever the type shows of itself, secrets are not for logs.
        if !S::SCHEMA.has_secrets() {
            f.field(&self.0);
        }
        f.finish()
    }
}
