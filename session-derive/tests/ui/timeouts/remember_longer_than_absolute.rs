use dynamo_session::{CreatedAt, DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
#[session(remember_timeout = "30 days", absolute_timeout = "1 week")]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(remember)]
    remember: bool,
}

fn main() {}
