use actix_web::web::{Data, Form, Redirect};
use actix_web::{Either, HttpRequest};
use dynamo_session::{Error, Session, SessionStore};

use crate::common::login::{self, Login};
use crate::common::session::ShopSession;
use crate::page::Page;
use crate::visitor::{Guest, agent};

pub(crate) async fn page(Guest(visitor): Guest) -> Either<Redirect, Page> {
    if visitor.user().is_some() {
        return Either::Left(Redirect::to("/devices").see_other());
    }
    Either::Right(Page(login::page(&visitor)))
}

pub(crate) async fn log_in(
    store: Data<SessionStore<ShopSession>>,
    mut session: Session<ShopSession>,
    request: HttpRequest,
    Form(form): Form<Login>,
) -> Result<Redirect, Error> {
    let next = login::log_in(&store, &mut session, agent(&request), form).await?;
    Ok(Redirect::to(next).see_other())
}

pub(crate) async fn log_out(mut session: Session<ShopSession>) -> Result<Redirect, Error> {
    login::log_out(&mut session).await?;
    Ok(Redirect::to("/").see_other())
}
