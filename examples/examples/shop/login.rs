use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use dynamo_session::{Error, Session, SessionStore};

use crate::common::login::{self, Login};
use crate::common::session::ShopSession;
use crate::fields::Fields;
use crate::page::Page;
use crate::visitor::{Guest, agent};

pub(crate) async fn page(Guest(visitor): Guest) -> Response {
    if visitor.user().is_some() {
        return Redirect::to("/devices").into_response();
    }
    Page(login::page(&visitor)).into_response()
}

pub(crate) async fn log_in(
    State(store): State<SessionStore<ShopSession>>,
    mut session: Session<ShopSession>,
    headers: HeaderMap,
    Fields(form): Fields<Login>,
) -> Result<Redirect, Error> {
    login::log_in(&store, &mut session, agent(&headers), form).await.map(Redirect::to)
}

pub(crate) async fn log_out(mut session: Session<ShopSession>) -> Result<Redirect, Error> {
    login::log_out(&mut session).await?;
    Ok(Redirect::to("/"))
}
