use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(hash_key, index)]
    user: Option<String>,
}

fn main() {}
