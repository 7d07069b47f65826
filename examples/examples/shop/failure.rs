use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use dynamo_session::ErrorKind;
use maud::{Markup, html};

use crate::layout;
use crate::visitor::Visitor;

pub(crate) async fn not_found(visitor: Visitor) -> Response {
    let content = content("Nothing here", "We have no page at this address.");
    (StatusCode::NOT_FOUND, layout::page("Nothing here", &visitor, &content)).into_response()
}

pub(crate) async fn not_allowed(visitor: Visitor) -> Response {
    let text = "This address takes what a form of the shop sends, and nothing else.";
    let content = content("Not that way", text);
    (StatusCode::METHOD_NOT_ALLOWED, layout::page("Not that way", &visitor, &content))
        .into_response()
}

pub(crate) fn no_such_product() -> Response {
    plain(StatusCode::NOT_FOUND, "Not on the shelf", "We do not sell that.")
}

pub(crate) fn unreadable(status: StatusCode) -> Response {
    plain(status, "That did not work", "The form arrived incomplete. Please send it again.")
}

pub(crate) fn forged() -> Response {
    let text = "This came from another site, so we did nothing. If you wanted it, do it here.";
    plain(StatusCode::FORBIDDEN, "Not from here", text)
}

/// The page for a session that has failed. The error itself is in the log.
pub(crate) fn of_session(kind: ErrorKind) -> Response {
    match kind {
        ErrorKind::Gone => plain(
            StatusCode::CONFLICT,
            "Your session has ended",
            "You logged in or out meanwhile, perhaps in another tab, or were away for long. Nothing was saved; \
             please try again.",
        ),
        ErrorKind::Conflict => plain(
            StatusCode::CONFLICT,
            "Please try again",
            "You changed the same thing in another tab at the same time, so nothing was saved.",
        ),
        ErrorKind::Throttled | ErrorKind::Unavailable => {
            let text = "Many people are here just now. Please try again in a moment.";
            let page = plain(StatusCode::SERVICE_UNAVAILABLE, "Busy at the moment", text);
            ([(RETRY_AFTER, "1")], page).into_response()
        }
        _ => plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong",
            "That was our fault, and we have noted it. Please try again later.",
        ),
    }
}

fn plain(status: StatusCode, title: &str, text: &str) -> Response {
    (status, layout::plain_page(title, &content(title, text))).into_response()
}

fn content(title: &str, text: &str) -> Markup {
    html! {
        h1 { (title) }
        p { (text) }
        p { a.button href="/" { "Back to the shop" } }
    }
}
