use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    pk: SessionId,
    #[session(sort_key)]
    sk: String,
    #[session(ttl)]
    expires_at: Expires,
}

fn main() {}
