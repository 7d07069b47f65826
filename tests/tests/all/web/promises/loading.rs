//! A session is loaded only when asked for.

use super::*;

#[tokio::test]
async fn a_handler_that_does_not_ask_costs_nothing() {
    let site = Site::new(usual()).await;
    let id = site.visitor().await;
    site.world.clock.advance(Duration::from_secs(600));
    let reply = site.get_as("/static", &id).await;
    assert_eq!(reply.body, "static");
    assert!(site.operations().is_empty());
    assert!(reply.headers.get(SET_COOKIE).is_none());
    assert!(reply.headers.get(VARY).is_none());
}

#[tokio::test]
async fn a_handler_that_asks_costs_one_read_and_a_change_one_write() {
    let site = Site::new(usual()).await;
    let id = site.visitor().await;
    assert_eq!(site.get_as("/look", &id).await.body, "None 10");
    assert_eq!(site.operations(), ["GetItem"]);
    assert_eq!(site.get_as("/visit", &id).await.body, "11");
    assert_eq!(site.operations(), ["GetItem", "UpdateItem"]);
    assert_eq!(site.visits(&id).await, 11);
}

#[tokio::test]
async fn looking_extends_the_idle_timeout_when_that_is_due() {
    let site = Site::new(usual()).await;
    let id = site.visitor().await;
    let before = site.world.load(&site.store, &id).await.expires_at();
    site.world.clock.advance(Duration::from_secs(600));
    site.get_as("/look", &id).await;
    let after = site.world.load(&site.store, &id).await.expires_at();
    assert_eq!(after.epoch_seconds(), before.epoch_seconds() + 600);
}

#[tokio::test]
async fn extractors_of_one_request_share_one_session() {
    async fn count(mut session: Session<Web>, request: Incoming, next: Next) -> Outcome {
        session.visits += 1;
        drop(session);
        next.run(request).await
    }
    let site = Site::new(usual().layer(middleware::from_fn(count))).await;
    let id = site.visitor().await;
    assert_eq!(site.get_as("/visit", &id).await.body, "12");
    assert_eq!(site.operations(), ["GetItem", "UpdateItem"]);
    assert_eq!(site.visits(&id).await, 12);

    let new = site.get("/visit").await;
    assert_eq!(new.body, "2");
    assert_eq!(site.visits(&new.id().unwrap()).await, 2);
}

#[tokio::test]
async fn without_the_layer_the_rejection_names_it_and_the_type() {
    let app = Router::new().route(
        "/",
        get(|session: Result<Session<Web>, Error>| async move {
            let error = session.unwrap_err();
            assert!(error.is_configuration());
            error.to_string()
        }),
    );
    let body = send(&app, Request::get("/")).await.body;
    assert!(body.contains("promises::Web"), "{body}");
    assert!(body.contains(HOW_TO_ADD_A_LAYER), "{body}");
    let reply = send(&usual(), Request::get("/look")).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
}
