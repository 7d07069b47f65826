use dynamo_session::{DynamoSession, Expires, SessionId};

mod codec {}

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(with = codec)]
    user: String,
}

fn main() {}
