//! A logout by the ids that a request presents.

use super::loading::Loading;
use super::place::Place;
use super::request_session::RequestSession;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::web::cookie::Presented;

impl<S: DynamoSession> RequestSession<S> {
    /// Ends the session by its id, without loading it: what [`Logout`](crate::Logout) does.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::InUse`](crate::ErrorKind::InUse): a handle of this request's session is alive.
    /// - As for [`SessionStore::destroy`](crate::SessionStore::destroy).
    #[doc(alias = "logout")]
    pub async fn end(&self) -> Result<(), Error> {
        self.visit().is_ending = true;
        match self.take().await? {
            // Lent meanwhile, so that it comes back if this is cancelled.
            Some(session) => {
                let mut session = self.lend(session);
                self.shared.budget.run(session.destroy()).await?;
                let (presented, was_found, is_legacy) = {
                    let visit = self.visit();
                    (visit.presented.clone(), visit.found.is_some(), visit.is_legacy)
                };
                self.end_others(&presented, was_found.then(|| session.id())).await?;
                self.end_legacy(is_legacy).await?;
            }
            None => {
                let loading = Loading::begin(self);
                let presented = self.presented();
                self.end_presented(&presented, None).await?;
                self.end_legacy(false).await?;
                loading.end();
                let mut visit = self.visit();
                if let Place::Loading = visit.place {
                    (visit.presented, visit.place, visit.replaced) =
                        (presented, Place::Ended, true);
                }
                drop(visit);
                self.shared.loaded.notify_waiters();
            }
        }
        self.visit().is_ending = false;
        Ok(())
    }

    /// Ends what was presented beside a session that was found and has been ended. One that was begun in place of the
    /// presented ids has ended them with itself.
    pub(super) async fn end_others(
        &self,
        presented: &Presented<S::Key>,
        found: Option<&S::Key>,
    ) -> Result<(), Error> {
        match found {
            Some(_) => self.end_presented(presented, found).await,
            None => Ok(()),
        }
    }

    /// Ends each session whose id was presented, but for one that has been ended already.
    pub(super) async fn end_presented(
        &self,
        presented: &Presented<S::Key>,
        ended: Option<&S::Key>,
    ) -> Result<(), Error> {
        let mut first = presented.require_few();
        for id in presented.ids().filter(|id| Some(*id) != ended) {
            let ended = self.shared.budget.run(self.shared.store.destroy(id)).await;
            // No session has an id that no table can hold.
            let ended =
                ended.or_else(|error| if error.is_invalid_id() { Ok(()) } else { Err(error) });
            first = first.and(ended);
        }
        first
    }

    /// Ends what was presented of another store, unless that is what has been ended.
    pub(super) async fn end_legacy(&self, has_ended: bool) -> Result<(), Error> {
        if has_ended {
            return Ok(());
        }
        self.shared.budget.run(self.legacy().end(&self.shared.store)).await
    }
}
