//! Without the feature `interop`, there is no other store.

use std::marker::PhantomData;

use super::opened::Opened;
use crate::context::ReadConsistency;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::store::SessionStore;
use crate::web::settings::Settings;

#[derive(Debug)]
pub(super) struct Legacy<'r>(PhantomData<&'r ()>);

impl<'r> Legacy<'r> {
    pub(super) fn of(_: &'r Settings, _: &'r [Box<[u8]>]) -> Self {
        Self(PhantomData)
    }

    pub(super) async fn open<S: DynamoSession>(
        &self,
        _: &SessionStore<S>,
        _: ReadConsistency,
    ) -> Result<Opened<S>, Error> {
        Ok(Opened::Nothing)
    }

    pub(super) async fn end<S: DynamoSession>(&self, _: &SessionStore<S>) -> Result<(), Error> {
        Ok(())
    }

    pub(super) fn shared_sids(&self) -> Vec<String> {
        Vec::new()
    }

    pub(super) fn removals(&self) -> Vec<String> {
        Vec::new()
    }
}
