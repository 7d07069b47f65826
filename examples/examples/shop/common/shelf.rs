use maud::{Markup, html};

use super::layout;
use super::products::PRODUCTS;
use super::visitor::Visitor;

pub(crate) fn page(visitor: &Visitor) -> Markup {
    let in_cart = |sku| visitor.session().and_then(|session| session.cart.get(sku)).copied();
    let shelf = html! {
        h1 { "On the shelf" }
        ul.shelf {
            @for product in &PRODUCTS {
                li.product id=(product.sku) {
                    @if let Some(count) = in_cart(product.sku) {
                        span.count title="In your cart" { (count) }
                    }
                    div.picture { (product.picture()) }
                    h2 { (product.name) }
                    p.price { (product.price(1)) " " small { (product.unit) } }
                    form method="post" action="/cart/add" {
                        button name="sku" value=(product.sku) aria-label={ "Add " (product.name) " to the cart" } {
                            "Add to cart"
                        }
                    }
                }
            }
        }
    };
    layout::page("On the shelf", visitor, &shelf)
}
