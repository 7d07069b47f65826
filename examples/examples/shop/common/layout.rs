use maud::{DOCTYPE, Markup, html};

use super::session::ShopSession;
use super::visitor::Visitor;
use super::when::distance;

/// A page of the shop for this visitor.
pub(crate) fn page(title: &str, visitor: &Visitor, content: &Markup) -> Markup {
    let account = html! {
        nav aria-label="Account" {
            a href="/cart" {
                "Cart"
                @if let Some(items) = visitor.session().map(ShopSession::items).filter(|items| *items > 0) {
                    " " span.count { (items) }
                }
            }
            @match visitor.user() {
                Some(user) => {
                    a.user href="/devices" title="My devices" { (user) }
                    form method="post" action="/logout" { button.quiet { "Log out" } }
                }
                None => { a href="/login" { "Log in" } }
            }
        }
    };
    let content = html! {
        @if let Some(notice) = &visitor.notice { p.notice role="status" { (notice) } }
        (content)
    };
    let expiry = visitor.session().map(|session| {
        let left = distance(session.expires_at.epoch_seconds());
        html! {
            @if session.user.is_none() { "Your cart is kept for " (left) " after your last visit." }
            @else if session.remember { "You stay logged in for " (left) ", also when you close the browser." }
            @else { "You are logged out after " (left) " without a visit, or when you close the browser." }
        }
    });
    document(title, Some(&account), &content, expiry.as_ref())
}

/// A page of the shop that knows of no visitor, because there may be none that can be read.
pub(crate) fn plain_page(title: &str, content: &Markup) -> Markup {
    document(title, None, content, None)
}

fn document(
    title: &str,
    account: Option<&Markup>,
    content: &Markup,
    expiry: Option<&Markup>,
) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Corner Shop" }
                link rel="stylesheet" href="/style.css";
                link rel="icon" href="/favicon.ico" type="image/svg+xml";
            }
            body {
                header.top {
                    a.brand href="/" { "Corner Shop" }
                    @if let Some(account) = account { (account) }
                }
                main { (content) }
                footer {
                    @if let Some(expiry) = expiry { p { (expiry) } }
                    p { "An example of dynamo-session. Nothing is sold here." }
                }
            }
        }
    }
}
