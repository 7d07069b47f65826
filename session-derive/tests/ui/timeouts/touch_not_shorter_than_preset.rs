use dynamo_session::{CreatedAt, DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
#[session(timeouts = "aal3", touch_interval = "20m")]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
}

fn main() {}
