use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use dynamo_session::{Error, Session};

use crate::session::ShopSession;
use crate::visitor::Visitor;

/// A visitor who is logged in. All others are sent to the login.
pub(crate) struct Member {
    pub(crate) user: String,
    pub(crate) visitor: Visitor,
}

impl<T: Send + Sync> FromRequestParts<T> for Member {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &T) -> Result<Self, Response> {
        let visitor = Visitor::from_request_parts(parts, state).await;
        let visitor = visitor.map_err(IntoResponse::into_response)?;
        if let Some(user) = visitor.user() {
            return Ok(Self { user: user.to_owned(), visitor });
        }
        let has_submitted = !parts.method.is_safe();
        let mut session = Session::<ShopSession>::from_request_parts(parts, state)
            .await
            .map_err(|error: Error| error.into_response())?;
        if has_submitted {
            let notice = "You are no longer logged in, so nothing was changed. Log in to go on.";
            session.notice = Some(notice.to_owned());
        }
        Err(Redirect::to("/login").into_response())
    }
}
