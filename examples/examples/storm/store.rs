//! The two stores that the storm can play on, behind one face.

use std::ops::{Deref, DerefMut};

use dynamo_session::{Error, ErrorKind, Session, SessionId, SessionKey, SessionStore};

use crate::blob::{BlobSession, BlobStore};
use crate::visit::Visit;

#[derive(Clone, Debug)]
pub(crate) enum Store {
    Typed(SessionStore<Visit>),
    Blob(BlobStore),
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
            Self::Typed(store) => Handle::Typed(store.create()),
            Self::Blob(store) => Handle::Blob(Box::new(store.create())),
        }
    }

    pub(crate) async fn load(&self, id: &SessionId) -> Result<Option<Handle>, Failure> {
        Ok(match self {
            Self::Typed(store) => store.load(id).await?.map(Handle::Typed),
            Self::Blob(store) => store.load(id).await?.map(Box::new).map(Handle::Blob),
        })
    }

    pub(crate) async fn update(
        &self,
        id: &SessionId,
        mut change: impl FnMut(&mut Visit),
    ) -> Result<(), Failure> {
        match self {
            Self::Typed(store) => Ok(store.update(id, change).await?),
            Self::Blob(store) => {
                let mut session = store.load(id).await?.ok_or(Failure::Gone)?;
                change(&mut session.visit);
                store.save(&mut session).await
            }
        }
    }

    pub(crate) async fn destroy(&self, id: &SessionId) -> Result<(), Failure> {
        match self {
            Self::Typed(store) => Ok(store.destroy(id).await?),
            Self::Blob(store) => store.destroy(id).await,
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
        self.id().attribute_value()
    }

    pub(crate) async fn commit(&mut self, store: &Store) -> Result<(), Failure> {
        match (self, store) {
            (Self::Typed(session), _) => Ok(session.commit().await.map(drop)?),
            (Self::Blob(session), Store::Blob(store)) => store.save(session).await,
            (Self::Blob(_), Store::Typed(_)) => unreachable!("a handle stays with its store"),
        }
    }

    pub(crate) async fn touch(&mut self, store: &Store) -> Result<(), Failure> {
        match (self, store) {
            (Self::Typed(session), _) => Ok(session.touch().await.map(drop)?),
            (session, store) => Box::pin(session.commit(store)).await,
        }
    }

    pub(crate) async fn renew(&mut self, store: &Store) -> Result<(), Failure> {
        match (self, store) {
            (Self::Typed(session), _) => Ok(session.renew().await?),
            (Self::Blob(session), Store::Blob(store)) => store.renew(session).await,
            (Self::Blob(_), Store::Typed(_)) => unreachable!("a handle stays with its store"),
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
