//! Attempts to lose a login, to undo a logout, to be told one thing and get another.

use super::*;

#[derive(DynamoSession)]
#[session(table = "admins")]
struct Admin {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    level: u8,
}

#[tokio::test]
async fn an_error_of_the_outer_layer_keeps_the_inner_layers_renewed_id() {
    async fn both(mut web: Session<Web>, mut admin: Session<Admin>) -> Result<(), Error> {
        web.renew().await?;
        web.user = Some("ada".to_owned());
        admin.level += 1;
        Ok(())
    }
    let admins = SessionCookie::builder().name("admin").build().unwrap();
    let world = World::new();
    let (web, admin) = (world.store::<Web>().await, world.store::<Admin>().await);
    let app = Router::new()
        .route("/", post(both))
        .layer(SessionLayer::new(web.clone()))
        .layer(SessionLayer::new(admin).cookie(admins));
    let site = Site { world, store: web, app };
    let old = site.visitor().await;
    site.world.network.fail_next("PutItem", Fault::Answer(400, DENIED)); // the admin's first commit
    let reply = site.send(Request::post("/").header(COOKIE, pair(&old))).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(site.store.load(&old).await.unwrap().is_none(), "the old id is dead");
    assert!(reply.id().is_some(), "the login is lost: {:?}", reply.set_cookies());
}

#[tokio::test]
async fn a_renewal_by_an_earlier_handle_reaches_the_browser_beside_a_later_handle_that_is_held() {
    async fn rotate(mut session: Session<Web>, request: Incoming, next: Next) -> Outcome {
        session.renew().await.unwrap();
        drop(session);
        next.run(request).await
    }
    async fn holds(session: Session<Web>) {
        tokio::spawn(async move {
            std::future::pending::<()>().await;
            drop(session);
        });
    }
    let site =
        Site::new(Router::new().route("/", post(holds)).layer(middleware::from_fn(rotate))).await;
    let old = site.visitor().await;
    let reply = site.send(Request::post("/").header(COOKIE, pair(&old))).await;
    assert!(site.store.load(&old).await.unwrap().is_none(), "the old id is dead");
    assert!(reply.id().is_some(), "the login is lost: {:?}", reply.set_cookies());
}

fn endings() -> Router {
    async fn end(logout: Logout<Web>) -> Result<&'static str, Error> {
        logout.end().await?;
        Ok("bye")
    }
    async fn looked(_: SessionView<Web>, logout: Logout<Web>) -> Result<&'static str, Error> {
        logout.end().await?;
        Ok("bye")
    }
    async fn restart(mut session: Session<Web>) -> Result<&'static str, Error> {
        session.restart().await?;
        Ok("bye")
    }
    Router::new()
        .route("/end", post(end))
        .route("/looked", post(looked))
        .route("/destroy", post(log_out))
        .route("/restart", post(restart))
}

async fn ends(path: &str, planted: usize, live: bool) {
    let site = Site::new(endings()).await;
    let mine = site.visitor().await;
    let mut pairs = vec![pair(&mine)];
    for _ in 0..planted {
        pairs.push(pair(&if live { site.visitor().await } else { SessionId::generate() }));
    }
    let reply = site.send(Request::post(path).header(COOKIE, pairs.join("; "))).await;
    let told_ok = reply.status == StatusCode::OK;
    let alive = site.store.load(&mine).await.unwrap().is_some();
    assert!(
        !(told_ok && alive),
        "{path}: {} {:?}, and the session lives",
        reply.body,
        reply.set_cookies()
    );
}

#[tokio::test]
async fn logout_after_a_view_beside_a_planted_live_one() {
    ends("/looked", 1, true).await
}
#[tokio::test]
async fn destroy_beside_a_planted_live_one() {
    ends("/destroy", 1, true).await
}
#[tokio::test]
async fn restart_beside_a_planted_live_one() {
    ends("/restart", 1, true).await
}
#[tokio::test]
async fn logout_beside_three_unknown_ones() {
    ends("/end", 3, false).await
}
#[tokio::test]
async fn destroy_beside_three_unknown_ones() {
    ends("/destroy", 3, false).await
}

