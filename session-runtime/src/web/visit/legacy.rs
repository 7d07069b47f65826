//! A request that carries the cookie of another store.

use std::sync::Arc;

use cookie::Cookie;

use super::opened::Opened;
use crate::context::ReadConsistency;
use crate::derived::DynamoSession;
use crate::error::{Error, ErrorKind};
use crate::interop::{ForeignStore, PresentedSids};
use crate::store::{Lookup, SessionStore};
use crate::web::rejected::rejected;
use crate::web::settings::Settings;

/// The other store whose sessions are adopted, and what a request's cookies present of them.
#[derive(Debug)]
pub(super) struct Legacy<'r> {
    foreign: Option<&'r Arc<ForeignStore>>,
    /// Whether its sessions stay where they are.
    is_shared: bool,
    misfit: Option<&'static str>,
    headers: &'r [Box<[u8]>],
}

impl<'r> Legacy<'r> {
    pub(super) fn of(settings: &'r Settings, headers: &'r [Box<[u8]>]) -> Self {
        let Settings { foreign, shared, misfit, .. } = settings;
        let is_shared = shared.is_some();
        Self { foreign: shared.as_ref().or(foreign.as_ref()), is_shared, misfit: *misfit, headers }
    }

    /// What untrusted headers present of the other store, if there is one. What is not signed opens nothing, and costs no
    /// read.
    fn presented(&self) -> Result<Option<(&'r Arc<ForeignStore>, PresentedSids)>, Error> {
        if let Some(misfit) = self.misfit {
            return Err(Error::new(ErrorKind::Configuration, misfit));
        }
        let Some(foreign) = self.foreign else { return Ok(None) };
        foreign.require_signed()?;
        Ok(Some((foreign, foreign.presented(self.headers.iter().map(|header| &**header)))))
    }

    /// The session that one of the ids opens, if exactly one does. What is to be adopted is read strongly in any case.
    pub(super) async fn open<S: DynamoSession>(
        &self,
        store: &SessionStore<S>,
        consistency: ReadConsistency,
    ) -> Result<Opened<S>, Error> {
        let mut opened = Opened::Nothing;
        let Some((foreign, presented)) = self.presented()? else { return Ok(opened) };
        if presented.rejected > 0 {
            let reason = "another store's cookie is not signed by one of the secrets, or is no id";
            rejected(None, presented.rejected, reason);
        }
        for sid in &presented.sids {
            let found = match self.is_shared {
                false => store.find_foreign(foreign, sid).await?,
                true => match store.find_shared(sid, consistency).await? {
                    Some(session) => Lookup::Session(session),
                    None => Lookup::Nothing,
                },
            };
            opened = match (found, opened) {
                (Lookup::Session(_), Opened::Session(_)) => {
                    rejected(None, 2, "several ids were presented, each of another session");
                    return Ok(Opened::Unclear);
                }
                (Lookup::Session(session), _) => Opened::Session(session),
                (Lookup::Renewed, Opened::Nothing) => Opened::Unclear,
                (Lookup::Renewed, opened) => opened,
                (Lookup::Nothing, opened) => {
                    rejected(
                        None,
                        1,
                        "there is no such session of another store, or it has expired",
                    );
                    opened
                }
            };
        }
        Ok(opened)
    }

    /// Ends each session whose id was presented.
    pub(super) async fn end<S: DynamoSession>(&self, store: &SessionStore<S>) -> Result<(), Error> {
        let mut first = Ok(());
        let Some((foreign, presented)) = self.presented()? else { return first };
        for sid in &presented.sids {
            let ended = match self.is_shared {
                false => store.end_foreign(foreign, sid).await,
                true => store.end_shared(sid).await,
            };
            first = first.and(ended);
        }
        first
    }

    /// The ids of the shared sessions that were presented.
    pub(super) fn shared_sids(&self) -> Vec<String> {
        match (self.is_shared, self.presented()) {
            (true, Ok(Some((_, presented)))) => presented.sids,
            _ => Vec::new(),
        }
    }

    /// The store with which sessions are shared.
    pub(super) fn shared(&self) -> Option<&'r ForeignStore> {
        self.foreign.filter(|_| self.is_shared).map(|foreign| &**foreign)
    }

    /// Whether the browser presents the other store's cookie, whatever it holds.
    pub(super) fn is_presented(&self) -> bool {
        let headers = || self.headers.iter().map(|header| &**header);
        self.foreign.is_some_and(|foreign| foreign.is_presented(headers()))
    }

    /// Whether the browser holds exactly these cookies.
    pub(super) fn holds(&self, cookies: &[(String, String)]) -> bool {
        ForeignStore::holds(self.headers.iter().map(|header| &**header), cookies)
    }

    /// The headers that make the browser forget what it has presented of a store whose sessions are adopted.
    pub(super) fn removals(&self) -> Vec<String> {
        let Some(foreign) = self.foreign.filter(|_| !self.is_shared) else { return Vec::new() };
        if !foreign.is_presented(self.headers.iter().map(|header| &**header)) {
            return Vec::new();
        }
        let names = foreign.cookie_names().into_iter();
        let cookies = names.map(|name| Cookie::build((name, "")).path("/").removal().build());
        cookies.map(|cookie| cookie.to_string()).collect()
    }
}
