use crate::error::ErrorKind;

/// How an error is answered where the application does not say otherwise.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    pub(super) retry_after_seconds: Option<u32>,
}

impl Answer {
    pub(super) fn to(kind: ErrorKind) -> Self {
        let (status, title, text) = match kind {
            ErrorKind::InvalidId => (400, "Not a valid id", "That is not a valid session id."),
            ErrorKind::AuthenticationRequired => {
                (401, "Please log in", "Please log in again to go on.")
            }
            // 401 would tell the visitor to log in, and not every session is a login.
            ErrorKind::Gone => (
                409,
                "Please try again",
                "Your session has ended, so nothing was saved. Please try again.",
            ),
            ErrorKind::Conflict => (
                409,
                "Please try again",
                "Your session was changed at the same time, so nothing was saved. Please try again.",
            ),
            ErrorKind::Throttled | ErrorKind::Unavailable => {
                (503, "Busy at the moment", "The service is busy. Please try again shortly.")
            }
            _ => (500, "Something went wrong", "Something went wrong on our side."),
        };
        Self { status, title, text, retry_after_seconds: (status == 503).then_some(1) }
    }
}
