use actix_web::web::{Form, Redirect};
use actix_web::{Either, HttpResponse};
use dynamo_session::Session;

use crate::common::cart::{self, Add, Remove};
use crate::common::failure::no_such_product;
use crate::common::session::ShopSession;
use crate::failure::response;
use crate::page::Page;
use crate::visitor::Guest;

pub(crate) async fn page(Guest(visitor): Guest) -> Page {
    Page(cart::page(&visitor))
}

pub(crate) async fn add(
    mut session: Session<ShopSession>,
    Form(form): Form<Add>,
) -> Either<Redirect, HttpResponse> {
    match cart::add(&mut session, form) {
        Some(next) => Either::Left(Redirect::to(next).see_other()),
        None => Either::Right(response(no_such_product())),
    }
}

pub(crate) async fn remove(
    mut session: Session<ShopSession>,
    Form(form): Form<Remove>,
) -> Redirect {
    cart::remove(&mut session, &form);
    Redirect::to("/cart").see_other()
}
