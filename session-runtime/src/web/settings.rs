#[cfg(feature = "interop")]
use std::sync::Arc;
use std::time::Duration;

use super::cookie::SessionCookie;
use crate::context::ReadConsistency;
use crate::derived::DynamoSession;
#[cfg(feature = "interop")]
use crate::interop::ForeignStore;
use crate::store::SessionStore;

/// What a layer is set to, whatever the framework.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) cookie: SessionCookie,
    pub(super) deadline: Duration,
    pub(super) clears_site_data: bool,
    /// Where this is not the store's.
    pub(super) read_consistency: Option<ReadConsistency>,
    /// The store whose sessions are adopted.
    #[cfg(feature = "interop")]
    pub(super) foreign: Option<Arc<ForeignStore>>,
    /// The store with which sessions are shared.
    #[cfg(feature = "interop")]
    pub(super) shared: Option<Arc<ForeignStore>>,
    /// What the layer was set to, and makes no sense with that: in words, with what to do.
    pub(super) misfit: Option<&'static str>,
}

impl Settings {
    /// Those of a layer of this store.
    pub(super) fn of<S: DynamoSession>(store: &SessionStore<S>) -> Self {
        let settings = Self::default();
        #[cfg(feature = "interop")]
        if let Some(shared) = store.context().shared.clone() {
            let cookie = SessionCookie::of_foreign(&shared);
            return Self { cookie, shared: Some(shared), ..settings };
        }
        let _ = store;
        settings
    }

    pub(super) fn is_shared(&self) -> bool {
        #[cfg(feature = "interop")]
        return self.shared.is_some();
        #[cfg(not(feature = "interop"))]
        false
    }

    pub(super) fn set_cookie(&mut self, cookie: SessionCookie) {
        match self.is_shared() {
            false => self.cookie = cookie,
            true => {
                self.misfit = Some(
                    "the cookie of a shared store is the other service's, so leave out `SessionLayer::cookie`, and set its \
                     attributes on the `ForeignStore`",
                );
            }
        }
    }

    #[cfg(feature = "interop")]
    pub(super) fn adopt(&mut self, foreign: ForeignStore) {
        match self.is_shared() {
            false => self.foreign = Some(Arc::new(foreign)),
            true => {
                self.misfit = Some(
                    "sessions stay where they are in a shared store, so leave out `SessionLayer::adopt` until the other service \
                     is gone",
                );
            }
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cookie: SessionCookie::default(),
            deadline: Duration::from_secs(10),
            clears_site_data: false,
            read_consistency: None,
            #[cfg(feature = "interop")]
            foreign: None,
            #[cfg(feature = "interop")]
            shared: None,
            misfit: None,
        }
    }
}
