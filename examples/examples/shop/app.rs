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

use crate::session::ShopSession;
use crate::{cart, devices, failure, login, shelf};

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

/// No script at all, and nothing from elsewhere; forms go to the shop alone, and no other site may show it in a frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

pub(crate) fn app(store: SessionStore<ShopSession>, sessions: SessionLayer<ShopSession>) -> Router {
    Router::new()
        .route("/", get(shelf::page))
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
        .layer(sessions.on_error(|error: &Error| failure::of_session(error.kind())))
        // Around the sessions: what another site makes a browser send is refused before it reads a session, let alone
        // changes one or keeps it from expiring.
        .layer(CsrfLayer::new().with_rejection_response(|_: ProtectionError| failure::forged()))
        // Around everything, so that no answer is without them, not even a refusal.
        .layer(always(CONTENT_SECURITY_POLICY, POLICY))
        .layer(always(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(REFERRER_POLICY, "same-origin"))
}

fn always(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
}

async fn style() -> impl IntoResponse {
    asset("text/css; charset=utf-8", include_str!("style.css"))
}

async fn icon() -> impl IntoResponse {
    asset("image/svg+xml", include_str!("icon.svg"))
}

fn asset(content_type: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "public, max-age=300")], text)
}
