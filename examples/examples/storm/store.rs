//! The two stores that the storm can play on, behind one face.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dynamo_session::{Attempts, DynamoSession, Error, ErrorKind, Session, SessionId, SessionStore};

use crate::blob::{BlobSession, BlobStore};
use crate::visit::Visit;

#[derive(Clone, Debug)]
pub(crate) enum Store {
    Typed(SessionStore<Visit>, Arc<Effort>),
    Blob(BlobStore),
}

/// What dynamo-session says of its own writes.
#[derive(Debug, Default)]
pub(crate) struct Effort {
    pub(crate) rebases: AtomicU64,
    /// The most requests that one call made.
    pub(crate) most_requests: AtomicU64,
}

impl Effort {
    fn count(&self, attempts: Attempts) {
        self.rebases.fetch_add(attempts.rebases().into(), Ordering::Relaxed);
        self.most_requests.fetch_max(attempts.requests().into(), Ordering::Relaxed);
    }
}

/// A session in hand.
pub(crate) enum Handle {
    Typed(Session<Visit>),
    Blob(Box<BlobSession>),
}

/// Why a call did not succeed, as a client sees it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The session is over.
    Gone,
    /// It cannot be known whether it was done.
    Unknown,
    /// The same call may succeed the next time.
    Again,
    /// Something that the storm gives no reason for.
    Unexpected(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::Gone => Self::Gone,
            ErrorKind::OutcomeUnknown => Self::Unknown,
            ErrorKind::Throttled | ErrorKind::Unavailable => Self::Again,
            _ => Self::Unexpected(format!("{error:?}")),
        }
    }
}

impl Store {
    pub(crate) fn create(&self) -> Handle {
        match self {
            Self::Typed(store, _) => Handle::Typed(store.create()),
            Self::Blob(store) => Handle::Blob(Box::new(store.create())),
        }
    }

    pub(crate) async fn load(&self, id: &SessionId) -> Result<Option<Handle>, Failure> {
        Ok(match self {
            Self::Typed(store, _) => store.load(id).await?.map(Handle::Typed),
            Self::Blob(store) => store.load(id).await?.map(Box::new).map(Handle::Blob),
        })
    }

    pub(crate) async fn update(
        &self,
        id: &SessionId,
        mut change: impl FnMut(&mut Visit),
    ) -> Result<(), Failure> {
        match self {
            Self::Typed(store, effort) => {
                let ((), attempts) = store.update_counted(id, change).await?;
                effort.count(attempts);
                Ok(())
            }
            Self::Blob(store) => {
                let mut session = store.load(id).await?.ok_or(Failure::Gone)?;
                change(&mut session.visit);
                store.save(&mut session).await
            }
        }
    }

    pub(crate) async fn destroy(&self, id: &SessionId) -> Result<(), Failure> {
        match self {
            Self::Typed(store, _) => Ok(store.destroy(id).await?),
            Self::Blob(store) => store.destroy(id).await,
        }
    }
}

impl Store {
    /// What the store says of its own writes, if it does.
    pub(crate) fn effort(&self) -> Option<&Effort> {
        match self {
            Self::Typed(_, effort) => Some(effort),
            Self::Blob(_) => None,
        }
    }

    fn count(&self, session: &Session<Visit>) {
        if let Some(effort) = self.effort() {
            effort.count(session.attempts());
        }
    }
}

impl Handle {
    pub(crate) fn id(&self) -> &SessionId {
        match self {
            Self::Typed(session) => session.id(),
            Self::Blob(session) => &session.visit.id,
        }
    }

    /// The key under which the table holds the session.
    pub(crate) fn key(&self) -> String {
        Visit::SCHEMA.table_key(self.id())
    }

    pub(crate) async fn commit(&mut self, store: &Store) -> Result<(), Failure> {
        match (self, store) {
            (Self::Typed(session), store) => {
                let committed = session.commit().await;
                store.count(session);
                Ok(committed.map(drop)?)
            }
            (Self::Blob(session), Store::Blob(store)) => store.save(session).await,
            (Self::Blob(_), Store::Typed(..)) => unreachable!("a handle stays with its store"),
        }
    }

    pub(crate) async fn touch(&mut self, store: &Store) -> Result<(), Failure> {
        match (self, store) {
            (Self::Typed(session), store) => {
                let touched = session.touch().await;
                store.count(session);
                Ok(touched.map(drop)?)
            }
            (session, store) => Box::pin(session.commit(store)).await,
        }
    }

    pub(crate) async fn renew(&mut self, store: &Store) -> Result<(), Failure> {
        match (self, store) {
            (Self::Typed(session), store) => {
                let renewed = session.renew().await;
                store.count(session);
                Ok(renewed?)
            }
            (Self::Blob(session), Store::Blob(store)) => store.renew(session).await,
            (Self::Blob(_), Store::Typed(..)) => unreachable!("a handle stays with its store"),
        }
    }

    pub(crate) async fn destroy(&mut self, store: &Store) -> Result<(), Failure> {
        match self {
            Self::Typed(session) => Ok(session.destroy().await?),
            Self::Blob(session) => store.destroy(&session.visit.id).await,
        }
    }
}

impl Deref for Handle {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        match self {
            Self::Typed(session) => session,
            Self::Blob(session) => &session.visit,
        }
    }
}

impl DerefMut for Handle {
    fn deref_mut(&mut self) -> &mut Visit {
        match self {
            Self::Typed(session) => session,
            Self::Blob(session) => &mut session.visit,
        }
    }
}
