use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::http::header::LOCATION;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use dynamo_session::RequestSession;

use crate::common::member::Member;
use crate::visitor::asked;

/// A visitor who is logged in. All others are sent to the login.
pub(crate) struct LoggedIn(pub(crate) Member);

impl FromRequest for LoggedIn {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let session = RequestSession::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let member = Member::of(session.await?, asked(&request)).await?;
            let login = || {
                let login = HttpResponse::SeeOther().insert_header((LOCATION, "/login")).finish();
                InternalError::from_response("not logged in", login)
            };
            Ok(Self(member.ok_or_else(login)?))
        })
    }
}
