//! The cookies of a store whose sessions are shared with another service, as that service gives them out.

use std::time::Duration;

use super::place::Visit;
use super::request_session::RequestSession;
use super::set_cookie::SetCookie;
use super::standing::Standing;
use crate::derived::DynamoSession;
use crate::interop::ForeignStore;

/// What the response has to say of them: the first header, and those beside it.
pub(super) fn shared_cookies<S: DynamoSession>(
    request: &RequestSession<S>,
    foreign: &ForeignStore,
    visit: &Visit<S>,
    standing: Option<&Standing<S::Key>>,
    has_failed: bool,
) -> Option<(SetCookie, Vec<String>)> {
    let (cookie, legacy) = (request.cookie(), request.legacy());
    let forget = || {
        let mut headers = cookie.removing(foreign.cookie_names()).into_iter();
        legacy.is_presented().then_some(())?;
        Some((SetCookie::Forget(headers.next()?), headers.collect()))
    };
    let Some(standing) = standing else {
        return (visit.replaced && !has_failed).then(forget)?;
    };
    let (sid, is_kept) = standing.shared.as_ref()?;
    if standing.is_stored {
        let cookies = foreign.cookies(sid);
        if legacy.holds(&cookies) && (!is_kept || visit.found == Some(standing.now)) {
            return None;
        }
        let lifetime = || Duration::from_secs(standing.now.seconds_from(request.now()));
        let mut headers = cookie.giving(cookies, is_kept.then(lifetime)).into_iter();
        return Some((SetCookie::Keep(headers.next()?), headers.collect()));
    }
    let ended = visit.replaced || standing.is_destroyed || standing.was_restarted;
    ended.then(forget)?
}
