//! Mistakes in putting an application together speak.

use http::header::{HOST, ORIGIN, REFERER};

use super::*;

#[tokio::test]
async fn two_layers_with_one_cookie_answer_with_a_named_error() {
    #[derive(DynamoSession)]
    #[session(table = "admins")]
    struct Admin {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
    }
    let traces = Traces::collect();
    let world = World::new();
    let (web, admin) = (world.store::<Web>().await, world.store::<Admin>().await);
    let app = usual().layer(SessionLayer::new(web.clone())).layer(SessionLayer::new(admin));
    let site = Site { world, store: web, app };
    assert_eq!(site.get("/static").await.status, StatusCode::INTERNAL_SERVER_ERROR);
    let traces = traces.text();
    assert!(traces.contains("the cookie `__Host-Http-session`"), "{traces}");
    assert!(traces.contains("SessionCookie::builder().name(..)"), "{traces}");
}

#[tokio::test]
async fn plain_http_away_from_localhost_is_told_once_with_the_way_out() {
    let traces = Traces::collect();
    let site = Site::new(usual()).await;
    let quiet = [
        ("localhost:3000", "http://localhost:3000"),
        ("127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("[::1]:3000", "http://[::1]:3000"),
        ("app.localhost", "http://app.localhost"),
        ("shop.example", "https://shop.example"),
        ("shop.example", "http://elsewhere.example"),
        ("shop.example", "null"),
    ];
    for (host, origin) in quiet {
        let request = Request::get("/visit").header(HOST, host).header(ORIGIN, origin);
        site.send(request).await;
        assert!(!traces.text().contains("plain http"), "{origin}: {}", traces.text());
    }
    for header in [REFERER, ORIGIN] {
        let request = Request::get("/visit").header(HOST, "192.0.2.7:3000");
        site.send(request.header(header, "http://192.0.2.7:3000/")).await;
    }
    let traces = traces.text();
    assert_eq!(traces.matches("plain http").count(), 1, "{traces}");
    assert!(traces.contains(".secure(false)") && traces.contains("192.0.2.7:3000"), "{traces}");
}
