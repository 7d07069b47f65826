use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    _seq: u64,
    #[session(rename = "_commits")]
    commits: u64,
    #[session(alias = "_idle")]
    idle: u64,
    _renewed_at: u64,
    #[session(rename = "_renewed_to")]
    renewed_to: u64,
}

fn main() {}
