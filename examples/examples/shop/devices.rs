use axum::extract::State;
use axum::response::Redirect;
use dynamo_session::{Error, Session, SessionStore};

use crate::common::devices::{self, End};
use crate::common::session::ShopSession;
use crate::fields::Fields;
use crate::member::LoggedIn;
use crate::page::Page;

pub(crate) async fn page(
    State(store): State<SessionStore<ShopSession>>,
    LoggedIn(member): LoggedIn,
) -> Result<Page, Error> {
    devices::page(&store, &member).await.map(Page)
}

pub(crate) async fn end(
    State(store): State<SessionStore<ShopSession>>,
    LoggedIn(member): LoggedIn,
    mut session: Session<ShopSession>,
    Fields(form): Fields<End>,
) -> Result<Redirect, Error> {
    devices::end(&store, &member, &mut session, form).await?;
    Ok(Redirect::to("/devices"))
}

pub(crate) async fn end_others(
    State(store): State<SessionStore<ShopSession>>,
    LoggedIn(member): LoggedIn,
    mut session: Session<ShopSession>,
) -> Result<Redirect, Error> {
    devices::end_others(&store, &member, &mut session).await?;
    Ok(Redirect::to("/devices"))
}
