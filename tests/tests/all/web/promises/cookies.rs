//! The cookie: when it is set, with which attributes, and when it is removed.

use super::*;

#[tokio::test]
async fn a_visitor_who_changes_nothing_gets_none_and_nothing_is_stored() {
    let site = Site::new(usual()).await;
    let reply = site.get("/look").await;
    assert_eq!(reply.body, "None 0");
    assert!(reply.set_cookies().is_empty());
    assert!(site.operations().is_empty());
    assert_eq!(site.items().await, 0);
}

#[tokio::test]
async fn the_first_change_sets_it_with_every_attribute() {
    let site = Site::new(usual()).await;
    let reply = site.get("/visit").await;
    let id = reply.id().unwrap();
    assert_eq!(reply.set_cookies(), [format!("{}{ATTRIBUTES}", pair(&id))]);
    assert_eq!(site.visits(&id).await, 1);

    let again = site.get_as("/visit", &id).await;
    assert_eq!(again.body, "2");
    assert!(again.set_cookies().is_empty());
}

#[tokio::test]
async fn it_is_set_too_when_the_handler_commits_by_itself() {
    async fn commits(mut session: Session<Web>) -> Result<(), Error> {
        session.visits += 1;
        let _ = session.commit().await?;
        Ok(())
    }
    let site = Site::new(Router::new().route("/", get(commits))).await;
    let reply = site.get("/").await;
    assert_eq!(site.operations(), ["PutItem"]);
    assert_eq!(site.visits(&reply.id().unwrap()).await, 1);
}

