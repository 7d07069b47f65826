use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

tokio::task_local! {
    static WRITTEN: Past;
}

/// The sessions that were written to while a request was being served, past the handle that its web layer has lent: by
/// `SessionStore::update`, by `destroy`, or by a handle of the application's own. By their table keys.
#[derive(Clone, Default)]
pub(crate) struct Past(Arc<Mutex<HashSet<String>>>);

impl Past {
    /// What is noted by what is being polled now, or a new one.
    pub(crate) fn current() -> Self {
        WRITTEN.try_with(Clone::clone).unwrap_or_default()
    }

    /// Notes what this writes. What it spawns is on its own.
    pub(crate) fn watch<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        WRITTEN.scope(self, work)
    }

    pub(crate) fn has(&self, key: impl FnOnce() -> String) -> bool {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !written.is_empty() && written.contains(&key())
    }
}

/// Notes that a session may have been written to, where anybody asks.
pub(crate) fn note_write(key: impl FnOnce() -> String) {
    let _ = WRITTEN.try_with(|past| {
        past.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key());
    });
}
