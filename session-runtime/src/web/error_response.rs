use super::answer::Answer;
use super::request_head::RequestHead;
use crate::error::Error;

/// What answers a request whose session has failed: [`ErrorPage`], or a function that is given to
/// [`SessionLayer::on_error`](crate::SessionLayer::on_error).
///
/// `R` is the framework's response: `http::Response<B>` for tower and axum, `actix_web::HttpResponse` for actix-web.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not make error responses for this service",
    label = "not a function of `&dynamo_session::Error` that returns the framework's response",
    note = "in axum, end the function with `.into_response()`; in actix-web, return an `HttpResponse`; on another tower \
            service, the body has to be made `From<String>` where there is no `on_error`"
)]
pub trait ErrorResponse<R> {
    /// The response to an error, for the request that is described.
    fn respond(&self, error: &Error, request: &RequestHead) -> R;
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

/// An [`ErrorPage`] before a framework has made a response of it.
pub(super) struct Written {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) retry_after_seconds: Option<u32>,
    pub(super) body: String,
}

impl ErrorPage {
    pub(super) fn write(error: &Error, request: &RequestHead) -> Written {
        let answer = Answer::to(error.kind());
        let (content_type, body) = if request.accepts_html() {
            ("text/html; charset=utf-8", page(&answer, request.way_back()))
        } else {
            ("text/plain; charset=utf-8", format!("{}\n", answer.text))
        };
        let Answer { status, retry_after_seconds, .. } = answer;
        Written { status, content_type, retry_after_seconds, body }
    }
}

impl<R, F: Fn(&Error) -> R> ErrorResponse<R> for F {
    fn respond(&self, error: &Error, _: &RequestHead) -> R {
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
