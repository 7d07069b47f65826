use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl, lenient)]
    expires_at: Expires,
    #[session(lenient, skip)]
    skipped: String,
    #[session(tolerant)]
    misspelt: String,
}

fn main() {}
