#[cfg(feature = "interop")]
use std::sync::Arc;
use std::time::Duration;

use super::cookie::SessionCookie;
use crate::context::ReadConsistency;
#[cfg(feature = "interop")]
use crate::interop::ForeignStore;

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
        }
    }
}
