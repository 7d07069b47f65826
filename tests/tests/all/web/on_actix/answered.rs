//! An error of a middleware inside, once the layer has answered it: what is around may look at the answer.

use dynamo_session::Session;
use dynamo_session_tests::Fault;
use dynamo_session_tests::refusals::DENIED;
use http::StatusCode;

use super::promises::{Site, Web};
use super::{Incoming, Next, Outcome, Router, Run, middleware};

/// Looks at the response that an error makes, as a log or a metric does, and passes the error on.
async fn look_at(request: Incoming, next: Next) -> Outcome {
    let outcome = next.run(request).await;
    if let Err(error) = &outcome {
        let looked_at = error.error_response();
        assert_eq!(looked_at.status(), error.as_response_error().status_code());
    }
    outcome
}

#[tokio::test]
async fn a_new_id_reaches_the_browser_though_others_have_looked_at_the_error() {
    async fn refuse(mut session: Session<Web>, _: Incoming, _: Next) -> Outcome {
        session.renew().await?;
        session.visits += 1;
        drop(session);
        Err(actix_web::error::ErrorForbidden("no"))
    }
    let site = Site::with(|layer| {
        let routes = Router::new().layer(middleware::from_fn(refuse)).layer(layer);
        routes.layer(middleware::from_fn(look_at)).layer(middleware::from_fn(look_at))
    });
    let site = site.await;
    let old = site.visitor().await;
    let reply = site.get_as("/", &old).await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::FORBIDDEN, "no"));
    let new = reply.id().unwrap();
    assert_eq!(site.visits(&new).await, 11);
}

#[tokio::test]
async fn the_answer_to_an_error_of_the_session_is_the_same_each_time() {
    async fn refuse(_: Session<Web>, _: Incoming, _: Next) -> Outcome {
        unreachable!("the session is not read");
    }
    async fn fail(request: Incoming, next: Next) -> Outcome {
        next.run(request).await?;
        Err(actix_web::error::ErrorForbidden("no"))
    }
    let site = Site::with(|layer| {
        let routes = Router::new().layer(middleware::from_fn(refuse));
        routes.layer(middleware::from_fn(fail)).layer(layer).layer(middleware::from_fn(look_at))
    });
    let site = site.await;
    let id = site.visitor().await;
    site.world.network.fail_next("GetItem", Fault::Answer(400, DENIED));
    let reply = site.get_as("/", &id).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(reply.body, "Something went wrong on our side.\n");
    assert!(reply.kind.is_some());
}
