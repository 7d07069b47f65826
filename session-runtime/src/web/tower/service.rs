use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{HeaderMap, SET_COOKIE};
use http::{HeaderValue, Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::arrival::{self, Cookies};
use super::caching::{keep_from_caches, keep_private};
use super::error_response::{ErrorResponse, RequestHead};
use super::failure::{Failure, trace};
use super::layer::SessionLayer;
use crate::context::ReadConsistency;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::session::Past;
use crate::web::visit::{Facts, RequestSession, SetCookie, Settled, settle};

const CLEAR_SITE_DATA: &str = "clear-site-data";

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
    E: ErrorResponse<R> + Send + Sync + 'static,
{
    type Response = Response<R>;
    type Error = I::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, I::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), I::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let SessionLayer { store, settings, on_error, activity, .. } = self.layer.clone();
        let (mut parts, body) = request.into_parts();
        let head = RequestHead::of(&parts);
        if let Err(error) = Cookies::add(&mut parts, settings.cookie.names()) {
            return Box::pin(async move { Ok(answer(&error, &*on_error, &head)) });
        }
        self.layer.warn_of_plain_http(&parts);
        let cookies = arrival::cookies(&parts.headers);
        let session = RequestSession::new(store, settings.clone(), cookies);
        if let Some(consistency) = parts.extensions.get::<ReadConsistency>() {
            session.read_consistency(*consistency);
        }
        let is_safe = parts.method.is_safe();
        let is_activity = arrival::is_activity(&parts) && activity(&parts);
        parts.extensions.insert(session.clone());

        let response = self.inner.call(Request::from_parts(parts, body));
        Box::pin(async move {
            let past = Past::current();
            let mut response = past.clone().watch(response).await?;
            let told = own_failure(&mut response, session.table_name());
            let operation = told.as_ref().and_then(|error| error.operation());
            let facts = Facts { is_safe, is_activity, told: operation };
            // What this writes is no news to itself, nor to the layers around it.
            let settled = Past::default().watch(settle(&session, facts, &past));
            let Settled { set_cookie, set_mark, forget, was_read, failure } = settled.await;
            if let Some(error) = failure {
                replace(&mut response, answer(&error, &*on_error, &head));
            } else if let Some(error) = told {
                let mut told = on_error.respond(&error, &head);
                told.extensions_mut().insert(error.kind());
                replace(&mut response, told);
            }
            let headers = response.headers_mut();
            for cookie in forget {
                append_cookie(headers, &cookie, "no-store");
            }
            write(set_cookie, was_read, settings.clears_site_data, headers);
            if let Some(mark) = set_mark {
                append_cookie(headers, &mark, "private");
            }
            Ok(response)
        })
    }
}

/// The error that a response tells of, unless it is of another layer's table.
fn own_failure<R>(response: &mut Response<R>, table: &str) -> Option<Arc<Error>> {
    let Failure(error) = response.extensions().get::<Failure>()?;
    if error.table().is_some_and(|other| other != table) {
        return None;
    }
    response.extensions_mut().remove::<Failure>().map(|Failure(error)| error)
}

/// Answers otherwise, but keeps what the response would have the browser remember: a layer inside may have given it a new
/// id, and the old one is dead.
fn replace<R>(response: &mut Response<R>, mut other: Response<R>) {
    let headers = std::mem::take(response.headers_mut());
    let mut is_kept = false;
    for cookie in headers.get_all(SET_COOKIE) {
        other.headers_mut().append(SET_COOKIE, cookie.clone());
        is_kept = true;
    }
    if let Some(clear) = headers.get(CLEAR_SITE_DATA) {
        other.headers_mut().insert(CLEAR_SITE_DATA, clear.clone());
    }
    if is_kept {
        keep_from_caches(other.headers_mut(), "no-store");
    }
    *response = other;
}

fn answer<R>(error: &Error, on_error: &impl ErrorResponse<R>, head: &RequestHead) -> Response<R> {
    let mut response = on_error.respond(error, head);
    trace(error, response.status().as_u16());
    response.extensions_mut().insert(error.kind());
    response
}

fn write(
    set_cookie: Option<SetCookie>,
    was_read: bool,
    clears_site_data: bool,
    headers: &mut HeaderMap,
) {
    match set_cookie {
        Some(SetCookie::Keep(cookie)) => append_cookie(headers, &cookie, "no-store"),
        Some(SetCookie::Forget(cookie)) => {
            append_cookie(headers, &cookie, "no-store");
            if clears_site_data {
                headers.insert(
                    CLEAR_SITE_DATA,
                    HeaderValue::from_static("\"cache\", \"cookies\", \"storage\""),
                );
            }
        }
        None if was_read => keep_private(headers),
        None => {}
    }
}

fn append_cookie(headers: &mut HeaderMap, cookie: &str, caching: &'static str) {
    match HeaderValue::from_str(cookie) {
        Ok(mut value) => {
            value.set_sensitive(true);
            headers.append(SET_COOKIE, value);
        }
        // Name, path and domain were checked when the cookie was built, and the key before it was committed.
        Err(error) => tracing::error!(%error, "the session cookie does not fit a header"),
    }
    keep_from_caches(headers, caching);
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
