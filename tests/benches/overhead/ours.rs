//! The library's side.

use dynamo_session::{Committed, ManualClock, Session, SessionId, SessionStore};
use serde_json::json;

use crate::canned::Canned;
use crate::session::{LATER, NOTICE, NOW, Row, Visit, change_all};

pub(crate) struct Ours {
    store: SessionStore<Visit>,
    /// The same at a time at which sessions are due to be touched.
    later: SessionStore<Visit>,
    id: SessionId,
}

impl Ours {
    pub(crate) async fn new(row: &Row, id: &SessionId) -> Self {
        let canned = Canned::ours(row, json!({}));
        let (store, later) = (store(&canned, NOW).await, store(&canned, LATER).await);
        Self { store, later, id: id.clone() }
    }

    pub(crate) async fn load(&self) -> Session<Visit> {
        self.store.load(&self.id).await.unwrap().unwrap()
    }

    pub(crate) async fn load_later(&self) -> Session<Visit> {
        self.later.load(&self.id).await.unwrap().unwrap()
    }

    pub(crate) async fn touch(session: &mut Session<Visit>) {
        assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    }

    pub(crate) async fn commit_field(session: &mut Session<Visit>) {
        session.notice = Some(NOTICE.to_owned());
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    }

    pub(crate) async fn commit_all(session: &mut Session<Visit>) {
        change_all!(&mut **session);
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    }
}

/// A store whose client's answers are canned.
pub(crate) async fn store(canned: &Canned, now: i64) -> SessionStore<Visit> {
    SessionStore::builder()
        .client(canned.client())
        .clock(ManualClock::at_epoch_seconds(now))
        .build()
        .await
        .unwrap()
}
