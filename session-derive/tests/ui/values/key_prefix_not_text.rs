use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
#[session(key_prefix = 5)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
}

fn main() {}
