use http::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderName, REFERER, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};

use crate::error::Error;
use crate::web::answer::Answer;

/// What answers a request whose session has failed: [`ErrorPage`], or a function that is given to
/// [`SessionLayer::on_error`](crate::SessionLayer::on_error).
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not make error responses for this service",
    label = "not a function of `&dynamo_session::Error` that returns the service's `http::Response`",
    note = "in axum, end the function with `.into_response()`; without `on_error`, the body has to be made `From<String>`"
)]
pub trait ErrorResponse<B> {
    /// The response to an error, for the request that is described.
    fn respond(&self, error: &Error, request: &RequestHead) -> Response<B>;
}

/// What an error response may depend on of the request.
#[derive(Clone, Debug, Default)]
pub struct RequestHead {
    accept: Option<HeaderValue>,
    referer: Option<HeaderValue>,
    host: Option<String>,
}

impl RequestHead {
    pub(super) fn of(parts: &Parts) -> Self {
        let get = |name: HeaderName| parts.headers.get(name).cloned();
        let host = get(HOST).and_then(|host| Some(host.to_str().ok()?.to_owned()));
        let host = host.or_else(|| Some(parts.uri.authority()?.to_string()));
        Self { accept: get(ACCEPT), referer: get(REFERER), host }
    }

    /// Whether the client asks for HTML, as browsers do when they open a page.
    pub fn accepts_html(&self) -> bool {
        let accept = self.accept.as_ref().and_then(|accept| accept.to_str().ok());
        accept.is_some_and(|accept| {
            accept.split(',').any(|range| {
                let mut parts = range.split(';').map(str::trim);
                let is_html =
                    parts.next().is_some_and(|range| range.eq_ignore_ascii_case("text/html"));
                is_html
                    && !parts.any(|parameter| {
                        matches!(parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
                    })
            })
        })
    }

    /// Path and query of the page of this host that the request came from, or `/`.
    fn way_back(&self) -> &str {
        let way_back = || {
            let referer = self.referer.as_ref()?.to_str().ok()?;
            let host = self.host.as_deref()?;
            let (_, address) = referer.split_once("://")?;
            let path = address.strip_prefix(host)?;
            // Two slashes would lead to another host, and browsers take a backslash for one.
            let is_plain = |byte: u8| byte > b' ' && byte != b'\\';
            let is_here = path.starts_with('/') && !path.starts_with("//");
            (is_here && path.bytes().all(is_plain)).then_some(path)
        };
        way_back().unwrap_or("/")
    }
}

/// The default answer: a small page with a way back for browsers, one plain sentence for all others.
///
/// The error itself, which may name tables and attributes that visitors have no business knowing, is only traced.
///
/// | status | kinds |
/// |---|---|
/// | 400 Bad Request | [`InvalidId`](crate::ErrorKind::InvalidId) |
/// | 401 Unauthorized | [`AuthenticationRequired`](crate::ErrorKind::AuthenticationRequired) |
/// | 409 Conflict | [`Gone`](crate::ErrorKind::Gone), [`Conflict`](crate::ErrorKind::Conflict): it makes sense to send the request again |
/// | 503 Service Unavailable, with `Retry-After` | [`Throttled`](crate::ErrorKind::Throttled), [`Unavailable`](crate::ErrorKind::Unavailable) |
/// | 500 Internal Server Error | all others |
#[derive(Clone, Copy, Debug, Default)]
pub struct ErrorPage;

impl<B: From<String>> ErrorResponse<B> for ErrorPage {
    fn respond(&self, error: &Error, request: &RequestHead) -> Response<B> {
        let answer = Answer::to(error.kind());
        let (content_type, body) = if request.accepts_html() {
            ("text/html; charset=utf-8", page(&answer, request.way_back()))
        } else {
            ("text/plain; charset=utf-8", format!("{}\n", answer.text))
        };
        let mut response = Response::new(body.into());
        *response.status_mut() =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Some(seconds) = answer.retry_after_seconds {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl<B, F: Fn(&Error) -> Response<B>> ErrorResponse<B> for F {
    fn respond(&self, error: &Error, _: &RequestHead) -> Response<B> {
        self(error)
    }
}

fn page(Answer { title, text, .. }: &Answer, way_back: &str) -> String {
    let way_back = way_back.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    format!(
        "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1.125rem/1.6 system-ui, sans-serif; max-width: 32rem; margin: 15vh auto 0; padding: 0 1.5rem }}
h1 {{ font-size: 1.5rem }}
</style>
<h1>{title}</h1>
<p>{text}</p>
<p><a href=\"{way_back}\">Go back</a></p>
</html>
"
    )
}
