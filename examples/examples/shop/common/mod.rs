//! What the shop on axum and the one on actix-web share: all but the framework.

pub(crate) mod cart;
mod device;
pub(crate) mod devices;
pub(crate) mod failure;
mod layout;
pub(crate) mod login;
pub(crate) mod member;
mod options;
mod products;
pub(crate) mod session;
pub(crate) mod shelf;
pub(crate) mod start;
pub(crate) mod visitor;
mod when;

/// No script at all, and nothing from elsewhere; forms go to the shop alone, and no other site may show it in a frame.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                                 base-uri 'none'; frame-ancestors 'none'";

/// What stands in a file, as browsers are to take it.
pub(crate) struct Asset {
    pub(crate) content_type: &'static str,
    pub(crate) text: &'static str,
}

pub(crate) const STYLE: Asset =
    Asset { content_type: "text/css; charset=utf-8", text: include_str!("style.css") };
pub(crate) const ICON: Asset =
    Asset { content_type: "image/svg+xml", text: include_str!("icon.svg") };