#[tokio::test]
async fn a_failed_logout_is_tried_again_although_somebody_looked_afterwards() {
    async fn end(logout: Logout<Web>, request: RequestSession<Web>) -> String {
        let _ = logout.end().await;
        let view = request.view().await.unwrap();
        format!("{}", view.visits)
    }
    let site = Site::new(Router::new().route("/", post(end))).await;
    let id = site.visitor().await;
    site.world.network.fail_next("DeleteItem", Fault::Answer(400, DENIED));
    let reply = site.send(Request::post("/").header(COOKIE, pair(&id))).await;
    let alive = site.store.load(&id).await.unwrap().is_some();
    assert!(
        !(reply.status == StatusCode::OK && alive),
        "{} {:?}: lives",
        reply.body,
        reply.set_cookies()
    );
}

#[tokio::test]
async fn a_logout_beside_a_handle_whose_refusal_is_swallowed() {
    async fn end(session: Session<Web>, logout: Logout<Web>) -> &'static str {
        let _ = logout.end().await;
        drop(session);
        "bye"
    }
    let site = Site::new(Router::new().route("/", post(end))).await;
    let id = site.visitor().await;
    let reply = site.send(Request::post("/").header(COOKIE, pair(&id))).await;
    let alive = site.store.load(&id).await.unwrap().is_some();
    assert!(
        !(reply.status == StatusCode::OK && alive),
        "{} {:?}: lives",
        reply.body,
        reply.set_cookies()
    );
}

#[tokio::test]
async fn a_failed_logout_prolongs_nothing_although_a_middleware_looks_afterwards() {
    async fn look_after(visitor: RequestSession<Web>, request: Incoming, next: Next) -> Outcome {
        let response = next.run(request).await;
        let _ = visitor.view().await;
        response
    }
    let site = Site::new(endings().layer(middleware::from_fn(look_after))).await;
    let id = site.visitor().await;
    let before = site.world.load(&site.store, &id).await.expires_at();
    site.world.clock.advance(Duration::from_secs(600));
    site.world.network.fail_next("DeleteItem", Fault::Answer(400, DENIED));
    let reply = site.send(Request::post("/end").header(COOKIE, pair(&id))).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(site.world.load(&site.store, &id).await.expires_at(), before, "prolonged");
}

#[derive(DynamoSession)]
#[session(table = "plain-attack")]
struct Plain {
    #[session(hash_key)]
    id: String,
    #[session(ttl)]
    expires_at: Expires,
    visits: u32,
}

#[tokio::test]
async fn a_stranger_deletes_no_item_that_is_no_session() {
    use aws_sdk_dynamodb::types::AttributeValue;
    async fn end(logout: Logout<Plain>) -> Result<&'static str, Error> {
        logout.end().await?;
        Ok("bye")
    }
    let (world, store) = World::with_store::<Plain>().await;
    let app = Router::new().route("/", post(end)).layer(SessionLayer::new(store.clone()));
    world
        .direct
        .put_item()
        .table_name(store.table_name())
        .item("id", AttributeValue::S("USER#ada".to_owned()))
        .item("email", AttributeValue::S("ada@example.com".to_owned()))
        .send()
        .await
        .unwrap();
    let request = Request::post("/").header(COOKIE, "__Host-Http-session=USER#ada");
    let reply = send(&app, request).await;
    assert!(
        world.item(&store, &"USER#ada".to_owned()).await.is_some(),
        "{}: deleted by a stranger",
        reply.status
    );
}

#[tokio::test]
async fn what_is_told_to_have_failed_is_not_stored_and_is_traced_once() {
    async fn save(mut session: Session<Web>) -> Result<(), Error> {
        session.visits += 1;
        let _ = session.commit().await?;
        Ok(())
    }
    let site = Site::new(Router::new().route("/", post(save))).await;
    let id = site.visitor().await;
    site.world.network.fail_next("UpdateItem", Fault::Answer(400, DENIED));
    let reply = site.send(Request::post("/").header(COOKIE, pair(&id))).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(site.visits(&id).await, 10, "told that it failed, and stored");
}

#[tokio::test]
async fn an_error_that_stays_is_traced_once() {
    async fn save(mut session: Session<Web>) -> Result<(), Error> {
        session.cart.insert("x".to_owned(), f64::NAN);
        let _ = session.commit().await?;
        Ok(())
    }
    let traces = Traces::collect();
    let site = Site::new(Router::new().route("/", post(save))).await;
    let id = site.visitor().await;
    site.send(Request::post("/").header(COOKIE, pair(&id))).await;
    assert_eq!(traces.text().matches("session failed").count(), 1, "{}", traces.text());
}

