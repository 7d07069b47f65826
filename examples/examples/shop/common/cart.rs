use dynamo_session::Session;
use maud::{Markup, html};
use serde::Deserialize;

use super::layout;
use super::products::Product;
use super::session::ShopSession;
use super::visitor::Visitor;

/// How many of one product a cart holds.
const MOST: u32 = 99;

pub(crate) fn page(visitor: &Visitor) -> Markup {
    let content = match visitor.session().filter(|session| !session.cart.is_empty()) {
        Some(session) => filled(session),
        None => html! {
            h1 { "Your cart" }
            p { "It is empty. " a href="/" { "See what is on the shelf" } }
        },
    };
    layout::page("Your cart", visitor, &content)
}

fn filled(session: &ShopSession) -> Markup {
    html! {
        h1 { "Your cart" }
        ul.lines {
            @for (sku, count) in &session.cart {
                @let product = Product::find(sku);
                @let name = product.map_or(sku.as_str(), |product| product.name);
                li data-sku=(sku) {
                    @if let Some(product) = product { div.picture { (product.picture()) } }
                    div.what {
                        strong { (name) }
                        span { span.number { (count) } " × " (product.map_or_else(String::new, |product| product.price(1))) }
                    }
                    form method="post" action="/cart/add" {
                        input type="hidden" name="from" value="cart";
                        button.quiet name="sku" value=(sku) aria-label={ "One more of " (name) } { "+ 1" }
                    }
                    form method="post" action="/cart/remove" {
                        button.quiet name="sku" value=(sku) aria-label={ "Remove " (name) } { "Remove" }
                    }
                }
            }
        }
        p.total { "Total " strong { (Product::total(&session.cart)) } }
    }
}

#[derive(Deserialize)]
pub(crate) struct Add {
    sku: String,
    from: Option<String>,
}

/// Adds to the cart, and says which page comes next; nothing if the shop does not sell that.
pub(crate) fn add(session: &mut Session<ShopSession>, form: Add) -> Option<&'static str> {
    let product = Product::find(&form.sku)?;
    let count = session.cart.entry(form.sku).or_default();
    let notice = if *count < MOST {
        *count += 1;
        format!("{} added to your cart.", product.name)
    } else {
        format!("{MOST} is as many {} as we have.", product.name)
    };
    session.notice = Some(notice);
    Some(if form.from.as_deref() == Some("cart") { "/cart" } else { "/" })
}

#[derive(Deserialize)]
pub(crate) struct Remove {
    sku: String,
}

pub(crate) fn remove(session: &mut Session<ShopSession>, form: &Remove) {
    if session.cart.remove(&form.sku).is_some() {
        let name = Product::find(&form.sku).map_or(form.sku.as_str(), |product| product.name);
        session.notice = Some(format!("{name} removed from your cart."));
    }
}
