use std::fmt;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::COOKIE;
use actix_web::{HttpMessage, HttpResponse};

use super::answered::Answered;
use super::head::head;
use super::request::{Unread, read_consistency};
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::session::Past;
use crate::web::arrival::Cookies;
use crate::web::departure::{carry_over, tell};
use crate::web::error_response::ErrorResponse;
use crate::web::failure::{Failure, trace};
use crate::web::layer::SessionLayer;
use crate::web::request_head::RequestHead;
use crate::web::visit::RequestSession;

/// The middleware that a [`SessionLayer`] makes in actix-web.
pub struct SessionMiddleware<I, S: DynamoSession, E> {
    inner: Rc<I>,
    layer: Rc<SessionLayer<S, E>>,
}

impl<I, S, E, B> Transform<I, ServiceRequest> for SessionLayer<S, E>
where
    I: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    S: DynamoSession,
    E: ErrorResponse<HttpResponse> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Transform = SessionMiddleware<I, S, E>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: I) -> Self::Future {
        let layer = Rc::new(self.clone());
        ready(Ok(SessionMiddleware { inner: Rc::new(inner), layer }))
    }
}

impl<I, S, E, B> Service<ServiceRequest> for SessionMiddleware<I, S, E>
where
    I: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    S: DynamoSession,
    E: ErrorResponse<HttpResponse> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>>>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let layer = self.layer.clone();
        let head = head(&request);
        if let Err(error) = pass(&request, &layer) {
            let answer = answer(&error, layer.on_error_response(), &head);
            let response = request.into_response(answer).map_into_right_body();
            return Box::pin(ready(Ok(response)));
        }
        let cookies = request.headers().get_all(COOKIE).map(|value| value.as_bytes());
        let session = layer.session(&head, cookies);
        if let Some(consistency) = read_consistency(request.request()) {
            session.read_consistency(consistency);
        }
        request.extensions_mut().insert(session.clone());

        let response = self.inner.call(request);
        Box::pin(async move {
            let past = Past::current();
            let response = past.clone().watch(response).await;
            let visit = Visit { layer: &layer, session: &session, head: &head, past: &past };
            match response {
                Ok(response) => {
                    let (request, response) = response.into_parts();
                    let unread = request.extensions_mut().remove::<Unread<S>>();
                    let tells = response.extensions().get::<Failure>().is_some();
                    if let (Some(Unread { error, .. }), false) = (unread, tells) {
                        trace_unread(&error);
                    }
                    Ok(ServiceResponse::new(request, visit.end(response).await))
                }
                // To actix-web, an error is a response that is yet to be made.
                Err(error) => {
                    let response = visit.end(error.error_response()).await;
                    Err(Answered::new(error, response.map_into_boxed_body()).into())
                }
            }
        })
    }
}

/// Traces an error that no response tells of.
fn trace_unread(error: &Error) {
    let error: &(dyn std::error::Error + 'static) = error;
    tracing::error!(
        error,
        "a handler went on without its session, which could not be read: where it asks for an `Option`, it has taken the \
         visitor for a stranger; ask for a `RequestSession`, and call `existing_session`"
    );
}

/// Takes note of the layer's cookie in the request.
fn pass<S: DynamoSession, E>(
    request: &ServiceRequest,
    layer: &SessionLayer<S, E>,
) -> Result<(), Error> {
    let mut extensions = request.extensions_mut();
    let mut passed = extensions.remove::<Cookies>().unwrap_or_default();
    let result = passed.add(layer.cookie_names());
    extensions.insert(passed);
    result
}

/// A request whose response has been made.
struct Visit<'a, S: DynamoSession, E> {
    layer: &'a SessionLayer<S, E>,
    session: &'a RequestSession<S>,
    head: &'a RequestHead,
    past: &'a Past,
}

impl<S: DynamoSession, E: ErrorResponse<HttpResponse>> Visit<'_, S, E> {
    async fn end<B>(self, mut response: HttpResponse<B>) -> HttpResponse<EitherBody<B>> {
        let on_error = self.layer.on_error_response();
        let told = own_failure(&mut response, self.session.table_name());
        let operation = told.as_ref().and_then(|error| error.operation());
        let mut settled = self.layer.settle(self.session, self.head, operation, self.past).await;
        let mut response = if let Some(error) = settled.failure.take() {
            replace(&response, answer(&error, on_error, self.head))
        } else if let Some(error) = told {
            let mut told = on_error.respond(&error, self.head);
            told.extensions_mut().insert(error.kind());
            replace(&response, told)
        } else {
            response.map_into_left_body()
        };
        tell(settled, self.layer.clears_site_data(), response.headers_mut());
        response
    }
}

/// The error that a response tells of, unless it is of another layer's table.
fn own_failure<B>(response: &mut HttpResponse<B>, table: &str) -> Option<Arc<Error>> {
    let mut extensions = response.extensions_mut();
    extensions.get::<Failure>().filter(|failure| failure.is_of(table))?;
    extensions.remove::<Failure>().map(|Failure(error)| error)
}

fn replace<B>(
    response: &HttpResponse<B>,
    mut other: HttpResponse,
) -> HttpResponse<EitherBody<B, BoxBody>> {
    carry_over(response.headers(), other.headers_mut());
    other.map_into_right_body()
}

fn answer(
    error: &Error,
    on_error: &impl ErrorResponse<HttpResponse>,
    head: &RequestHead,
) -> HttpResponse {
    let mut response = on_error.respond(error, head);
    trace(error, response.status().as_u16());
    response.extensions_mut().insert(error.kind());
    response
}

impl<I: fmt::Debug, S: DynamoSession, E> fmt::Debug for SessionMiddleware<I, S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionMiddleware")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}
