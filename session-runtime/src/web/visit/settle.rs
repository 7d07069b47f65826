use std::time::Duration;

use super::loading::in_use;
use super::place::{Place, Visit};
use super::request_session::RequestSession;
use super::set_cookie::SetCookie;
#[cfg(feature = "interop")]
use super::shared_cookies::shared_cookies;
use super::standing::{Found, Standing};
use crate::context::ReadConsistency;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::operation::Operation;
use crate::protocol::LastWrite;
use crate::session::{Past, Session};
use crate::web::cookie::{Presented, SessionCookie};

/// What is known of a request and of the application's response when its session is settled.
#[derive(Clone, Copy)]
pub(in crate::web) struct Facts {
    /// The request was made with a safe method: GET, HEAD, OPTIONS or TRACE.
    pub(in crate::web) is_safe: bool,
    /// The request is the visitor's doing, and extends the idle timeout.
    pub(in crate::web) is_activity: bool,
    /// What failed, where the response tells of an error of this session already.
    pub(in crate::web) told: Option<Operation>,
}

impl Facts {
    fn tells_of_logout(self) -> bool {
        self.told == Some(Operation::Destroy)
    }
}

/// What the response has to say about the session.
pub(in crate::web) struct Settled {
    pub(in crate::web) set_cookie: Option<SetCookie>,
    /// The header for the cookie that says what the next read has to show.
    pub(in crate::web) set_mark: Option<String>,
    /// The cookies of another store that the browser is to forget, or to keep beside the first.
    pub(in crate::web) forget: Vec<String>,
    /// Somebody asked for the session, so the response may depend on it.
    pub(in crate::web) was_read: bool,
    /// What is to be answered in place of the application's response.
    pub(in crate::web) failure: Option<Error>,
}

/// Commits the session, and tells what the response has to say.
///
/// What makes requests is boxed: it is kilobytes large as a future, and most responses need none of it.
pub(in crate::web) async fn settle<S: DynamoSession>(
    request: &RequestSession<S>,
    facts: Facts,
    past: &Past,
) -> Settled {
    let visit = request.close();
    let (visit, failure) = match needs_requests(&visit, facts) {
        true => Box::pin(conclude(request, visit, facts)).await,
        false => {
            let failure = matches!(visit.place, Place::Lent | Place::Loading).then(still_held);
            (visit, failure)
        }
    };
    settled(request, visit, failure, past)
}

fn needs_requests<S: DynamoSession>(visit: &Visit<S>, facts: Facts) -> bool {
    match &visit.place {
        Place::Unasked => visit.is_ending && !facts.tells_of_logout(),
        Place::Returned(session) => {
            visit.is_ending || session.is_ending() || !session.is_in_step(facts.is_activity)
        }
        Place::Loading | Place::Lent | Place::Poisoned(_) | Place::Ended | Place::Closed => false,
    }
}

fn still_held() -> Error {
    in_use(
        "a task or the response's body still held it when the handler returned, so its changes were not \
         committed; drop the handle earlier, or commit first and pass on copies of what is needed",
    )
}

/// Ends the session, or commits it: what fails there is to be told, if the response does not tell of it already.
async fn conclude<S: DynamoSession>(
    request: &RequestSession<S>,
    mut visit: Visit<S>,
    facts: Facts,
) -> (Visit<S>, Option<Error>) {
    let failure = match &mut visit.place {
        Place::Unasked => {
            visit.presented = request.presented();
            let ended = request.end_presented(&visit.presented, None).await;
            let ended = ended.and(request.end_legacy(false).await);
            visit.replaced = ended.is_ok();
            ended.err()
        }
        Place::Returned(session) => {
            let concluded = if visit.is_ending || session.is_ending() {
                let was_found = visit.found.is_some();
                end(request, session, &visit.presented, was_found, visit.is_legacy, facts).await
            } else {
                commit(request, session, &visit.presented, facts).await
            };
            let is_told = facts.told.is_some() || concluded.is_err();
            let failure = concluded.err().and_then(|error| to_be_told(error, session, facts));
            if is_told {
                session.give_up_changes();
            }
            failure
        }
        _ => Some(Error::internal("a visit was to be concluded that has no session to end")),
    };
    (visit, failure)
}

