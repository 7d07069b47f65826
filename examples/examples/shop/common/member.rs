use dynamo_session::{Error, RequestSession};

use super::session::ShopSession;
use super::visitor::{Asked, Visitor};

/// A visitor who is logged in.
pub(crate) struct Member {
    pub(crate) user: String,
    pub(crate) visitor: Visitor,
}

impl Member {
    /// The member who asks; nobody, if the visitor is to be sent to the login.
    pub(crate) async fn of(
        request: RequestSession<ShopSession>,
        asked: Asked<'_>,
    ) -> Result<Option<Self>, Error> {
        let has_submitted = !matches!(asked.method, "GET" | "HEAD");
        let visitor = Visitor::of(request.clone(), asked).await?;
        if let Some(user) = visitor.user() {
            return Ok(Some(Self { user: user.to_owned(), visitor }));
        }
        if has_submitted {
            let notice = "You are no longer logged in, so nothing was changed. Log in to go on.";
            request.session().await?.notice = Some(notice.to_owned());
        }
        Ok(None)
    }
}
