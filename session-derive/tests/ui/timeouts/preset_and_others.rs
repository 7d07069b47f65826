use dynamo_session::{CreatedAt, DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
#[session(timeouts = "aal2", idle_timeout = "30m", absolute_timeout = "12h")]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
}

fn main() {}
