//! A panic or a cancelled request commits nothing.

use super::*;

/// Turns a panic further in into a response, as `tower_http::catch_panic` does.
async fn catch_panic(request: Incoming, next: Next) -> Outcome {
    let mut response = pin!(next.run(request));
    poll_fn(|context| {
        let poll = AssertUnwindSafe(|| response.as_mut().poll(context));
        std::panic::catch_unwind(poll).unwrap_or_else(|_| Poll::Ready(caught()))
    })
    .await
}

#[tokio::test]
async fn a_panic_commits_nothing_even_where_a_layer_between_catches_it() {
    async fn panics(mut session: Session<Web>) {
        session.visits += 1;
        if session.visits > 0 {
            panic!("on purpose");
        }
    }
    let routes = Router::new().route("/", get(panics)).layer(middleware::from_fn(catch_panic));
    let site = Site::new(routes).await;
    let id = site.visitor().await;
    assert_eq!(site.get_as("/", &id).await.body, "caught");
    assert_eq!(site.operations(), ["GetItem"]);
    assert_eq!(site.visits(&id).await, 10);
}

#[tokio::test]
async fn a_panic_in_a_task_that_has_the_session_commits_nothing() {
    async fn panics(mut session: Session<Web>) -> &'static str {
        let task = tokio::spawn(async move {
            session.visits += 1;
            panic!("on purpose");
        });
        assert!(task.await.is_err());
        "survived"
    }
    let site = Site::new(Router::new().route("/", get(panics))).await;
    let id = site.visitor().await;
    assert_eq!(site.get_as("/", &id).await.body, "survived");
    assert_eq!(site.visits(&id).await, 10);
}

#[tokio::test]
async fn a_panic_after_a_renewal_still_brings_the_new_id() {
    async fn panics(mut session: Session<Web>) {
        session.renew().await.unwrap();
        session.visits += 1;
        if session.visits > 0 {
            panic!("on purpose");
        }
    }
    let routes = Router::new().route("/", get(panics)).layer(middleware::from_fn(catch_panic));
    let site = Site::new(routes).await;
    let id = site.visitor().await;
    let reply = site.get_as("/", &id).await;
    assert_eq!(reply.body, "caught");
    assert_eq!(site.visits(&reply.id().unwrap()).await, 10);
}

#[tokio::test]
async fn a_cancelled_request_commits_nothing() {
    let reached = Arc::new(Notify::new());
    let reaches = reached.clone();
    let handler = move |mut session: Session<Web>| {
        let reaches = reaches.clone();
        async move {
            session.visits += 1;
            reaches.notify_one();
            std::future::pending::<()>().await;
        }
    };
    let site = Site::new(Router::new().route("/", get(handler))).await;
    let id = site.visitor().await;
    tokio::select! {
        _ = site.get_as("/", &id) => panic!("the handler does not return"),
        () = reached.notified() => {}
    }
    assert_eq!(site.operations(), ["GetItem"]);
    assert_eq!(site.visits(&id).await, 10);
}

#[tokio::test]
async fn a_cancelled_load_leaves_the_session_to_the_next_extractor() {
    async fn impatient(request: RequestSession<Web>) -> &'static str {
        let loading = request.session();
        assert!(tokio::time::timeout(Duration::from_millis(20), loading).await.is_err());
        let mut session = request.session().await.unwrap();
        session.visits += 1;
        "patient"
    }
    let site = Site::new(Router::new().route("/", get(impatient))).await;
    let id = site.visitor().await;
    site.world.network.fail_next("GetItem", Fault::Hold(Arc::new(Notify::new())));
    assert_eq!(site.get_as("/", &id).await.body, "patient");
    assert_eq!(site.visits(&id).await, 11);
}
