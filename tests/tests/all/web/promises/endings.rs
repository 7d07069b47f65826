//! Logging out and what comes after it, giving up changes, and handles that come back too late.

use super::*;

#[tokio::test]
async fn a_notice_after_the_logout_in_one_handler() {
    async fn log_out(mut session: Session<Web>) -> Result<String, Error> {
        session.visits += 1;
        session.restart().await?;
        session.plan = Some("bye".to_owned());
        Ok(session.visits.to_string())
    }
    let site = Site::new(Router::new().route("/", post(log_out))).await;
    let old = site.visitor().await;
    let reply = site.send(Request::post("/").header(COOKIE, pair(&old))).await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::OK, "0"));
    let new = reply.id().unwrap();
    assert_ne!(new, old);
    assert_eq!(site.world.load(&site.store, &new).await.plan.as_deref(), Some("bye"));
    assert_eq!(site.items().await, 1);
}

#[tokio::test]
async fn a_restart_without_a_change_is_a_logout() {
    async fn log_out(mut session: Session<Web>) -> Result<(), Error> {
        session.restart().await
    }
    let site = Site::new(Router::new().route("/", post(log_out))).await;
    let old = site.visitor().await;
    let reply = site.send(Request::post("/").header(COOKIE, pair(&old))).await;
    assert!(reply.set_cookies()[0].contains("Max-Age=0"), "{:?}", reply.set_cookies());
    assert_eq!(site.items().await, 0);
}

#[tokio::test]
async fn a_logout_that_fails_prolongs_nothing_and_keeps_the_cookie() {
    async fn told(mut session: Session<Web>) -> Result<(), Error> {
        session.visits += 1;
        session.destroy().await
    }
    async fn by_id(logout: Logout<Web>) -> Result<(), Error> {
        logout.end().await
    }
    let site = Site::new(Router::new().route("/told", post(told)).route("/by-id", post(by_id)));
    let site = site.await;
    for path in ["/told", "/by-id"] {
        let id = site.visitor().await;
        let before = site.world.load(&site.store, &id).await.expires_at();
        site.world.clock.advance(Duration::from_secs(600));
        site.world.network.take_sent();
        site.world.network.fail_next("DeleteItem", Fault::Answer(400, DENIED));
        let reply = site.send(Request::post(path).header(COOKIE, pair(&id))).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert!(reply.set_cookies().is_empty(), "{path}");
        assert!(!site.operations().contains(&"UpdateItem".to_owned()), "{path}");
        let session = site.world.load(&site.store, &id).await;
        assert_eq!((session.expires_at(), session.visits), (before, 10), "{path}");
        site.world.clock.advance(Duration::from_secs(3600));
    }
}

#[tokio::test]
async fn a_logout_whose_failure_nobody_is_told_of_is_tried_again() {
    async fn silent(mut session: Session<Web>) {
        let _ = session.destroy().await;
    }
    async fn by_id(logout: Logout<Web>) {
        let _ = logout.end().await;
    }
    let routes = Router::new().route("/silent", post(silent)).route("/by-id", post(by_id));
    let site = Site::new(routes).await;
    for path in ["/silent", "/by-id"] {
        let id = site.visitor().await;
        site.world.network.fail_next("DeleteItem", Fault::Answer(400, DENIED));
        let reply = site.send(Request::post(path).header(COOKIE, pair(&id))).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert!(reply.set_cookies()[0].contains("Max-Age=0"), "{path}");
        assert_eq!(site.items().await, 0, "{path}");

        let id = site.visitor().await;
        site.world.network.fail_next("DeleteItem", Fault::Answer(400, DENIED));
        site.world.network.fail_next("DeleteItem", Fault::Answer(400, DENIED));
        let reply = site.send(Request::post(path).header(COOKIE, pair(&id))).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert!(reply.set_cookies().is_empty(), "{path}");
        site.store.destroy(&id).await.unwrap();
    }
}

#[tokio::test]
async fn a_logout_after_a_look_is_one_deletion() {
    async fn looked(_: SessionView<Web>, logout: Logout<Web>) -> Result<(), Error> {
        logout.end().await
    }
    let site = Site::new(Router::new().route("/", post(looked))).await;
    let live = site.visitor().await;
    for id in [live, SessionId::generate()] {
        let reply = site.send(Request::post("/").header(COOKIE, pair(&id))).await;
        assert!(reply.set_cookies()[0].contains("Max-Age=0"));
        assert_eq!(site.operations(), ["GetItem", "DeleteItem"]);
    }
}

