//! The session to read from, beside the handle and without it.

use super::*;

impl Site {
    pub(crate) async fn user(&self) -> SessionId {
        let mut session = self.store.create();
        session.user = Some("ada".to_owned());
        let _ = session.commit().await.unwrap();
        self.world.network.take_sent();
        session.id().clone()
    }
}

#[tokio::test]
async fn handlers_and_middleware_read_beside_the_handle_in_either_order_with_one_read() {
    async fn first(
        before: SessionView<Web>,
        mut session: Session<Web>,
        view: SessionView<Web>,
    ) -> String {
        session.visits += 5;
        format!("{:?} {} {}", before.user, before.visits, view.visits)
    }
    async fn then(mut session: Session<Web>, view: SessionView<Web>) -> String {
        session.visits += 5;
        format!("{:?} {}", view.user, view.visits)
    }
    async fn guard(_: SessionView<Web>, request: Incoming, next: Next) -> Outcome {
        next.run(request).await
    }
    let routes = Router::new()
        .route("/first", get(first))
        .route("/then", get(then))
        .layer(middleware::from_fn(guard));
    let site = Site::new(routes).await;
    let id = site.user().await;
    for (path, body) in [("/first", "Some(\"ada\") 0 0"), ("/then", "Some(\"ada\") 5")] {
        assert_eq!(site.get_as(path, &id).await.body, body);
        assert_eq!(site.operations(), ["GetItem", "UpdateItem"]);
    }
    assert_eq!(site.visits(&id).await, 10);
}

#[tokio::test]
async fn a_view_shows_what_the_handle_before_it_left() {
    async fn handler(request: RequestSession<Web>) -> Result<String, Error> {
        let mut session = request.session().await?;
        session.visits += 1;
        session.cart.insert("apples".to_owned(), 2.0);
        let beside = request.view().await?;
        drop(session);
        let after = request.view().await?;
        let mut again = request.session().await?;
        again.visits += 1;
        let later = request.view().await?;
        Ok(format!("{} {} {} {}", beside.visits, after.visits, later.visits, later.cart["apples"]))
    }
    let site = Site::new(Router::new().route("/", get(handler))).await;
    let id = site.visitor().await;
    assert_eq!(site.get_as("/", &id).await.body, "10 11 11 2");
    assert_eq!(site.visits(&id).await, 12);
}

#[tokio::test]
async fn an_existing_one_is_there_only_for_visitors_who_have_a_session() {
    async fn handle(request: RequestSession<Web>) -> Result<String, Error> {
        Ok(match request.existing_session().await? {
            Some(mut session) => {
                session.visits += 1;
                session.visits.to_string()
            }
            None => "none".to_owned(),
        })
    }
    async fn view(request: RequestSession<Web>) -> Result<String, Error> {
        let view = request.existing_view().await?;
        Ok(view.map_or("none".to_owned(), |view| view.visits.to_string()))
    }
    async fn after_a_first(request: RequestSession<Web>) -> Result<String, Error> {
        let mut new = request.session().await?;
        let untouched = request.existing_view().await?;
        new.visits += 1;
        drop(new);
        let changed = request.existing_session().await?;
        Ok(format!("{} {}", untouched.is_some(), changed.is_some()))
    }
    let routes = Router::new()
        .route("/handle", get(handle))
        .route("/view", get(view))
        .route("/first", get(after_a_first));
    let site = Site::new(routes).await;
    let id = site.visitor().await;
    for (path, body) in [("/view", "10"), ("/handle", "11")] {
        assert_eq!(site.get_as(path, &id).await.body, body);
        for reply in [site.get(path).await, site.get_as(path, &SessionId::generate()).await] {
            assert_eq!(reply.body, "none");
            assert!(reply.set_cookies().is_empty());
        }
        site.world.network.fail_next("GetItem", Fault::Answer(400, DENIED));
        let reply = site.get_as(path, &id).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "an error is no absence");
    }
    assert_eq!(site.items().await, 1);
    assert_eq!(site.get("/first").await.body, "false true");
}

#[tokio::test]
async fn looking_alone_neither_stores_nor_changes_and_still_extends() {
    async fn look(_: SessionView<Web>) {}
    let site = Site::new(Router::new().route("/", get(look))).await;
    let id = site.visitor().await;
    assert!(site.get("/").await.set_cookies().is_empty());
    site.get_as("/", &id).await;
    assert_eq!(site.operations(), ["GetItem"]);
    site.world.clock.advance(Duration::from_secs(60));
    site.get_as("/", &id).await;
    assert_eq!(site.operations(), ["GetItem", "UpdateItem"]);
}

#[tokio::test]
async fn after_a_logout_a_view_is_a_strangers() {
    async fn handler(logout: Logout<Web>, request: RequestSession<Web>) -> Result<String, Error> {
        logout.end().await?;
        let view = request.view().await?;
        Ok(format!("{:?}", view.user))
    }
    let site = Site::new(Router::new().route("/", get(handler))).await;
    let id = site.user().await;
    assert_eq!(site.get_as("/", &id).await.body, "None");
    assert_eq!(site.items().await, 0);
}