/// What the response has to say of a visit that is over.
fn settled<S: DynamoSession>(
    request: &RequestSession<S>,
    mut visit: Visit<S>,
    failure: Option<Error>,
    past: &Past,
) -> Settled {
    let was_read = visit.was_asked;
    let standing = standing(&mut visit);
    #[cfg(feature = "interop")]
    if let Some(shared) = request.legacy().shared() {
        let cookies = shared_cookies(request, shared, &visit, standing.as_ref(), failure.is_some());
        let (set_cookie, forget) = cookies.unzip();
        let forget = forget.unwrap_or_default();
        return Settled { set_cookie, set_mark: None, forget, was_read, failure };
    }
    let mut forget = request.legacy().removals();
    let presents_something = visit.presented.is_something() || !forget.is_empty();
    match set_cookie(request, &visit, standing.as_ref(), presents_something, failure.is_some()) {
        Ok(set_cookie) => {
            if set_cookie.is_none() {
                forget.clear();
            }
            let set_mark = match (&set_cookie, &standing) {
                (Some(SetCookie::Forget(_)), _) => removal_of_mark(request, &visit.presented),
                (_, Some(standing)) => set_mark(request, &visit, standing, past),
                (_, None) => None,
            };
            Settled { set_cookie, set_mark, forget, was_read, failure }
        }
        Err(unfit) => {
            let failure = Some(failure.unwrap_or(unfit));
            Settled { set_cookie: None, set_mark: None, forget: Vec::new(), was_read, failure }
        }
    }
}

