use actix_web::web::{Data, Form, Redirect};
use dynamo_session::{Error, RequestSession, SessionStore};

use crate::common::devices::{self, End};
use crate::common::session::ShopSession;
use crate::member::LoggedIn;
use crate::page::Page;

pub(crate) async fn page(
    store: Data<SessionStore<ShopSession>>,
    LoggedIn(member): LoggedIn,
) -> Result<Page, Error> {
    devices::page(&store, &member).await.map(Page)
}

// actix-web asks for all that a handler takes at once. `LoggedIn` may need the session's handle to leave a notice in it, so
// these ask for the handle when it has returned.
pub(crate) async fn end(
    store: Data<SessionStore<ShopSession>>,
    LoggedIn(member): LoggedIn,
    request: RequestSession<ShopSession>,
    Form(form): Form<End>,
) -> Result<Redirect, Error> {
    let mut session = request.session().await?;
    devices::end(&store, &member, &mut session, form).await?;
    Ok(Redirect::to("/devices").see_other())
}

pub(crate) async fn end_others(
    store: Data<SessionStore<ShopSession>>,
    LoggedIn(member): LoggedIn,
    request: RequestSession<ShopSession>,
) -> Result<Redirect, Error> {
    let mut session = request.session().await?;
    devices::end_others(&store, &member, &mut session).await?;
    Ok(Redirect::to("/devices").see_other())
}
