use dynamo_session::{DynamoSession, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: String,
}

fn main() {}