fn to_be_told<S: DynamoSession>(error: Error, session: &Session<S>, facts: Facts) -> Option<Error> {
    if facts.told.is_some() {
        let error: &(dyn std::error::Error + 'static) = &error;
        tracing::debug!(error, "the session failed again, after the response had told of it");
        return None;
    }
    // A page that was only looked at is right without what it would have noted in the session.
    let is_a_note = error.is_gone() && facts.is_safe;
    if is_a_note && !session.is_destroyed() && !session.was_renewed() {
        let error: &(dyn std::error::Error + 'static) = &error;
        tracing::warn!(error, "changes to a session that has ended are lost");
        return None;
    }
    Some(error)
}

/// Tries again to log the visitor out. The session is neither prolonged nor changed any more, and who was told of the
/// failure tries again.
async fn end<S: DynamoSession>(
    request: &RequestSession<S>,
    session: &mut Session<S>,
    presented: &Presented<S::Key>,
    was_found: bool,
    is_legacy: bool,
    facts: Facts,
) -> Result<(), Error> {
    if facts.tells_of_logout() {
        return Ok(());
    }
    request.budget().run(session.destroy()).await?;
    request.end_others(presented, was_found.then(|| session.id())).await?;
    request.end_legacy(is_legacy).await
}

async fn commit<S: DynamoSession>(
    request: &RequestSession<S>,
    session: &mut Session<S>,
    presented: &Presented<S::Key>,
    facts: Facts,
) -> Result<(), Error> {
    if session.is_destroyed() && !session.may_have_changes() {
        return Ok(());
    }
    // The handler may have given up on a renewal. What it wrote for a logged-in user must not come under an
    // id that others may know, and if the answer was lost, the old id is dead already.
    if session.is_renewing() {
        request.budget().run(session.renew()).await?;
    }
    // A response that tells of a failed call says that nothing was saved.
    if session.is_discarded() || facts.told.is_some() {
        return Ok(());
    }
    if !presented.contains(session.id()) {
        request.cookie().require_carries(session.id())?;
    }
    if !facts.is_activity {
        return request.budget().run(session.commit_without_extending()).await.map(drop);
    }
    request.budget().run(session.commit_changes()).await?;
    // Nothing is lost if the expiry cannot be moved, and the next request tries again.
    if let Err(error) = request.budget().run(session.touch_once()).await {
        let error: &(dyn std::error::Error + 'static) = &error;
        tracing::warn!(error, "session not touched");
    }
    Ok(())
}

/// Where the session stands, as far as the response may tell.
fn standing<S: DynamoSession>(visit: &mut Visit<S>) -> Option<Standing<S::Key>> {
    match &visit.place {
        Place::Returned(session) | Place::Poisoned(session) => Some(Standing::of(session)),
        _ => visit.noted.take(),
    }
}

fn set_cookie<S: DynamoSession>(
    request: &RequestSession<S>,
    visit: &Visit<S>,
    standing: Option<&Standing<S::Key>>,
    presents_something: bool,
    has_failed: bool,
) -> Result<Option<SetCookie>, Error> {
    let cookie = request.cookie();
    let Some(standing) = standing else {
        let is_forgotten = visit.replaced && !has_failed && presents_something;
        return Ok(is_forgotten.then(|| SetCookie::Forget(cookie.removal())));
    };
    let presented = &visit.presented;
    if standing.is_stored {
        // Whatever became of the commit: a renewed session's old id is dead already.
        let is_known = presented.is_current(&standing.key);
        let keeps = |session: Found| keeps(cookie, session);
        let rolls = keeps(standing.now) || visit.found.is_some_and(keeps);
        if is_known && (!rolls || visit.found == Some(standing.now)) {
            return Ok(None);
        }
        cookie.require_carries(&standing.key)?;
        let max_age = max_age(request, standing.now);
        return Ok(Some(SetCookie::Keep(cookie.setting(&standing.key, max_age))));
    }
    // Only what this request ended is forgotten. A session that was found to be gone may have been renewed
    // by another request, whose response has brought the browser the new id.
    let ended = visit.replaced || standing.is_destroyed || standing.was_restarted;
    Ok((ended && presents_something).then(|| SetCookie::Forget(cookie.removal())))
}

/// The mark is a cookie of its own: a response that arrives late may bring an older one, but never an older id.
fn set_mark<S: DynamoSession>(
    request: &RequestSession<S>,
    visit: &Visit<S>,
    standing: &Standing<S::Key>,
    past: &Past,
) -> Option<String> {
    let presented = &visit.presented;
    // Nobody knows what a read has to show of that.
    if past.has(|| S::SCHEMA.table_key(&standing.key)) {
        return removal_of_mark(request, presented);
    }
    match &standing.last_write {
        // Requests that are read otherwise tell of what they write to those that need it.
        LastWrite::ShownBy(mark)
            if presented.has_mark()
                || request.usual_consistency() == ReadConsistency::OwnWrites
                || visit.consistency == Some(ReadConsistency::OwnWrites) =>
        {
            let is_known = presented.marks_of(&standing.key).is_some_and(|marks| marks == [mark]);
            let max_age = max_age(request, standing.now);
            (!is_known).then(|| request.cookie().setting_mark(&standing.key, mark, max_age))
        }
        LastWrite::Unknown => removal_of_mark(request, presented),
        LastWrite::ShownBy(_) | LastWrite::Nothing => None,
    }
}

fn removal_of_mark<S: DynamoSession>(
    request: &RequestSession<S>,
    presented: &Presented<S::Key>,
) -> Option<String> {
    presented.has_mark().then(|| request.cookie().removal_of_mark())
}

fn keeps(cookie: &SessionCookie, session: Found) -> bool {
    session.is_remembered || cookie.is_persistent()
}

fn max_age<S: DynamoSession>(request: &RequestSession<S>, session: Found) -> Option<Duration> {
    let seconds = || Duration::from_secs(session.seconds_from(request.now()));
    keeps(request.cookie(), session).then(seconds)
}
