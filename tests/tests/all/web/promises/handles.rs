//! One request has one session, and one handle to it at a time.

use super::*;

#[tokio::test]
async fn a_second_extractor_while_one_is_alive_is_a_named_rejection() {
    async fn twice(mut first: Session<Web>, second: Result<Session<Web>, Error>) -> &'static str {
        assert_eq!(second.unwrap_err().kind(), ErrorKind::InUse);
        first.visits += 1;
        "refused"
    }
    async fn refused(_: Session<Web>, _: Session<Web>) {}
    let site =
        Site::new(Router::new().route("/", get(twice)).route("/refused", get(refused))).await;
    let id = site.visitor().await;
    assert_eq!(site.get_as("/", &id).await.body, "refused");
    assert_eq!(site.visits(&id).await, 11, "the first one is not harmed");
    let reply = site.get_as("/refused", &id).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn a_session_held_by_a_task_fails_the_response_and_is_not_committed() {
    let traces = Traces::collect();
    let release = Arc::new(Notify::new());
    let released = release.clone();
    let (done, dropped) = oneshot::channel();
    let done = Arc::new(Mutex::new(Some(done)));
    let handler = move |mut session: Session<Web>| {
        let (released, done) = (released.clone(), done.clone());
        async move {
            session.visits += 1;
            tokio::spawn(async move {
                released.notified().await;
                session.visits += 1;
                drop(session);
                done.lock().unwrap().take().unwrap().send(()).unwrap();
            });
            "lost?"
        }
    };
    let site = Site::new(Router::new().route("/", get(handler))).await;
    let id = site.visitor().await;
    let reply = site.get_as("/", &id).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!reply.body.contains("lost?"));
    release.notify_one();
    dropped.await.unwrap();
    assert_eq!(site.visits(&id).await, 10);
    let traces = traces.text();
    assert!(traces.contains("ERROR") && traces.contains("still held it"), "{traces}");
}

#[tokio::test]
async fn a_session_held_by_the_body_fails_the_response() {
    let handler =
        |session: Session<Web>| async { streamed(session, |session| session.visits += 1) };
    let site = Site::new(Router::new().route("/", get(handler))).await;
    let id = site.visitor().await;
    let reply = site.get_as("/", &id).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(site.visits(&id).await, 10);
}

#[tokio::test]
async fn a_task_that_is_done_in_time_may_have_it() {
    let handler = |mut session: Session<Web>| async {
        tokio::spawn(async move { session.visits += 1 }).await.unwrap();
    };
    let site = Site::new(Router::new().route("/", get(handler))).await;
    let id = site.visitor().await;
    assert_eq!(site.get_as("/", &id).await.status, StatusCode::OK);
    assert_eq!(site.visits(&id).await, 11);
}
