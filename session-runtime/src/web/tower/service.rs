use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::COOKIE;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::head::head;
use crate::context::ReadConsistency;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::session::Past;
use crate::web::arrival::Cookies;
use crate::web::departure::{carry_over, tell};
use crate::web::error_response::ErrorResponse;
use crate::web::failure::{Failure, trace};
use crate::web::layer::SessionLayer;
use crate::web::request_head::RequestHead;

/// The service that a [`SessionLayer`] makes.
pub struct SessionService<I, S: DynamoSession, E> {
    inner: I,
    layer: SessionLayer<S, E>,
}

impl<I, S: DynamoSession, E> Layer<I> for SessionLayer<S, E> {
    type Service = SessionService<I, S, E>;

    fn layer(&self, inner: I) -> Self::Service {
        SessionService { inner, layer: self.clone() }
    }
}

impl<I, S, E, B, R> Service<Request<B>> for SessionService<I, S, E>
where
    I: Service<Request<B>, Response = Response<R>>,
    I::Future: Send + 'static,
    I::Error: Send,
    R: Send,
    S: DynamoSession,
    E: ErrorResponse<Response<R>> + Send + Sync + 'static,
{
    type Response = Response<R>;
    type Error = I::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, I::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), I::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let layer = self.layer.clone();
        let (mut parts, body) = request.into_parts();
        let head = head(&parts);
        let passed = parts.extensions.get_or_insert_default::<Cookies>();
        if let Err(error) = passed.add(layer.cookie_names()) {
            return Box::pin(async move { Ok(answer(&error, layer.on_error_response(), &head)) });
        }
        let cookies = parts.headers.get_all(COOKIE).iter().map(|value| value.as_bytes());
        let session = layer.session(&head, cookies);
        if let Some(consistency) = parts.extensions.get::<ReadConsistency>() {
            session.read_consistency(*consistency);
        }
        parts.extensions.insert(session.clone());

        let response = self.inner.call(Request::from_parts(parts, body));
        Box::pin(async move {
            let past = Past::current();
            let mut response = past.clone().watch(response).await?;
            let told = own_failure(&mut response, session.table_name());
            let operation = told.as_ref().and_then(|error| error.operation());
            let mut settled = layer.settle(&session, &head, operation, &past).await;
            if let Some(error) = settled.failure.take() {
                replace(&mut response, answer(&error, layer.on_error_response(), &head));
            } else if let Some(error) = told {
                let mut told = layer.on_error_response().respond(&error, &head);
                told.extensions_mut().insert(error.kind());
                replace(&mut response, told);
            }
            tell(settled, layer.clears_site_data(), response.headers_mut());
            Ok(response)
        })
    }
}

/// The error that a response tells of, unless it is of another layer's table.
fn own_failure<R>(response: &mut Response<R>, table: &str) -> Option<Arc<Error>> {
    response.extensions().get::<Failure>().filter(|failure| failure.is_of(table))?;
    response.extensions_mut().remove::<Failure>().map(|Failure(error)| error)
}

fn replace<R>(response: &mut Response<R>, mut other: Response<R>) {
    carry_over(response.headers(), other.headers_mut());
    *response = other;
}

fn answer<R>(
    error: &Error,
    on_error: &impl ErrorResponse<Response<R>>,
    head: &RequestHead,
) -> Response<R> {
    let mut response = on_error.respond(error, head);
    trace(error, response.status().as_u16());
    response.extensions_mut().insert(error.kind());
    response
}

impl<I: Clone, S: DynamoSession, E> Clone for SessionService<I, S, E> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<I: fmt::Debug, S: DynamoSession, E> fmt::Debug for SessionService<I, S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}
