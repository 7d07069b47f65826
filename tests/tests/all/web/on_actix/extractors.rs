//! actix-web's extractors by their types.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::http::header::LOCATION;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use dynamo_session::{
    DynamoSession, Error, ErrorKind, Expires, ReadConsistency, RequestSession, Session,
    SessionCookie, SessionId, SessionLayer, SessionView,
};
use dynamo_session_tests::refusals::DENIED;
use dynamo_session_tests::{Fault, Traces, World};
use http::StatusCode;

use super::promises::{Site, Web};
use super::{Incoming, Next, Outcome, Router, Run, get, middleware, read_at};

/// An application's own extractor.
struct CurrentUser(String);

impl FromRequest for CurrentUser {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = SessionView::<Web>::extract(request);
        Box::pin(async {
            let login = HttpResponse::SeeOther().insert_header((LOCATION, "/login")).finish();
            let user = session.await?.user.clone();
            Ok(Self(user.ok_or_else(|| InternalError::from_response("not logged in", login))?))
        })
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
    async fn guard(_: CurrentUser, request: Incoming, next: Next) -> Outcome {
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

/// It is written where the extractor is, since nothing can be done about it: the meaning is actix-web's.
#[tokio::test]
async fn an_option_is_there_for_every_visitor_and_where_the_session_cannot_be_read_it_is_traced() {
    async fn handle(session: Option<Session<Web>>) -> String {
        session.map_or("none".to_owned(), |session| session.visits.to_string())
    }
    let site = Site::new(Router::new().route("/", get(handle))).await;
    let id = site.visitor().await;
    assert_eq!(site.get_as("/", &id).await.body, "10");
    assert_eq!(site.get("/").await.body, "0");
    site.world.network.fail_next("GetItem", Fault::Answer(400, DENIED));
    let traces = Traces::collect();
    assert_eq!(site.get_as("/", &id).await.body, "none");
    let text = traces.text();
    let told: Vec<_> = text.lines().filter(|line| line.contains("went on without")).collect();
    assert!(matches!(told[..], [line] if line.contains("AccessDenied")), "{text}");
}

#[tokio::test]
async fn an_extractor_that_fails_beside_it_stores_nothing_and_leaves_the_session_to_others() {
    struct Fails;

    impl FromRequest for Fails {
        type Error = actix_web::Error;
        type Future = std::future::Ready<Result<Self, actix_web::Error>>;

        fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
            std::future::ready(Err(actix_web::error::ErrorImATeapot("no coffee")))
        }
    }

    async fn first(_: Fails, _: Session<Web>) -> &'static str {
        "coffee"
    }
    async fn then(_: Session<Web>, _: Fails) -> &'static str {
        "coffee"
    }
    async fn count(session: RequestSession<Web>, request: Incoming, next: Next) -> Outcome {
        let response = next.run(request).await;
        session.session().await?.visits += 1;
        response
    }
    let routes = Router::new()
        .route("/first", get(first))
        .route("/then", get(then))
        .layer(middleware::from_fn(count));
    let site = Site::new(routes).await;
    let id = site.visitor().await;
    for (path, visits) in [("/first", 11), ("/then", 12)] {
        let reply = site.get_as(path, &id).await;
        assert_eq!((reply.status, &*reply.body), (StatusCode::IM_A_TEAPOT, "no coffee"));
        assert_eq!(site.visits(&id).await, visits);
    }
}

/// Both extractors ask at once for more than the middleware has read.
#[tokio::test]
async fn a_session_is_read_again_once_where_the_route_demands_more() {
    async fn look(
        view: SessionView<Web>,
        session: Session<Web>,
        other: SessionView<Web>,
    ) -> String {
        format!("{} {} {}", view.visits, session.visits, other.visits)
    }
    async fn reversed(session: Session<Web>, view: SessionView<Web>) -> String {
        format!("{} {}", session.visits, view.visits)
    }
    async fn first(_: SessionView<Web>, request: Incoming, next: Next) -> Outcome {
        next.run(request).await
    }
    async fn strong(request: Incoming, next: Next) -> Outcome {
        request.extensions_mut().insert(ReadConsistency::Strong);
        next.run(request).await
    }
    let site = Site::with(|layer| {
        let routes = read_at(ReadConsistency::Strong, Router::new(), "/look", get(look));
        let routes = read_at(ReadConsistency::Strong, routes, "/reversed", get(reversed));
        let routes = routes.layer(middleware::from_fn(first));
        routes.layer(layer.read_consistency(ReadConsistency::Eventual))
    });
    let site = site.await;
    let id = site.visitor().await;
    for (path, body) in [("/look", "10 10 10"), ("/reversed", "10 10")] {
        assert_eq!(site.get_as(path, &id).await.body, body);
        assert_eq!(site.reads(), [false, true]);
    }

    // By a middleware in place of the route.
    let site = Site::with(|layer| {
        let routes = Router::new().route("/look", get(look)).layer(middleware::from_fn(strong));
        routes.layer(layer.read_consistency(ReadConsistency::Eventual))
    });
    let site = site.await;
    let id = site.visitor().await;
    assert_eq!(site.get_as("/look", &id).await.body, "10 10 10");
    assert_eq!(site.reads(), [true]);
}

