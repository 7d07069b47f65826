use axum::Router;
use axum::extract::FromRef;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use dynamo_session::{Error, SessionLayer, SessionStore};
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::common;
use crate::common::session::ShopSession;
use crate::common::{Asset, shelf};
use crate::page::Page;
use crate::visitor::Guest;
use crate::{cart, devices, failure, login};

/// What handlers may ask for beside the session of their request.
#[derive(Clone)]
struct Shop {
    sessions: SessionStore<ShopSession>,
}

impl FromRef<Shop> for SessionStore<ShopSession> {
    fn from_ref(shop: &Shop) -> Self {
        shop.sessions.clone()
    }
}

pub(crate) fn app(store: SessionStore<ShopSession>, sessions: SessionLayer<ShopSession>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/cart", get(cart::page))
        .route("/cart/add", post(cart::add))
        .route("/cart/remove", post(cart::remove))
        .route("/login", get(login::page).post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/devices", get(devices::page))
        .route("/devices/end", post(devices::end))
        .route("/devices/end-others", post(devices::end_others))
        .route("/style.css", get(style))
        .route("/favicon.ico", get(icon))
        .fallback(failure::not_found)
        .method_not_allowed_fallback(failure::not_allowed)
        .with_state(Shop { sessions: store })
        .layer(
            sessions.on_error(|error: &Error| {
                common::failure::of_session(error.kind()).into_response()
            }),
        )
        // Around the sessions: what another site makes a browser send is refused before it reads a session, let alone
        // changes one or keeps it from expiring.
        .layer(CsrfLayer::new().with_rejection_response(|_: ProtectionError| {
            common::failure::forged().into_response()
        }))
        // Around everything, so that no answer is without them, not even a refusal.
        .layer(always(CONTENT_SECURITY_POLICY, common::POLICY))
        .layer(always(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(REFERRER_POLICY, "same-origin"))
}

fn always(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
}

async fn page(Guest(visitor): Guest) -> Page {
    Page(shelf::page(&visitor))
}

async fn style() -> impl IntoResponse {
    asset(common::STYLE)
}

async fn icon() -> impl IntoResponse {
    asset(common::ICON)
}

fn asset(Asset { content_type, text }: Asset) -> impl IntoResponse {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "public, max-age=300")], text)
}
