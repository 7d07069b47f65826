//! The trait of each version of tower-sessions. They are the same, word for word; only the types are others.

use async_trait::async_trait;

use crate::error::Failure;
use crate::key::RecordId;
use crate::store::{DynamoStore, Encoded};

macro_rules! session_store {
    ($core:ident) => {
        #[async_trait]
        impl $core::SessionStore for DynamoStore {
            async fn create(
                &self,
                record: &mut $core::session::Record,
            ) -> $core::session_store::Result<()> {
                let contents = Encoded::new(&record.data, record.expiry_date)?;
                record.id = $core::session::Id(self.create(contents).await?.0);
                Ok(())
            }

            async fn save(
                &self,
                record: &$core::session::Record,
            ) -> $core::session_store::Result<()> {
                let contents = Encoded::new(&record.data, record.expiry_date)?;
                Ok(self.save(RecordId(record.id.0), contents).await?)
            }

            async fn load(
                &self,
                id: &$core::session::Id,
            ) -> $core::session_store::Result<Option<$core::session::Record>> {
                let contents = self.load(RecordId(id.0)).await?;
                Ok(contents.map(|contents| $core::session::Record {
                    id: *id,
                    data: contents.data,
                    expiry_date: contents.expiry_date,
                }))
            }

            async fn delete(&self, id: &$core::session::Id) -> $core::session_store::Result<()> {
                Ok(self.delete(RecordId(id.0)).await?)
            }
        }

        impl From<Failure> for $core::session_store::Error {
            fn from(failure: Failure) -> Self {
                match failure {
                    Failure::Encode(text) => Self::Encode(text),
                    Failure::Decode(text) => Self::Decode(text),
                    Failure::Backend(text) => Self::Backend(text),
                }
            }
        }
    };
}

#[cfg(feature = "v0_14")]
session_store!(tower_sessions_core_0_14);
#[cfg(feature = "v0_15")]
session_store!(tower_sessions_core_0_15);