impl Site {
    /// Whether each read since the last call was strongly consistent.
    fn reads(&self) -> Vec<bool> {
        let sent = self.world.network.take_sent();
        let reads = sent.iter().filter(|sent| sent.operation == "GetItem");
        reads.map(|read| read.body["ConsistentRead"] == true).collect()
    }
}

#[tokio::test]
async fn a_middleware_that_returns_an_error_has_answered() {
    async fn refuse(mut session: Session<Web>, _: Incoming, _: Next) -> Outcome {
        session.renew().await?;
        session.visits += 1;
        drop(session);
        Err(actix_web::error::ErrorForbidden("no"))
    }
    let site = Site::new(Router::new().layer(middleware::from_fn(refuse))).await;
    let old = site.visitor().await;
    let reply = site.get_as("/", &old).await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::FORBIDDEN, "no"));
    let new = reply.id().unwrap();
    assert_ne!(new, old);
    assert_eq!(site.visits(&new).await, 11);
}

/// To each layer, an error of what it is around is a response that is yet to be made, and it is made once.
#[tokio::test]
async fn an_error_that_passes_two_layers_carries_the_cookies_of_both() {
    #[derive(DynamoSession)]
    #[session(table = "admins")]
    struct Admin {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        actions: u32,
    }
    async fn refuse(
        mut web: Session<Web>,
        mut admin: Session<Admin>,
        _: Incoming,
        _: Next,
    ) -> Outcome {
        web.visits += 1;
        admin.actions += 1;
        drop((web, admin));
        Err(actix_web::error::ErrorForbidden("no"))
    }
    let admins = World::new().store::<Admin>().await;
    let cookie = SessionCookie::builder().name("admin").build().unwrap();
    let site = Site::with(|layer| {
        let routes = Router::new().layer(middleware::from_fn(refuse)).layer(layer);
        routes.layer(SessionLayer::new(admins).cookie(cookie))
    });
    let reply = site.await.get("/").await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::FORBIDDEN, "no"));
    let [web, admin] = reply.set_cookies()[..] else { panic!("{reply:?}") };
    assert!(web.starts_with("__Host-Http-session="), "{web}");
    assert!(admin.starts_with("__Host-Http-admin="), "{admin}");
}

#[tokio::test]
async fn an_error_of_a_middleware_is_answered_as_the_layer_is_set_to() {
    async fn look(_: SessionView<Web>, request: Incoming, next: Next) -> Outcome {
        next.run(request).await
    }
    let site = Site::with(|layer| {
        let layer = layer.on_error(|error: &Error| {
            HttpResponse::BadGateway().body(format!("{:?}, sorry", error.kind()))
        });
        Router::new().layer(middleware::from_fn(look)).layer(layer)
    });
    let site = site.await;
    let id = site.visitor().await;
    site.world.network.fail_next("GetItem", Fault::Answer(400, DENIED));
    let reply = site.get_as("/", &id).await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::BAD_GATEWAY, "AccessDenied, sorry"));
    assert_eq!(reply.kind, Some(ErrorKind::AccessDenied));
}

#[tokio::test]
async fn an_applications_own_error_may_pass_the_sessions_error_on() {
    #[derive(Debug)]
    struct AppError(Error);

    impl std::fmt::Display for AppError {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "the cart failed")
        }
    }

    impl ResponseError for AppError {
        fn error_response(&self) -> HttpResponse {
            self.0.error_response()
        }
    }

    async fn save(mut session: Session<Web>) -> Result<&'static str, AppError> {
        session.visits += 1;
        let _ = session.commit().await.map_err(AppError)?;
        Ok("saved")
    }
    let (world, store) = World::with_store::<Web>().await;
    let layer = SessionLayer::new(store).on_error(|error: &Error| {
        HttpResponse::BadGateway().body(format!("{:?}, sorry", error.kind()))
    });
    let app = init_service(App::new().route("/", web::get().to(save)).wrap(layer)).await;
    world.network.fail_next("PutItem", Fault::Answer(400, DENIED));
    let response = call_service(&app, TestRequest::get().uri("/").to_request()).await;
    assert_eq!(response.status().as_u16(), 502);
    assert!(world.network.operations().iter().all(|sent| sent == "PutItem"));
    assert!(world.items(&world.store::<Web>().await).await.is_empty(), "told, and not stored");
    assert_eq!(read_body(response).await, "AccessDenied, sorry");
}