#[tokio::test]
async fn a_renewed_session_gets_a_new_one_and_the_old_id_opens_nothing() {
    let site = Site::new(usual()).await;
    let old = site.visitor().await;
    let reply = site.get_as("/log-in", &old).await;
    let new = reply.id().unwrap();
    assert_ne!(new, old);
    assert_eq!(site.get_as("/look", &new).await.body, r#"Some("ada") 10"#);
    assert_eq!(site.get_as("/look", &old).await.body, "None 0");
    assert_eq!(site.items().await, 1);
}

#[tokio::test]
async fn a_renewed_id_reaches_the_browser_even_when_the_commit_fails() {
    let site = Site::new(usual()).await;
    let old = site.visitor().await;
    site.world.network.fail_next("UpdateItem", Fault::Answer(400, DENIED));
    let reply = site.get_as("/log-in", &old).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(site.get_as("/look", &reply.id().unwrap()).await.body, "None 10");
}

#[tokio::test(start_paused = true)]
async fn a_renewal_whose_answer_was_lost_is_finished_for_the_handler() {
    let site = Site::new(usual()).await;
    let old = site.visitor().await;
    for _ in 0..3 {
        site.world.network.fail_next("TransactWriteItems", Fault::LoseResponse);
    }
    let reply = site.get_as("/log-in", &old).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(site.get_as("/look", &reply.id().unwrap()).await.body, "None 10");
}

#[tokio::test]
async fn a_login_whose_renewal_fails_is_never_committed_under_the_old_id() {
    async fn log_in(mut session: Session<Web>) -> Result<(), Error> {
        session.user = Some("ada".to_owned());
        session.renew().await
    }
    let site = Site::new(Router::new().route("/", get(log_in))).await;
    let old = site.visitor().await;
    for _ in 0..2 {
        site.world.network.fail_next("TransactWriteItems", Fault::Answer(400, DENIED));
    }
    let reply = site.get_as("/", &old).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(reply.set_cookies().is_empty());
    assert_eq!(site.world.load(&site.store, &old).await.user, None);
}

#[tokio::test(start_paused = true)]
async fn nor_is_one_whose_renewal_waited_for_an_earlier_commit() {
    async fn log_in(mut session: Session<Web>) -> Result<(), Error> {
        session.visits += 1;
        session.commit().await.unwrap_err();
        session.user = Some("ada".to_owned());
        session.renew().await
    }
    let site = Site::new(Router::new().route("/", get(log_in))).await;
    let old = site.visitor().await;
    for _ in 0..6 {
        site.world.network.fail_next("UpdateItem", Fault::LoseRequest);
    }
    site.world.network.fail_next("TransactWriteItems", Fault::Answer(400, DENIED));
    let reply = site.get_as("/", &old).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    let session = site.world.load(&site.store, &old).await;
    assert_eq!((session.visits, &session.user), (11, &None));
}

#[tokio::test(start_paused = true)]
async fn logging_out_ends_a_renewal_whose_answer_was_lost() {
    async fn renew_and_log_out(mut session: Session<Web>) {
        session.renew().await.unwrap_err();
        session.destroy().await.unwrap();
    }
    let site = Site::new(Router::new().route("/", get(renew_and_log_out))).await;
    let old = site.visitor().await;
    for _ in 0..3 {
        site.world.network.fail_next("TransactWriteItems", Fault::LoseResponse);
    }
    let reply = site.get_as("/", &old).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(site.items().await, 0);
}

#[tokio::test]
async fn logging_out_removes_it_and_a_replayed_one_is_a_stranger() {
    let site = Site::new(usual()).await;
    let id = site.visitor().await;
    let reply = site.get_as("/log-out", &id).await;
    assert_eq!(reply.status, StatusCode::OK);
    let [removal] = reply.set_cookies()[..] else { panic!("one cookie") };
    assert!(
        removal.starts_with(&format!("__Host-Http-session={ATTRIBUTES}; Max-Age=0; ")),
        "{removal}"
    );
    assert_eq!(reply.values(CACHE_CONTROL), ["no-store"]);
    assert_eq!(site.items().await, 0);

    assert_eq!(site.get_as("/look", &id).await.body, "None 0");
    let changed = site.get_as("/visit", &id).await;
    assert_ne!(changed.id().unwrap(), id);
}

#[tokio::test]
async fn logging_out_without_one_sets_none() {
    let site = Site::new(usual()).await;
    assert!(site.get("/log-out").await.set_cookies().is_empty());
}

#[tokio::test]
async fn changes_before_logging_out_go_with_the_session() {
    let handler = |mut session: Session<Web>| async move {
        session.visits += 1;
        session.destroy().await.unwrap();
    };
    let site = Site::new(Router::new().route("/", get(handler))).await;
    let id = site.visitor().await;
    assert_eq!(site.get_as("/", &id).await.status, StatusCode::OK);
    assert_eq!(site.items().await, 0);
}

#[tokio::test]
async fn changes_after_logging_out_are_not_lost_in_silence() {
    let handler = |mut session: Session<Web>| async move {
        session.destroy().await.unwrap();
        session.visits += 1;
        "lost?"
    };
    let site = Site::new(Router::new().route("/", get(handler))).await;
    let id = site.visitor().await;
    let reply = site.get_as("/", &id).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert!(reply.set_cookies()[0].contains("Max-Age=0"), "the logout holds");
    assert_eq!(site.items().await, 0);
}

#[tokio::test]
async fn after_logging_out_the_next_extractor_gets_a_new_session() {
    async fn greet(mut old: Session<Web>, request: Incoming, next: Next) -> Outcome {
        old.destroy().await.unwrap();
        drop(old);
        next.run(request).await
    }
    let site = Site::new(usual().layer(middleware::from_fn(greet))).await;
    let id = site.visitor().await;
    let changed = site.get_as("/visit", &id).await;
    assert_eq!(changed.body, "1");
    let new = changed.id().unwrap();
    assert_eq!(site.visits(&new).await, 1);
    assert_eq!(site.items().await, 1);

    let looked = site.get_as("/look", &new).await;
    assert!(looked.set_cookies()[0].contains("Max-Age=0"));
    assert_eq!(site.items().await, 0);
}

#[tokio::test]
async fn for_development_it_goes_without_prefix_and_secure_after_a_warning() {
    let traces = Traces::collect();
    let cookie = SessionCookie::builder().secure(false).build().unwrap();
    let site = Site::with(|layer| usual().layer(layer.cookie(cookie))).await;
    let warning = traces.text();
    assert!(warning.contains("WARN") && warning.contains("plain HTTP"), "{warning}");

    let reply = site.get("/visit").await;
    let [cookie] = reply.set_cookies()[..] else { panic!("one cookie") };
    let (pair, attributes) = cookie.split_once(';').unwrap();
    assert!(pair.starts_with("session="), "{cookie}");
    assert_eq!(attributes, " HttpOnly; SameSite=Lax; Path=/");
    assert_eq!(site.send(Request::get("/visit").header(COOKIE, pair)).await.body, "2");
}

#[tokio::test]
async fn session_types_with_a_cookie_each_live_side_by_side() {
    #[derive(DynamoSession)]
    #[session(table = "admins")]
    struct Admin {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        level: u8,
    }
    async fn both(mut web: Session<Web>, mut admin: Session<Admin>) -> String {
        web.visits += 1;
        admin.level += 1;
        format!("{} {}", web.visits, admin.level)
    }
    let admins = SessionCookie::builder().name("admin").build().unwrap();
    let world = World::new();
    let (web, admin) = (world.store::<Web>().await, world.store::<Admin>().await);
    let app = Router::new()
        .route("/", get(both))
        .layer(SessionLayer::new(web.clone()))
        .layer(SessionLayer::new(admin).cookie(admins));
    let site = Site { world, store: web, app };
    let reply = site.get("/").await;
    let pairs: Vec<&str> =
        reply.set_cookies().iter().map(|cookie| cookie.split(';').next().unwrap()).collect();
    assert!(
        pairs[0].starts_with("__Host-Http-session=") && pairs[1].starts_with("__Host-Http-admin=")
    );
    let again = site.send(Request::get("/").header(COOKIE, pairs.join("; "))).await;
    assert_eq!(again.body, "2 2");
}
