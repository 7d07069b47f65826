use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use dynamo_session::RequestSession;

use crate::common::member::Member;
use crate::visitor::asked;

/// A visitor who is logged in. All others are sent to the login.
pub(crate) struct LoggedIn(pub(crate) Member);

impl<T: Send + Sync> FromRequestParts<T> for LoggedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &T) -> Result<Self, Response> {
        let request = RequestSession::from_request_parts(parts, state).await;
        let request = request.map_err(IntoResponse::into_response)?;
        let member = Member::of(request, asked(parts)).await;
        let member = member.map_err(IntoResponse::into_response)?;
        member.map(Self).ok_or_else(|| Redirect::to("/login").into_response())
    }
}