#[tokio::test]
async fn a_logout_ends_every_id_that_was_presented() {
    async fn by_id(logout: Logout<Web>) -> Result<(), Error> {
        logout.end().await
    }
    let site = Site::new(Router::new().route("/", post(by_id))).await;
    let (mine, other) = (site.visitor().await, site.visitor().await);
    let both = format!("{}; {}", pair(&mine), pair(&other));
    let reply = site.send(Request::post("/").header(COOKIE, both)).await;
    assert!(reply.set_cookies()[0].contains("Max-Age=0"));
    assert_eq!(site.items().await, 0);
}

#[tokio::test]
async fn discarding_gives_up_the_changes_and_the_layers_error() {
    async fn save(mut session: Session<Web>) -> &'static str {
        session.visits += 1;
        session.cart.insert("apples".to_owned(), f64::NAN);
        let error = session.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode);
        session.discard();
        "please correct it"
    }
    let site = Site::new(Router::new().route("/", post(save))).await;
    let id = site.visitor().await;
    let reply = site.send(Request::post("/").header(COOKIE, pair(&id))).await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::OK, "please correct it"));
    assert_eq!(site.visits(&id).await, 10);
}

#[tokio::test(start_paused = true)]
async fn after_discarding_the_layer_does_not_find_out_what_became_of_a_commit_either() {
    async fn save(mut session: Session<Web>) -> &'static str {
        session.visits += 1;
        session.commit().await.unwrap_err();
        session.discard();
        "please try again"
    }
    let site = Site::new(Router::new().route("/", post(save))).await;
    let id = site.visitor().await;
    for _ in 0..50 {
        site.world.network.fail_next("UpdateItem", Fault::LoseRequest);
    }
    let reply = site.send(Request::post("/").header(COOKIE, pair(&id))).await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::OK, "please try again"));
}

#[tokio::test]
async fn after_discarding_the_next_extractor_begins_from_what_was_stored() {
    async fn discards(mut session: Session<Web>, request: Incoming, next: Next) -> Outcome {
        session.visits += 100;
        session.discard();
        next.run(request).await
    }
    let site = Site::new(usual().layer(middleware::from_fn(discards))).await;
    let id = site.visitor().await;
    assert_eq!(site.get_as("/visit", &id).await.body, "11");
    assert_eq!(site.visits(&id).await, 11);
}

#[tokio::test]
async fn a_renewed_id_reaches_the_browser_beside_a_handle_that_is_still_held() {
    async fn log_in(mut session: Session<Web>) -> Result<(), Error> {
        session.renew().await?;
        tokio::spawn(async move {
            std::future::pending::<()>().await;
            drop(session);
        });
        Ok(())
    }
    let site = Site::new(Router::new().route("/", post(log_in))).await;
    let old = site.visitor().await;
    let reply = site.send(Request::post("/").header(COOKIE, pair(&old))).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "its changes may be lost");
    let new = reply.id().unwrap();
    assert_ne!(new, old);
    assert_eq!(site.visits(&new).await, 10);
}

#[tokio::test]
async fn a_logout_is_told_beside_a_handle_that_is_still_held() {
    async fn log_out(mut session: Session<Web>) -> Result<(), Error> {
        session.destroy().await?;
        tokio::spawn(async move {
            std::future::pending::<()>().await;
            drop(session);
        });
        Ok(())
    }
    let site = Site::new(Router::new().route("/", post(log_out))).await;
    let old = site.visitor().await;
    let reply = site.send(Request::post("/").header(COOKIE, pair(&old))).await;
    assert!(reply.set_cookies()[0].contains("Max-Age=0"), "{:?}", reply.set_cookies());
}

#[tokio::test]
async fn a_logout_clears_the_sites_data_where_the_application_wants_it() {
    let site = Site::with(|layer| usual().layer(layer.clear_site_data(true))).await;
    let id = site.visitor().await;
    let name = HeaderName::from_static("clear-site-data");
    assert!(site.get_as("/visit", &id).await.values(name.clone()).is_empty());
    let reply = site.get_as("/log-out", &id).await;
    assert_eq!(reply.values(name.clone()), [r#""cache", "cookies", "storage""#]);
    let site = Site::new(usual()).await;
    let id = site.visitor().await;
    assert!(site.get_as("/log-out", &id).await.values(name).is_empty());
}
