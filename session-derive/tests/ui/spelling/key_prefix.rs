use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
#[session(prefix = "login#")]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
}

fn main() {}
