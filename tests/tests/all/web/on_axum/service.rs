//! The layer on a plain tower service, without axum.

use std::convert::Infallible;
use std::future::Ready;

use dynamo_session::{ErrorKind, RequestSession, SessionLayer};
use dynamo_session_tests::refusals::DENIED;
use dynamo_session_tests::{Fault, World};
use http::StatusCode;
use http::header::{COOKIE, SET_COOKIE};
use tower::{Layer, Service, service_fn};

use super::promises::Web;

/// A body as plain hyper or Lambda have it: any that is made from a text.
#[derive(Debug)]
struct Text(String);

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

async fn serve(request: http::Request<()>) -> Result<http::Response<Text>, Infallible> {
    let visitor = request.extensions().get::<RequestSession<Web>>().unwrap();
    if request.uri().path() == "/end" {
        visitor.end().await.unwrap();
        return Ok(http::Response::new(Text("ended".to_owned())));
    }
    let mut session = match visitor.session().await {
        Ok(session) => session,
        // The layer commits, and answers for what it does; this is the service's own.
        Err(error) => return Ok(http::Response::new(Text(format!("{:?}", error.kind())))),
    };
    session.visits += 1;
    let view = visitor.view().await.unwrap();
    Ok(http::Response::new(Text(format!("{} {}", view.visits, session.visits))))
}

#[tokio::test]
async fn a_service_without_axum_has_sessions_and_answers_of_its_own_body() {
    let (world, store) = World::with_store::<Web>().await;
    let mut service = SessionLayer::new(store.clone()).layer(service_fn(serve));
    let reply = service.call(http::Request::new(())).await.unwrap();
    assert_eq!(reply.body().0, "0 1");
    let cookie = reply.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap();

    let request = |path| http::Request::get(path).header(COOKIE, cookie).body(()).unwrap();
    assert_eq!(service.call(request("/")).await.unwrap().body().0, "1 2");

    world.network.fail_next("UpdateItem", Fault::Answer(400, DENIED));
    let failed = service.call(request("/")).await.unwrap();
    assert_eq!(failed.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(failed.body().0, "Something went wrong on our side.\n");
    assert_eq!(failed.extensions().get(), Some(&ErrorKind::AccessDenied));

    world.network.fail_next("GetItem", Fault::Answer(400, DENIED));
    assert_eq!(service.call(request("/")).await.unwrap().body().0, "AccessDenied");

    let ended = service.call(request("/end")).await.unwrap();
    assert!(ended.headers()[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert!(world.items(&store).await.is_empty());
}

#[tokio::test]
async fn an_error_of_the_service_itself_passes() {
    fn fails(_: http::Request<()>) -> Ready<Result<http::Response<Text>, &'static str>> {
        std::future::ready(Err("broken"))
    }
    let (_world, store) = World::with_store::<Web>().await;
    let mut service = SessionLayer::new(store).layer(service_fn(fails));
    assert_eq!(service.call(http::Request::new(())).await.unwrap_err(), "broken");
}
