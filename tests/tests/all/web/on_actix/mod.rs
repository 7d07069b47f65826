//! The promises on actix-web, and what is actix-web's own.
//!
//! The promises are written with axum's words, such as `Router::route` and `middleware::from_fn`. Here, they are actix-web:
//! each layer is a scope around the ones before.

mod answered;
mod boxing;
mod extractors;
mod output;
#[path = "../promises/mod.rs"]
#[allow(clippy::duplicate_mod, reason = "the same promises, on another framework")]
mod promises;
mod server;

use std::rc::Rc;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::{Bytes, ServiceConfig};
use actix_web::{App, FromRequest, Handler, HttpRequest, HttpResponse, Route, web};
use dynamo_session::{DynamoSession, ReadConsistency, Session};
use http::StatusCode;

use super::reply::Reply;
use boxing::{Boxed, Boxing};
use output::{Output, Responding};

use actix_web::dev::ServiceRequest as Incoming;
use actix_web::middleware;
use actix_web::web::Form;
type Next = middleware::Next<BoxBody>;
type Outcome = Result<ServiceResponse, actix_web::Error>;

/// What the error of a handler without a layer tells to do.
const HOW_TO_ADD_A_LAYER: &str = ".wrap(SessionLayer::new(store))`, with a `SessionStore<";

/// Routes, and the layers around them.
#[derive(Clone)]
struct Router(Rc<dyn Fn(&mut ServiceConfig)>);

struct MethodRouter(Box<dyn Fn() -> Route>);

fn get<F, Args>(handler: F) -> MethodRouter
where
    F: Handler<Args, Output: Output, Future: 'static>,
    Args: FromRequest + 'static,
{
    MethodRouter(Box::new(move || web::get().to(Responding(handler.clone()))))
}

fn post<F, Args>(handler: F) -> MethodRouter
where
    F: Handler<Args, Output: Output, Future: 'static>,
    Args: FromRequest + 'static,
{
    MethodRouter(Box::new(move || web::post().to(Responding(handler.clone()))))
}

impl Router {
    fn new() -> Self {
        Self(Rc::new(|_| {}))
    }

    fn route(self, path: &'static str, MethodRouter(route): MethodRouter) -> Self {
        Self(Rc::new(move |config| {
            (self.0)(config);
            config.route(path, route());
        }))
    }

    fn layer<M, B>(self, middleware: M) -> Self
    where
        M: Transform<
                Boxed,
                ServiceRequest,
                Response = ServiceResponse<B>,
                Error = actix_web::Error,
                InitError = (),
            > + 'static,
        B: MessageBody + 'static,
    {
        let middleware = Rc::new(Boxing(Rc::new(middleware)));
        Self(Rc::new(move |config| {
            let inner = web::scope("").configure(|config| (self.0)(config));
            config.service(inner.wrap(middleware.clone()));
        }))
    }
}

/// As axum's `Next` has it.
trait Run {
    fn run(self, request: Incoming) -> impl Future<Output = Outcome>;
}

impl Run for Next {
    async fn run(self, request: Incoming) -> Outcome {
        self.call(request).await
    }
}

async fn call(Router(register): &Router, request: http::Request<()>) -> Reply {
    let method = actix_web::http::Method::from_bytes(request.method().as_str().as_bytes()).unwrap();
    let mut sent = TestRequest::with_uri(&request.uri().to_string()).method(method);
    for (name, value) in request.headers() {
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).unwrap();
        sent = sent.append_header((name, HeaderValue::from_bytes(value.as_bytes()).unwrap()));
    }
    let app = init_service(App::new().configure(|config| register(config))).await;
    let response = match actix_web::dev::Service::call(&app, sent.to_request()).await {
        Ok(response) => response.into_parts().1,
        Err(error) => error.error_response(),
    };
    let status = StatusCode::from_u16(response.status().as_u16()).unwrap();
    let kind = response.extensions().get().copied();
    let headers = response.headers().iter().map(|(name, value)| {
        let name = http::HeaderName::from_bytes(name.as_str().as_bytes()).unwrap();
        (name, http::HeaderValue::from_bytes(value.as_bytes()).unwrap())
    });
    let headers = headers.collect();
    let body = actix_web::body::to_bytes(response.into_body()).await.unwrap();
    Reply { status, headers, body: String::from_utf8(body.into()).unwrap(), kind }
}

/// Routes, and one whose sessions are read in a way of its own.
fn read_at(
    consistency: ReadConsistency,
    routes: Router,
    path: &'static str,
    MethodRouter(route): MethodRouter,
) -> Router {
    Router(Rc::new(move |config| {
        (routes.0)(config);
        config.service(web::resource(path).app_data(consistency).route(route()));
    }))
}

/// A response with a text.
fn page(status: StatusCode, text: impl Into<String>) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status.as_u16()).unwrap();
    HttpResponse::build(status).body(text.into())
}

/// What a middleware answers in place of a handler that has panicked.
fn caught() -> Outcome {
    Err(actix_web::error::ErrorInternalServerError("caught"))
}

/// What stands behind the `?` of the request.
struct Query(String);

impl FromRequest for Query {
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self(request.query_string().to_owned())))
    }
}

/// A response whose body would still write to the session while it is sent.
fn streamed<S: DynamoSession>(session: Session<S>, write: fn(&mut Session<S>)) -> HttpResponse {
    HttpResponse::Ok().body(Streamed { session, write })
}

struct Streamed<S: DynamoSession> {
    session: Session<S>,
    write: fn(&mut Session<S>),
}

impl<S: DynamoSession> MessageBody for Streamed<S> {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Bytes, Self::Error>>> {
        let Self { session, write } = self.get_mut();
        write(session);
        std::task::Poll::Ready(None)
    }
}
