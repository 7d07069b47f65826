use crate::derived::DynamoSession;
use crate::id::SessionKey;
use crate::protocol::LastWrite;
use crate::session::Session;

/// Where a session stands in the table, as far as the cookie is concerned.
pub(super) struct Standing<K> {
    pub(super) key: K,
    pub(super) is_stored: bool,
    pub(super) is_destroyed: bool,
    pub(super) was_restarted: bool,
    pub(super) now: Found,
    pub(super) last_write: LastWrite,
    /// In a shared store, the id that the cookie carries, and whether the browser keeps it when it is closed.
    #[cfg(feature = "interop")]
    pub(super) shared: Option<(String, bool)>,
}

/// What decides for how long the browser keeps the cookie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// In seconds since the Unix epoch.
    pub(super) expires: i64,
    pub(super) is_remembered: bool,
}

impl Found {
    pub(super) fn of<S: DynamoSession>(session: &Session<S>) -> Self {
        Self { expires: session.expiry(), is_remembered: session.is_remembered() }
    }

    pub(super) fn seconds_from(self, now: i64) -> u64 {
        u64::try_from(self.expires.saturating_sub(now)).unwrap_or(0)
    }
}

impl<K: SessionKey> Standing<K> {
    pub(super) fn of<S: DynamoSession<Key = K>>(session: &Session<S>) -> Self {
        Self {
            key: session.id().clone(),
            is_stored: session.is_stored(),
            is_destroyed: session.is_destroyed(),
            was_restarted: session.was_restarted(),
            now: Found::of(session),
            last_write: session.last_write(),
            #[cfg(feature = "interop")]
            shared: session.shared_sid().map(|sid| (sid.to_owned(), session.is_kept_by_browsers())),
        }
    }
}
