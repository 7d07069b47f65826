use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
#[session(table = "one-table", table = "another")]
struct Login {
    #[session(hash_key, hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(rename = "a", rename = "b")]
    user: Option<String>,
}

fn main() {}
