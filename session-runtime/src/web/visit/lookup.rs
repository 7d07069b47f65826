use super::legacy::Legacy;
use super::opened::Opened;
use super::standing::Found;
use crate::context::ReadConsistency;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::id::SessionKey;
use crate::session::Session;
use crate::store::{Lookup, SessionStore};
use crate::web::cookie::Presented;
use crate::web::rejected::rejected;

/// What a request's session is, to begin with.
pub(super) struct LookedUp<S: DynamoSession> {
    pub(super) session: Session<S>,
    pub(super) found: Option<Found>,
    /// Another store's cookie has opened it.
    pub(super) is_legacy: bool,
}

/// The session that one of the presented ids opens, or a new one.
///
/// A cookie that was planted beside the visitor's own must neither win nor log the visitor out. So each id is looked up,
/// and if exactly one opens a session, that is the visitor's: whoever planted the other has to have had a session of
/// their own under it to take part at all. If several do, it cannot be told whose they are: none is used, and nothing is
/// stored in their place.
pub(super) async fn look_up<S: DynamoSession>(
    store: &SessionStore<S>,
    presented: &Presented<S::Key>,
    legacy: &Legacy<'_>,
    consistency: ReadConsistency,
) -> Result<LookedUp<S>, Error> {
    let (opened, is_legacy) = match open(store, presented, consistency).await? {
        // A request with an id of this store's is that session's, whatever else it carries.
        Opened::Nothing => (legacy.open(store, consistency).await?, true),
        opened => (opened, false),
    };
    Ok(match opened {
        Opened::Session(session) => {
            let found = Some(Found::of(&session));
            LookedUp { session, found, is_legacy }
        }
        // An unknown id is never adopted: whoever chose it may know it.
        Opened::Unclear | Opened::Nothing => {
            let (keys, shared_sids) = (presented.ids().cloned().collect(), legacy.shared_sids());
            let is_unclear = matches!(opened, Opened::Unclear);
            let session = store.create_in_place_of(keys, shared_sids, is_unclear);
            LookedUp { session, found: None, is_legacy: false }
        }
    })
}

async fn open<S: DynamoSession>(
    store: &SessionStore<S>,
    presented: &Presented<S::Key>,
    consistency: ReadConsistency,
) -> Result<Opened<S>, Error> {
    presented.require_few()?;
    let mut opened = None;
    let mut is_renewed = false;
    for id in presented.ids() {
        match find(store, id, presented, consistency).await? {
            Lookup::Session(_) if opened.is_some() => {
                rejected(None, 2, "several ids were presented, each of another session");
                return Ok(Opened::Unclear);
            }
            Lookup::Session(session) => opened = Some(session),
            // Whoever presents it sees nothing of the renewed session: others may know the old id.
            Lookup::Renewed => is_renewed = true,
            Lookup::Nothing => {
                let reason = "there is no such session, or it has expired";
                rejected(Some(id.fingerprint()), 1, reason);
            }
        }
    }
    Ok(match opened {
        Some(session) => Opened::Session(session),
        None if is_renewed => Opened::Unclear,
        None => Opened::Nothing,
    })
}

async fn find<S: DynamoSession>(
    store: &SessionStore<S>,
    id: &S::Key,
    presented: &Presented<S::Key>,
    consistency: ReadConsistency,
) -> Result<Lookup<S>, Error> {
    let found = match (consistency, presented.marks_of(id)) {
        (ReadConsistency::Eventual, _) => store.find(id, false).await,
        (ReadConsistency::OwnWrites, Some(marks)) => store.find_after(id, &marks).await,
        (ReadConsistency::OwnWrites, None) | (ReadConsistency::Strong, _) => {
            store.find(id, true).await
        }
    };
    match found {
        // No table can hold such a key.
        Err(error) if error.is_invalid_id() => Ok(Lookup::Nothing),
        found => found,
    }
}
