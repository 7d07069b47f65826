use super::standing::Found;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::id::SessionKey;
use crate::session::Session;
use crate::store::{Lookup, SessionStore};
use crate::web::cookie::Presented;
use crate::web::rejected::rejected;

/// The session that one of the presented ids opens, or a new one.
///
/// A cookie that was planted beside the visitor's own must neither win nor log the visitor out. So each id is looked up,
/// and if exactly one opens a session, that is the visitor's: whoever planted the other has to have had a session of
/// their own under it to take part at all. If several do, it cannot be told whose they are, and none is used.
pub(super) async fn look_up<S: DynamoSession>(
    store: &SessionStore<S>,
    presented: &Presented<S::Key>,
) -> Result<(Session<S>, Option<Found>), Error> {
    let mut opened = None;
    let mut renewed = None;
    let mut unknown = None;
    for id in presented.ids() {
        match store.find(id).await? {
            Lookup::Session(_) if opened.is_some() => {
                rejected(None, 2, "several ids were presented, each of another session");
                return Ok((store.create(), None));
            }
            Lookup::Session(session) => opened = Some(*session),
            // Whoever presents it sees nothing of the renewed session: others may know the old id.
            Lookup::Renewed => renewed = Some(id),
            Lookup::Nothing => {
                let reason = "there is no such session, or it has expired";
                rejected(Some(id.fingerprint()), 1, reason);
                unknown = Some(id);
            }
        }
    }
    Ok(match (opened, renewed, unknown) {
        (Some(session), ..) => {
            let found = Found::of(&session);
            (session, Some(found))
        }
        (None, Some(id), _) => (store.create_in_place_of(id, true), None),
        // An unknown id is never adopted: whoever chose it may know it.
        (None, None, Some(id)) => (store.create_in_place_of(id, false), None),
        (None, None, None) => (store.create(), None),
    })
}
