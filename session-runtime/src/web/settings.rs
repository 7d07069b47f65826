use std::time::Duration;

use super::cookie::SessionCookie;

/// What a layer is set to, whatever the framework.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) cookie: SessionCookie,
    pub(super) deadline: Duration,
    pub(super) clears_site_data: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cookie: SessionCookie::default(),
            deadline: Duration::from_secs(10),
            clears_site_data: false,
        }
    }
}
