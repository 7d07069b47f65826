//! What a framework needs of the layer for a request.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::arrival::{is_activity, plain_http_origin};
use super::layer::SessionLayer;
use super::request_head::RequestHead;
use super::visit::{Facts, RequestSession, Settled, settle};
use crate::derived::DynamoSession;
use crate::operation::Operation;
use crate::session::Past;

impl<S: DynamoSession, E> SessionLayer<S, E> {
    pub(super) fn on_error_response(&self) -> &E {
        &self.on_error
    }

    pub(super) fn clears_site_data(&self) -> bool {
        self.settings.clears_site_data
    }

    /// The names that no other layer may use.
    pub(super) fn cookie_names(&self) -> [&Arc<str>; 2] {
        self.settings.cookie.names()
    }

    /// The session of a request, given the values of its cookie headers.
    pub(super) fn session<'a>(
        &self,
        request: &RequestHead,
        cookies: impl Iterator<Item = &'a [u8]>,
    ) -> RequestSession<S> {
        self.warn_of_plain_http(request);
        RequestSession::new(self.store.clone(), self.settings.clone(), cookies)
    }

    /// Settles the session of a request whose response has been made, and may tell of a failure of this session.
    pub(super) async fn settle(
        &self,
        session: &RequestSession<S>,
        request: &RequestHead,
        told: Option<Operation>,
        past: &Past,
    ) -> Settled {
        let is_activity = is_activity(request) && (self.activity)(request);
        let facts = Facts { is_safe: request.is_safe(), is_activity, told };
        // What this writes is no news to itself, nor to the layers around it.
        Past::default().watch(settle(session, facts, past)).await
    }

    /// Browsers drop a `Secure` cookie that comes by plain http, and nobody would know why nobody stays logged in.
    fn warn_of_plain_http(&self, request: &RequestHead) {
        if !self.settings.cookie.is_secure() || self.has_warned.load(Ordering::Relaxed) {
            return;
        }
        if let Some(site) = plain_http_origin(request)
            && !self.has_warned.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                site,
                cookie = self.settings.cookie.full_name(),
                "a browser opened this site by plain http, where it drops the session cookie: serve it by https, open it as \
                 http://localhost, or, for development only, build the cookie with `.secure(false)`"
            );
        }
    }
}
