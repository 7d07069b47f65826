use std::collections::{BTreeMap, HashMap};

use dynamo_session::{SessionKey, SessionStore};
use serde_json::Value;
use time::OffsetDateTime;

use crate::error::Failure;
use crate::key::RecordId;
use crate::record::StoredRecord;

/// How often another id is tried where one is taken. One collision of 128 random bits is already a sign that something is
/// wrong with them.
const IDS: usize = 3;

/// The sessions of tower-sessions, in one DynamoDB table: what a `SessionManagerLayer` is given. Cheap to clone.
///
/// It implements the trait `SessionStore` of tower-sessions 0.15 with the feature `v0_15`, and that of 0.14 with `v0_14`.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "v0_15")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use dynamo_session::SessionStore;
/// use tower_sessions::{Expiry, SessionManagerLayer};
/// use tower_sessions_dynamo::{DynamoStore, StoredRecord};
///
/// let sessions = SessionStore::<StoredRecord>::builder() // the AWS environment: Region, credentials, endpoint
///     .table_name("shop-sessions");
/// # let sessions = sessions.client(dynamo_session::embedded::client()).auto_create(true);
/// let sessions = sessions.verify_table(true).build().await?; // a missing table is an error now
/// let layer = SessionManagerLayer::new(DynamoStore::new(sessions))
///     .with_expiry(Expiry::OnInactivity(time::Duration::hours(2)));
/// # let _ = layer;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "v0_15"))]
/// # fn main() {}
/// ```
#[derive(Clone, Debug)]
pub struct DynamoStore {
    sessions: SessionStore<StoredRecord>,
}

/// What a record holds, whichever version of tower-sessions it is of.
pub(crate) struct Contents {
    pub(crate) data: HashMap<String, Value>,
    pub(crate) expiry_date: OffsetDateTime,
}

/// Contents in the form in which they are stored.
pub(crate) struct Encoded {
    data: String,
    seconds: i64,
    nanosecond: u32,
}

impl Encoded {
    pub(crate) fn new(
        data: &HashMap<String, Value>,
        expiry_date: OffsetDateTime,
    ) -> Result<Self, Failure> {
        // Sorted, so that equal data is equal text, and not written again.
        let sorted: BTreeMap<_, _> = data.iter().collect();
        let data = serde_json::to_string(&sorted).map_err(|error| {
            Failure::Encode(format!("the session's data cannot be written as JSON: {error}"))
        })?;
        let (seconds, nanosecond) = (expiry_date.unix_timestamp(), expiry_date.nanosecond());
        Ok(Self { data, seconds, nanosecond })
    }

    fn put_into(self, record: &mut StoredRecord) {
        record.data = self.data;
        record.expires_at_nanosecond = self.nanosecond;
    }
}

impl Contents {
    fn of(record: &StoredRecord) -> Result<Self, Failure> {
        let data = serde_json::from_str(&record.data).map_err(|error| {
            let id = record.id.fingerprint();
            Failure::Decode(format!(
                "load session {id}: the attribute `data` is not a JSON object: {error}; nothing was changed. Delete the \
                 item, if another program wrote it"
            ))
        })?;
        let seconds = record.expires_at.epoch_seconds();
        let expiry_date = OffsetDateTime::from_unix_timestamp(seconds)
            .and_then(|date| date.replace_nanosecond(record.expires_at_nanosecond))
            .map_err(|error| {
                let id = record.id.fingerprint();
                Failure::Decode(format!("load session {id}: its expiry is no date: {error}"))
            })?;
        Ok(Self { data, expiry_date })
    }
}

impl DynamoStore {
    /// A store on these sessions: their builder has the settings of table, client and timeouts.
    pub fn new(sessions: SessionStore<StoredRecord>) -> Self {
        Self { sessions }
    }

    /// The sessions as dynamo-session knows them: to create, verify, count or purge their table.
    pub fn sessions(&self) -> &SessionStore<StoredRecord> {
        &self.sessions
    }

    /// Stores a new session, if there is none with its id, which is chosen here.
    pub(crate) async fn create(&self, contents: Encoded) -> Result<RecordId, Failure> {
        let Encoded { data, seconds, nanosecond } = contents;
        let mut ids = 0..IDS;
        loop {
            ids.next();
            let mut session = self.sessions.create();
            Encoded { data: data.clone(), seconds, nanosecond }.put_into(&mut session);
            match session.commit_until(seconds).await {
                Ok(_) => return Ok(*session.id()),
                Err(error) if error.is_conflict() && !ids.is_empty() => {
                    tracing::warn!(%error, "a new session's id is taken; another one is tried");
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Writes a session that is there, and creates none.
    pub(crate) async fn save(&self, id: RecordId, contents: Encoded) -> Result<(), Failure> {
        let Some(mut session) = self.sessions.load(&id).await? else {
            return Err(Failure::ended(&id.fingerprint()));
        };
        let seconds = contents.seconds;
        contents.put_into(&mut session);
        match session.commit_until(seconds).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_gone() => Err(Failure::ended(&id.fingerprint())),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn load(&self, id: RecordId) -> Result<Option<Contents>, Failure> {
        let session = self.sessions.load(&id).await?;
        session.map(|session| Contents::of(&session)).transpose()
    }

    pub(crate) async fn delete(&self, id: RecordId) -> Result<(), Failure> {
        Ok(self.sessions.destroy(&id).await?)
    }
}

impl From<SessionStore<StoredRecord>> for DynamoStore {
    fn from(sessions: SessionStore<StoredRecord>) -> Self {
        Self::new(sessions)
    }
}
