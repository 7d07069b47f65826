//! The commit comes before the response, and its failure is the response.

use super::*;

#[tokio::test]
async fn whatever_the_status_is() {
    for status in [200, 302, 404, 500, 503] {
        let handler = move |mut session: Session<Web>| async move {
            session.visits += 1;
            StatusCode::from_u16(status).unwrap()
        };
        let site = Site::new(Router::new().route("/", get(handler))).await;
        let id = site.visitor().await;
        assert_eq!(site.get_as("/", &id).await.status, status);
        assert_eq!(site.visits(&id).await, 11, "{status}");
    }
}

#[tokio::test]
async fn also_when_a_later_extractor_refuses_the_request() {
    async fn count(mut session: Session<Web>, request: Incoming, next: Next) -> Outcome {
        session.visits += 1;
        drop(session);
        next.run(request).await
    }
    async fn refuses(_: Session<Web>, _: Form<BTreeMap<String, u8>>) {}
    let routes = Router::new().route("/", get(refuses)).layer(middleware::from_fn(count));
    let site = Site::new(routes).await;
    let id = site.visitor().await;
    let request = Request::get("/?x=y").header(COOKIE, pair(&id));
    assert!(site.send(request).await.status.is_client_error());
    assert_eq!(site.visits(&id).await, 11);
}

#[tokio::test]
async fn a_commit_that_fails_is_a_failed_response_that_tells_nothing() {
    let traces = Traces::collect();
    let site = Site::new(usual()).await;
    let id = site.visitor().await;
    site.world.network.fail_next("UpdateItem", Fault::Answer(400, DENIED));
    let reply = site.get_as("/visit", &id).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(reply.body, "Something went wrong on our side.\n");
    let traces = traces.text();
    assert!(traces.contains("ERROR") && traces.contains("AccessDeniedException"), "{traces}");
    assert!(!traces.contains(&id.expose_secret()));
    assert!(traces.contains(&id.fingerprint()));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_too_busy_to_commit_asks_to_try_again() {
    let site = Site::new(usual()).await;
    let id = site.visitor().await;
    for fault in [Fault::Answer(400, THROTTLED), Fault::LoseRequest] {
        for _ in 0..10 {
            site.world.network.fail_next("UpdateItem", fault.clone());
        }
        let reply = site.get_as("/visit", &id).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(reply.values(RETRY_AFTER), ["1"]);
        site.world.network.forget_faults();
    }
    assert_eq!(site.visits(&id).await, 10);
}

#[tokio::test]
async fn a_new_session_that_cannot_be_stored_sets_no_cookie() {
    let site = Site::new(usual()).await;
    site.world.network.fail_next("PutItem", Fault::Answer(400, DENIED));
    let reply = site.get("/visit").await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(reply.set_cookies().is_empty());
}

#[tokio::test]
async fn a_field_that_cannot_be_stored_fails_the_response() {
    let handler = |mut session: Session<Web>| async move {
        session.cart.insert("apples".to_owned(), f64::NAN);
    };
    let site = Site::new(Router::new().route("/", get(handler))).await;
    let id = site.visitor().await;
    assert_eq!(site.get_as("/", &id).await.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn a_broken_guard_is_a_conflict() {
    let site = Site::new(usual()).await;
    let id = site.visitor().await;
    let (store, other) = (site.store.clone(), id.clone());
    let handler = move |mut session: Session<Web>| {
        let (store, other) = (store.clone(), other.clone());
        async move {
            let mut winner = store.load(&other).await.unwrap().unwrap();
            winner.plan = Some("gold".to_owned());
            let _ = winner.commit().await.unwrap();
            session.plan = Some("silver".to_owned());
            "lost?"
        }
    };
    let app = Router::new().route("/", get(handler)).layer(SessionLayer::new(site.store.clone()));
    let reply = send(&app, Request::get("/").header(COOKIE, pair(&id))).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert_eq!(site.world.load(&site.store, &id).await.plan.as_deref(), Some("gold"));
}

#[tokio::test]
async fn changes_to_a_session_that_ended_meanwhile_fail_and_do_not_revive_it() {
    let site = Site::new(usual()).await;
    let id = site.visitor().await;
    let (store, other) = (site.store.clone(), id.clone());
    let handler = move |mut session: Session<Web>| {
        let (store, other) = (store.clone(), other.clone());
        async move {
            store.destroy(&other).await.unwrap();
            session.visits += 1;
            "lost?"
        }
    };
    let app = Router::new().route("/", post(handler)).layer(SessionLayer::new(site.store.clone()));
    let reply = send(&app, Request::post("/").header(COOKIE, pair(&id))).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    // The browser may have got a renewed id meanwhile, which must not be removed.
    assert!(reply.set_cookies().is_empty());
    assert_eq!(site.items().await, 0);
}

#[tokio::test]
async fn a_touch_that_fails_loses_nothing_and_is_traced() {
    let traces = Traces::collect();
    let site = Site::new(usual()).await;
    let id = site.visitor().await;
    site.world.clock.advance(Duration::from_secs(600));
    site.world.network.fail_next("UpdateItem", Fault::Answer(400, DENIED));
    let reply = site.get_as("/look", &id).await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::OK, "None 10"));
    assert!(traces.text().contains("session not touched"), "{}", traces.text());
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_never_a_stranger() {
    let site = Site::new(usual()).await;
    let id = site.visitor().await;
    site.world.network.fail_next("GetItem", Fault::Answer(400, DENIED));
    let reply = site.get_as("/visit", &id).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(reply.set_cookies().is_empty());
    assert_eq!(site.operations(), ["GetItem"]);
    assert_eq!(site.items().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_too_busy_to_read_asks_to_try_again() {
    let site = Site::new(usual()).await;
    let id = site.visitor().await;
    for _ in 0..10 {
        site.world.network.fail_next("GetItem", Fault::LoseRequest);
    }
    let reply = site.get_as("/visit", &id).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.values(RETRY_AFTER), ["1"]);
    assert!(reply.set_cookies().is_empty());
}
