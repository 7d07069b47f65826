use dynamo_session::{Error, RequestSession, SessionView};

use super::device::device;
use super::session::ShopSession;

/// What a page shows of its visitor: the session to read from, and the notice that was waiting.
///
/// A page that a browser opens begins the session of a new visitor. So whoever adds to the cart or logs in has an id
/// already, and requests that are under way at the login are known by it: none of them begins another session, whose
/// cookie would take the place of the login's. For the same reason, whatever else is fetched begins none.
pub(crate) struct Visitor {
    session: Option<SessionView<ShopSession>>,
    pub(crate) notice: Option<String>,
}

/// What the request says of how the page is asked for.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    pub(crate) purpose: Option<&'a str>,
    pub(crate) destination: Option<&'a str>,
    pub(crate) agent: &'a str,
}

impl Visitor {
    pub(crate) async fn of(
        request: RequestSession<ShopSession>,
        asked: Asked<'_>,
    ) -> Result<Self, Error> {
        let mut session = request.existing_view().await?;
        let device = Some(device(asked.agent));
        let seen = session.as_deref();
        let is_news = |seen: &ShopSession| seen.notice.is_some() || seen.device != device;
        let mut notice = None;
        if asked.is_opened(seen.is_some()) && seen.is_none_or(is_news) {
            let mut handle = request.session().await?;
            notice = handle.notice.take();
            handle.device = device;
            // Given back before the session is looked at again, which needs no second read of the table.
            drop(handle);
            session = request.existing_view().await?;
        }
        Ok(Self { session, notice })
    }

    pub(crate) fn session(&self) -> Option<&ShopSession> {
        self.session.as_deref()
    }

    pub(crate) fn user(&self) -> Option<&str> {
        self.session()?.user.as_deref()
    }
}

impl Asked<'_> {
    /// Whether a person sees this page: it is not fetched ahead, or by a script. Old browsers, and all on plain http away
    /// from localhost, do not tell; to those, only a session that is there already counts.
    fn is_opened(&self, has_session: bool) -> bool {
        if self.method != "GET" || self.purpose.is_some_and(|purpose| says(purpose, "prefetch")) {
            return false;
        }
        self.destination.map_or(has_session, |destination| says(destination, "document"))
    }
}

fn says(value: &str, word: &str) -> bool {
    value.split([';', ',']).any(|part| part.trim() == word)
}
