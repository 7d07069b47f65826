use std::fmt;

use super::jar::Jar;
use crate::expiry::ManualClock;

/// One visitor of a service, who keeps its cookies as a browser does: by name and path, for their Max-Age.
///
/// It takes every address for one site under https, follows no redirects, and asks one thing at a time; for two tabs of one
/// browser at once, clone it. It has [`send`](Self::send) for axum and any other tower service, and [`call`](Self::call)
/// for actix-web. The module's [example](super) has one at work.
#[derive(Clone)]
pub struct Browser<I> {
    pub(super) service: I,
    pub(super) jar: Jar,
}

impl<I> Browser<I> {
    /// A visitor without cookies. The clock is the store's, by which cookies end.
    pub fn new(service: I, clock: ManualClock) -> Self {
        Self { service, jar: Jar::new(clock) }
    }

    /// The value of the cookie with this name, if there is one.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.jar.cookie(name)
    }

    /// Ends the cookies that have no Max-Age, as closing the browser does.
    pub fn close(&mut self) {
        self.jar.close();
    }
}

/// Names alone: values may be secret.
impl<I> fmt::Debug for Browser<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.jar.names().collect();
        f.debug_struct("Browser").field("cookies", &names).finish_non_exhaustive()
    }
}
