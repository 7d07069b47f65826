use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
#[session(timeouts = "aal3")]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
}

fn main() {}
