//! Promises 9 and 10: what a request may do that still carries the id from before a renewal.

use super::*;

fn busy() -> Router {
    async fn end(logout: Logout<Web>) -> Result<&'static str, Error> {
        logout.end().await?;
        Ok("bye")
    }
    usual().route("/add", post(visit)).route("/end", post(end))
}

/// A visitor who has just logged in: the id from before, and the one since.
async fn logged_in(site: &Site) -> (SessionId, SessionId) {
    let old = site.visitor().await;
    let new = site.get_as("/log-in", &old).await.id().unwrap();
    site.world.network.take_sent();
    (old, new)
}

impl Site {
    async fn post_as(&self, path: &str, id: &SessionId) -> Reply {
        self.send(Request::post(path).header(COOKIE, pair(id))).await
    }

    async fn is_logged_in(&self, id: &SessionId) -> bool {
        let session = self.store.load(id).await.unwrap();
        session.is_some_and(|session| session.user.is_some())
    }
}

#[tokio::test]
async fn promise_9_a_page_that_was_on_its_way_takes_no_login_away() {
    let site = Site::new(busy()).await;
    for _ in 0..40 {
        let (old, new) = logged_in(&site).await;
        let reply = site.get_as("/visit", &old).await;
        assert_eq!(
            (reply.status, &*reply.body),
            (StatusCode::OK, "1"),
            "it sees no data of the login"
        );
        assert_eq!(reply.set_cookies(), [""; 0]);
        assert_eq!(site.operations(), ["GetItem"], "nothing is stored");
        assert!(site.is_logged_in(&new).await);
        site.world.network.take_sent();
    }
    assert_eq!(site.items().await, 40);
}

#[tokio::test]
async fn promise_9_what_was_to_be_changed_is_not_lost_in_silence() {
    let site = Site::new(busy()).await;
    let (old, new) = logged_in(&site).await;
    let reply = site.post_as("/add", &old).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert_eq!(site.operations(), ["GetItem"]);
    assert!(site.is_logged_in(&new).await);
}

#[tokio::test]
async fn promise_9_holds_for_a_session_that_was_loaded_before_the_login() {
    for (request, status) in
        [(Request::get("/visit"), StatusCode::OK), (Request::post("/add"), StatusCode::CONFLICT)]
    {
        let site = Site::new(busy()).await;
        let old = site.visitor().await;
        let gate = Arc::new(Notify::new());
        site.world.network.fail_next("UpdateItem", Fault::Hold(gate.clone()));
        let late = site.send(request.header(COOKIE, pair(&old)));
        let (reply, session) = tokio::join!(late, async {
            site.world.network.until_sent("UpdateItem", 1).await;
            let mut session = site.world.load(&site.store, &old).await;
            session.renew().await.unwrap();
            gate.notify_one();
            session
        });
        assert_eq!(reply.status, status);
        assert_eq!(reply.set_cookies(), [""; 0]);
        assert_eq!(site.visits(session.id()).await, 10);
    }
}

#[tokio::test]
async fn a_second_login_with_the_old_id_is_a_session_of_its_own() {
    let site = Site::new(busy()).await;
    let (old, new) = logged_in(&site).await;
    let second = site.get_as("/log-in", &old).await.id().unwrap();
    assert!(second != old && second != new);
    assert!(site.is_logged_in(&new).await && site.is_logged_in(&second).await);
    assert_eq!(site.visits(&second).await, 0, "it has none of the first one's data");
}

#[tokio::test]
async fn promise_10_a_logout_with_the_old_id_ends_the_login() {
    for path in ["/log-out", "/end"] {
        let site = Site::new(busy().route("/log-out", post(log_out))).await;
        let (old, new) = logged_in(&site).await;
        let reply = site.post_as(path, &old).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert!(reply.set_cookies()[0].contains("Max-Age=0"), "{:?}", reply.set_cookies());
        assert!(!site.is_logged_in(&new).await);
        assert_eq!(site.items().await, 0);
    }
}

#[tokio::test]
async fn after_the_grace_the_old_id_is_a_strangers() {
    let site = Site::new(busy()).await;
    let (old, new) = logged_in(&site).await;
    site.world.clock.advance(Duration::from_secs(60));
    let reply = site.post_as("/end", &old).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(site.is_logged_in(&new).await);
    let stranger = site.post_as("/add", &old).await.id().unwrap();
    assert!(stranger != old && stranger != new);
}

#[tokio::test]
async fn logging_out_reads_nothing_and_needs_no_session_that_decodes() {
    let site = Site::new(busy()).await;
    let id = site.visitor().await;
    let mut item = site.world.item(&site.store, &id).await.unwrap();
    item.insert("cart".to_owned(), aws_sdk_dynamodb::types::AttributeValue::S("?".to_owned()));
    site.world.put(&site.store, item).await;
    assert_eq!(site.get_as("/look", &id).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    site.world.network.take_sent();

    let reply = site.post_as("/end", &id).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(site.operations(), ["DeleteItem"]);
    assert!(reply.set_cookies()[0].contains("Max-Age=0"));
    assert_eq!(site.items().await, 0);
}

#[tokio::test]
async fn a_logout_that_fails_keeps_the_cookie_for_another_try() {
    let site = Site::new(busy()).await;
    let id = site.visitor().await;
    site.world.network.fail_next("DeleteItem", Fault::Answer(400, DENIED));
    let reply = site.post_as("/end", &id).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert_eq!(site.post_as("/end", &id).await.status, StatusCode::OK);
    assert_eq!(site.items().await, 0);
}

#[tokio::test]
async fn a_logout_beside_a_handle_and_before_the_next_one() {
    async fn while_held(_session: Session<Web>, logout: Logout<Web>) -> Result<(), Error> {
        logout.end().await
    }
    async fn then_flash(
        logout: Logout<Web>,
        request: RequestSession<Web>,
    ) -> Result<String, Error> {
        logout.end().await?;
        let mut session = request.session().await?;
        session.user = Some("bye".to_owned());
        Ok(session.visits.to_string())
    }
    let site =
        Site::new(Router::new().route("/held", post(while_held)).route("/flash", post(then_flash)))
            .await;
    let id = site.visitor().await;
    assert_eq!(site.post_as("/held", &id).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    let reply = site.post_as("/flash", &id).await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::OK, "0"));
    let fresh = reply.id().unwrap();
    assert_ne!(fresh, id);
    assert!(site.is_logged_in(&fresh).await);
    assert_eq!(site.items().await, 1);
}

#[tokio::test]
async fn a_logout_ends_what_an_extractor_before_it_could_not_read() {
    async fn end(session: Session<Web>, logout: Logout<Web>) -> Result<(), Error> {
        drop(session);
        logout.end().await
    }
    let world = World::new();
    let store = world
        .builder::<Web>()
        .on_undecodable(dynamo_session::OnUndecodable::End)
        .auto_create(true)
        .build()
        .await
        .unwrap();
    let routes = Router::new().route("/end", post(end)).route("/log-out", post(log_out));
    let app = routes.layer(SessionLayer::new(store.clone()));
    let site = Site { world, store, app };
    for path in ["/end", "/log-out"] {
        let id = site.visitor().await;
        let mut item = site.world.item(&site.store, &id).await.unwrap();
        item.insert("cart".to_owned(), aws_sdk_dynamodb::types::AttributeValue::S("?".to_owned()));
        site.world.put(&site.store, item).await;
        assert_eq!(site.post_as(path, &id).await.status, StatusCode::OK);
        assert!(site.world.item(&site.store, &id).await.is_none(), "{path}");
    }
}