#[tokio::test]
async fn a_page_that_could_not_read_the_session_is_private_too() {
    async fn page(session: Result<Session<Web>, Error>) -> &'static str {
        if session.is_err() { "no cart today" } else { "cart" }
    }
    let site = Site::new(Router::new().route("/", get(page))).await;
    let id = site.visitor().await;
    site.world.network.fail_next("GetItem", Fault::Answer(400, DENIED));
    let reply = site.get_as("/", &id).await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::OK, "no cart today"));
    assert_eq!(reply.values(VARY), ["cookie"]);
}

#[tokio::test]
async fn a_login_by_get_is_not_lost_in_silence() {
    let site = Site::new(usual()).await;
    let old = site.visitor().await;
    let (store, other) = (site.store.clone(), old.clone());
    let handler = move |mut session: Session<Web>| {
        let (store, other) = (store.clone(), other.clone());
        async move {
            session.renew().await.unwrap();
            store.destroy(&other).await.unwrap(); // another tab logs out, by the old id
            session.user = Some("ada".to_owned());
            "welcome, ada"
        }
    };
    let app =
        Router::new().route("/callback", get(handler)).layer(SessionLayer::new(site.store.clone()));
    let reply = send(&app, Request::get("/callback").header(COOKIE, pair(&old))).await;
    assert_eq!(reply.status, StatusCode::CONFLICT, "{:?}", reply.headers);
}

#[tokio::test]
async fn a_new_id_is_not_shared_by_a_cdn_either() {
    let handler = |mut session: Session<Web>| async move {
        session.visits += 1;
        let shared = HeaderValue::from_static("public, max-age=600");
        let names = ["cdn-cache-control", "surrogate-control"].map(HeaderName::from_static);
        HeaderMap::from_iter(names.map(|name| (name, shared.clone())))
    };
    let reply = Site::new(Router::new().route("/", get(handler))).await.get("/").await;
    assert_eq!(reply.set_cookies().len(), 1);
    assert!(
        reply.headers.get("cdn-cache-control").is_none_or(|v| v == "no-store"),
        "{:?}",
        reply.headers
    );
}

#[tokio::test]
async fn another_error_does_not_stand_for_that_of_the_logout() {
    async fn end(mut session: Session<Web>) -> Result<(), Error> {
        let _ = session.destroy().await;
        "?".parse::<SessionId>()?;
        Ok(())
    }
    let site = Site::new(Router::new().route("/", post(end))).await;
    let id = site.visitor().await;
    site.world.network.fail_next("DeleteItem", Fault::Answer(400, DENIED));
    let reply = site.send(Request::post("/").header(COOKIE, pair(&id))).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(site.store.load(&id).await.unwrap().is_none(), "nobody was told, and it lives");
}

