use dynamo_session::{CreatedAt, DynamoSession, Expires};

use crate::key::RecordId;

/// A record of tower-sessions as an item of the table.
///
/// The type to name where the table is made, looked at or written down: `SessionStore::<StoredRecord>::builder()`,
/// `Infrastructure::of::<StoredRecord>()`. What is in it belongs to tower-sessions, as JSON text: every value comes back
/// as it was.
#[derive(DynamoSession)]
#[session(
    table = "tower-sessions",
    key_prefix = "tower-sessions#",
    idle_timeout = "14 days" // tower-sessions names an expiry each time; this is what it takes if nobody says.
)]
pub struct StoredRecord {
    #[session(hash_key)]
    pub(crate) id: RecordId,
    #[session(ttl)]
    pub(crate) expires_at: Expires,
    /// By how many nanoseconds the record's expiry is later: DynamoDB counts in seconds.
    pub(crate) expires_at_nanosecond: u32,
    #[session(created)]
    pub(crate) created_at: CreatedAt,
    pub(crate) data: String,
}
