//! axum's extractors by their types.

use axum::Router;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use dynamo_session::{Error, Session, SessionId, SessionView};
use dynamo_session_tests::refusals::DENIED;
use dynamo_session_tests::{Fault, Traces};
use http::StatusCode;

use super::promises::{Site, Web, look};

/// An application's own extractor.
struct CurrentUser(String);

impl<T: Send + Sync> FromRequestParts<T> for CurrentUser {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &T) -> Result<Self, Response> {
        let session = SessionView::<Web>::from_request_parts(parts, state).await;
        let session = session.map_err(IntoResponse::into_response)?;
        let user = session.user.clone().ok_or_else(|| Redirect::to("/login").into_response())?;
        Ok(Self(user))
    }
}

#[tokio::test]
async fn extractors_and_middleware_read_beside_the_handle_in_either_order_with_one_read() {
    async fn first(user: CurrentUser, mut session: Session<Web>, view: SessionView<Web>) -> String {
        session.visits += 5;
        format!("{} {}", user.0, view.visits)
    }
    async fn then(mut session: Session<Web>, view: SessionView<Web>, user: CurrentUser) -> String {
        session.visits += 5;
        format!("{} {}", user.0, view.visits)
    }
    async fn guard(_: CurrentUser, request: Request, next: Next) -> Response {
        next.run(request).await
    }
    let routes = Router::new()
        .route("/first", get(first))
        .route("/then", get(then))
        .layer(middleware::from_fn(guard));
    let site = Site::new(routes).await;
    let id = site.user().await;
    for (path, body) in [("/first", "ada 0"), ("/then", "ada 5")] {
        assert_eq!(site.get_as(path, &id).await.body, body);
        assert_eq!(site.operations(), ["GetItem", "UpdateItem"]);
    }
    assert_eq!(site.visits(&id).await, 10);
    let stranger = site.get("/first").await;
    assert_eq!(stranger.status, StatusCode::SEE_OTHER);
    assert!(stranger.set_cookies().is_empty());
}

#[tokio::test]
async fn an_optional_one_is_there_only_for_visitors_who_have_a_session() {
    async fn handle(session: Option<Session<Web>>) -> String {
        session.map_or("none".to_owned(), |mut session| {
            session.visits += 1;
            session.visits.to_string()
        })
    }
    async fn view(view: Option<SessionView<Web>>) -> String {
        view.map_or("none".to_owned(), |view| view.visits.to_string())
    }
    async fn after_a_first(mut new: Session<Web>, request: Request) -> Result<String, Error> {
        use axum::extract::OptionalFromRequestParts;
        let (mut parts, _) = request.into_parts();
        let untouched =
            <SessionView<Web> as OptionalFromRequestParts<()>>::from_request_parts(&mut parts, &())
                .await?;
        new.visits += 1;
        drop(new);
        let changed =
            <Session<Web> as OptionalFromRequestParts<()>>::from_request_parts(&mut parts, &())
                .await?;
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
async fn a_layer_below_its_routes_is_a_named_error() {
    let traces = Traces::collect();
    let site = Site::with(|layer| {
        let routes = Router::new().layer(layer.clone()).route("/look", get(look));
        routes.route("/other", get(|| async {}).layer(layer))
    });
    let site = site.await;
    assert_eq!(site.get("/look").await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(traces.text().contains("to the router after its routes"), "{}", traces.text());
}
