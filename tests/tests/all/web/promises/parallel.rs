//! What a browser sends at once: double clicks, the first page of a new visitor, and many streams of one connection.

use super::*;

fn routes() -> Router {
    async fn add(mut session: Session<Web>, Query(key): Query) -> String {
        session.cart.insert(key, 1.0);
        session.visits += 1;
        session.visits.to_string()
    }
    usual().route("/log-in", post(log_in)).route("/add", post(add))
}

async fn in_parallel(site: &Site, requests: Vec<http::request::Builder>) -> Vec<Reply> {
    join_all(requests.into_iter().map(|request| site.send(request))).await
}

/// Where the second click arrives after the first login, it begins a session of its own; where both had loaded the
/// session before, the first login holds, and the second click is told so without a cookie.
#[tokio::test]
async fn a_double_clicked_login_ends_logged_in() {
    for _ in 0..40 {
        let site = Site::new(routes()).await;
        let old = site.visitor().await;
        let click = || Request::post("/log-in").header(COOKIE, pair(&old));
        let replies = in_parallel(&site, vec![click(), click()]).await;
        let ids: Vec<_> = replies.iter().filter_map(Reply::id).collect();
        assert!(!ids.is_empty(), "{replies:?}");
        for id in ids {
            assert_eq!(site.world.load(&site.store, &id).await.user.as_deref(), Some("ada"));
        }
        for reply in replies.iter().filter(|reply| reply.id().is_none()) {
            assert_eq!(reply.status, StatusCode::CONFLICT);
            assert_eq!(reply.set_cookies(), [""; 0]);
        }
    }
}

#[tokio::test]
async fn six_first_requests_of_a_new_visitor_begin_a_session_each_and_any_of_them_will_do() {
    let site = Site::new(routes()).await;
    let replies = in_parallel(&site, (0..6).map(|_| Request::get("/visit")).collect()).await;
    for reply in &replies {
        assert_eq!((reply.status, &*reply.body), (StatusCode::OK, "1"));
        assert_eq!(site.visits(&reply.id().unwrap()).await, 1);
    }
    assert_eq!(site.items().await, 6);
    let kept = replies.last().unwrap().id().unwrap();
    assert_eq!(site.get_as("/visit", &kept).await.body, "2");

    let site = Site::new(routes()).await;
    let replies = in_parallel(&site, (0..6).map(|_| Request::get("/look")).collect()).await;
    assert!(replies.iter().all(|reply| reply.set_cookies().is_empty()));
    assert_eq!(site.items().await, 0, "those that change nothing begin none");
}

#[tokio::test]
async fn fifty_streams_of_one_connection_all_keep_their_changes() {
    let site = Site::new(routes()).await;
    let id = site.visitor().await;
    let stream = |n| Request::post(format!("/add?sku-{n}")).header(COOKIE, pair(&id));
    let replies = in_parallel(&site, (0..50).map(stream).collect()).await;
    for reply in &replies {
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.set_cookies(), [""; 0]);
    }
    let session = site.world.load(&site.store, &id).await;
    assert_eq!((session.visits, session.cart.len()), (60, 50));
}
