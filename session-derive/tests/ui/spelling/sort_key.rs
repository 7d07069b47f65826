use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
#[session(range_key = "sk")]
struct Login {
    #[session(hash_key, rename = "pk")]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
}

fn main() {}
