use axum::response::{IntoResponse, Redirect, Response};
use dynamo_session::Session;

use crate::common::cart::{self, Add, Remove};
use crate::common::session::ShopSession;
use crate::failure;
use crate::fields::Fields;
use crate::page::Page;
use crate::visitor::Guest;

pub(crate) async fn page(Guest(visitor): Guest) -> Page {
    Page(cart::page(&visitor))
}

pub(crate) async fn add(mut session: Session<ShopSession>, Fields(form): Fields<Add>) -> Response {
    match cart::add(&mut session, form) {
        Some(next) => Redirect::to(next).into_response(),
        None => failure::no_such_product(),
    }
}

pub(crate) async fn remove(
    mut session: Session<ShopSession>,
    Fields(form): Fields<Remove>,
) -> Redirect {
    cart::remove(&mut session, &form);
    Redirect::to("/cart")
}
