use std::time::Duration;

use super::cookie::SessionCookie;
use crate::context::ReadConsistency;

/// What a layer is set to, whatever the framework.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) cookie: SessionCookie,
    pub(super) deadline: Duration,
    pub(super) clears_site_data: bool,
    /// Where this is not the store's.
    pub(super) read_consistency: Option<ReadConsistency>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cookie: SessionCookie::default(),
            deadline: Duration::from_secs(10),
            clears_site_data: false,
            read_consistency: None,
        }
    }
}
