use dynamo_session::ErrorKind;
use maud::{Markup, html};

use super::layout;
use super::visitor::Visitor;

/// A page that says what did not work, and its status.
pub(crate) struct Failure {
    pub(crate) status: u16,
    pub(crate) page: Markup,
}

impl Failure {
    /// Whether the browser may try again at once.
    pub(crate) fn passes(&self) -> bool {
        self.status == 503
    }
}

pub(crate) fn not_found(visitor: &Visitor) -> Failure {
    let content = content("Nothing here", "We have no page at this address.");
    Failure { status: 404, page: layout::page("Nothing here", visitor, &content) }
}

pub(crate) fn not_allowed(visitor: &Visitor) -> Failure {
    let text = "This address takes what a form of the shop sends, and nothing else.";
    let content = content("Not that way", text);
    Failure { status: 405, page: layout::page("Not that way", visitor, &content) }
}

pub(crate) fn no_such_product() -> Failure {
    plain(404, "Not on the shelf", "We do not sell that.")
}

pub(crate) fn unreadable(status: u16) -> Failure {
    plain(status, "That did not work", "The form arrived incomplete. Please send it again.")
}

pub(crate) fn forged() -> Failure {
    let text = "This came from another site, so we did nothing. If you wanted it, do it here.";
    plain(403, "Not from here", text)
}

/// The page for a session that has failed. The error itself is in the log.
pub(crate) fn of_session(kind: ErrorKind) -> Failure {
    match kind {
        ErrorKind::Gone => plain(
            409,
            "Your session has ended",
            "You logged in or out meanwhile, perhaps in another tab, or were away for long. Nothing was saved; \
             please try again.",
        ),
        ErrorKind::Conflict => plain(
            409,
            "Please try again",
            "You changed the same thing in another tab at the same time, so nothing was saved.",
        ),
        ErrorKind::Throttled | ErrorKind::Unavailable => {
            let text = "Many people are here just now. Please try again in a moment.";
            plain(503, "Busy at the moment", text)
        }
        _ => plain(
            500,
            "Something went wrong",
            "That was our fault, and we have noted it. Please try again later.",
        ),
    }
}

fn plain(status: u16, title: &str, text: &str) -> Failure {
    Failure { status, page: layout::plain_page(title, &content(title, text)) }
}

fn content(title: &str, text: &str) -> Markup {
    html! {
        h1 { (title) }
        p { (text) }
        p { a.button href="/" { "Back to the shop" } }
    }
}
