//! What a handler reads beside the handle.

use std::convert::Infallible;

use dynamo_session::{RequestSession, SessionLayer};
use dynamo_session_tests::attribute::s;
use http::header::COOKIE;
use tower::{Layer, Service, service_fn};

use super::*;

/// With the PIN's field at its default: what is stored for it does not decode.
fn assert_seen(seen: &Account, user: &str, views: u32) {
    assert_eq!((seen.token.as_deref(), seen.pin), (Some(TOKEN), None));
    assert_eq!((&seen.tokens, &seen.key[..]), (&tokens(), KEY));
    assert_eq!((seen.user.as_deref(), seen.views), (Some(user), views));
    assert!(seen.cart.is_empty());
}

async fn serve(request: http::Request<()>) -> Result<http::Response<String>, Infallible> {
    let visitor = request.extensions().get::<RequestSession<Account>>().unwrap();
    let mut session = visitor.session().await.unwrap();
    assert_seen(&visitor.view().await.unwrap(), "ada", 7);
    session.user = Some("bob".to_owned());
    assert_seen(&visitor.view().await.unwrap(), "ada", 7);
    session.renew().await.unwrap();
    drop(session);
    let renewed = visitor.session().await.unwrap();
    let beside = visitor.view().await.unwrap();
    assert_seen(&beside, "bob", 7);
    assert_eq!((&beside.id, beside.expires_at), (renewed.id(), renewed.expires_at));
    Ok(http::Response::new(String::new()))
}

#[tokio::test]
async fn a_view_beside_a_handle_shows_every_field_as_the_handle_was_lent() {
    let (world, store) = World::with_store::<Account>().await;
    let mut session = account(&store).await;
    session.views = 7;
    let _ = session.commit().await.unwrap();
    plant(&world, &store, session.id(), "pin", s("no secret")).await;

    let mut service = SessionLayer::new(store.clone()).layer(service_fn(serve));
    let cookie = format!("__Host-Http-session={}", session.id().expose_secret());
    let request = http::Request::get("/").header(COOKIE, cookie).body(()).unwrap();
    let response = service.call(request).await.unwrap();
    assert_eq!(response.status(), 200);
}
