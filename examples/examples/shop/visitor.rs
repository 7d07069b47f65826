use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use dynamo_session::{Error, Session, SessionView};

use crate::device::device;
use crate::session::ShopSession;

/// What a page shows of its visitor: the session to read from, and the notice that was waiting.
///
/// A page that a browser opens begins the session of a new visitor. So whoever adds to the cart or logs in has an id
/// already, and requests that are under way at the login are known by it: none of them begins another session, whose
/// cookie would take the place of the login's. For the same reason, whatever else is fetched begins none.
pub(crate) struct Visitor {
    session: Option<SessionView<ShopSession>>,
    pub(crate) notice: Option<String>,
}

impl Visitor {
    pub(crate) fn session(&self) -> Option<&ShopSession> {
        self.session.as_deref()
    }

    pub(crate) fn user(&self) -> Option<&str> {
        self.session()?.user.as_deref()
    }
}

impl<T: Send + Sync> FromRequestParts<T> for Visitor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &T) -> Result<Self, Error> {
        let mut session = Option::<SessionView<_>>::from_request_parts(parts, state).await?;
        let device = Some(device(&parts.headers));
        let seen = session.as_deref();
        let is_news = |seen: &ShopSession| seen.notice.is_some() || seen.device != device;
        let mut notice = None;
        if is_opened(parts, seen.is_some()) && seen.is_none_or(is_news) {
            let mut handle = Session::<ShopSession>::from_request_parts(parts, state).await?;
            notice = handle.notice.take();
            handle.device = device;
            // Given back before the session is looked at again, which needs no second read of the table.
            drop(handle);
            session = Option::<SessionView<_>>::from_request_parts(parts, state).await?;
        }
        Ok(Self { session, notice })
    }
}

/// Whether a person sees this page: it is not fetched ahead, or by a script. Old browsers, and all on plain http away
/// from localhost, do not tell; to those, only a session that is there already counts.
fn is_opened(parts: &Parts, has_session: bool) -> bool {
    if parts.method != Method::GET || says(&parts.headers, "sec-purpose", "prefetch") {
        return false;
    }
    match parts.headers.contains_key("sec-fetch-dest") {
        true => says(&parts.headers, "sec-fetch-dest", "document"),
        false => has_session,
    }
}

fn says(headers: &HeaderMap, name: &str, word: &str) -> bool {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.split([';', ',']).any(|part| part.trim() == word))
}