#[tokio::test(start_paused = true)]
async fn a_discard_lets_the_response_stand_although_somebody_reads_afterwards() {
    async fn save(mut session: Session<Web>, request: RequestSession<Web>) -> &'static str {
        session.visits += 1;
        session.commit().await.unwrap_err();
        session.discard();
        let _read = request.session().await.unwrap();
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

#[tokio::test(start_paused = true)]
async fn a_touch_ends_by_the_deadline_too() {
    let site = Site::with(|layer| usual().layer(layer.deadline(Duration::from_millis(50)))).await;
    let id = site.visitor().await;
    site.world.clock.advance(Duration::from_secs(300));
    site.world.network.fail_next("UpdateItem", Fault::Hold(Arc::new(Notify::new())));
    let begun = tokio::time::Instant::now();
    site.get_as("/look", &id).await;
    assert!(begun.elapsed() <= Duration::from_millis(60), "{:?}", begun.elapsed());
}

#[test]
fn path_slash_keeps_the_host_prefix() {
    let cookie = SessionCookie::builder().path("/").build().unwrap();
    assert_eq!(cookie.full_name(), "__Host-Http-session");
}
#[test]
fn an_empty_list_of_keys_is_refused() {
    assert!(SessionCookie::builder().signing_keys(Vec::<Vec<u8>>::new()).build().is_err());
}

#[tokio::test]
async fn way_back() {
    use http::header::{ACCEPT, HOST, REFERER};
    let site = Site::new(usual()).await;
    for (host, uri, referer, link) in [
        (Some("shop.example"), "/look", "https://shop.example/\\evil.example", "/"),
        (Some("shop.example"), "/look", "https://shop.example/\t/evil.example", "/"),
        (None, "https://shop.example/look", "https://shop.example/cart", "/cart"),
    ] {
        let mut request = Request::get(uri)
            .header(ACCEPT, "text/html")
            .header(REFERER, referer)
            .header(COOKIE, pair(&SessionId::generate()));
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        site.world.network.fail_next("GetItem", Fault::Answer(400, DENIED));
        let body = site.send(request).await.body;
        let found = body.split("href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert_eq!(found, link, "{referer:?}");
    }
}

#[tokio::test]
async fn no_handle_is_handed_out_after_the_response() {
    let gate = Arc::new(Notify::new());
    let (send, receive) = oneshot::channel();
    let send = Arc::new(Mutex::new(Some(send)));
    let handler = move |visitor: RequestSession<Web>| {
        let send = send.clone();
        async move {
            tokio::spawn(async move {
                let kind = match visitor.session().await {
                    Ok(_) => None,
                    Err(error) => Some(error.kind()),
                };
                let _ = send.lock().unwrap().take().unwrap().send(kind);
            });
            tokio::task::yield_now().await;
            "done"
        }
    };
    let site = Site::new(Router::new().route("/", get(handler))).await;
    let id = site.visitor().await;
    site.world.network.fail_next("GetItem", Fault::Hold(gate.clone()));
    let reply = site.get_as("/", &id).await;
    gate.notify_one();
    let kind = receive.await.unwrap();
    assert_eq!(kind, Some(ErrorKind::InUse), "{}", reply.status);
}

#[tokio::test]
async fn a_session_known_to_be_gone_shows_nobody() {
    async fn touch(mut session: Session<Web>, request: Incoming, next: Next) -> Outcome {
        let _ = session.touch().await;
        drop(session);
        next.run(request).await
    }
    let site = Site::new(usual().layer(middleware::from_fn(touch))).await;
    let mut session = site.store.create();
    session.user = Some("ada".to_owned());
    let _ = session.commit().await.unwrap();
    let id = session.id().clone();
    site.world.clock.advance(Duration::from_secs(300));
    let gate = Arc::new(Notify::new());
    site.world.network.fail_next("UpdateItem", Fault::Hold(gate.clone()));
    site.world.network.take_sent();
    let reply = tokio::join!(site.get_as("/look", &id), async {
        site.world.network.until_sent("UpdateItem", 1).await;
        site.store.destroy(&id).await.unwrap();
        gate.notify_one();
    })
    .0;
    assert_eq!(reply.body, "None 0", "{}", reply.status);
}

#[derive(DynamoSession)]
#[session(table = "prefixed", key_prefix = "s#")]
struct Prefixed {
    #[session(hash_key)]
    id: String,
    #[session(ttl)]
    expires_at: Expires,
    visits: u32,
}

#[tokio::test]
async fn an_id_that_no_key_has_room_for_is_a_strangers() {
    async fn count(mut session: Session<Prefixed>) -> String {
        session.visits += 1;
        session.visits.to_string()
    }
    let (_world, store) = World::with_store::<Prefixed>().await;
    let app = Router::new().route("/", get(count)).layer(SessionLayer::new(store));
    let long = format!("__Host-Http-session={}", "a".repeat(2047));
    let reply = send(&app, Request::get("/").header(COOKIE, long)).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn an_error_of_another_type_is_answered_by_its_own_layer() {
    async fn admin(_: Session<Admin>) {}
    let admins = SessionCookie::builder().name("admin").build().unwrap();
    let world = World::new();
    let (web, admin_store) = (world.store::<Web>().await, world.store::<Admin>().await);
    let app = Router::new()
        .route("/", get(admin))
        .layer(SessionLayer::new(web.clone()).on_error(|_: &Error| page(StatusCode::OK, "shop")))
        .layer(
            SessionLayer::new(admin_store)
                .cookie(admins)
                .on_error(|_: &Error| page(StatusCode::OK, "admin")),
        );
    let site = Site { world, store: web, app };
    site.world.network.fail_next("GetItem", Fault::Answer(400, DENIED));
    let reply =
        site.send(Request::get("/").header(
            COOKIE,
            format!("__Host-Http-admin={}", SessionId::generate().expose_secret()),
        ))
        .await;
    assert_eq!(reply.body, "admin");
}
